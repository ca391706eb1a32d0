# SPDX-License-Identifier: ISC
#
# Sessions on a bad network: --delay, --rate, --slice and --cut.  Times are
# lower bounds only.

load helper
load session

# takes MS COMMAND [ARG]... - run the command, which takes so long at least.
takes() {
	local begun=${EPOCHREALTIME/[.,]/} took
	"${@:2}"
	took=$((${EPOCHREALTIME/[.,]/} - begun))
	[ "$took" -ge $(($1 * 1000)) ] || fail "took $took us, not $1 ms"
}

# start_echo - start a server that sends back what comes.
start_echo() {
	start_server -k "${here[@]}" -- cat
}

@test "--delay delays every byte, in one direction or both" {
	start_echo
	takes 100 connects --delay 50ms <<<word
	assert_success
	assert_output word
	takes 50 connects --delay in:50ms <<<word
	assert_output word
	takes 50 connects --delay out:50ms <<<word
	assert_output word
	takes 150 connects --delay in:50ms --delay out:100ms <<<word
	assert_output word
}

@test "--delay with jitter keeps the bytes and their order" {
	head -c 100000 /dev/urandom >data
	start_echo
	tcpu connect --delay 5ms~5ms --slice 1000 "${target[@]}" <data >copy
	cmp data copy
	takes 40 connects --delay 30ms~10ms <<<word
	assert_output word
}

@test "jitter lets some bytes come much earlier than TIME" {
	start_server -k "${here[@]}" -- cat
	for ((i = 0; i < 40; i++)); do
		start_background "client$i" tcpu connect --delay out:10h~100h \
			"${target[@]}" <<<word
	done
	wait_until grep -q word client*.out
}

# leaves_alone OPTION UNTOUCHED OTHER - what goes in the other direction, which is
# written to the file UNTOUCHED, is not held up by the option.
leaves_alone() {
	peer "send=$(printf 'x%.0s' {1..2000})\n" 'send=answer\n' slurp
	start_talking_client "$1"
	printf '%05000d\nquestion\n' 0 >&"$say"
	wait_for_line "$2" 'answer\|question'
	run ! grep 'answer\|question' "$3"
	kill "$client"
	assert_exit 143 "$client"
	exec {say}>&-
}

@test "an option for one direction leaves the other alone" {
	local option
	for option in --delay=in:1h --rate=in:1 --slice=in:1,1h; do
		leaves_alone "$option" peer.out client.out
		leaves_alone "${option/in:/out:}" client.out peer.out
	done
}

@test "an end of file comes after the delayed bytes, and is as late" {
	peer slurp 'send=answer\n'
	takes 50 connects --delay out:50ms < <(printf 'some '; echo words)
	assert_output answer
	assert_exit 0 "$peer"
	assert_content peer.out 'some words\nEOF\n'
	peer
	takes 50 connects --delay in:50ms </dev/null
	assert_success
}

@test "a peer's reset comes after the delayed bytes, and is as late" {
	tcp_only || return 0
	peer 'send=before\n' read=1 reset
	takes 50 connects --delay in:50ms <<<question
	assert_failure 8
	assert_output before
}

@test "a reset comes after the bytes that a rate or slices hold back" {
	tcp_only || return 0
	local option
	for option in --rate=in:100 --slice=in:1,10ms; do
		peer 'send=before\n' read=1 reset
		takes 50 connects "$option" <<<question
		assert_failure 8
		assert_output before
		peer slurp
		takes 50 connects "${option/in:/out:}" --reset <<<before
		assert_success
		assert_exit 0 "$peer"
		assert_content peer.out 'before\nECONNRESET\n'
	done
}

@test "--reset comes after the delayed bytes" {
	tcp_only || return 0
	peer slurp
	takes 50 connects --delay 50ms --reset <<<before
	assert_success
	assert_exit 0 "$peer"
	assert_content peer.out 'before\nECONNRESET\n'
}

@test "--rate lets no more bytes through in a second" {
	head -c 3000 /dev/urandom >data
	start_echo
	takes 300 connects --rate out:10000 --output copy <data
	assert_success
	cmp data copy
	takes 300 connects --rate in:10000 --output copy <data
	cmp data copy
	takes 146 connects --rate 20k --output copy <data
	cmp data copy
	takes 2000 connects --rate in:1 < <(printf ab)
	assert_success
	assert_output ab
}

@test "--slice writes pieces, with a pause between them" {
	peer slurp
	takes 40 connects --slice out:2,10ms < <(printf 0123456789)
	assert_success
	assert_exit 0 "$peer"
	assert_content peer.out '0123456789EOF\n'
	! is_tiny || return 0
	peer slurp
	printf 0123456789 | traced -o trace -e trace=sendto,sendmsg,write \
		tcpu connect --slice 4 "${target[@]}"
	assert_exit 0 "$peer"
	assert_content peer.out '0123456789EOF\n'
	assert_equal "$(sed -n 's/.*"[0-9]*", \(.\),.*/\1/p' trace)" $'4\n4\n2'
}

