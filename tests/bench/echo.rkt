; SPDX-License-Identifier: ISC
;
; echo PORT - an echo server with a thread for each connection, for Racket.
#lang racket/base
(require racket/tcp)

(define (echo i o)
  (define piece (make-bytes 1024))
  (let loop ()
    (define n (read-bytes-avail! piece i))
    (unless (eof-object? n)
      (write-bytes piece o 0 n)
      (flush-output o)
      (loop)))
  (close-input-port i)
  (close-output-port o))

(define port (string->number (vector-ref (current-command-line-arguments) 0)))
(define l (tcp-listen port 4096 #t "127.0.0.1"))

(let loop ()
  (define-values (i o) (tcp-accept l))
  (thread (lambda () (echo i o)))
  (loop))
