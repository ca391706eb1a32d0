# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# helper.bash - shared by all bats files: tcpu on the PATH, a folder for each
# test, background processes that never outlive their test, the ports of
# listeners, and network namespaces.

bats_require_minimum_version 1.5.0
export BATS_LIB_PATH=${BATS_LIB_PATH:-/usr/lib/bats}
bats_load_library bats-support
bats_load_library bats-assert

TOP=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
export TOP BUILD=${BUILD:-$TOP/build}
export PATH=$BUILD:$PATH
export add_ipv6=$TOP/tests/add_ipv6 # for the shells inside a network
unset MAKEFLAGS MFLAGS MAKELEVEL
[ -e "$BUILD/libtcpunit-tls.so.1" ] || export MAKEFLAGS='TLS='

# The words for unshare(1); a user namespace makes other users root first.
private=(unshare)
[ "$(id -u)" -eq 0 ] || private+=(--map-root-user)

# The words after unshare --fork: util-linux before 2.38 starts the program with
# these signals ignored, which a shell cannot undo.
default_signals=(env --default-signal=INT --default-signal=TERM)

# The texts of strerror(3) for some errors, which depend on tcpu's C library.
declare -gA text=(
	[EADDRINUSE]='Address already in use'
	[EADDRNOTAVAIL]='Cannot assign requested address'
	[EHOSTUNREACH]='No route to host'
	[EIO]='Input/output error'
	[EMFILE]='Too many open files'
	[ENAMETOOLONG]='File name too long'
	[ENETUNREACH]='Network is unreachable'
	[ETIMEDOUT]='Connection timed out'
)
# shellcheck disable=SC2034 # used by the tests
! grep -qaE 'ld-musl|No file descriptors available' "$BUILD/tcpu" || text=(
	[EADDRINUSE]='Address in use'
	[EADDRNOTAVAIL]='Address not available'
	[EHOSTUNREACH]='Host is unreachable'
	[EIO]='I/O error'
	[EMFILE]='No file descriptors available'
	[ENAMETOOLONG]='Filename too long'
	[ENETUNREACH]='Network unreachable'
	[ETIMEDOUT]='Operation timed out'
)

started=()
declare -gA drains=()

setup() {
	begin
}

# begin - the first step of each setup: enter the folder of the test, or leave
# the test out if it makes namespaces and they are not available.
begin() {
	local -A seen=([run]=1 [setup]=1)
	cd "$BATS_TEST_TMPDIR" || return
	if [ "${TESTS_LEFT_OUT-}" ] && makes_namespaces "$BATS_TEST_NAME"; then
		echo "test $BATS_TEST_DESCRIPTION" >>"$TESTS_LEFT_OUT"
		skip 'it makes namespaces'
	fi
}