@test "--slice in: writes pieces to stdout, with a pause between them" {
	peer send=0123456789
	takes 40 connects --slice in:2,10ms </dev/null
	assert_success
	assert_output 0123456789
	! is_tiny || return 0
	peer send=0123456789
	traced -o trace -e trace=write,writev,pwritev2 \
		tcpu connect --slice in:4 "${target[@]}" </dev/null >out
	assert_content out 0123456789
	assert_equal "$(sed -n 's/.*"\([0-9]*\)".*/\1/p' trace)" \
		$'0123\n4567\n89'
}

@test "--cut ends the session after so many bytes" {
	head -c 5000 /dev/urandom >data
	peer slurp
	connects --cut out:4k <data
	assert_success
	assert_exit 0 "$peer"
	cmp <(head -c 4096 data; echo EOF) peer.out
	peer 'send=first\n' slurp
	start_talking_client --cut in:3
	assert_exit 0 "$client"
	exec {say}>&-
	assert_content client.out fir
	assert_exit 0 "$peer"
	peer slurp
	start_talking_client --cut 0
	assert_exit 0 "$client"
	exec {say}>&-
	assert_exit 0 "$peer"
	assert_content peer.out 'EOF\n'
}

@test "--cut counts each direction by itself" {
	peer 'send=123\n' slurp
	start_talking_client --cut 5
	wait_for_line client.out 123
	echo 567890 >&"$say"
	assert_exit 0 "$client"
	exec {say}>&-
	assert_exit 0 "$peer"
	assert_content client.out '123\n'
	assert_content peer.out '56789EOF\n'
}

@test "--cut takes no more input than it sends" {
	peer slurp
	{ tcpu connect --cut out:3 "${target[@]}" && cat; } <<<123456 >rest
	assert_content rest '456\n'
	assert_exit 0 "$peer"
	assert_content peer.out '123EOF\n'
}

@test "--cut with --reset resets after exactly so many bytes" {
	tcp_only || return 0
	peer slurp
	connects --cut out:3 --reset <<<123456
	assert_success
	assert_exit 0 "$peer"
	assert_content peer.out '123ECONNRESET\n'
	peer send=123456 slurp
	start_talking_client --cut in:3 --reset
	assert_exit 0 "$client"
	exec {say}>&-
	assert_content client.out 123
	assert_exit 0 "$peer"
	assert_content peer.out 'ECONNRESET\n'
}

@test "--cut with --reset does not concern a session that is shorter" {
	tcp_only || return 0
	peer slurp 'send=answer\n'
	connects --cut 100 --reset <<<question
	assert_success
	assert_output answer
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nEOF\n'
}

@test "--cut does not wait for a peer that reads nothing" {
	truncate -s 20M zeros
	mkfifo go end
	for options in '' --delay=out:10ms "$(tcp_only && echo --reset)"; do
		peer hear=go send=answer hear=end
		# shellcheck disable=SC2086 # split on purpose
		client zeros --cut in:3 $options
		wait_until reads_no_more "$client"
		echo >go
		assert_exit 0 "$client"
		assert_content client.out ans
		echo >end
		assert_exit 0 "$peer"
	done
}

@test "what a cut session could not write whole does not cost the next one its output" {
	yes $'xx\r' | head -c 2000000 >data
	mkfifo in out
	exec {say}<>in {out}<>out
	tcpu listen -k --count 2 --cut out:1 --crlf=receive --port-file place \
		"${here[@]}" <in >out 2>server.err 3>&- &
	server=$!
	started+=("$server")
	wait_until [ -e place ]
	set_target "$(<place)"
	client data
	wait_until reads_no_more "$client"
	printf a >&"$say"
	wait "$client" || true
	cat <out >got 3>&- &
	started+=("$!")
	start_background second tcpu connect "${target[@]}" <<<second
	wait_for_line got '.*second'
	printf b >&"$say"
	assert_exit 0 "$server"
	exec {say}>&- {out}>&-
}

@test "--cut ends the session of a COMMAND with status 0" {
	peer slurp
	run -0 --separate-stderr timeout -k1 60 tcpu connect --pipes --cut out:4 \
		"${target[@]}" -- sh -c 'echo 123456789; cat; exit 3'
	assert_equal "$stderr" ''
	assert_exit 0 "$peer"
	assert_content peer.out '1234EOF\n'
	start_server --pipes --cut in:4 "${here[@]}" -- cat
	tcpu connect "${target[@]}" <<<123456789 >/dev/null 2>&1 || true
	assert_exit 0 "$server"
	assert_content server.err ''
}

@test "at most 16 MiB are held; then nothing more is read" {
	local most=16700000
	! is_tiny || most=400000
	truncate -s 20M zeros
	peer slurp
	client zeros --delay out:1h
	wait_until has_read "$client" "$most"
	[ "$(position "$client")" -le 16777216 ]
	kill "$client"
	assert_exit 143 "$client"
}

