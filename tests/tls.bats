# SPDX-License-Identifier: ISC
#
# --tls of listen and connect, between two runs of tcpu.

load helper
load tls

@test "data go both ways with TLS, and the answer comes after the end of input" {
	start_tls --pipes -- sh -c 'cat >got; echo answer'
	connect_tls <<<question
	assert_success
	assert_output answer
	assert_equal "$stderr" ''
	assert_exit 0 "$server"
	assert_content got 'question\n'
}

@test "a PROXY header comes before the handshake" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	start_tls -k --accept-proxy --pipes -- \
		sh -c 'echo "$TCPREMOTEIP $TLS_SNI"; cat'
	export PROTO=TCP TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=1 \
		TCPLOCALIP=192.0.2.2 TCPLOCALPORT=2
	for version in 1 2; do
		connect_tls --send-proxy="$version" <<<question
		assert_output $'192.0.2.1 localhost\nquestion'
		assert_success
	done
	connect_tls </dev/null
	assert_failure
	wait_for_line server.err \
		'tcpu: .*: denied: .*:[0-9]*: not a PROXY header'
	start_server --cut in:37 --local 0 </dev/null
	connect_tls --send-proxy </dev/null
	assert_failure
	assert_exit 0 "$server"
	assert_content server.out 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n\x16'
}

@test "--cut does not wait for a TLS peer that reads nothing" {
	truncate -s 20M zeros
	mkfifo go end
	start_tls --pipes -- sh -c \
		'read -r line <go; echo answer; read -r line <end'
	start_background client tcpu connect --tls --tls-ca ca.crt \
		--cut in:3 localhost "$port" <zeros
	client=${started[-1]}
	wait_until reads_no_more "$client"
	echo >go
	assert_exit 0 "$client"
	assert_content client.out ans
	echo >end
}

@test "--background prints a name of any length" {
	local folder name
	folder=$(printf '%0200d' 0)
	name=$folder/$folder/$folder/$folder/$folder/ca.pem
	mkdir -p "${name%/*}"
	eval "$(tcpu listen --background --until-exit $$ --print=sh --tls \
		--tls-save-ca "$name" -k -L 0 -- cat 3>&-)"
	kill "$TCPU_PID"
	assert_equal "$TCPU_TLS_CA" "$name"
}

@test "a temporary certificate is trusted through --tls-save-ca" {
	for host in localhost 127.0.0.1 ::1 "$(uname -n)"; do
		# shellcheck disable=SC2016 # expanded by the inner shell
		eval "$(tcpu listen --background --until-exit $$ --print=sh \
			--tls --tls-save-ca "an authority's.pem" -k -L 0 -- \
			echo hello 3>&-)"
		[ "$TCPU_TLS_CA" = "an authority's.pem" ]
		grep -q BEGIN "$TCPU_TLS_CA"
		run ! grep -q PRIVATE "$TCPU_TLS_CA"
		name=(--tls-name "$host")
		[[ $host != localhost ]] || name=()
		run -0 --separate-stderr timeout -k1 60 tcpu connect --tls \
			--tls-ca "$TCPU_TLS_CA" "${name[@]}" localhost \
			"$TCPU_PORT" </dev/null
		assert_output hello
		kill "$TCPU_PID"
		tcpu accept-ready --not-listening --wait=50 "$TCPU_PORT"
		wait_until [ ! -e "$TCPU_TLS_CA" ]
	done
}

@test "a temporary certificate is for a day, with a key of EC P-256" {
	start_server --tls -k --local 0 -- cat
	openssl s_client -connect "127.0.0.1:$port" </dev/null >shown 2>/dev/null
	openssl x509 -in shown -noout -text >text
	assert_file_contains text 'ASN1 OID: prime256v1|NIST CURVE: P-256'
	assert_file_contains text 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1'
	openssl x509 -in shown -noout -checkend 80000
	run ! openssl x509 -in shown -noout -checkend 90000
}

# refused STATUS REASON [ARG]... - connecting ends like this.
refused() {
	connect_tls "${@:3}" </dev/null
	assert_equal "$status" "$1"
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" "^tcpu: connect localhost:$port: $2\$"
}

@test "an unacceptable certificate is status 5, with the reason" {
	local cert
	declare -A why=(
		[expired]='certificate has expired'
		[wrong]='[Hh]ostname mismatch'
		[self]='self[- ]signed certificate'
	)
	for cert in "${!why[@]}"; do
		start_server --tls --tls-cert "$cert.pem" -k --local 0 -- cat
		refused 5 "unacceptable certificate: ${why[$cert]}"
		wait_for_denial 'the peer refused: .*'
		kill "$server"
		assert_exit 143 "$server"
		connect_tls --tls-name 127.0.0.9 </dev/null
		assert_equal "$status" 4
	done
}

