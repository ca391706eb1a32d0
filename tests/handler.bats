# SPDX-License-Identifier: ISC
#
# COMMAND, run for each connection: its descriptors and variables, its exit
# status, how many run at a time, and how tcpu fails if it cannot be run.

load helper

# run_client [ARG]... - run tcpu connect to the server with the test's stdin.
# Sets status and stderr.
run_client() {
	run --separate-stderr timeout -k1 60 \
		tcpu connect "$@" 127.0.0.1 "$port"
}

# script NAME - write stdin to a handler, to be called as ./NAME.
script() {
	{
		echo '#!/bin/sh'
		cat
	} >"$1"
	chmod +x "$1"
}

# reported N - check that the server has printed N lines on stderr.
reported() {
	[ "$(wc -l <server.err)" -eq "$1" ]
}

# ---- Its descriptors and variables ----

@test "stdin and stdout of COMMAND are the connection" {
	start_server --local 0 -- cat
	run_client <<<question
	assert_success
	assert_output question
	assert_exit 0 "$server"
	assert_content server.err ''
}

@test "nothing else is open in COMMAND, and stderr is ours" {
	start_server --local 0 -- sh -c 'ls /proc/$$/fd; readlink /proc/$$/fd/[01] |
		uniq | grep -c socket; echo message >&2' 7</dev/null 9</dev/null
	run_client </dev/null
	assert_output $'0\n1\n2\n1'
	assert_exit 0 "$server"
	assert_content server.err 'message\n'
}

@test "the connection blocks, is not delayed, and is kept alive" {
	start_server --local 0 -- perl -MSocket=:all -MFcntl -e '
		print fcntl(STDIN, F_GETFL, 0) & O_NONBLOCK ? "no" : "blocks";
		print " ", unpack "i", getsockopt STDIN, IPPROTO_TCP, TCP_NODELAY;
		print " ", unpack "i", getsockopt STDIN, SOL_SOCKET, SO_KEEPALIVE;
		print " ", join ",", unpack "ii",
		    getsockopt STDIN, SOL_SOCKET, SO_LINGER;'
	run_client </dev/null
	assert_output 'blocks 1 1 0,0'
}

@test "the environment tells of the two ends" {
	export TCPREMOTEHOST=x TCPREMOTEINFO=x TCPLOCALHOST=x
	start_server --local 0 -- env
	run_client --print=addresses </dev/null
	read -r ip remote localip local <<<"$stderr"
	grep -E '^(TCP|PROTO)' <<<"$output" | sort >told
	diff told - <<-END
		PROTO=TCP
		TCPCONNNUM=1
		TCPLOCALIP=$localip
		TCPLOCALPORT=$local
		TCPREMOTEIP=$ip
		TCPREMOTEPORT=$remote
	END
}

@test "the service manager is told by tcpu, not by a handler" {
	NOTIFY_SOCKET=$PWD/none start_server --local 0 -- sh -c \
		'echo "${NOTIFY_SOCKET-unset}"'
	run_client </dev/null
	assert_equal "$output" unset
}

@test "IPv4 addresses are told as such on a socket of IPv6, and IPv6 as IPv6" {
	start_server -k --count 2 0 -- sh -c 'echo "$TCPLOCALIP $TCPREMOTEIP"'
	run timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
	assert_output '127.0.0.1 127.0.0.1'
	run timeout -k1 60 tcpu connect ::1 "$port" </dev/null
	assert_output '::1 ::1'
	assert_exit 0 "$server"
}

@test "TCPCONNNUM counts the connections of one address" {
	start_server -k --local 0 -- sh -c 'echo "$TCPCONNNUM"; cat'
	start_client
	wait_for_line out 1
	run_client </dev/null
	assert_output 2
	run timeout -k1 60 tcpu connect ::1 "$port" </dev/null
	assert_output 1
	exec {say}>&-
}

@test "signals are as tcpu was started with" {
	local how look=(grep -E 'Sig(Blk|Ign)' /proc/self/status)
	for how in 'env' 'env --ignore-signal=CHLD,HUP,PIPE,USR1' \
		'env --block-signal=CHLD,INT --default-signal'; do
		# shellcheck disable=SC2086 # split on purpose
		start_background before $how "${look[@]}"
		assert_exit 0 "$!"
		# shellcheck disable=SC2086 # split on purpose
		start_listener server $how tcpu listen -1 --local 0 -- "${look[@]}"
		run_client </dev/null
		diff before.out - <<<"$output"
	done
}

