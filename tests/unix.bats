# SPDX-License-Identifier: ISC
#
# Unix sockets: their files, the commands' output about them, handlers, and
# other programs.  Sessions over them are in session.bats.

load helper

# refuses STATUS MESSAGE ARG... - check that tcpu fails with this status, and
# with this message only.  musl says "Address in use".
refuses() {
	run "-$1" --separate-stderr timeout -k1 60 tcpu "${@:3}" </dev/null
	assert_output ''
	assert_equal "${stderr/Address in use/Address already in use}" "tcpu: $2"
}

# leave_dead PATH - leave behind the socket file of a killed process.
leave_dead() {
	local server
	start_server --no-accept "unix:$1"
	kill -KILL "$server"
	wait "$server" || true
	unset 'started[-1]'
	rm -f server.err server.out
}

# assert_socket PATH - check that the file is a socket, with or without a
# listener.
assert_socket() {
	[ -S "$1" ] || fail "no socket: $1"
}

# sockets - print the number of sockets among the files of this folder.
sockets() {
	find . -type s | wc -l
}

# ---- The file ----

@test "a listener has its file as long as it listens" {
	start_server unix:s </dev/null
	assert_equal "$port" s
	assert_socket s
	timeout -k1 60 tcpu connect unix:s <<<text
	assert_exit 0 "$server"
	assert_content server.out 'text\n'
	assert_not_exist s
}

@test "the file is removed however the listener ends" {
	local how
	for how in --accept-timeout=20ms --timeout=20ms '--count=1 -k'; do
		# shellcheck disable=SC2086 # split on purpose
		start_server $how unix:s </dev/null
		[[ $how != *-k ]] || timeout -k1 60 tcpu connect unix:s </dev/null
		wait "$server" || true
		assert_not_exist s
	done
	start_server --no-accept unix:s
	kill -TERM "$server"
	assert_exit 143 "$server"
	assert_not_exist s
	start_background parent tail -f /dev/null
	start_server -k --until-exit "$!" unix:s -- cat
	kill "${started[-2]}"
	assert_exit 0 "$server"
	assert_not_exist s
}

@test "a file that a killed listener has left is replaced" {
	leave_dead s
	refuses 4 'connect unix:s: Connection refused' connect unix:s
	start_server -k unix:s -- cat
	run timeout -k1 60 tcpu connect unix:s <<<text
	assert_output text
}

@test "a path where somebody listens is 6, and nobody comes to that listener" {
	start_server --no-accept unix:s
	refuses 6 'listen unix:s: Address already in use' listen unix:s
	run timeout -k1 60 tcpu accept-ready -c unix:s
	assert_output '0 4096'
	assert_socket s
}

@test "another file is 7, and is left alone" {
	echo text >file
	ln -s nowhere link
	mkfifo fifo
	local name
	for name in file link fifo .; do
		refuses 7 "listen unix:$name: File exists" listen "unix:$name"
	done
	assert_content file 'text\n'
	assert_equal "$(readlink link)" nowhere
	assert_not_exist nowhere
	leave_dead dead
	ln -sf dead link
	refuses 7 'listen unix:link: File exists' listen unix:link
	assert_socket dead
}

@test "a link to a socket can be connected to" {
	start_server -k unix:s -- cat
	ln -s s link
	run timeout -k1 60 tcpu connect unix:link <<<text
	assert_output text
	timeout -k1 60 tcpu accept-ready --listening unix:link
}

@test "the file of another listener is left to that one" {
	start_server --no-accept unix:s
	local first=$server
	rm s
	start_server -k unix:s -- cat
	kill -TERM "$first"
	assert_exit 143 "$first"
	run timeout -k1 60 tcpu connect unix:s <<<text
	assert_output text
}

@test "--mode sets the mode of the file; without it the umask does" {
	local mode
	umask 027
	for mode in '' 600 777 0660; do
		start_server ${mode:+--mode "$mode"} --no-accept unix:s
		assert_equal "$(stat -c %a s)" "$(printf %o "0${mode:-640}")"
		kill "$server"
		assert_exit 143 "$server"
	done
}

