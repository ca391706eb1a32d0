# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034,SC2154 # the tests share variables
#
# session.bash - shared by the tests of sessions: tcpu, and a plain peer that
# takes steps, over TCP and over a Unix socket.

talk=$BATS_TEST_DIRNAME/peers/talk.pl

# Each test runs over a Unix socket, in setup, and then over TCP.  tcpu listens
# at here or elsewhere, and the plain peer at plain_here.  reset is the peer's
# last read if tcpu fails, and from is the name that tcpu prints for a client.
net=tcp
here=(--local 0)
elsewhere=(--local 0)
plain_here=0
reset=ECONNRESET
from='127.0.0.1:[0-9]+'

setup() {
	[ "$net" = tcp ] || return 0
	begin
	mkdir "$BATS_TEST_TMPDIR/unix"
	cd "$BATS_TEST_TMPDIR/unix" || return
	# With buffers of one byte, running every test twice would take too
	# long.
	if [[ $BUILD != */tiny* ]]; then
		over_unix "$BATS_TEST_NAME"
		reap
	fi
	cd "$BATS_TEST_TMPDIR" || return
}

# over_unix TEST - run the test over a Unix socket.
over_unix() {
	local net=unix here=(unix:./s) elsewhere=(unix:./t) plain_here=listen=./s
	local from='process [0-9]+' reset=EOF
	"$1"
}

# Whether this run is over TCP; a test calls it before checks that are about TCP
# only.
tcp_only() {
	[ "$net" = tcp ]
}

# peer STEP... - start a plain peer that takes one connection.  Sets port, and
# peer to its pid.  Its output goes to peer.out.
peer() {
	start_listener peer "$talk" "$plain_here" "$@"
}

# client INPUT [ARG]... - start tcpu connect to the peer, with stdin from
# INPUT, which may be a FIFO, stdout to client.out, and stderr to client.err.
# Sets client to its pid.
client() {
	tcpu connect "${@:2}" "${target[@]}" \
		<"$1" >client.out 2>client.err 3>&- &
	client=$!
	started+=("$client")
}

# start_talking_client [ARG]... - start a client whose stdin the test writes
# through the descriptor say.
start_talking_client() {
	[ -e in ] || mkfifo in
	client in "$@"
	exec {say}>in
}

# connects [ARG]... - run tcpu connect to the peer with the test's stdin.  Sets
# status and stderr.
connects() {
	run --separate-stderr timeout -k1 60 \
		tcpu connect "$@" "${target[@]}"
}

# assert_message TEXT - check that this is the only message; %s stands for the
# name of the peer.
assert_message() {
	# shellcheck disable=SC2059 # the argument is a format
	assert_equal "$stderr" "$(printf "tcpu: $1" "${target_name-}")"
}

# run_against SIDE STEP... - run a session between tcpu connect or tcpu listen
# and a peer that takes the steps.  tcpu's stdin is the test's; if the array
# before is set, its command filters it first.  tcpu's stdout goes through a
# pipe to session.out, its messages to session.err, and a trace of its sending
# system calls to session.trace.
run_against() {
	local traced=("${before[@]}" strace -o session.trace -e "trace=sendto,sendfile"
		-E "ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}" tcpu)
	if [ "$1" = connect ]; then
		peer "${@:2}"
		start_listener session bash -c 'echo "$0" && exec "$@"' "$port" \
			"${traced[@]}" connect "${target[@]}"
	else
		start_listener session "${traced[@]}" listen -1 "${here[@]}"
		start_background peer "$talk" "$port" "${@:2}"
		peer=${started[-1]}
	fi
}