@test "the peer gets its end of file when the handler ends, not when tcpu does" {
	start_server -k --local 0 -- cat
	run_client <<<one
	assert_output one
	run_client <<<two
	assert_output two
	kill -0 "$server"
}

@test "tcpu keeps nothing of a connection that has a handler" {
	start_server -k --local 0 -- sh -c 'readlink /proc/$$/fd/0; cat'
	start_client
	wait_for_line out 'socket:.*'
	wait_until bash -c '! readlink /proc/"$1"/fd/* | grep -qxF "$2"' \
		bash "$server" "$(<out)"
	exec {say}>&-
}

@test "the listener is gone before the only handler runs" {
	start_server --local 0 -- sh -c 'tcpu accept-ready --not-listening \
		"$TCPLOCALPORT" && echo gone'
	run_client </dev/null
	assert_output gone
}

@test "with --count the listener is gone before the last handler runs" {
	start_server -k --count 2 --local 0 -- sh -c 'tcpu accept-ready \
		--not-listening "$TCPLOCALPORT" && echo gone || echo there'
	run_client </dev/null
	assert_output there
	run_client </dev/null
	assert_output gone
}

@test "COMMAND is found in PATH, by its path, and in the working directory" {
	script handler <<<'echo "$0"'
	mkdir bin
	cp handler bin/other
	for name in ./handler bin/other "$PWD/handler"; do
		start_server --local 0 -- "$name"
		run_client </dev/null
		assert_output "$name"
	done
	PATH=/nowhere:$PWD/bin:$PATH start_server --local 0 -- other
	run_client </dev/null
	assert_output "$PWD/bin/other"
	PATH=$PATH: start_server --local 0 -- handler
	run_client </dev/null
	assert_output ./handler
}

@test "a name or a folder of PATH that is too long is passed over" {
	local long
	printf -v long '%05000d' 0
	run --separate-stderr -127 timeout -k1 60 tcpu listen --local 0 -- "$long"
	script handler <<<'echo "$0"'
	PATH=/$long:$PATH:$PWD start_server --local 0 -- handler
	run_client </dev/null
	assert_output "$PWD/handler"
}

@test "a script without #! is run by the shell" {
	echo 'echo "$1"' >handler
	chmod +x handler
	start_server --local 0 -- ./handler argument
	run_client </dev/null
	assert_output argument
}

# ---- Its status ----

@test "the only handler's status is ours" {
	local code
	for code in 0 1 2 8 125; do
		start_server --local 0 -- sh -c "exit $code"
		run_client </dev/null
		assert_exit "$code" "$server"
		assert_content server.err ''
	done
}

@test "the only handler's signal is 128+n, and a line" {
	for signal in KILL TERM SEGV; do
		start_server --local 0 -- sh -c "ulimit -c 0; kill -$signal \$\$"
		run_client </dev/null
		assert_exit $((128 + $(kill -l "$signal"))) "$server"
		assert_equal "$(wc -l <server.err)" 1
		assert_regex "$(<server.err)" '^tcpu: 127.0.0.1:[0-9]*: sh: '
	done
}

@test "with --keep-open a failure is a line, and the listener goes on" {
	start_server -k --count 4 --local 0 -- sh -c 'read -r how; eval "$how"'
	for how in 'exit 3' 'kill -KILL $$' 'exit 0' 'exit 1'; do
		run_client <<<"$how"
	done
	assert_exit 0 "$server"
	sed 's/:[0-9]*: sh: /: /' server.err | sort | diff - <(sort <<-'END'
		tcpu: 127.0.0.1: exit status 3
		tcpu: 127.0.0.1: Killed
		tcpu: 127.0.0.1: exit status 1
	END
	)
}

@test "a handler whose client has gone dies of SIGPIPE, which is a line" {
	start_server -k --local 0 -- yes
	timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null | head -1
	wait_for_line server.err 'tcpu: 127.0.0.1:[0-9]*: yes: Broken pipe'
	assert_equal "$(wc -l <server.err)" 1
	kill -0 "$server"
}