@test "a client without permission is 5" {
	local as=()
	[ "$(id -u)" -ne 0 ] || as=(setpriv --bounding-set=-dac_override)
	start_server --mode 400 --no-accept unix:s
	run -5 "${as[@]}" timeout -k1 60 tcpu connect unix:s
	assert_output 'tcpu: connect unix:s: Permission denied'
}

@test "a place where no file can be made is 7, with the path" {
	: >file
	mkdir full
	refuses 7 'listen unix:file/s: Not a directory' listen unix:file/s
	refuses 7 'listen unix:none/s: No such file or directory' \
		listen unix:none/s
	run -7 "${private[@]}" --mount sh -c '
		mount -t tmpfs -o nr_inodes=1 none full && tcpu listen unix:full/s
		status=$?; ls full; exit $status'
	assert_output 'tcpu: listen unix:full/s: No space left on device'
	mkdir locked
	run -7 "${private[@]}" --mount sh -c '
		mount --bind -o ro locked locked && mount -o remount,bind,ro locked &&
		tcpu listen unix:locked/s'
	assert_output 'tcpu: listen unix:locked/s: Read-only file system'
}

@test "of many listeners that replace a dead file, one has it" {
	local i pids=() status listening=0
	leave_dead s
	for ((i = 0; i < 12; i++)); do
		timeout -k1 60 tcpu listen -q --until-exit $$ unix:s \
			<<<"$i" >"out.$i" 3>&- &
		pids+=("$!")
		started+=("$!")
	done
	# Wait until s accepts connections and only one of the processes still
	# runs.
	wait_until timeout -k1 60 tcpu accept-ready -q --listening unix:s
	wait_until only_one "${pids[@]}"
	timeout -k1 60 tcpu connect --end=peer unix:s </dev/null >got
	for i in "${pids[@]}"; do
		status=0
		wait "$i" || status=$?
		listening=$((listening + (status == 0)))
		[[ $status == [06] ]]
	done
	assert_equal "$listening" 1
	assert_equal "$(wc -l <got)" 1
}

# only_one PID... - check that one of these processes is running.
only_one() {
	[ "$(ps -o stat= -p "$(IFS=,; echo "$*")" | grep -vc '^Z')" -eq 1 ]
}

# ---- Names ----

@test "paths may be relative, and have spaces and bytes that are no UTF-8" {
	local path
	mkdir 'a folder'
	for path in ./s 'a folder/s' $'\xff\xfe' "it's" '-s' '*' 'a:80' './@s'; do
		start_server -k "unix:$path" -- cat
		run timeout -k1 60 tcpu connect "unix:$path" <<<text
		assert_success
		assert_output text
		timeout -k1 60 tcpu accept-ready --listening "unix:$path"
		kill "$server"
		assert_exit 143 "$server"
	done
	assert_equal "$(sockets)" 0
}

@test "what is printed of a path is one word for sh" {
	local path TCPU_PID TCPU_ADDR TCPU_PORT
	# shellcheck disable=SC2016 # not to be expanded
	for path in s 'a b' $'\xff' "it's" '$HOME' $'two\nlines'; do
		eval "$(timeout -k1 60 tcpu listen --background --until-exit $$ \
			--print=sh --no-accept "unix:$path")"
		assert_equal "$TCPU_ADDR" "$path"
		assert_equal "$TCPU_PORT" ''
		run timeout -k1 60 tcpu addresses --remote --format=sh \
			"unix:$path"
		assert_equal "${#lines[@]}" 1
		eval "$output"
		# shellcheck disable=SC2153 # set by eval
		assert_equal "$TCPU_REMOTEIP" "$path"
		kill "$TCPU_PID"
		timeout -k1 60 tcpu accept-ready --not-listening --wait=50 \
			"unix:$path"
	done
}

@test "an abstract name needs no file" {
	netns bash -c '
		tcpu listen --background -k --until-exit $$ "unix:@a name" -- cat
		tcpu connect "unix:@a name" <<<text
		tcpu accept-ready -c "unix:@a name"
		tcpu addresses "unix:@a name"
		tcpu accept-ready --listening unix:@a
		echo $?
		tcpu listen "unix:@a name"
		echo $?' >out 2>err 3>&-
	diff - out <<-'END'
		text
		0 4096
		'' '@a name'
		4
		6
	END
	assert_equal "$(sockets)" 0
}

