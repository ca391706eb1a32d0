# SPDX-License-Identifier: ISC
#
# Messages and answers that no process reads do not delay a time limit, a signal
# or a session.  Messages are kept, then dropped and counted; answers wait.

load helper

# stuff NAME - make a full FIFO that no process reads.  Sets NAME to a
# descriptor for it.
stuff() {
	local fd
	mkfifo "$1"
	exec {fd}<>"$1"
	dd if=/dev/zero of="$1" oflag=nonblock bs=4096 2>/dev/null || true
	printf -v "$1" %s "$fd"
}

# unstuff NAME - start a process that copies the contents of the FIFO, without
# the bytes that filled it, to NAME.read.
unstuff() {
	perl -pe 'BEGIN { $| = 1 } tr/\0//d' <"$1" >"$1.read" 3>&- &
	started+=("$!")
}

# mute COMMAND [ARG]... - run the command with the full FIFO as its stderr.
mute() {
	"$@" 2>full
}

# chatty [ARG]... - start a server that prints many messages, with the full
# FIFO as its stderr.
chatty() {
	stuff full
	start_listener server sh -c 'exec tcpu listen -v -k -1 -L "$@" 2>full' sh \
		"$@"
}

# connecting N - connect to the server N times; it may reset the connections at
# once.
connecting() {
	timeout -k1 60 perl -MIO::Socket::INET -e 'for (1 .. $ARGV[1]) {
		my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]");
		$s or $!{ECONNRESET} or die;
		sysread $s, my $end, 1 if $s;
	}' "$port" "$1"
}

# ---- stderr ----

@test "a message that nobody reads holds up no status" {
	stuff full
	run -4 mute netns timeout -k1 60 tcpu connect 127.0.0.1 4242
	run -2 mute timeout -k1 60 tcpu listen 65536
	run -2 mute timeout -k1 60 tcpu
}

@test "a message that nobody reads holds up no signal and no time limit" {
	chatty --deny 127.0.0.1 0
	connecting 3
	kill "$server"
	assert_exit 143 "$server"
	rm full
	stuff full
	mkfifo go
	start_listener server tcpu listen -1 --hold --local 0 -- sh -c '
		read -r _ <go
		exec tcpu listen -v -k --deny 127.0.0.1 --timeout=400ms 2>full'
	connecting 1 3>&- &
	started+=("$!")
	release 1
	assert_exit 124 "$server"
}

@test "nor does it where stderr is a socket that is full" {
	run -4 netns timeout -k1 60 perl -MSocket -e '
		$^F = 9; # both ends stay open
		socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die;
		$a->blocking(0);
		1 while syswrite($a, "x" x 4096);
		$a->blocking(1);
		open(STDERR, ">&", $a) or die;
		exec @ARGV' -MIO::Handle tcpu connect 127.0.0.1 4242
}

@test "sessions go on while nobody reads the messages about them" {
	chatty 0 -- cat
	for word in 1 2 3; do
		run -0 timeout -k1 60 tcpu connect 127.0.0.1 "$port" <<<"$word"
		assert_output "$word"
	done
}

@test "messages that nobody reads are kept for the reader who comes" {
	chatty --deny 127.0.0.1 0
	connecting 20
	unstuff full
	wait_until eval '[ "$(grep -c "^tcpu: .*denied: 127.0.0.1:[0-9]*$" full.read)" = 20 ]'
	connecting 1
	wait_until eval '[ "$(grep -c denied full.read)" = 21 ]'
	run cat full.read
	refute_output --partial dropped
}

@test "beyond 64 KiB messages are counted, and the count is reported" {
	local count
	chatty --deny 127.0.0.1 0
	connecting 2500
	unstuff full
	wait_until grep -q dropped full.read
	kept=$(grep -c denied full.read)
	count=$(sed -n 's/^tcpu: messages dropped while stderr was full: //p' \
		full.read)
	assert_equal $((kept + count)) 2500
	assert_equal "$(tail -n 1 full.read)" \
		"tcpu: messages dropped while stderr was full: $count"
	# As many messages as fit were kept, and no line was cut.
	size=$(grep denied full.read | wc -c)
	((size <= 65536 && size > 65536 - 100)) || fail "$size bytes"
	run ! grep -v '^tcpu: ' full.read
	connecting 1
	wait_until eval '[ "$(tail -n 1 full.read | grep -c denied)" = 1 ]'
}

@test "at the end pending messages are waited for, 100 ms at most" {
	stuff full
	run -2 mute traced -qq -e trace=poll -e signal=none -o trace \
		tcpu listen 65536
	run -0 grep -cE 'events=POLLOUT\}\], 1, (100|[0-9]{1,2})\)' trace
}

# without_proc COMMAND [ARG]... - run the command with an empty /proc, so that
# no descriptor can be reopened.
without_proc() {
	"${private[@]}" --net --mount sh -c \
		'mount -t tmpfs none /proc && exec "$@"' sh "$@"
}

@test "without /proc, too, nothing waits for the reader of a message" {
	[[ $(nm "$BUILD/tcpu") != *__asan_init* ]] || return 0
	stuff full
	run -2 mute without_proc timeout -k1 60 tcpu listen 65536
	mkfifo fifo
	cat fifo >usage 3>&- &
	started+=("$!")
	run ! eval 'without_proc timeout -k1 60 tcpu 2>fifo'
	run ! eval 'tcpu 2>want'
	wait_until cmp -s want usage
}

@test "a stderr that is a file is written at the offset that others share" {
	(
		tcpu listen 65536 || true
		echo other >&2
		tcpu listen 65537 || true
	) 2>said
	assert_equal "$(cat said)" "tcpu: listen: not a port: '65536'
other
tcpu: listen: not a port: '65537'"
}