@test "a handler may close its stdout early" {
	start_server --local 0 -- sh -c 'echo early; exec >&-; cat >rest; exit 4'
	run_client <<<data
	assert_success
	assert_output early
	assert_exit 4 "$server"
	assert_content rest 'data\n'
}

@test "COMMAND that is not there is 127, that is no program 126, at once" {
	touch file
	mkdir directory
	for command in 'nosuch 127' './nosuch 127' './file 126' \
		'./directory 126' './file/x 126'; do
		for how in 'listen --local 0' 'connect localhost 1'; do
			# shellcheck disable=SC2086 # split on purpose
			run "-${command#* }" --separate-stderr traced -f -qq \
				-e trace=socket -o trace tcpu $how -- "${command% *}"
			assert_regex "$stderr" "^tcpu: ${command% *}: [A-Z]"
			assert_equal "${#stderr_lines[@]}" 1
			run ! grep AF_INET trace
		done
	done
	run -127 timeout -k1 60 tcpu listen --local 0 -- ''
}

@test "COMMAND that has gone since is a line and a reset, and may come back" {
	script handler <<<'echo here'
	start_server -k --local 0 -- ./handler
	mv handler elsewhere
	run_client </dev/null
	assert_failure
	assert_content server.err 'tcpu: ./handler: No such file or directory\n'
	mv elsewhere handler
	chmod -x handler
	run_client </dev/null
	assert_failure
	chmod +x handler
	run_client </dev/null
	assert_output here
	assert_equal "$(tail -1 server.err)" 'tcpu: ./handler: Permission denied'
	rm handler
	cp "$(command -v cat)" handler
	start_server --local 0 -- ./handler
	rm handler
	run_client </dev/null
	assert_exit 127 "$server"
}

# ---- --pipes ----

@test "with --verbose a COMMAND without --pipes is reminded of it, once" {
	local option hints
	for option in '' --pipes; do
		# shellcheck disable=SC2086 # an empty word disappears
		start_server -v -k --count 2 $option --local 0 -- echo answer
		run_client -q </dev/null
		run_client -q </dev/null
		assert_exit 0 "$server"
		hints=$(grep -c ': if echo leaves input unread, .*--pipes' \
			server.err) || true
		assert_equal "$hints" "$([ "$option" ] && echo 0 || echo 1)"
	done
}

@test "with --pipes closing stdout is an end of file to the peer" {
	start_server --pipes --local 0 -- sh -c 'echo early; exec >&-; cat >rest; exit 4'
	start_client
	wait_for_line out early
	echo late >&"$say"
	exec {say}>&-
	assert_exit 0 "$client"
	assert_exit 4 "$server"
	assert_content rest 'late\n'
}

@test "with --pipes the end of input is the end of stdin" {
	start_server --pipes --local 0 -- sh -c 'cat; echo end'
	run_client <<<question
	assert_output $'question\nend'
	assert_exit 0 "$server"
}

@test "with --pipes the connection ends with the handler" {
	start_server --pipes --local 0 -- echo bye
	start_client --end=peer
	assert_exit 0 "$client"
	assert_exit 0 "$server"
	assert_content out 'bye\n'
	exec {say}>&-
}

@test "with --pipes a handler need not read everything, or anything" {
	local size=1000000
	! is_tiny || size=100000
	start_server --pipes --local 0 -- sh -c 'head -c 1; exec <&-; echo; cat big'
	head -c "$size" /dev/urandom >big
	head -c 200000 /dev/zero >zeros
	run timeout -k1 60 bash -c "tcpu connect 127.0.0.1 $port <zeros >out"
	assert_success
	assert_exit 0 "$server"
	assert_content server.err ''
	printf '\0\n' | cat - big | cmp - out
}

@test "with --pipes nothing else is open, and the pipes block" {
	start_server --pipes --local 0 -- sh -c 'ls /proc/$$/fd
		readlink /proc/$$/fd/[01] | grep -c pipe
		sed -n "s/flags:[^0-9]*//p" /proc/$$/fdinfo/[01]' 9</dev/null
	run_client </dev/null
	assert_output $'0\n1\n2\n2\n00\n01'
}

@test "with --pipes the session ends with COMMAND, whoever has its pipes" {
	mkfifo never
	start_server -k -m 1 --pipes --local 0 -- sh -c \
		'{ read -r _ <>never; } <&0 & echo hi; echo $! >&2'
	local option
	for option in --end=both --end=both --abandon; do
		run_client "$option" </dev/null
		assert_success
		assert_output hi
	done
	xargs kill <server.err
}

