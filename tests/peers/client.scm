; SPDX-License-Identifier: ISC
; The client of the documented example, for CHICKEN 5.
(import (chicken tcp) (chicken io))

(define-values (i o) (tcp-connect "localhost" 4242))
(write-line "Good Bye!" o)
(print (read-line i))