# makes_namespaces FUNCTION - whether the function, or one that it calls and that
# has not been seen, contains a word that makes namespaces.  Functions of bats
# lead back to setup, and so to the words here.
makes_namespaces() {
	local body word
	body=$(declare -f "$1")
	seen[$1]=1
	for word in ${body//[![:alpha:]_]/ }; do
		[[ ! $word =~ ^(unshare|private|reaped|apart|(prog_)?sandbox|need_namespaces)$ ]] ||
			return 0
		[[ ${seen[$word]-} || $word == bats_* ]] ||
			! declare -F "$word" >/dev/null ||
			! makes_namespaces "$word" || return 0
	done
	return 1
}

# need_namespaces - say that the test runs a script that makes namespaces.
need_namespaces() {
	:
}

# is_tiny - whether the library's buffers are of one byte, which makes some tests
# slow.
is_tiny() {
	[[ $BUILD == */tiny* ]]
}

# need_tls - leave the test out if TLS is not built.
need_tls() {
	[ ! -e "$BUILD/libtcpunit-tls.so.1" ] || return 0
	echo "tls $BATS_TEST_DESCRIPTION" >>"${TESTS_LEFT_OUT_TLS-/dev/null}"
	skip 'TLS is not built'
}

teardown() {
	reap
}

# reap - end the processes that start_background and start_listener started, and
# their children, as timeout(1) would leave its own.
reap() {
	local pid children
	for pid in "${started[@]}"; do
		children=()
		{ read -ra children <"/proc/$pid/task/$pid/children"; } \
			2>/dev/null || true
		kill -KILL "$pid" "${children[@]}" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	started=()
}

# set_become NAME - set become to exec, unless NAME is a function, so that a
# background shell of bats becomes the command.  As a shell it would report a
# signal as a failed test, and would leave SIGINT and SIGQUIT ignored.
set_become() {
	become="exec"
	[ "$(type -t "$1")" != function ] || become=
}

# start_background NAME COMMAND [ARG]... - start the command with the caller's
# stdin, stdout to NAME.out and stderr to NAME.err.  $! is its pid.
start_background() {
	local become
	set_become "$2"
	rm -f "$1.out" "$1.err" # left by an earlier command of this name
	$become "${@:2}" <&0 >"$1.out" 2>"$1.err" 3>&- &
	started+=("$!")
}

# start_listener NAME COMMAND [ARG]... - start, with the caller's stdin, a
# command whose first line of output is its port, and wait for that line.  Sets
# port, and the variable NAME to its pid.  The rest of its output goes to
# NAME.out, its stderr to NAME.err.
start_listener() {
	local fd become
	set_become "$2"
	rm -f "$1.out" "$1.err"
	mkfifo "$1.fifo"
	$become "${@:2}" <&0 >"$1.fifo" 2>"$1.err" 3>&- &
	started+=("$!")
	printf -v "$1" %s "$!"
	exec {fd}<"$1.fifo"
	rm "$1.fifo"
	# shellcheck disable=SC2034 # used by the tests
	read -r port <&"$fd" || fail "not listening: $(cat "$1.err")"
	set_target "$port"
	cat <&"$fd" >"$1.out" 3>&- &
	drains[${!1}]=$!
	exec {fd}<&-
}

# set_target PORT - set target to the arguments that make tcpu connect there,
# and target_name to the peer's name in messages.  PORT may be the path of a
# Unix socket.
set_target() {
	case $1 in
	*[!0-9]*) target=("unix:$1") ;;
	*) target=(127.0.0.1 "$1") ;;
	esac
	# shellcheck disable=SC2034 # used by the tests
	printf -v target_name %s "${target[0]}${target[1]+:$1}"
}

# start_server [ARG]... - start tcpu listen as the listener named server.
start_server() {
	start_listener server tcpu listen -1 "$@"
}

# start_held_server [ARG]... - hold listening sockets, so that clients can
# connect and wait.  release N starts tcpu listen with these arguments and the
# sockets, once N clients wait: its time limits do not include their start.
start_held_server() {
	rm -f go
	mkfifo go
	start_listener server tcpu listen -1 --hold --local 0 -- \
		sh -c 'read -r _ <go; exec tcpu listen "$@"' sh "$@"
}

release() {
	timeout -k1 60 tcpu accept-ready --min "$1" --wait "$port"
	echo >go
}

# start_client [ARG]... - start tcpu connect to the port, with its input from the
# descriptor say, its output to out and its messages to err.  Sets client to its
# pid.
start_client() {
	rm -f in out err
	mkfifo in
	tcpu connect "$@" 127.0.0.1 "$port" <in >out 2>err 3>&- &
	client=$!
	started+=("$client")
	# shellcheck disable=SC2034 # for the test
	exec {say}>in
}

# wait_for_line FILE TEXT - wait until a line of FILE is TEXT.
wait_for_line() {
	timeout 60 bash -c 'grep -q -m1 -x "$2" < <(
		exec tail -n +1 -s 0.1 --pid="$$" -F "$1" 2>/dev/null)' \
		bash "$1" "$2" 3>&-
}

# has_read PID N - whether the process has read so much of its standard input.
has_read() {
	[ "$(position "$1")" -ge "$2" ]
}

# reads_no_more PID - whether the process, which has read some of its standard
# input, has read no more since the last call.
reads_no_more() {
	local before=${read_before-0}
	read_before=$(position "$1")
	[ "$read_before" -gt 0 ] && [ "$read_before" -eq "$before" ]
}

# position PID - print how far a process has read its standard input.
position() {
	sed -n 's/^pos:[[:blank:]]*//p' "/proc/$1/fdinfo/0"
}