@test "with --pipes what is in the pipe when COMMAND ends is sent, and no more" {
	mkfifo go
	head -c 1500000 /dev/urandom >big
	start_server -k --pipes --local 0 -- sh -c \
		'(read -r line <go; echo late; echo later) & cat big'
	local pipe
	for pipe in 'cat' 'dd bs=999'; do
		tcpu connect 127.0.0.1 "$port" </dev/null 3>&- |
			$pipe 2>/dev/null | cmp - big
		echo go >go
	done
	start_server --pipes --crlf=both --local 0 -- sh -c \
		'tail -f /dev/null & cat; echo end; kill $!'
	run_client <<<line
	assert_output $'line\r\nend\r'
	assert_exit 0 "$server"
}

@test "with --pipes output that never ends is cut where COMMAND ends" {
	start_server --pipes --local 0 -- sh -c \
		'while echo y; do :; done & head -c 1000 /dev/zero'
	run timeout -k1 60 bash -c \
		'tcpu connect 127.0.0.1 "$1" </dev/null >out' bash "$port"
	assert_success
	assert_exit 0 "$server"
	assert_equal "$(tr -d 'y\n' <out | wc -c)" 1000
}

# answered - check that a client gets the answer and the end of file before it
# has sent anything, and can still send afterwards.
answered() {
	local line
	mkfifo in out
	exec {said}<>out
	tcpu connect 127.0.0.1 "$port" <in >out 2>err 3>&- &
	client=$!
	started+=("$client")
	exec {say}>in
	# The server waits for one second at most, so no process is started here.
	read -r line <&"$said"
	echo question >&"$say"
	echo another >&"$say"
	exec {say}>&- {said}>&-
	assert_equal "$line" answer
	assert_exit 0 "$client"
	assert_exit 0 "$server"
	rm in out
}

@test "with --pipes a client may ask when it has its answer already" {
	start_server --pipes --local 0 -- echo answer
	answered
	start_server --pipes --abandon --local 0 -- echo answer
	answered
	start_server --end=input --local 0 <<<answer
	answered
}

@test "a client that does not go away is waited for no longer than a second" {
	local how
	for how in '--pipes --local 0 -- echo answer' '--end=input --local 0' \
		'--pipes --abandon --local 0 -- echo answer'; do
		# shellcheck disable=SC2086 # split on purpose
		start_server $how <<<answer
		exec {held}<>/dev/tcp/127.0.0.1/"$port"
		read -r line <&"$held"
		assert_equal "$line" answer
		assert_exit 0 "$server"
		exec {held}>&-
	done
}

@test "of a client that sends without end a mebibyte is taken" {
	start_server --pipes --local 0 -- echo answer
	timeout -k1 60 tcpu connect -q 127.0.0.1 "$port" </dev/zero >out || true
	assert_exit 0 "$server"
	assert_content out 'answer\n'
}

@test "with --pipes a peer that is lost is a line, and the handler's end" {
	start_server --pipes --local 0 -- sh -c 'cat >rest; exit 5'
	run_client --reset <<<data
	assert_exit 5 "$server"
	assert_content rest 'data\n'
	assert_regex "$(<server.err)" \
		'^tcpu: 127.0.0.1:[0-9]*: Connection reset by peer \(5 bytes'
	assert_equal "$(wc -l <server.err)" 1
}

@test "with --pipes there are sessions of many handlers at a time" {
	start_server -k --pipes --count 10 --local 0 -- cat
	head -c 300000 /dev/urandom >data
	for i in 0 1 2 3 4 5 6 7 8 9; do
		tcpu connect 127.0.0.1 "$port" <data >"out$i" 3>&- &
		clients[i]=$!
		started+=("$!")
	done
	for i in 0 1 2 3 4 5 6 7 8 9; do
		assert_exit 0 "${clients[i]}"
		cmp data "out$i"
	done
	assert_exit 0 "$server"
}

