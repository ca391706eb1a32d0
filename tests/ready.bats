# SPDX-License-Identifier: ISC
#
# Readiness: how tcpu listen announces that it listens and on which port; and
# running in the background.

load helper

# listens - check that a process listens on $port and accepts connections.
listens() {
	run timeout -k1 60 tcpu accept-ready --listening "$port"
	assert_success
}

# gone - check that no process listens on $port any more.
gone() {
	run timeout -k1 60 tcpu accept-ready --not-listening --wait=50 "$port"
	assert_success
}

# in_background [ARG]... - run tcpu listen --background as a shell does.
in_background() {
	timeout -k1 60 tcpu listen --background --until-exit "$$" \
		--print=sh "$@"
}

# ---- stdout ----

@test "-1, --print-port and --print=port print the port, then the data" {
	for option in -1 --print-port --print=port --print; do
		mkfifo out
		# shellcheck disable=SC2086 # split on purpose
		tcpu listen $option --local 0 </dev/null >out 3>&- &
		server=$!
		started+=("$server")
		exec {said}<out
		rm out
		read -r port <&"$said"
		assert_regex "$port" '^[1-9][0-9]*$'
		listens
		timeout -k1 60 tcpu connect localhost "$port" <<<data
		assert_exit 0 "$server"
		assert_equal "$(cat <&"$said")" data
	done
}

@test "--print=address prints address and port" {
	mkfifo out
	tcpu listen --print=address --no-accept 127.0.0.2 0 >out 3>&- &
	started+=("$!")
	read -r address port rest <out
	assert_equal "$address" 127.0.0.2
	assert_equal "$rest" ''
	listens
}

@test "--print=hostport is for URLs" {
	local host name
	while read -r host name; do
		mkfifo out
		# shellcheck disable=SC2086 # split, perhaps into no word
		tcpu listen --print=hostport --no-accept $host 0 >out 3>&- &
		started+=("$!")
		IFS= read -r line <out
		rm out
		port=${line##*:}
		assert_equal "$line" "$name:$port"
		listens
	done <<-'END'
		127.0.0.2 127.0.0.2
		::1 [::1]
		:: localhost
		-4 localhost
		-6 localhost
	END
}

@test "--print=addresses is --print=address" {
	run -124 timeout -k1 60 tcpu listen -q --print=addresses --no-accept \
		-t 10ms 127.0.0.2 0
	assert_output --regexp '^127\.0\.0\.2 [1-9][0-9]*$'
}

@test "--print=sh is safe to evaluate" {
	mkfifo out
	tcpu listen --print=sh --no-accept ::1 0 >out 3>&- &
	started+=("$!")
	read -r line <out
	eval "$line"
	assert_equal "$TCPU_PID $TCPU_ADDR" "$! ::1"
	port=$TCPU_PORT
	listens
}

@test "where no data follow, stdout is closed behind the line" {
	mkfifo out
	tcpu listen -1 --no-accept --local 0 >out 3>&- &
	started+=("$!")
	port=$(timeout 60 cat out)
	listens
}

# without_null ARG... - run tcpu on a system without /dev/null.
without_null() {
	run timeout -k1 60 "${private[@]}" --mount sh -c '
		mount -t tmpfs none /dev || exit
		[ "$2" != "close stdin" ] || exec tcpu "$1" <&-
		exec tcpu "$@"' sh "$@" 3>&-
}

@test "where there is no /dev/null, what needs it is 125 and names it" {
	local missing='tcpu: /dev/null: No such file or directory'
	without_null listen -1 --no-accept --local 0 </dev/null
	assert_equal "$status" 125
	assert_output "$missing"
	without_null listen --background --no-accept --local 0 </dev/null
	assert_equal "$status" 125
	assert_output "$missing"
	without_null listen --fd 0 </dev/null
	assert_equal "$status" 125
	assert_output "$missing"
	without_null --version 'close stdin'
	assert_equal "$status" 125
	assert_output "$missing"
	without_null --version </dev/null
	assert_success
}

@test "a port that cannot be printed is 9" {
	run timeout -k1 60 bash -c 'tcpu listen -1 --no-accept 0 >/dev/full'
	assert_equal "$status" 9
	assert_output 'tcpu: stdout: No space left on device'
}

@test "nothing is printed where listening fails" {
	start_server --no-accept --local 0 </dev/null
	for option in --print=port --print=sh --ready-fd=9 --port-file=file; do
		run --separate-stderr timeout -k1 60 \
			tcpu listen "$option" --local "$port" 9>told
		assert_equal "$status" 6
		assert_output ''
		assert_content told ''
		assert_not_exist file
	done
}

@test "a stderr that is the same pipe is closed, too" {
	for option in -1 --print=sh '--ready-fd 1'; do
		# shellcheck disable=SC2016 # expanded by the inner shell
		run -0 timeout -k1 60 bash -c '
			start() {
				tcpu listen -k -v --until-exit $$ --pid-file pid \
					--local $1 0 -- cat &
			}
			start "$1" 2>&1 | cat >line
			readlink "/proc/$(cat pid)/fd/2"' bash "$option"
		assert_output /dev/null
		[ -s line ]
	done
}

@test "another stderr stays, and so does a pipe whose stdout is for data" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run -0 timeout -k1 60 bash -c '
		start() {
			tcpu listen -k -v -1 --until-exit $$ --local 0 -- cat &
		}
		port=$(start 2>said)
		tcpu connect localhost "$port" </dev/null
		grep -c "connection from" said'
	assert_output 1
	run -0 timeout -k1 60 bash -c 'tcpu listen -1 -t 200ms -L 0 2>&1 |
		tail -n +2'
	assert_output --regexp \
		'^tcpu: listen localhost:[1-9][0-9]*: timed out after 200ms$'
}

