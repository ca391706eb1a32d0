; SPDX-License-Identifier: ISC
; The server of the documented example, for CHICKEN 5.
(import (chicken tcp) (chicken io))

(define l (tcp-listen 4242))
(define-values (i o) (tcp-accept l))
(write-line "Hello!" o)
(print (read-line i))
(close-input-port i)
(close-output-port o)