# wait_for_denial REASON - the listener says that it has denied a client.
wait_for_denial() {
	wait_until grep -qE "^tcpu: listen .*: denied: .*: $1\$" server.err
}

@test "an address that the certificate lacks is status 5" {
	start_tls -k -- cat
	refused 5 'unacceptable certificate: IP address mismatch' \
		--tls-name 127.0.0.9
	refused 5 'unacceptable certificate: unable to get .*issuer certificate' \
		--tls-ca other.crt
	connect_tls --tls-name 127.0.0.1 <<<fine
	assert_output fine
}

@test "--tls-insecure accepts any certificate" {
	start_server --tls --tls-cert expired.pem --local 0 </dev/null
	run -0 timeout -k1 60 tcpu connect --tls --tls-insecure 127.0.0.1 \
		"$port" <<<sent
	assert_exit 0 "$server"
	assert_content server.out 'sent\n'
}

@test "listen with --tls-ca requires a certificate of its clients" {
	start_tls --tls-ca ca.crt -k --pipes -- sh -c 'echo "$TLS_PEER"'
	connect_tls --tls-cert client.pem </dev/null
	assert_success
	assert_output 'CN=some client'
	connect_tls </dev/null
	assert_failure 5
	assert_regex "$stderr" 'the peer refused: certificate required|the peer refused: handshake failure'
	wait_for_denial 'the peer has no certificate'
	connect_tls --tls-cert other.crt --tls-key other.key </dev/null
	assert_failure 5
	assert_regex "$stderr" 'the peer refused: .*'
	wait_for_denial 'unacceptable certificate: .*'
}

@test "COMMAND gets the properties of TLS, and pipes" {
	start_tls -k -- sh -c \
		'echo "$TLS_PROTOCOL $TLS_CIPHER $TLS_SNI $TLS_PEER."; test -p /dev/stdin'
	connect_tls </dev/null
	assert_regex "$output" '^TLSv1.3 TLS_[A-Z0-9_]+ localhost \.$'
	TLS_PEER=stale run -0 timeout -k1 60 tcpu connect --tls --tls-ca ca.crt \
		--tls-name 127.0.0.1 localhost "$port" -- \
		sh -c 'echo "$TLS_PROTOCOL $TLS_SNI $TLS_PEER." >&2; cat >/dev/null'
	assert_output 'TLSv1.3  CN=localhost.'
	start_server --local -k 0 -- sh -c 'echo "${TLS_PEER-unset}"'
	TLS_PEER=stale run -0 timeout -k1 60 tcpu connect localhost "$port" \
		</dev/null
	assert_output unset
}

@test "a stale TLS_PEER does not reach a plain handler" {
	TLS_PEER=stale start_server --local -k 0 -- sh -c 'echo "${TLS_PEER-unset}"'
	run -0 timeout -k1 60 tcpu connect localhost "$port" </dev/null
	assert_output unset
}

@test "ALPN: the server chooses, and refuses a client that offers others" {
	start_tls --tls-alpn h2,http/1.1 -k -v -- cat
	connect_tls -v --tls-alpn http/1.1,h2 <<<x
	assert_success
	assert_regex "$stderr" 'TLSv1.3, [A-Z0-9_]+, h2, CN=localhost'
	refused 5 'the peer refused: no application protocol' --tls-alpn smtp
}

@test "a plain client of a TLS port is denied in one line, and uses up nothing" {
	start_tls </dev/null
	run timeout -k1 60 tcpu connect localhost "$port" <<<'GET / HTTP/1.0'
	wait_for_denial 'the peer does not speak TLS'
	connect_tls <<<sent
	assert_success
	assert_exit 0 "$server"
	assert_content server.out 'sent\n'
	assert_equal "$(wc -l <server.err)" 1
}

@test "a failed handshake does not count" {
	start_tls -k --count 2 -- cat
	for _ in 1 2 3; do
		tcpu connect -q localhost "$port" <<<nonsense || true
	done
	connect_tls <<<one
	assert_output one
	connect_tls <<<two
	assert_output two
	assert_exit 0 "$server"
}

@test "TLS to a plain server is status 5, in one line" {
	start_server --local 0 <<<'220 a plain server greets'
	refused 5 'the peer does not speak TLS'
}

@test "limits end a handshake that never ends" {
	start_server --local --no-accept 0
	run timeout -k1 60 tcpu connect --tls --tls-insecure -w 200ms \
		localhost "$port"
	assert_failure 124
	assert_output "tcpu: connect localhost:$port: timed out after 200ms"
	run timeout -k1 60 tcpu connect --tls --tls-insecure -t 200ms \
		localhost "$port"
	assert_failure 124
	assert_output "tcpu: connect localhost:$port: timed out after 200ms"
	start_tls --idle-timeout 200ms -k -- cat
	run timeout -k1 60 tcpu connect localhost "$port" < <(
		exec tail -f /dev/null 3>&-)
	wait_for_denial 'timed out after 200ms'
}

