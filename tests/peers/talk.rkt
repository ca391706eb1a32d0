#lang racket/base
; SPDX-License-Identifier: ISC
;
; talk.rkt PORT STEP... - the same as talk.scm, in Racket.
(require racket/port racket/string racket/tcp)

(define (say thing)
  (displayln thing)
  (flush-output))

(define (take-one)
  (define l (tcp-listen 0 4 #t "127.0.0.1"))
  (define-values (ip port their-ip their-port) (tcp-addresses l #t))
  (say port)
  (define-values (i o) (tcp-accept l))
  (tcp-close l)
  (values i o))

(define (take step i o)
  (define words (string-split step "="))
  (define text (if (null? (cdr words)) "" (cadr words)))
  (case (car words)
    [("line") (write-string text o) (newline o) (flush-output o)]
    [("hear") (say (read-line i))]
    [("slurp") (say (port->string i #:close? #f))]
    [("echo") (copy-port i o)]
    [("finish") (close-output-port o)]
    [("abandon") (tcp-abandon-port o)]
    [("say") (say text)]
    [else (error "no such step" step)]))

(define (talk port steps)
  (define-values (i o)
    (if (zero? port) (take-one) (tcp-connect "127.0.0.1" port)))
  (for ([step steps])
    (take step i o))
  (close-input-port i)
  (close-output-port o))

(define arguments (vector->list (current-command-line-arguments)))
(with-handlers ([exn:fail? (lambda (e) (say (exn-message e)))])
  (talk (string->number (car arguments)) (cdr arguments)))