# has_received N - the tracer has seen tcpu receive more than N bytes in all.
has_received() {
	[ "$(awk '/recvfrom/ && $NF > 0 { n += $NF } END { print n + 0 }' \
		trace)" -gt "$1" ]
}

@test "at most 16 MiB are held of what the peer sends" {
	! is_tiny || return 0
	peer flood=20000000 slurp
	traced -f -o trace -e trace=recvfrom tcpu connect --delay in:1h \
		"${target[@]}" </dev/null 3>&- &
	started+=("$!")
	wait_until has_received 16700000
	run ! has_received 16777216
	kill "${started[-1]}"
}

@test "a limited rate is noticed by who sends" {
	truncate -s 20M zeros
	peer slurp
	client zeros --rate out:1000
	wait_until has_read "$client" 65000
	[ "$(position "$client")" -le 100000 ]
	kill "$client"
	assert_exit 143 "$client"
}

# With less, the limit would not be reached on a busy machine.
@test "a limited rate holds the bytes that it can make up for" {
	truncate -s 20M zeros
	peer slurp
	client zeros --rate out:2M --slice 1,1h
	wait_until has_read "$client" 270000
	[ "$(position "$client")" -le 280000 ]
	kill "$client"
	assert_exit 143 "$client"
}

@test "more than can be held arrives as a whole" {
	local size=18000000
	! is_tiny || size=600000
	head -c "$size" /dev/zero | tr '\0' x >data
	start_echo
	timeout 40 tcpu connect --delay out:300ms "${target[@]}" <data >copy
	cmp data copy
}

@test "a session with held bytes is not idle, but limits end it" {
	peer slurp
	connects --delay out:1200ms --idle-timeout 1s <<<word
	assert_success
	assert_exit 0 "$peer"
	assert_content peer.out 'word\nEOF\n'
	peer slurp
	connects --delay out:1h --timeout 1s <<<word # which includes its start
	assert_failure 124
	assert_message '%s: timed out after 1s (0 bytes received, 0 sent)'
}

@test "a peer whose bytes are held is not silent" {
	peer 'send=answer\n' say=sent slurp
	start_talking_client --delay in:300ms --end=quiet:100ms
	wait_for_line peer.out sent
	exec {say}>&-
	assert_exit 0 "$client"
	assert_content client.out 'answer\n'
}

@test "input that is held when the peer has left is lost" {
	peer 'send=all\n' shut
	connects --delay out:1h <<<word
	assert_failure 8
	assert_output all
	assert_message '%s: the peer has left before all input was sent (4 bytes received, 0 sent)'
}

@test "on a bad network, too, tcpu dies of SIGPIPE, and a full disk is 9" {
	peer 'send=one\n' hear=go
	mkfifo in go
	# shellcheck disable=SC2016 # expanded by the inner shell
	run timeout -k1 60 bash -c '
		tcpu connect --delay in:10ms "$@" <>in | head -n 1
		echo "${PIPESTATUS[0]}"' bash "${target[@]}"
	assert_output $'one\n141'
	peer 'send=one\n' slurp
	run -9 --separate-stderr timeout -k1 60 bash -c \
		'tcpu connect --delay in:10ms "$@" >/dev/full' bash "${target[@]}"
	assert_equal "$stderr" 'tcpu: stdout: No space left on device'
}

@test "lines are converted as on a good network" {
	peer slurp
	connects --crlf --slice 1 --cut out:4 < <(printf 'x\ny\n')
	assert_success
	assert_exit 0 "$peer"
	assert_content peer.out 'x\r\nyEOF\n'
	peer 'send=a\r\nb\r\nc\r\n'
	tcpu connect --crlf=both --slice 1 "${target[@]}" </dev/null >out
	assert_content out 'a\nb\nc\n'
	peer 'send=a\r\nb\r\nc\r\n' slurp
	tcpu connect --crlf=both --cut in:8 "${target[@]}" </dev/null >out
	assert_content out 'a\nb\nc\r'
}

@test "--progress reports a session on a bad network" {
	start_echo
	connects --progress --delay 10ms <<<word
	assert_success
	assert_regex "$stderr" '5 B sent .*5 B received'
}

@test "a relay delays the connections of many clients, each by itself" {
	local i clients=()
	head -c 100000 /dev/urandom >data
	start_echo
	start_listener relay tcpu listen -1 -k --pipes --delay 20ms~10ms \
		--slice 5000 --local 0 -- tcpu connect "${target[@]}"
	for ((i = 0; i < 8; i++)); do
		tcpu connect "${target[@]}" <data >"copy$i" 3>&- &
		clients+=("$!")
	done
	started+=("${clients[@]}")
	for ((i = 0; i < 8; i++)); do
		assert_exit 0 "${clients[i]}"
		cmp data "copy$i"
	done
}