@test "an abstract name with a NUL is told as an escape" {
	run timeout -k1 60 perl -MSocket -e 'socket(my $l, AF_UNIX, SOCK_STREAM, 0);
		bind($l, pack("S", AF_UNIX) . "\0odd\0x'$$'") or die "$!";
		listen($l, 5); open(STDIN, "<&", $l); system("tcpu", "addresses");
		exec "tcpu", "accept-ready", "-q", "unix:\@odd"'
	assert_equal "$status" 4
	assert_output "\$'@odd\\000x$$'"
}

@test "a path that is too long is 2, and so is none" {
	local long
	printf -v long '%0108d' 0
	refuses 2 "connect: the path of a socket has at most 107 bytes: \
'unix:$long'" connect "unix:$long"
	refuses 2 "listen: the path of a socket has at most 107 bytes: \
'unix:$long'" listen "unix:$long"
	refuses 2 "listen: no path: 'unix:'" listen unix:
	refuses 2 "listen: no path: 'unix:@'" listen unix:@
	refuses 2 "listen: extra operand: '80'" listen unix:s 80
	start_server --no-accept "unix:${long%0}"
	assert_equal "$(sockets)" 1
}

@test "options of TCP are 2 with a Unix socket, and nothing is made" {
	local option
	for option in -4 -6 -L --v6only --reuse-port --refuse --allow=10.0.0.0/8 \
		--deny=10.0.0.0/8 --reset --keepalive --keepalive=no \
		--keepalive=2m --user-timeout=5 --nodelay=no --mode=8 --mode=0 --mode=1777 --mode=; do
		run -2 timeout -k1 60 tcpu listen "$option" unix:s </dev/null
		assert_equal "${#lines[@]}" 1
	done
	for option in -4 --reset --keepalive --source=127.0.0.1; do
		run -2 timeout -k1 60 tcpu connect "$option" unix:s </dev/null
		assert_equal "${#lines[@]}" 1
	done
	run -2 timeout -k1 60 tcpu accept-ready --bindable unix:s
	run -2 timeout -k1 60 tcpu addresses -6 unix:s
	run -2 timeout -k1 60 tcpu connect --source unix:s 127.0.0.1 80
	run -2 --separate-stderr timeout -k1 60 tcpu listen --mode 600 unix:@a
	assert_equal "$stderr" \
		'tcpu: listen: --mode: an abstract name has no file'
	run -2 timeout -k1 60 tcpu listen --mode 600 --local 0
	assert_equal "$(sockets)" 0
}

# ---- Connecting ----

@test "without the file the status is 4, and --retry waits for it" {
	refuses 4 'connect unix:s: No such file or directory' connect unix:s
	start_background client timeout -k1 60 tcpu connect --retry unix:s <<<text
	local client=${started[-1]}
	start_server unix:s </dev/null
	assert_exit 0 "$client"
	assert_exit 0 "$server"
	assert_content server.out 'text\n'
}

@test "a full queue is waited for, within the limit" {
	start_server -b 0 --no-accept unix:s
	timeout -k1 60 tcpu connect -z unix:s
	refuses 124 'connect unix:s: timed out after 200ms' \
		connect -w 200ms unix:s
	kill "$server"
	assert_exit 143 "$server"
}

@test "a full queue has room again once somebody accepts" {
	local i clients=() go
	mkfifo fifo
	exec {go}<>fifo
	start_server -k -b 0 -m 1 unix:s -- sh -c 'read -r line <fifo; echo "$line"'
	for i in 1 2 3 4; do
		timeout -k1 60 tcpu connect unix:s </dev/null >"out.$i" 3>&- &
		clients+=("$!")
		started+=("$!")
	done
	printf 'line\nline\nline\nline\n' >&"$go"
	for i in "${clients[@]}"; do
		assert_exit 0 "$i"
	done
	assert_equal "$(cat out.* | grep -c line)" 4
}