# ---- Descriptors and files ----

@test "--ready-fd gets the port and is closed" {
	mkfifo ready
	tcpu listen --ready-fd 9 --no-accept --local 0 9>ready 3>&- &
	started+=("$!")
	port=$(timeout 60 cat ready)
	listens
}

@test "--ready-fd may be stdout or stderr, and no other descriptor becomes it" {
	for fd in 1 2; do
		mkfifo "ready$fd"
		eval "tcpu listen --ready-fd $fd --no-accept --local 0 \
			$fd>ready$fd 3>&- &"
		started+=("$!")
		port=$(timeout 60 cat "ready$fd")
		listens
		wait_until test "/proc/$!/fd/$fd" -ef /dev/null
	done
}

@test "a --ready-fd that is closed or full is 9" {
	run timeout -k1 60 tcpu listen --ready-fd 9 0 9>&-
	assert_equal "$status" 9
	assert_output 'tcpu: --ready-fd 9: Bad file descriptor'
	run timeout -k1 60 tcpu listen --ready-fd 9 0 9>/dev/full
	assert_equal "$status" 9
	assert_output 'tcpu: --ready-fd 9: No space left on device'
}

@test "--port-file and --pid-file hold the port and the process" {
	start_server --port-file port --pid-file pid --no-accept --local 0
	assert_content port "$port\\n"
	assert_content pid "$server\\n"
	assert_equal "$(stat -c %a port)" "$(printf %o $((0666 & ~$(umask))))"
}

@test "the files are removed at the end, however it comes" {
	start_server --port-file port --pid-file pid --local 0 </dev/null
	timeout -k1 60 tcpu connect localhost "$port" </dev/null
	assert_exit 0 "$server"
	assert_not_exist port
	assert_not_exist pid
	for signal in TERM HUP; do
		start_server --port-file port --pid-file pid --local 0 </dev/null
		kill "-$signal" "$server"
		assert_exit $((128 + $(kill -l "$signal"))) "$server"
		assert_not_exist port
		assert_not_exist pid
	done
	run timeout -k1 60 tcpu listen -t 10ms --port-file port --local 0
	assert_equal "$status" 124
	assert_not_exist port
}