@test "with --pipes the options of sessions apply" {
	start_server --pipes --crlf=both --local 0 -- cat -A
	run_client --crlf=both <<<line
	assert_output 'line$'
	assert_exit 0 "$server"
	start_server --pipes --idle-timeout=100ms --local 0 -- cat
	run_client --abandon <<<data
	assert_equal "$status" 8
	assert_exit 124 "$server"
	assert_regex "$(<server.err)" 'idle for 100ms'
	assert_equal "$(wc -l <server.err)" 1
}

@test "a COMMAND that does not read does not outlast --idle-timeout" {
	start_server --pipes --idle-timeout=100ms --local 0 -- tail -f /dev/null
	start_client
	head -c 16M /dev/zero >&"$say" 2>/dev/null 3>&- &
	started+=("$!")
	assert_exit 124 "$server"
	exec {say}>&-
}

# ---- connect ----

@test "connect gives COMMAND the connection, and has its status" {
	start_server --local 0 -- cat
	run --separate-stderr timeout -k1 60 tcpu connect 127.0.0.1 "$port" -- \
		sh -c 'echo question; read -r answer; echo "$answer" >&2; exit 6'
	assert_equal "$status" 6
	assert_equal "$output" ''
	assert_equal "$stderr" question
	assert_exit 0 "$server"
}

@test "connect resets where COMMAND cannot be executed after all" {
	printf '#!/no/such/interpreter\n' >broken
	chmod +x broken
	start_server --local 0 </dev/null
	run -127 --separate-stderr timeout -k1 60 \
		tcpu connect 127.0.0.1 "$port" -- ./broken
	assert_equal "$stderr" 'tcpu: ./broken: No such file or directory'
	assert_exit 8 "$server"
}

@test "connect tells COMMAND the two ends" {
	start_server --local 0 -- cat
	run --separate-stderr timeout -k1 60 \
		tcpu connect --print=addresses 127.0.0.1 "$port" -- \
		sh -c 'echo "$PROTO $TCPLOCALIP $TCPLOCALPORT" \
			"$TCPREMOTEIP $TCPREMOTEPORT" >&2'
	assert_equal "TCP ${stderr_lines[0]}" "${stderr_lines[1]}"
}

@test "--ucspi gives it as descriptors 6 and 7, and our stdin and stdout" {
	start_server --local 0 -- cat
	run timeout -k1 60 tcpu connect --ucspi 127.0.0.1 "$port" -- \
		sh -c 'cat >&7; read -r answer <&6; echo "got $answer"
		ls /proc/$$/fd' <<<question 4</dev/null 8</dev/null
	assert_success
	assert_output $'got question\n0\n1\n2\n6\n7'
}

@test "connect --pipes lets COMMAND half-close" {
	start_server --local 0 -- sh -c 'cat; echo end'
	run timeout -k1 60 tcpu connect --pipes 127.0.0.1 "$port" -- \
		sh -c 'echo question; exec >&-; cat >answer'
	assert_success
	assert_content answer 'question\nend\n'
}

@test "what takes tcpclient's place works with tcpserver, and the reverse" {
	start_listener server tcpserver -1RHl0 127.0.0.1 0 cat
	run timeout -k1 60 tcpu connect --ucspi 127.0.0.1 "$port" -- \
		sh -c 'echo one >&7; head -1 <&6'
	assert_output one
	start_server --local 0 -- cat
	run timeout -k1 60 tcpclient -RHl0 127.0.0.1 "$port" \
		sh -c 'echo two >&7; head -1 <&6'
	assert_output two
}

# ---- Compared with tcpserver ----

@test "a handler finds what it finds under tcpserver" {
	script handler <<-'END'
		env | grep -E '^(PROTO|TCP)' | grep -v TCPCONNNUM |
			sed 's/^\(TCP.*PORT\)=[0-9]*$/\1=N/' | sort
		readlink /proc/$$/fd/[01] | sed 's/:.*//'
		grep -E 'Sig(Blk|Ign)' /proc/self/status
	END
	start_listener theirs tcpserver -1RHl '' 127.0.0.1 0 ./handler
	run_client </dev/null
	grep -v TCPLOCALHOST <<<"$output" >expected
	start_server -k --local 0 -- ./handler
	run_client </dev/null
	diff expected - <<<"$output"
}

# ---- How many ----