@test "--source gives the client a name, whose file is removed at the end" {
	start_server -k unix:s -- sh -c 'echo "$UNIXREMOTEPATH"; ls'
	leave_dead c
	run timeout -k1 60 tcpu connect --source unix:c unix:s </dev/null
	assert_line --index 0 c
	assert_not_exist c
	refuses 5 '--source unix:s: Address already in use' \
		connect --source unix:s unix:s
}

@test "a black hole never answers" {
	start_server --black-hole unix:s
	run -124 timeout -k1 60 tcpu connect -q -w 100ms unix:s
}

# ---- Handlers, and sockets made by other programs ----

@test "a handler has the variables of UCSPI for Unix sockets" {
	export TCPREMOTEIP=stale UNIXREMOTEPATH=stale
	start_server -k 'unix:a b' -- sh -c 'env | grep -E "^(PROTO|TCP|UNIX)"'
	timeout -k1 60 tcpu connect 'unix:a b' </dev/null >out 3>&- &
	started+=("$!")
	local client=$!
	assert_exit 0 "$client"
	diff - <(sort out) <<-END
		PROTO=UNIX
		UNIXCONNNUM=1
		UNIXLOCALPATH=a b
		UNIXREMOTEEGID=$(id -g)
		UNIXREMOTEEUID=$(id -u)
		UNIXREMOTEPATH=
		UNIXREMOTEPID=$(sed -n 's/^UNIXREMOTEPID=//p' out)
	END
	assert_regex "$(<out)" 'UNIXREMOTEPID=[1-9]'
}

@test "a COMMAND of connect has them too, and those of TCP over TCP" {
	start_server --no-accept unix:s
	timeout -k1 60 tcpu connect unix:s -- \
		sh -c 'env | grep -E "^(PROTO|UNIXREMOTEP)" | sort >out'
	diff - out <<-END
		PROTO=UNIX
		UNIXREMOTEPATH=s
		UNIXREMOTEPID=$server
	END
	export UNIXREMOTEPID=stale
	start_server -k --local 0 -- sh -c 'echo "$PROTO$UNIXREMOTEPID"'
	run timeout -k1 60 tcpu connect localhost "$port" </dev/null
	assert_output TCP
}

@test "the connections of a user are counted" {
	start_server -k --pipes unix:s -- sh -c 'echo "$UNIXCONNNUM"; cat'
	mkfifo hold
	timeout -k1 60 tcpu connect unix:s <hold >first 3>&- &
	started+=("$!")
	exec {say}>hold
	wait_for_line first 1
	run timeout -k1 60 tcpu connect unix:s </dev/null
	assert_output 2
	exec {say}>&-
	assert_exit 0 "${started[-1]}"
}

@test "--hold gives COMMAND the listening socket and its path" {
	mkfifo ready
	start_background held tcpu listen --hold --ready-fd 9 unix:s -- \
		sh -c 'echo "$UNIXLOCALPATH $LISTEN_FDS $TCPLOCALIP"
			exec tcpu listen -k -- cat' 9<>ready
	wait_for_line held.out 's 1 '
	run timeout -k1 60 tcpu connect --retry=50 unix:s <<<text
	assert_output text
}

@test "--fd takes a listening socket over, and leaves its file" {
	start_listener server perl -MSocket -e 'socket(my $l, AF_UNIX, SOCK_STREAM,
		0); bind($l, pack_sockaddr_un("s")) or die; listen($l, 9) or die;
		open(STDIN, "<&", $l); exec @ARGV' tcpu listen -1 --fd 0
	assert_equal "$port" s
	timeout -k1 60 tcpu connect unix:s <<<text
	assert_exit 0 "$server"
	assert_content server.out 'text\n'
	assert_socket s
}

@test "systemd-socket-activate starts tcpu on a path" {
	start_background server systemd-socket-activate -l "$PWD/s" \
		"$BUILD/tcpu" listen -k -- cat
	wait_until timeout -k1 60 tcpu accept-ready -q --listening unix:s
	run timeout -k1 60 tcpu connect unix:s <<<text
	assert_output text
}

