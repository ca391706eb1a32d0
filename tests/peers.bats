# SPDX-License-Identifier: ISC
#
# CHICKEN and Racket, whose tcp libraries are the models of libtcpunit, as the
# peers of tcpu: each listens in one run and connects in another.

load helper

here=$BATS_TEST_DIRNAME/peers
chicken=(csi -script "$here/talk.scm")
racket=(racket "$here/talk.rkt")

# peer PORT STEP... - start the other language's program, $system; the test
# reads its output from $heard.
peer() {
	exec {heard}< <(
		[ -z "${say-}" ] || exec {say}>&-
		exec timeout -k1 60 "${system[@]}" "$@" 2>peer.err 3>&-
	)
	started+=("$!")
}

# hears LINE - check the next line that the other program prints.
hears() {
	local line
	read -r -t 60 -u "$heard" line || fail "$(cat peer.err)"
	assert_equal "$line" "$1"
}

# prints LINE - check the next line that tcpu prints.
prints() {
	local line
	read -r -t 60 -u "$printed" line || fail "$(cat tcpu.err)"
	assert_equal "$line" "$1"
}

# ours COMMAND [ARG]... - start tcpu; the test writes its input to $say and reads
# its output from $printed.
ours() {
	rm -f input output
	mkfifo input output
	tcpu "$@" <input >output 2>tcpu.err 3>&- &
	pid=$!
	started+=("$pid")
	exec {say}>input {printed}<output
}

# tcpu_listens [OPTION]... -- STEP... - start tcpu as the listener; the other
# program connects to it and takes the steps.
tcpu_listens() {
	split "$@"
	ours listen "${options[@]}" -1 0
	read -r -t 60 -u "$printed" port
	peer "$port" "${steps[@]}"
}

# tcpu_connects [OPTION]... -- STEP... - start the other program as the
# listener, which takes the steps; tcpu connects to it.
tcpu_connects() {
	split "$@"
	peer 0 "${steps[@]}"
	read -r -t 60 -u "$heard" port
	ours connect "${options[@]}" 127.0.0.1 "$port"
}

split() {
	options=() steps=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	steps=("${@:2}")
}

# no_more_input - close tcpu's input.
no_more_input() {
	exec {say}>&-
}

# exits STATUS - check tcpu's exit status.
exits() {
	local status=0
	wait "$pid" || status=$?
	assert_equal "$status" "$1"
}

# both_ways SCENARIO - run the scenario with tcpu as the server, then as the
# client.
both_ways() {
	"$1" tcpu_listens
	"$1" tcpu_connects
}

lines() {
	"$1" -- line=one hear line=two hear
	prints one
	echo eins >&"$say"
	hears eins
	prints two
	echo zwei >&"$say"
	hears zwei
	no_more_input
	exits 0
}

@test "E02 CHICKEN and tcpu exchange lines" {
	system=("${chicken[@]}")
	both_ways lines
}

@test "E02 Racket and tcpu exchange lines" {
	system=("${racket[@]}")
	both_ways lines
}

# The answer arrives before tcpu sends another line or the end of file.
unflushed() {
	"$1" -- hear line=heard
	echo 'only this' >&"$say"
	hears 'only this'
	prints heard
	no_more_input
	exits 0
}

@test "E03 CHICKEN hears a line at once" {
	system=("${chicken[@]}")
	both_ways unflushed
}

@test "E03 Racket hears a line at once" {
	system=("${racket[@]}")
	both_ways unflushed
}

# echoes INPUT - check that the peer sends all of it back after it has received
# the end of file.
echoes() {
	start_server 0 <"$1"
	"${system[@]}" "$port" echo
	assert_exit 0 "$server"
	cmp "$1" server.out
	start_listener other timeout -k1 60 "${system[@]}" 0 echo
	timeout -k1 60 tcpu connect 127.0.0.1 "$port" <"$1" >back
	cmp "$1" back
	assert_exit 0 "$other"
}

@test "CHICKEN and tcpu exchange a mebibyte of anything" {
	head -c 1048576 /dev/urandom >random
	system=("${chicken[@]}")
	echoes random
}

@test "Racket and tcpu exchange a mebibyte of anything" {
	head -c 1048576 /dev/urandom >random
	system=("${racket[@]}")
	echoes random
}

we_finish_first() {
	"$1" -- slurp line=answer
	echo question >&"$say"
	no_more_input
	hears question
	prints answer
	exits 0
}

they_finish_first() {
	"$1" -- line=question finish slurp
	prints question
	run ! read -r -t 60 -u "$printed" # tcpu's output ends here
	echo answer >&"$say"
	no_more_input
	hears answer
	exits 0
}

@test "CHICKEN is answered after one end of the connection has ended" {
	system=("${chicken[@]}")
	both_ways we_finish_first
	both_ways they_finish_first
}

@test "Racket is answered after one end of the connection has ended" {
	system=("${racket[@]}")
	both_ways we_finish_first
	both_ways they_finish_first
}

# connections - print the number of connection ends to or from $port in each
# state.
connections() {
	ss -Htn "sport = :$port or dport = :$port" |
		awk '{ n[$1]++ } END { for (s in n) print s, n[s] }'
}

# The end of file is sent only once both directions are closed.
they_abandon() {
	"$1" -- line=before abandon say=abandoned hear
	prints before
	hears abandoned
	assert_equal "$(connections)" 'ESTAB 2'
	echo after >&"$say"
	hears after
	no_more_input
	exits 0
}

we_abandon() {
	"$1" --abandon -- hear line=answer finish slurp say=ended
	echo question >&"$say"
	hears question
	prints answer
	no_more_input
	exits 0
	hears ''
	hears ended
}

@test "CHICKEN abandons its output, and so do we" {
	system=("${chicken[@]}")
	both_ways they_abandon
	both_ways we_abandon
}

@test "Racket abandons its output, and so do we" {
	system=("${racket[@]}")
	both_ways they_abandon
	both_ways we_abandon
}

# Closing with unread bytes causes a reset.
they_reset() {
	"$1" -- hear
	# Sent in one write, so that the rest has arrived when the line is read.
	printf 'first\n%050000d\n' 0 >much
	dd bs=64k status=none <much >&"$say"
	hears first
	exits 8
	assert_regex "$(<tcpu.err)" ': (Connection reset by peer|Broken pipe) '
}

we_reset() {
	"$1" --reset -- hear say=waiting slurp
	echo last >&"$say"
	hears last
	hears waiting
	no_more_input
	exits 0
	assert_regex "$(timeout 60 cat <&"$heard")" '[Rr]eset by peer'
}

@test "CHICKEN resets the connection, and so do we" {
	system=("${chicken[@]}")
	both_ways they_reset
	both_ways we_reset
}

@test "Racket resets the connection, and so do we" {
	system=("${racket[@]}")
	both_ways they_reset
	both_ways we_reset
}