# deserted COMMAND [ARG]... - run the command with a pipe that has no reader as
# its stderr.
deserted() {
	mkfifo gone
	bash -c 'exec 9<>"$0" 2>"$0" 9<&-; exec "$@"' gone "$@"
}

@test "a stderr without a reader holds up nothing, and kills nobody" {
	run -4 netns timeout -k1 60 bash -c "$(declare -f deserted)
		deserted tcpu connect 127.0.0.1 4242"
	rm gone
	run -2 deserted timeout -k1 60 tcpu
}

# ---- stdout and --ready-fd ----

# unread COMMAND [ARG]... - run the command with the FIFO answer as its stdout,
# and its stderr to the file said.
unread() {
	"$@" >answer 2>said
}

@test "an answer that nobody reads is bounded by --timeout" {
	start_server -L --no-accept 0 </dev/null
	stuff answer
	for words in 'listen -1 -L 0' 'listen --help=all' 'connect --help' \
		"accept-ready --listening -c $port" \
		"addresses --pid $server --listening" \
		'listen --background --no-accept -1 -L 0'; do
		# shellcheck disable=SC2086 # split on purpose
		run -124 unread timeout -k1 60 tcpu $words -t 200ms
		grep -qx 'tcpu: stdout: timed out after 200ms' said
	done
}

# sleeps PID - check that the process is blocked in poll or epoll.
sleeps() {
	grep -qE 'poll|select' "/proc/$1/wchan"
}

@test "an answer that nobody reads is ended by a signal, and tidily" {
	stuff answer
	for words in --help --version 'listen -1 --port-file port -L 0' \
		'listen --background --print=sh --no-accept -L 0'; do
		# shellcheck disable=SC2086 # split on purpose
		tcpu $words >answer 2>said 3>&- &
		pid=$!
		started+=("$pid")
		wait_until sleeps "$pid"
		kill "$pid"
		assert_exit 143 "$pid"
		assert_content said ''
		assert_not_exist port
	done
}

@test "a launcher whose answer nobody reads leaves nobody when it is ended" {
	stuff answer
	tcpu listen --background --print=sh --no-accept --pid-file pid -L 0 \
		>answer 3>&- &
	launcher=$!
	started+=("$launcher")
	wait_until sleeps "$launcher"
	assert_exist pid
	kill "$launcher"
	assert_exit 143 "$launcher"
	wait_until eval '[ ! -e pid ]'
}

@test "an answer is never dropped, however late its reader" {
	stuff answer
	tcpu listen --help=all >answer 3>&- &
	pid=$!
	started+=("$pid")
	wait_until sleeps "$pid"
	unstuff answer
	assert_exit 0 "$pid"
	tcpu listen --help=all >expected
	wait_until cmp -s expected answer.read
}

@test "a --ready-fd that nobody reads obeys time limits and signals" {
	stuff answer
	run -124 timeout -k1 60 tcpu listen -L -t 200ms --ready-fd 9 0 9>answer
	assert_output 'tcpu: --ready-fd 9: timed out after 200ms'
	tcpu listen -L --ready-fd 9 0 9>answer 3>&- &
	pid=$!
	started+=("$pid")
	wait_until sleeps "$pid"
	kill "$pid"
	assert_exit 143 "$pid"
}

@test "a --ready-fd that nobody reads obeys --until-exit of connect" {
	start_server -L --no-accept 0 </dev/null
	stuff answer
	start_background other tail -f /dev/null
	other=${started[-1]}
	start_background client tcpu connect -t 60 --retry --until-exit "$other" \
		--ready-fd 9 "${target[@]}" 9>answer
	client=${started[-1]}
	wait_until tcpu addresses --pid "$client"
	wait_until sleeps "$client"
	kill "$other"
	assert_exit 1 "$client"
}

# injecting CALLS COMMAND [ARG]... - run the command with a file as its stdout;
# each of these calls on that file returns success without writing anything.
injecting() {
	traced -qq -o trace -P "$PWD/file" -e "trace=$1" -e "inject=$1:retval=0" \
		"${@:2}" >file
}

@test "a stdout that takes nothing and says no error is 9" {
	run -9 injecting write tcpu --version
	assert_output "tcpu: stdout: ${text[EIO]}"
	start_server -L -k 0 -- echo data
	run -9 injecting writev tcpu connect 127.0.0.1 "$port" </dev/null
	assert_output "tcpu: stdout: ${text[EIO]}"
}

# ---- The service manager ----

@test "a service manager that does not read is told later, and holds up nothing" {
	cat >manager.py <<-'PY'
		import os, socket, subprocess
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind('manager')
		filler = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		filler.connect('manager')
		filler.setblocking(False)
		try:
		    while True:
		        filler.send(b'x')
		except BlockingIOError:
		    pass
		os.environ['NOTIFY_SOCKET'] = 'manager'
		p = subprocess.Popen(['tcpu', 'listen', '-L', '-1', '-k', '0', '--',
		    'cat'], stdout=subprocess.PIPE)
		port = p.stdout.readline().decode().strip()
		print(subprocess.run(['tcpu', 'connect', 'localhost', port],
		    input=b'served', stdout=subprocess.PIPE).stdout.decode())
		s.settimeout(20)
		text = b'x'
		while text == b'x':
		    text = s.recv(100)
		print(text.decode())
		p.terminate()
		print(p.wait())
	PY
	run -0 timeout -k1 60 python3 manager.py
	assert_output $'served\nREADY=1\n-15'
}
