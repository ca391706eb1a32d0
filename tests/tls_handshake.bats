# SPDX-License-Identifier: ISC
#
# What comes before, during and long after a handshake: the PROXY protocol, ends
# of the run, new keys, and many clients.

load helper
load tls

# silence - an input that does not end before the test.
silence() {
	exec tail -f --pid=$$ /dev/null 3>&-
}

@test "a PROXY header comes before TLS, and no byte of either is lost" {
	local version
	export PROTO=TCP TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=77 \
		TCPLOCALIP=192.0.2.2 TCPLOCALPORT=443
	for version in 1 2; do
		start_tls --accept-proxy --pipes -- sh -c \
			'echo "$TCPREMOTEIP $TCPREMOTEPORT $TLS_SNI"; cat'
		connect_tls --send-proxy="$version" <<<question
		assert_success
		assert_output $'192.0.2.1 77 localhost\nquestion'
		assert_exit 0 "$server"
	done
}

@test "a PROXY header and the first bytes of TLS may come together" {
	start_tls --accept-proxy -- \
		sh -c 'read -r line; echo "$TCPREMOTEIP $line"'
	PROXY=$'PROXY TCP4 192.0.2.9 192.0.2.2 77 443\r\n' \
		run -0 timeout -k1 60 python3 "$TOP/tests/peers/tls.py" connect \
		"$port" - ca.crt send slurp finish <<<question
	assert_output '192.0.2.9 question'
	assert_exit 0 "$server"
}

@test "a client is denied by the name in its PROXY header" {
	start_tls --accept-proxy </dev/null
	run timeout -k1 60 tcpu connect localhost "$port" < <(
		printf 'PROXY TCP4 192.0.2.9 192.0.2.2 77 443\r\nplain text\n')
	wait_until grep -q 'denied: 192.0.2.9:77: the peer does not speak TLS$' \
		server.err
	connect_tls --send-proxy <<<sent
	assert_exit 0 "$server"
	assert_content server.out 'sent\n'
}

@test "a signal ends connect in a handshake" {
	start_server --local --no-accept 0
	start_background client tcpu connect --tls --tls-insecure localhost \
		"$port"
	wait_until tcpu addresses --pid "$!"
	kill -TERM "$!"
	assert_exit 143 "$!"
	assert_content client.err ''
}

@test "--until-exit ends connect in a handshake, and not in the session" {
	start_server --local --no-accept 0
	start_background other silence
	local other=$!
	start_background client tcpu connect -t 60 --tls --tls-insecure --retry \
		--until-exit "$other" localhost "$port"
	wait_until tcpu addresses --pid "$!"
	kill "$other"
	assert_exit 1 "$!"
	assert_content client.err \
		"tcpu: connect localhost:$port: process $other has ended\n"
	start_tls -- cat
	start_background other silence
	other=$!
	mkfifo in
	exec {say}<>in
	start_background client tcpu connect -t 60 --tls --tls-ca ca.crt --retry \
		--until-exit "$other" --end=peer localhost "$port" <in
	local client=$!
	echo first >&"$say"
	wait_for_line client.out first
	kill "$other"
	assert_exit 143 "$other"
	echo second >&"$say"
	wait_for_line client.out second
	kill "$server"
	assert_exit 8 "$client"
	exec {say}>&-
}

@test "the time of --retry ends a handshake" {
	start_server --local --no-accept 0
	run timeout -k1 60 tcpu connect --tls --tls-insecure --retry=300ms \
		localhost "$port"
	assert_equal "$status" 124
	assert_output "tcpu: connect localhost:$port: timed out after 300ms"
}

# A plain client is silent, so that the handshake goes on.
meets_silence() {
	start_server "$@" --tls --tls-cert server.pem --local 0 </dev/null
	start_background slow tcpu connect localhost "$port" < <(silence)
	slow=$!
	wait_until tcpu addresses --pid "$slow"
}

