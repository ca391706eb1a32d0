; SPDX-License-Identifier: ISC
;
; talk.scm PORT STEP... - the other end of a connection to 127.0.0.1:PORT, or
; to whoever connects, step by step, in CHICKEN 5; with PORT 0 the port is
; printed first.
;
; line=TEXT	send a line
; hear		read a line and print it
; slurp		read what comes until the end and print it
; echo		send back what comes until the end
; finish	close the output port
; abandon	abandon the output port and close it
; say=TEXT	print a line
;
; Then both ports are closed.  A failure is printed and ends this, too.
(import (chicken condition) (chicken io) (chicken process-context)
	(chicken string) (chicken tcp))

(define (say . things)
  (for-each display things)
  (newline)
  (flush-output))

(define (take-one)
  (let ((l (tcp-listen 0)))
    (say (tcp-listener-port l))
    (let-values (((i o) (tcp-accept l)))
      (tcp-close l)
      (values i o))))

(define (echo i o)
  (let ((s (read-string 4096 i)))
    (unless (or (eof-object? s) (string=? s ""))
      (write-string s #f o)
      (echo i o))))

(define (slurp i)
  (let ((s (read-string #f i)))
    (if (eof-object? s) "" s)))

(define (take step i o)
  (let* ((words (string-split step "="))
	 (text (if (pair? (cdr words)) (cadr words) "")))
    (case (string->symbol (car words))
      ((line) (write-line text o))
      ((hear) (say (read-line i)))
      ((slurp) (say (slurp i)))
      ((echo) (echo i o))
      ((finish) (close-output-port o))
      ((abandon) (tcp-abandon-port o) (close-output-port o))
      ((say) (say text))
      (else (error "no such step" step)))))

(define (talk port steps)
  (let-values (((i o) (if (zero? port)
			  (take-one)
			  (tcp-connect "127.0.0.1" port))))
    (for-each (lambda (step) (take step i o)) steps)
    (close-input-port i)
    (close-output-port o)))

(let ((arguments (command-line-arguments)))
  (handle-exceptions e
      (say (get-condition-property e 'exn 'message))
    (talk (string->number (car arguments)) (cdr arguments))))