@test "a client that is slow at its handshake delays no other" {
	start_tls </dev/null
	start_background slow tcpu connect localhost "$port" < <(
		exec tail -f /dev/null 3>&-)
	wait_until tcpu addresses --pid "$!"
	connect_tls <<<fast
	assert_success
	assert_exit 0 "$server"
	assert_content server.out 'fast\n'
}

@test "the end of a connection without close_notify is no end of file" {
	start_tls </dev/null
	start_background client tcpu connect --tls --tls-ca ca.crt localhost \
		"$port" < <(echo begin; exec tail -f /dev/null 3>&-)
	client=$!
	wait_for_line server.out begin
	kill -KILL "$client"
	assert_exit 8 "$server"
	assert_file_contains server.err '(without ending TLS|reset by peer|Broken pipe) \(6 bytes received'
}

# receive_without CONF [FAULT] - tcpu listen receives a line; a call fails.  It
# must not ask whether the peer is there, which calls send(2) too: --end=peer.
receive_without() {
	head -c 4096 /dev/zero >counts
	export OPENSSL_CONF="$PWD/$1"
	start_listener server env LD_PRELOAD="$BUILD/tests/faults.so" \
		FAULT_COUNTS="$PWD/counts" FAULT="${2-none 0 0}" \
		ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS-}" \
		tcpu listen -1 --tls --tls-cert server.pem --local --end=peer 0 \
		</dev/null
	connect_tls --end=input <<<sent # TLS 1.2 has no half-close
	unset OPENSSL_CONF
}

# count_sends - print how often the listener has called send(2).
count_sends() {
	perl -0777 -ne '/send\0.{19}(.{4})/s and print unpack "L", $1' counts
}

@test "a peer that gets no end of TLS has lost the connection: status 8" {
	local conf
	echo >tls13.conf
	for conf in tls13.conf tls12.conf; do
		receive_without "$conf"
		assert_exit 0 "$server"
		receive_without "$conf" "send $(count_sends) 32" # EPIPE
		assert_exit 8 "$server"
		assert_content server.out 'sent\n'
		run cat server.err
		assert_output --regexp '^tcpu: .*: Connection reset by peer \(5 bytes received, 0 sent\)$'
	done
}

@test "--abandon keeps close_notify until the session ends" {
	start_tls --pipes -- sh -c 'head -c 9 >got; echo answer; exec >&-; cat >rest'
	connect_tls --abandon --end=peer <<<question
	assert_success
	assert_output answer
	assert_exit 0 "$server"
	assert_content got 'question\n'
}

@test "--end=quiet and --end=input end with close_notify" {
	for end in input quiet:200ms; do
		start_tls </dev/null
		connect_tls --end="$end" <<<sent
		assert_success
		assert_exit 0 "$server"
		assert_content server.out 'sent\n'
	done
}

@test "neither tcpu nor libtcpunit loads OpenSSL without --tls" {
	start_server --local 0 </dev/null
	run -0 env LD_DEBUG=libs tcpu connect localhost "$port" </dev/null
	assert_output --partial libevent_core
	refute_output --regexp 'lib(ssl|crypto|event_openssl)'
	run -124 env LD_DEBUG=libs timeout 5 tcpu listen --tls -L \
		--accept-timeout 0 0
	assert_output --partial libssl
}

@test "the library for TLS has no copy of libtcpunit, and is where tcpu is" {
	run -0 readelf -d "$BUILD/libtcpunit-tls.so.1"
	assert_output --partial 'soname: [libtcpunit-tls.so.1]'
	refute_output --partial '[libtcpunit.so'
	mkdir -p alone/bin alone/lib
	cp "$BUILD/tcpu" alone/bin
	run timeout -k1 60 alone/bin/tcpu listen --tls -L --accept-timeout 0 0
	assert_failure 125
	assert_output --regexp '^tcpu: --tls: libtcpunit-tls.so.1: .*'
	echo junk >alone/bin/libtcpunit-tls.so.1
	run timeout -k1 60 alone/bin/tcpu listen --tls -L --accept-timeout 0 0
	assert_failure 125
	assert_output --regexp '^tcpu: --tls: .*/alone/bin/libtcpunit-tls.so.1: .*'
	cp "$BUILD/libtcpunit-tls.so.1" alone/lib
	run timeout -k1 60 alone/bin/tcpu listen --tls -L --accept-timeout 0 0
	assert_failure 124
}
