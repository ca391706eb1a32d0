# SPDX-License-Identifier: ISC
#
# Sessions at a terminal, played by expect: stdin is a terminal, a user types,
# and the shell has job control.

load helper

talk=$BATS_TEST_DIRNAME/peers/talk.pl

setup() {
	begin
	cat >terminal.exp <<-'END'
		set timeout 20
		log_user 0
		proc status {} {
			lassign [wait] pid id error status how name
			if {$name ne ""} { return $name }
			return $status
		}
		proc want {text} {
			expect {
				-re $text {}
				timeout { puts "timeout: $text"; exit 1 }
				eof { puts "eof: $text"; exit 1 }
			}
		}
		proc want_end {} {
			expect {
				eof {}
				timeout { puts "timeout: eof"; exit 1 }
			}
			puts [status]
		}
	END
}

# at_terminal STEPS - run STEPS in expect after those of setup; the peer takes
# the steps in the array steps.
at_terminal() {
	start_listener peer "$talk" 0 "${steps[@]}"
	export port
	printf 'set port $env(port)\n%s\n' "$1" >>terminal.exp
	run timeout -k1 60 expect -f terminal.exp 3>&-
}

@test "a session at a terminal ends with the peer" {
	steps=('send=hello\n' read=9)
	at_terminal '
		spawn tcpu connect 127.0.0.1 $port
		want hello
		send "question\r"
		want_end'
	assert_output 0
	assert_exit 0 "$peer"
	assert_content peer.out 'question\n'
}

@test "with --end=both it ends when stdin does" {
	steps=('send=hello\n' shut slurp)
	at_terminal '
		spawn tcpu connect --end=both 127.0.0.1 $port
		want hello
		send "question\r"
		want question
		send "\004"
		want_end'
	assert_output 0
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nEOF\n'
}

@test "control-D is an end of file to the peer, and the answer comes" {
	steps=(slurp 'send=answer\n')
	at_terminal '
		spawn tcpu connect 127.0.0.1 $port
		send "question\r"
		want question
		send "\004"
		want answer
		want_end'
	assert_output 0
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nEOF\n'
}

@test "control-C ends it, and is a reset to the peer" {
	steps=('send=hello\n' slurp)
	at_terminal '
		spawn tcpu connect 127.0.0.1 $port
		want hello
		send "\003"
		want_end'
	assert_output SIGINT
	assert_exit 0 "$peer"
	assert_content peer.out 'ECONNRESET\n'
}

@test "a terminal that is hung up ends it, and is a reset to the peer" {
	steps=('send=hello\n' slurp)
	at_terminal '
		spawn tcpu connect 127.0.0.1 $port
		want hello
		close
		puts [status]'
	# The signal and the end of input arrive at the same time.
	assert_output --regexp '^(SIGHUP|9)$'
	assert_exit 0 "$peer"
	assert_content peer.out 'ECONNRESET\n'
}

@test "without the signal it is 9" {
	steps=('send=hello\n' slurp)
	at_terminal '
		spawn -ignore HUP tcpu connect 127.0.0.1 $port
		want hello
		close
		puts [status]'
	assert_output 9
	assert_exit 0 "$peer"
	assert_content peer.out 'ECONNRESET\n'
}

# A shell with job control.
shell='
	set env(PS1) "$ "
	set env(TERM) dumb
	spawn bash --norc --noprofile -i
	want {\$ $}
'

# in_shell STEPS - start an interactive shell and take these steps in it, which
# start a session and stop it or put it into the background; then check that the
# session goes on in the foreground.
in_shell() {
	steps=('send=hello\n' read=9 'send=bye\n')
	at_terminal "$shell$1
		"'send "fg\r"
		want {tcpu connect}
		send "question\r"
		want bye
		want {\$ $}
		send "exit\r"
		want_end'
	assert_output 0
	assert_exit 0 "$peer"
	assert_content peer.out 'question\n'
}

@test "a background job of an interactive shell is not stopped" {
	in_shell '
		send "tcpu connect 127.0.0.1 $port &\r"
		want hello
		send "echo typed for the \$((1 + 1))\r"
		want {for the 2}
		send "jobs -s | wc -l | sed s/^/stopped=/\r"
		want {stopped=0}
		send "jobs -r | wc -l | sed s/^/running=/\r"
		want {running=1}'
}