@test "the names of the files may be as long as the system allows" {
	local name path=
	name=$(printf 'x%.0s' {1..255})
	while ((${#path} < 3584)); do
		path+=${name//x/y}/
	done
	mkdir -p "$path"
	for ((n = 1; n < 256; n += 127)); do
		start_server --port-file "${name:0:n}" --no-accept --local 0
		assert_content "${name:0:n}" "$port\\n"
	done
	path+=${name:0:$((4095 - ${#path}))}
	start_server --port-file "$path" --no-accept --local 0
	assert_content "$path" "$port\\n"
	run -9 timeout -k1 60 tcpu listen --port-file "${name}x" --local 0
	assert_output "tcpu: --port-file ${name}x: ${text[ENAMETOOLONG]}"
}

@test "a file that somebody has replaced stays" {
	start_server --port-file port --local 0 </dev/null
	echo other >other
	mv other port
	kill "$server"
	assert_exit 143 "$server"
	assert_content port 'other\n'
}

@test "another listener's files stay, though their inodes have the old numbers" {
	start_server --port-file port --pid-file pid --no-accept --local 0
	first=$server
	rm port pid
	start_server --port-file port --pid-file pid --no-accept --local 0
	kill "$first"
	assert_exit 143 "$first"
	assert_content port "$port\\n"
	assert_content pid "$server\\n"
	kill "$server"
	assert_exit 143 "$server"
	assert_not_exist port
	assert_not_exist pid
}

@test "a file that cannot be written is 9, and nothing is left" {
	run timeout -k1 60 tcpu listen --port-file no/port --local 0
	assert_equal "$status" 9
	assert_output 'tcpu: --port-file no/port: No such file or directory'
	mkdir folder
	run timeout -k1 60 tcpu listen --pid-file folder --local 0
	assert_equal "$status" 9
	assert_output 'tcpu: --pid-file folder: Is a directory'
	mkfifo fifo
	run timeout -k1 60 tcpu listen --port-file fifo --local 0
	assert_equal "$status" 9
	assert_output 'tcpu: --port-file fifo: not a regular file'
	assert [ -p fifo ]
	rm fifo
	assert_equal "$(ls)" folder
	run timeout -k1 60 tcpu listen --port-file port --pid-file no/pid \
		--local 0
	assert_equal "$status" 9
	assert_equal "$(ls)" folder
}

@test "whoever reads the file in a loop never sees half of it" {
	mkdir files
	perl -e '
		my ($seen, $end) = (0, time + 50);
		$SIG{TERM} = sub { $end = 0 };
		while (time < $end) {
			open(my $f, "<", "files/port") or next;
			local $/;
			my $text = <$f>;
			die "half: <$text>\n" if $text !~ /\A[0-9]+\n\z/;
			$seen++;
		}
		print "whole\n" if $seen' >reader.out 2>reader.err 3>&- &
	reader=$!
	started+=("$reader")
	for _ in $(seq 50); do
		run timeout -k1 60 tcpu listen -t 10ms --port-file files/port \
			--local 0
		assert_equal "$status" 124
	done
	kill "$reader"
	assert_exit 0 "$reader"
	assert_content reader.err ''
	assert_content reader.out 'whole\n'
	assert_equal "$(ls files)" ''
}

# notified ADDRESS - print the messages that tcpu listen sends to $NOTIFY_SOCKET
# at this address.
notified() {
	# shellcheck disable=SC2016 # a script for perl
	timeout -k1 60 perl -MSocket -e '
		my $name = my $path = shift;
		$path =~ s/^@/\0/;
		socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die;
		bind($s, pack_sockaddr_un($path)) or die "bind: $!";
		$ENV{NOTIFY_SOCKET} = $name;
		my $pid = fork // die;
		exec qw(tcpu listen --no-accept --local 0) if !$pid;
		recv($s, my $text, 512, 0);
		print "$text\n";
		kill "TERM", $pid;
		waitpid($pid, 0)' "$1"
}

@test "the service manager is told" {
	run notified "$PWD/socket"
	assert_output READY=1
	run notified "@tcpu-test-$$-$RANDOM"
	assert_output READY=1
}

@test "a service manager that is not there is no failure" {
	NOTIFY_SOCKET=$PWD/none start_server --no-accept --local 0
	listens
}

# ---- The background ----

@test "--background has the status of a failure, also with SIGCHLD ignored" {
	run -2 --separate-stderr timeout -k1 60 env --ignore-signal=CHLD \
		tcpu listen --background --no-accept 65536
	assert_equal "${#stderr_lines[@]}" 1
	start_server --local --no-accept 0
	run -6 timeout -k1 60 env --ignore-signal=CHLD \
		tcpu listen --background --no-accept --local "$port"
}

@test "--background returns when it listens, with what --print asks for" {
	eval "$(in_background --no-accept --local 0)"
	port=$TCPU_PORT
	listens
	assert_equal "$TCPU_ADDR" 127.0.0.1
	kill -0 "$TCPU_PID"
	kill "$TCPU_PID"
	gone
}

@test "it is a session of its own, and keeps no descriptor" {
	eval "$(in_background --no-accept --local 0 2>&1 9>extra)"
	assert_equal "$(ps -o sid= -p "$TCPU_PID" | tr -d ' ')" "$TCPU_PID"
	run ls -l "/proc/$TCPU_PID/fd"
	refute_output --partial extra
	assert_equal "$(readlink "/proc/$TCPU_PID"/fd/{0,1,2} | sort -u)" \
		/dev/null
	kill "$TCPU_PID"
	port=$TCPU_PORT
	gone
}

@test "it keeps a stderr that is not a pipe" {
	eval "$(in_background -v -k --local 0 2>said -- cat)"
	run -0 timeout -k1 60 tcpu connect localhost "$TCPU_PORT" </dev/null
	kill "$TCPU_PID"
	run -0 grep -c 'connection from' said
	eval "$(in_background -v -k --local 0 2> >(cat >/dev/null) -- cat)"
	assert_equal "$(readlink "/proc/$TCPU_PID/fd/2")" /dev/null
	kill "$TCPU_PID"
	eval "$(perl -MSocket -e '
		socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die;
		open(STDERR, ">&", $a) or die;
		exec qw(tcpu listen --background -t 60 -L --print=sh 0 -- cat)')"
	assert_regex "$(readlink "/proc/$TCPU_PID/fd/2")" '^socket:'
	kill "$TCPU_PID"
}

@test "a failure to listen is the launcher's status and message" {
	start_server --no-accept --local 0 </dev/null
	run --separate-stderr in_background --no-accept --local "$port"
	assert_equal "$status" 6
	assert_output ''
	assert_equal "$stderr" \
		"tcpu: listen localhost:$port: ${text[EADDRINUSE]}"
	run --separate-stderr in_background --no-accept 65536
	assert_equal "$status" 2
	run --separate-stderr in_background --no-accept nosuch.invalid 0
	assert_equal "$status" 3
	run --separate-stderr in_background --no-accept --pid-file no/file 0
	assert_equal "$status" 9
}

@test "a launcher that cannot print leaves nobody behind" {
	run timeout -k1 60 bash -c 'tcpu listen --background --print=port \
		--pid-file pid --no-accept --local 0 >/dev/full'
	assert_equal "$status" 9
	timeout 60 bash -c 'while [ -e pid ]; do read -rt 0.02 <> <(:); done; :'
}

@test "nor does one that is killed before there is a listener" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run -0 timeout -k1 5 "$BUILD/tests/prog_sandbox" bash -c '
		timeout 0.3 tcpu listen --background --no-accept \
			silent.test 0 | cat
		echo "status ${PIPESTATUS[0]}"' 3>&-
	assert_output 'status 124'
}

@test "with a file as stdout it is a session in the background" {
	timeout -k1 60 tcpu listen --background --until-exit "$$" \
		--port-file port --local 0 </dev/null >data
	port=$(<port)
	timeout -k1 60 tcpu connect localhost "$port" <<<hello
	gone
	assert_content data 'hello\n'
}

@test "--background is refused where stdout is a pipe for data" {
	run timeout -k1 60 bash -c 'tcpu listen --background 0 | cat
		exit "${PIPESTATUS[0]}"'
	assert_equal "$status" 2
}

@test "--ready-fd works in the background" {
	mkfifo ready
	timeout 60 cat ready >told 3>&- &
	cat=$!
	started+=("$cat")
	timeout -k1 60 tcpu listen --background --until-exit "$$" \
		--ready-fd 9 --no-accept --local 0 9>ready
	assert_exit 0 "$cat"
	port=$(<told)
	listens
}

# every SHELL LINE - run the line two hundred times.  Check that it always
# prints the process id of a listener, and that each listener ends with the
# shell.
every() {
	run timeout -k1 60 "$1" -c '
		i=0
		while [ "$i" -lt 200 ]; do
			i=$((i + 1))
			eval "$1"
		done' "$1" "$2"
	assert_success
	assert_equal "${#lines[@]}" 200
	for pid in "${lines[@]}"; do
		wait_until has_ended "$pid"
	done
}

evaluated='
	eval "$(tcpu listen --background --until-exit $$ --print=sh \
		--no-accept --local 0)" && [ "$TCPU_PORT" -gt 0 ] &&
	echo "$TCPU_PID"'
substituted='
	port=$(tcpu listen -k -1 --until-exit $$ --pid-file pid --local 0 \
		-- cat &) && [ "$port" -gt 0 ] && cat pid'

@test "200 in the background return at once and leave nobody: bash" {
	every bash "$evaluated"
}

@test "200 in the background return at once and leave nobody: dash" {
	every dash "$evaluated"
}

@test "200 ports by substitution return at once and leave nobody: bash" {
	every bash "$substituted"
}

@test "200 ports by substitution return at once and leave nobody: dash" {
	every dash "$substituted"
}

@test "in a test of bats, a background listener hangs nobody" {
	sed 's/^%/@/' >inner.bats <<-'END'
		setup() {
			eval "$(tcpu listen --background --until-exit $$ \
				--print=sh -k --local 0 -- cat)"
		}
		teardown() {
			kill "$TCPU_PID"
			tcpu accept-ready --not-listening --wait=50 "$TCPU_PORT"
		}
		%test "one" {
			[ "$(printf hi | tcpu connect localhost "$TCPU_PORT")" = hi ]
		}
		%test "two, by substitution" {
			port=$(tcpu listen -k -1 --until-exit $$ --local 0 -- cat &)
			[ "$(printf hi | tcpu connect localhost "$port")" = hi ]
		}
	END
	run timeout -k1 60 bats --tap inner.bats
	assert_success
	assert_line 'ok 1 one'
	assert_line "ok 2 two, by substitution"
}
