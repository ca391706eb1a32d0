; SPDX-License-Identifier: ISC
;
; echo PORT - an echo server with a thread for each connection, for CHICKEN 5.
; It echoes lines, each in one write.  Threads are made as the srfi-18 egg makes
; them, which Debian does not have.
(import (chicken tcp) (chicken io) (chicken process-context))

(define (start thunk)
  (##sys#add-to-ready-queue
   (##sys#make-thread thunk 'ready 'echo (##sys#slot ##sys#current-thread 9))))

(define (echo i o)
  (let ((line (read-line i)))
    (cond ((eof-object? line)
           (close-input-port i)
           (close-output-port o))
          (else
           (write-string (string-append line "\n") #f o)
           (echo i o)))))

(tcp-read-timeout #f)
(tcp-accept-timeout #f)
(define port (string->number (car (command-line-arguments))))
(define l (tcp-listen port 4096 "127.0.0.1"))

(let loop ()
  (let-values (((i o) (tcp-accept l)))
    (start (lambda () (echo i o)))
    (loop)))