@test "a background job whose stdout has been hung up is 9" {
	cat >hung.py <<-'PY'
		import os, pty, sys
		master, slave = pty.openpty()
		os.close(master)
		os.dup2(slave, 1)
		os.execvp(sys.argv[1], sys.argv[1:])
	PY
	steps=('send=hello\n' slurp)
	at_terminal "$shell"'
		send "python3 hung.py tcpu connect 127.0.0.1 $port &\r"
		want {stdout: '"${text[EIO]}"'}
		send "wait \$!; echo status=\$?\r"
		want {status=9}
		send "exit\r"
		want_end'
	assert_output 0
}

@test "a listener in the background leaves the terminal's input alone" {
	port=0 at_terminal "$shell"'
		send "tcpu listen --background --pid-file pid -t 60 -L 0 >data\r"
		want {\$ $}
		send "readlink /proc/\$(cat pid)/fd/0; kill \$(cat pid)\r"
		want {\n/dev/null\r}
		want {\$ $}
		send "exit\r"
		want_end'
	assert_output 0
}

@test "control-Z stops it, fg goes on" {
	in_shell '
		send "tcpu connect 127.0.0.1 $port\r"
		want hello
		send "\032"
		want Stopped
		want {\$ $}'
}

# ---- --progress ----

@test "--progress on a terminal that control-S stopped holds up nothing" {
	steps=('send=hello\n' slurp)
	at_terminal '
		spawn tcpu connect --progress --timeout 2 127.0.0.1 $port
		want hello
		send "\023"
		want_end'
	assert_output 124
}

@test "messages that control-S held up come after control-Q, each in its line" {
	port=0 at_terminal '
		spawn tcpu listen -v -k -L -1 0 -- cat
		expect -re {([1-9][0-9]*)\r\n} { set port $expect_out(1,string) }
		send "\023"
		foreach word {one two three} {
			set answer [exec timeout 60 tcpu connect 127.0.0.1 $port << $word]
			if {$answer ne $word} { puts "answer: $answer"; exit 1 }
		}
		send "\021"
		foreach word {one two three} {
			want {tcpu: [^\r\n]* connection from 127\.0\.0\.1:\d+\r\n}
		}
		send "\003"
		want_end'
	assert_output SIGINT
}

@test "--progress redraws one line, and ends it" {
	steps=('send=hello\n' slurp)
	at_terminal '
		spawn tcpu connect --progress 127.0.0.1 $port
		want {\r6 B received \([^\r\n]*/s\), 0:0[0-9] +}
		want {\r6 B received \([^\r\n]*/s\), 0:0[1-9] +}
		send "\004"
		want {\r6 B received \([^\r\n]*/s\), 0:0[1-9] +\r\n}
		want_end'
	assert_output 0
}

# progress COLUMNS STEPS - on a terminal of this width, send a file once a line
# is written to the FIFO go; the output on the terminal goes to the file screen.
progress() {
	steps=(hear=go "${steps[@]}")
	mkfifo go
	truncate -s 64M big
	at_terminal '
		log_file -a -noappend screen
		set stty_init "columns '"$1"'"
		spawn -noecho sh -c {exec tcpu connect --progress 127.0.0.1 $port <big}
		want {\r\d+%, [0-9.]+ MiB sent \([0-9.]+ [KM]iB/s\), \d:\d\d}'"$2"
}

# fits COLUMNS - check that no line on the terminal is wrapped, and that there
# are no escape sequences.
fits() {
	run ! grep $'\e' screen
	assert_equal "$(tr '\r' '\n' <screen | wc -L)" $(($1 - 1))
}

@test "--progress of a file has percents, and what is left" {
	steps=(slurp)
	progress 80 '
		want {, \d+:\d\d left +\r}
		exec echo now >go
		want {\r100%, 64.0 MiB sent \([0-9.]+ MiB/s\), \d:\d\d +\r\n}
		want_end'
	assert_output 0
	assert_exit 0 "$peer"
	fits 80
}

@test "--progress fits a narrow terminal" {
	steps=(slurp)
	progress 40 '
		exec echo now >go
		want {\r100%, 64.0 MiB sent [^\r\n]+\r\n}
		want_end'
	assert_output 0
	assert_exit 0 "$peer"
	fits 40
}

@test "behind --progress a message has a line of its own" {
	steps=(reset)
	progress 80 '
		exec echo now >go
		want {MiB sent [^\r\n]+\r\ntcpu: [0-9.:]+: Connection reset}
		want_end'
	assert_output 8
}

@test "--progress that is interrupted leaves the next line to the shell" {
	steps=(slurp)
	progress 80 '
		send "\003"
		want {MiB sent [^\r\n]+\r\n$}
		want_end'
	assert_output SIGINT
}