# wait_until COMMAND [ARG]... - repeat the command until it succeeds, for some
# seconds at most.  A run of tcpu is the pause between two tries.
wait_until() {
	local tries
	for ((tries = 0; tries < 2000; tries++)); do
		! "$@" || return 0
		timeout 60 tcpu listen -q --timeout=20ms --local 0 3>&- || true
	done
	fail "not soon: $*"
}

# has_ended PID - whether the process has ended.  As a zombie it has: not every
# process 1 waits for the children that it is given, as in a container.
has_ended() {
	! grep -q '^State:.[^Z]' "/proc/$1/status" 2>/dev/null
}

# assert_exit STATUS PID - wait for the background process, and check its exit
# status.
assert_exit() {
	local status=0
	wait "$2" || status=$?
	[ -z "${drains[$2]-}" ] || wait "${drains[$2]}"
	assert_equal "$status" "$1"
}

# assert_content FILE FORMAT - the file contains the bytes that printf makes of
# FORMAT.
assert_content() {
	# shellcheck disable=SC2059 # the argument is a format
	printf "$2" | cmp - "$1"
}

# assert_exist PATH, assert_not_exist PATH - a file exists, or does not exist,
# there.
assert_exist() {
	[ -e "$1" ] || fail "no $1"
}

assert_not_exist() {
	[ ! -e "$1" ] || fail "$1 exists"
}

# assert_file_contains FILE REGEX - a line of the file matches.
assert_file_contains() {
	grep -qE -- "$2" "$1" || fail "$1 has no $2: $(cat "$1")"
}

# traced [ARG]... - run strace for ten seconds at most, without LeakSanitizer,
# which does not work under a tracer.
traced() {
	ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-} timeout -k1 60 strace "$@"
}

# netns COMMAND [ARG]... - run a program in a network namespace that has only
# lo.
netns() {
	"${private[@]}" --net sh -c 'ip link set lo up && exec "$@"' sh "$@"
}

# isolated COMMAND [ARG]... - run a program in its own network and process
# tree, for a minute at most.  Process 1 of the tree is a shell, since
# timeout(1) of coreutils 9.10 fails as process 1.
isolated() {
	netns unshare --pid --mount-proc --fork --kill-child \
		"${default_signals[@]}" \
		sh -c 'timeout -k 1 60 "$@"; exit "$?"' sh "$@"
}

# find_nginx - set nginx to the command that starts it; its first errors go to
# stderr, by an option that exists since nginx 1.19.5.
find_nginx() {
	export nginx='nginx -e stderr'
	PATH=$PATH:/usr/sbin
	nginx -h 2>&1 | grep -q -e '-e filename' || nginx=nginx
}

# write_nginx_conf LINE... - write the file conf: these lines, and others that
# make nginx run in the folder of the test.
write_nginx_conf() {
	printf '%s\n' "$@" 'daemon off;' 'pid nginx.pid;' \
		'error_log stderr;' 'events {}' >conf
}

# with_hosts LINES COMMAND... - run the command in a network of its own, with
# these lines as /etc/hosts.
with_hosts() {
	# shellcheck disable=SC2059 # the argument is a format
	printf "$1" >hosts
	"${private[@]}" --net --mount sh -c '
		mount --bind hosts /etc/hosts &&
		ip link set lo up && exec "$@"' sh "${@:2}"
}

# machines LINES COMMAND [ARG]... - run the command on a machine that has the
# address 192.0.2.1, these lines as /etc/hosts, and a neighbour, 192.0.2.2.  The
# words in $there run a command on the neighbour.
machines() {
	# shellcheck disable=SC2059 # the argument is a format
	printf "$1" >hosts
	export there='ip netns exec there'
	# shellcheck disable=SC2016 # expanded by the inner shell
	"${private[@]}" --net --mount sh -c '
		mount --bind hosts /etc/hosts &&
		mount -t tmpfs none /run && ip netns add there &&
		ip link add here type veth peer name there netns there &&
		ip link set lo up && ip link set here up &&
		ip addr add 192.0.2.1/24 dev here &&
		ip -n there link set lo up && ip -n there link set there up &&
		ip -n there addr add 192.0.2.2/24 dev there &&
		exec "$@"' sh "${@:2}"
}