@test "--pipes, --print, --port-file, --ready-fd and --background know paths" {
	run timeout -k1 60 tcpu listen --background --until-exit $$ \
		--print=hostport --port-file port --pid-file pid -k --pipes \
		unix:s -- tr a-z A-Z
	assert_output unix:s
	assert_content port 's\n'
	run timeout -k1 60 tcpu connect "$output" <<<text
	assert_output TEXT
	kill "$(<pid)"
	wait_until test ! -e s
	timeout -k1 60 tcpu listen --print=address --ready-fd 4 --accept-timeout 0 \
		unix:s 4>ready >out 2>err || true
	assert_content ready 's\n'
	assert_content out 's\n'
}

# ---- accept-ready, addresses ----

# agrees PENDING - check that accept-ready and ss report the same queue for s.
agrees() {
	run timeout -k1 60 tcpu accept-ready -c unix:s
	assert_output "$(ss -Hlx "src = unix:s" | awk '{ print $3, $4 }')"
	assert_regex "$output" "^$1 "
}

@test "accept-ready counts who waits, as ss does" {
	start_server --no-accept -b 7 unix:s
	run -1 timeout -k1 60 tcpu accept-ready unix:s
	agrees 0
	timeout -k1 60 tcpu connect -z unix:s
	timeout -k1 60 tcpu accept-ready unix:s
	agrees 1
	timeout -k1 60 tcpu connect -z unix:s
	agrees 2
	timeout -k1 60 tcpu accept-ready --min 2 unix:s
	run -1 timeout -k1 60 tcpu accept-ready --min 3 unix:s
	run timeout -k1 60 tcpu accept-ready --format=sh "unix:$PWD/s"
	assert_output 'TCPU_PENDING=2 TCPU_BACKLOG=7'
}

@test "accept-ready waits for a listener, and for its end" {
	start_background waits timeout -k1 60 tcpu accept-ready --listening \
		--wait=50 unix:s
	local waits=${started[-1]}
	refuses 4 'accept-ready unix:s: nobody listens' accept-ready unix:s
	start_server --no-accept unix:s
	assert_exit 0 "$waits"
	start_background waits timeout -k1 60 tcpu accept-ready --wait=50 unix:s
	timeout -k1 60 tcpu connect -z unix:s
	assert_exit 0 "${started[-1]}"
	run -1 timeout -k1 60 tcpu accept-ready --not-listening unix:s
	kill -KILL "$server"
	timeout -k1 60 tcpu accept-ready --not-listening --wait=50 unix:s
	assert_socket s
}

@test "accept-ready --fd asks a descriptor" {
	run timeout -k1 60 perl -MSocket -e 'socket(my $l, AF_UNIX, SOCK_STREAM, 0);
		bind($l, pack_sockaddr_un("s")) or die; listen($l, 9) or die;
		open(STDIN, "<&", $l);
		sub ask { system("tcpu", "accept-ready", "-q", "--fd", 0, @_) >> 8 }
		print ask("--listening"), ask(), ask("--not-listening"), "\n";
		socket(my $c, AF_UNIX, SOCK_STREAM, 0);
		connect($c, pack_sockaddr_un("s")) or die;
		print ask(), ask("--min", 2), "\n"; ask("-c");
		system("tcpu", "addresses");
		accept(my $a, $l) or die; open(STDIN, "<&", $a);
		system("tcpu", "addresses"); print ask("--listening"), "\n"'
	assert_success
	assert_output "$(printf '%s\n' 011 01 '1 9' s "s ''" 4)"
}

@test "a path of another network says so, and is not taken for dead" {
	netns tcpu listen --until-exit $$ --no-accept --ready-fd 9 unix:s \
		9>ready 3>&- &
	started+=("$!")
	wait_for_line ready s
	refuses 125 \
		'accept-ready unix:s: its socket is in another network namespace' \
		accept-ready --listening unix:s
	refuses 6 'listen unix:s: Address already in use' listen unix:s
	timeout -k1 60 tcpu connect -z unix:s
}

@test "without netlink /proc still shows who listens" {
	start_server --no-accept "unix:$PWD/s"
	run traced -qq -o trace -e trace=socket \
		-e inject=socket:error=EPERM:when=1 \
		tcpu accept-ready --listening unix:s
	assert_success
	run -125 traced -qq -o trace -e trace=socket \
		-e inject=socket:error=EPERM:when=1 tcpu accept-ready unix:s
	assert_output "tcpu: accept-ready unix:s: the kernel does not say how \
many connections wait"
}