@test "a signal ends listen in a handshake, and resets the client" {
	meets_silence -k
	kill -TERM "$server"
	assert_exit 143 "$server"
	assert_exit 8 "$slow"
}

@test "--until-exit ends listen in a handshake, and resets the client" {
	start_background other silence
	local other=$!
	meets_silence -k --until-exit "$other"
	kill -KILL "$other"
	assert_exit 0 "$server"
	assert_exit 8 "$slow"
}

@test "a limit of listen ends a handshake" {
	start_held_server --tls --tls-cert server.pem --timeout 200ms
	start_background slow tcpu connect localhost "$port" < <(silence)
	slow=$!
	release 1
	assert_exit 124 "$server"
	assert_exit 8 "$slow"
}

# The lines of a peer's input are written one by one, since it takes a letter
# that begins what it has read for an order.
# start_steps COMMAND [ARG]... - start the peer, whose input say LINE writes.
start_steps() {
	mkfifo steps
	exec {steps}<>steps
	start_background peer timeout -k1 60 "$@" <steps
}

say() {
	echo "$1" >&"$steps"
}

@test "new keys of a client change nothing" {
	local order count=0
	start_tls -- cat
	start_steps openssl s_client -CAfile ca.crt -connect "localhost:$port"
	say begin
	wait_for_line peer.out begin
	# K asks tcpu for new keys as well.
	for order in k K; do
		say "$order"
		count=$((count + 1))
		wait_until eval \
			'[ "$(cat peer.out peer.err | grep -c KEYUPDATE)" = $count ]'
		say "after $order"
		wait_for_line peer.out "after $order"
	done
	say Q
}

@test "a client that negotiates again loses the connection, in one line" {
	start_tls -k -- cat
	start_steps openssl s_client -tls1_2 -CAfile ca.crt \
		-connect "localhost:$port"
	say begin
	wait_for_line peer.out begin
	say R
	wait_until grep -q 'received, 6 sent)$' server.err
	assert_equal "$(wc -l <server.err)" 1
	connect_tls <<<next
	assert_output next
}

@test "a server that negotiates again loses the connection, in one line" {
	port=$(tcpu listen --reserve --local 0)
	start_steps openssl s_server -tls1_2 -accept "$port" -cert server.pem
	start_background client tcpu connect --retry=50 --tls --tls-ca ca.crt \
		localhost "$port" < <(silence)
	client=$!
	wait_until grep -q '^CIPHER is' peer.out
	say begin
	wait_for_line client.out begin
	say r
	assert_exit 8 "$client"
	assert_equal "$(wc -l <client.err)" 1
}

@test "a client that only sends leaves no session ticket unread" {
	port=$(tcpu listen --reserve --local 0)
	head -c 300000 /dev/urandom >sent
	start_steps openssl s_server -quiet -naccept 1 -accept "$port" \
		-cert server.pem
	peer=$!
	# Before OpenSSL 3 it leaves without close_notify.
	run timeout -k1 60 tcpu connect --retry=50 --end=input --tls \
		--tls-ca ca.crt localhost "$port" <sent
	[[ $status =~ ^[08]$ ]]
	assert_exit 0 "$peer"
	cmp sent peer.out
}

@test "fifty clients are served at once" {
	local i
	mkfifo gate
	exec {gate}<>gate
	start_tls -k --pipes -- sh -c 'echo "$$" >>there; read -r _ <gate; cat'
	for ((i = 0; i < 50; i++)); do
		start_background "client$i" tcpu connect --tls --tls-ca ca.crt \
			localhost "$port" < <(echo "$i")
		clients+=("$!")
	done
	wait_until eval '[ "$(wc -l <there)" -eq 50 ]'
	printf '%50s' '' | tr ' ' '\n' >&"$gate"
	for i in "${!clients[@]}"; do
		assert_exit 0 "${clients[i]}"
		assert_content "client$i.out" "$i\n"
	done
}