@test "at most --max-conns run at a time, and no client is lost" {
	start_server -k --max-conns 5 --local 0 -- sh -c \
		'perl -e "select undef, undef, undef, .05"; echo "$TCPCONNNUM"'
	for ((i = 0; i < 200; i++)); do
		tcpu connect -q 127.0.0.1 "$port" </dev/null >"out.$i" 3>&- &
		clients[i]=$!
		started+=("$!")
	done
	for pid in "${clients[@]}"; do
		assert_exit 0 "$pid"
	done
	assert_equal "$(cat out.* | wc -l)" 200
	assert_equal "$(sort -n out.* | tail -1)" 5
	assert_content server.err ''
}

@test "clients beyond --max-conns wait in the kernel's queue" {
	start_server -k -m 1 --local 0 -- cat
	start_client
	echo one >&"$say"
	wait_for_line out one
	tcpu connect 127.0.0.1 "$port" <<<two >second 3>&- {say}>&- &
	client=$!
	started+=("$client")
	timeout -k1 60 tcpu accept-ready --wait=50 "$port"
	assert_content second ''
	exec {say}>&-
	assert_exit 0 "$client"
	assert_content second 'two\n'
}

@test "--count ends when the last handler has" {
	start_server -k --count 2 --local 0 -- cat
	start_client
	run_client <<<two
	assert_output two
	timeout -k1 60 tcpu accept-ready --not-listening --wait=50 "$port"
	echo one >&"$say"
	exec {say}>&-
	assert_exit 0 "$client"
	assert_content out 'one\n'
	assert_exit 0 "$server"
}

@test "--accept-timeout lets the handlers finish" {
	start_held_server -k --accept-timeout 100ms -- cat
	start_client
	release 1
	wait_for_line server.err 'tcpu: listen $LISTEN_FDS: timed out after 100ms'
	echo one >&"$say"
	exec {say}>&-
	assert_exit 0 "$client"
	assert_content out 'one\n'
	assert_exit 124 "$server"
}

@test "handlers are reaped at once" {
	start_server -k --local 0 -- sh -c 'exit 7'
	local nth
	for nth in 1 2 3; do
		run_client </dev/null
		wait_until reported "$nth"
		run ! pgrep -P "$server"
	done
}

# crowd N - start so many clients, each of which sends what comes through a
# FIFO, and wait until the server complains.
crowd() {
	local i ear both
	clients=()
	[ -p in ] || mkfifo in
	exec {both}<>in # or the next two would wait for each other
	exec {ear}<in
	exec {say}>in {both}>&-
	for ((i = 0; i < $1; i++)); do
		tcpu connect 127.0.0.1 "$port" <&"$ear" >"out$i" 2>&1 3>&- \
			{ear}>&- {say}>&- &
		clients[i]=$!
		started+=("$!")
	done
	exec {ear}>&-
	wait_until test -s server.err
}

# crowd_is_served - end the input of the clients, and check that all succeed.
crowd_is_served() {
	local pid
	exec {say}>&-
	for pid in "${clients[@]}"; do
		assert_exit 0 "$pid"
	done
}

@test "where descriptors run out, clients wait, and one line tells" {
	start_listener server prlimit --nofile=16 tcpu listen -1 -k --local 0 -- cat
	crowd 10
	crowd_is_served
	assert_equal "$(wc -l <server.err)" 1
	assert_regex "$(<server.err)" "^tcpu: .*: ${text[EMFILE]}$"
	run_client <<<after
	assert_output after
}

@test "where descriptors run out, a signal ends the server" {
	local limit
	for limit in 13 14 15 16; do
		start_listener server prlimit --nofile="$limit" \
			tcpu listen -1 -k --local 0 -- cat
		crowd 10
		kill -TERM "$server"
		assert_exit 143 "$server"
		exec {say}>&-
	done
}

@test "where no process can be made, clients wait, and one line tells" {
	local as=(unshare --user)
	shared=$(mktemp -d)
	chmod 755 "$shared"
	install -m 755 "$BUILD/tcpu" "$shared"
	[ "$(id -u)" -ne 0 ] ||
		as=(setpriv --reuid $((100000 + $$)) --clear-groups)
	start_listener server "${as[@]}" prlimit --nproc=3 "$shared/tcpu" listen \
		-1 -k --local 0 -- cat
	rm -r "$shared"
	crowd 5
	crowd_is_served
	assert_content server.err 'tcpu: cat: Resource temporarily unavailable\n'
}