@test "addresses prints both ends, and empty where one has no name" {
	start_server -k 'unix:a b' -- sh -c 'tcpu addresses
		tcpu addresses --remote; tcpu addresses --format=hostport
		tcpu addresses --format=sh; tcpu addresses --port; echo $?'
	run timeout -k1 60 tcpu connect 'unix:a b' </dev/null
	diff - <(echo "$output") <<-'END'
		'a b' ''

		unix:'a b' unix:
		TCPU_LOCALIP='a b' TCPU_LOCALPORT= TCPU_REMOTEIP= TCPU_REMOTEPORT=
		1
	END
	run timeout -k1 60 tcpu addresses --local --format=plain 'unix:a b'
	assert_output ''
	refuses 4 'addresses unix:none: No such file or directory' \
		addresses unix:none
}

# ---- Other programs ----

@test "curl --unix-socket gets its page" {
	start_server -k unix:s -- "$BATS_TEST_DIRNAME/peers/http.sh"
	run timeout -k1 60 curl -sS0 --unix-socket s http://host/path
	assert_success
	assert_output 'GET /path HTTP/1.0'
	assert_content server.err ''
}

# both_ways COMMAND... - check that the command connects to s, sends a line and
# an end of file, and then receives the answer.
both_ways() {
	start_server --pipes unix:s -- sh -c 'cat; echo answer'
	run timeout -k1 60 "$@" <<<question
	assert_success
	assert_output $'question\nanswer'
	assert_exit 0 "$server"
}

@test "nc.openbsd, socat and ncat talk to a listener" {
	both_ways nc.openbsd -N -U s
	both_ways socat -t 60 - UNIX-CONNECT:s
	both_ways ncat -U s
}

# answered COMMAND... - check that the command listens on s and receives the
# data that a client sends.
answered() {
	start_background server "$@" <<<answer
	wait_until timeout -k1 60 tcpu accept-ready -q --listening unix:s
	run timeout -k1 60 tcpu connect unix:s <<<question
	assert_success
	assert_output answer
	assert_exit 0 "${started[-1]}"
	assert_content server.out 'question\n'
	rm -f s
}

@test "a client talks to nc.openbsd, socat and ncat" {
	answered nc.openbsd -N -l -U s
	answered socat -t 60 - UNIX-LISTEN:s
	answered ncat -l -U s
}

@test "a relay from Unix by TCP to Unix keeps half-close and every byte" {
	local size=104857600
	case $BUILD in
	*/tiny*) size=65536 ;;
	*/san*) size=1048576 ;;
	esac
	head -c "$size" /dev/urandom >there
	head -c "$size" /dev/urandom >back
	# The other end answers once it has received the end of file.
	start_server unix:far -- sh -c 'cat >arrived; cat back'
	start_server -k -L 0 -- tcpu connect unix:far
	start_server -k unix:near -- tcpu connect localhost "$port"
	timeout -k1 60 tcpu connect unix:near <there >answer
	cmp there arrived
	cmp back answer
}

@test "haproxy takes 50 commands at its stats socket" {
	local i
	cat >haproxy.cfg <<-END
		global
			stats socket $PWD/stats mode 600 level admin
		defaults
			mode tcp
			timeout connect 5s
			timeout client 5s
			timeout server 5s
		listen nothing
			bind unix@$PWD/frontend
			server none 127.0.0.1:1 disabled
	END
	PATH=$PATH:/usr/sbin start_background haproxy haproxy -db -f haproxy.cfg </dev/null
	timeout -k1 60 tcpu accept-ready --listening --wait=50 unix:stats
	for ((i = 0; i < 25; i++)); do
		run timeout -k1 60 tcpu connect unix:stats <<<'show info'
		assert_success
		assert_line --partial 'Name: HAProxy'
		# HAProxy must not get two commands on one connection: given
		# "show a; show b", it would answer at the semicolon and leave
		# if the rest came late.
		run timeout -k1 60 tcpu connect unix:stats <<<'show stat'
		assert_success
		assert_line --partial nothing,FRONTEND
	done
}
