# SPDX-License-Identifier: ISC
#
# Other programs with TLS as the peers of tcpu: each connects to it, and those
# that can listen do.

load helper
load tls

setup_file() {
	make_certificates
	head -c 1048576 /dev/urandom >"$BATS_FILE_TMPDIR/made/ours.bin"
	head -c 1048576 /dev/urandom >"$BATS_FILE_TMPDIR/made/theirs.bin"
}

# client PEER [CERTIFICATE] - run the peer as a client that trusts ca.crt, on
# $port; it shows the certificate, or none.
client() {
	local cert=${2-}
	case $1 in
	openssl) set -- openssl s_client -quiet -verify_quiet \
		-verify_return_error -CAfile ca.crt -verify_hostname localhost \
		-connect "localhost:$port" ${cert:+-cert "$cert.pem"} ;;
	socat) set -- socat -t 60 - \
		"OPENSSL:localhost:$port,cafile=ca.crt${cert:+,cert=$cert.pem}" ;;
	ncat) set -- ncat --ssl-verify --ssl-trustfile ca.crt \
		${cert:+--ssl-cert "$cert.crt" --ssl-key "$cert.key"} \
		localhost "$port" ;;
	gnutls) set -- gnutls-cli --logfile=/dev/null --x509cafile ca.crt \
		${cert:+--x509certfile "$cert.crt" --x509keyfile "$cert.key"} \
		--port "$port" localhost ;;
	python) set -- python3 "$TOP/tests/peers/tls.py" connect "$port" \
		"${cert:+$cert.pem}" ca.crt relay ;;
	curl) set -- curl -sS --no-buffer --http0.9 --cacert ca.crt -T . \
		-H 'Expect:' ${cert:+--cert "$cert.crt" --key "$cert.key"} \
		"https://localhost:$port/" ;;
	esac
	[[ $1 != python3 || $cert ]] || set -- "${@:1:4}" - "${@:6}"
	exec timeout -k1 60 "$@"
}

# server PEER CERTIFICATE [CA] - run the peer as a server on $port; it requires
# a certificate from CA, or none.
server() {
	local ca=${3-}
	case $1 in
	openssl) set -- openssl s_server -quiet -nbio -naccept 1 -accept "$port" \
		-cert "$2.pem" ${ca:+-Verify 1 -verify_return_error -CAfile "$ca"} ;;
	socat) set -- socat -t 60 "OPENSSL-LISTEN:$port,bind=127.0.0.1,reuseaddr,\
cert=$2.pem,verify=$([ "$ca" ] && echo "1,cafile=$ca" || echo 0)" - ;;
	ncat) set -- ncat -l --ssl --ssl-cert "$2.crt" --ssl-key "$2.key" \
		${ca:+--ssl-verify --ssl-trustfile "$ca"} 127.0.0.1 "$port" ;;
	python) set -- python3 "$TOP/tests/peers/tls.py" listen "$port" \
		"$2.pem" "${ca:--}" relay ;;
	esac
	exec timeout -k1 60 "$@"
}

# silent FILE - print the file, and keep the output open until the test ends.
silent() {
	cat "$1"
	exec tail -f --pid=$$ /dev/null
}

# exchange VERSION - the words that make tcpu send ours.bin and receive the
# peer's mebibyte.
exchange() {
	version=(env)
	[ "$1" = 1.3 ] || version=(env "OPENSSL_CONF=$PWD/tls12.conf")
	# shellcheck disable=SC2034 # used by the tests
	handler=(-- sh -c 'test "$TLS_PROTOCOL" = '"TLSv$1"' &&
		cat ours.bin & head -c 1048576 >got; wait')
}

# listens PEER [STATUS] - tcpu listens, and the peer connects.  A peer that leaves
# without close_notify makes tcpu's status 8, although all has come.
listens() {
	local v
	for v in 1.2 1.3; do
		exchange "$v"
		start_listener server "${version[@]}" tcpu listen --tls \
			--tls-cert server.pem -1 -L 0 "${handler[@]}"
		start_background peer client "$1" < <(silent theirs.bin 3>&-)
		local status=0
		wait "$server" || status=$?
		[[ $status = 0 || $status = "${2-}" ]] || fail "$(cat server.err)"
		cmp theirs.bin got
		wait_until cmp -s ours.bin peer.out
	done
}

# await_port - choose $port, which a server is going to bind.
await_port() {
	port=$(tcpu listen --reserve --local 0)
}

# connects PEER [STATUS] - the peer listens, and tcpu connects.  A peer that
# leaves without close_notify makes tcpu's status 8, although all has come.
connects() {
	local v
	for v in 1.2 1.3; do
		exchange "$v"
		await_port
		start_background peer server "$1" server < <(silent theirs.bin 3>&-)
		run "${version[@]}" timeout -k1 60 tcpu connect --retry=50 \
			--tls --tls-ca ca.crt localhost "$port" "${handler[@]}"
		[[ $status = 0 && ! $output || $status = "${2-}" ]] || fail "$output"
		cmp theirs.bin got
		wait_until cmp -s ours.bin peer.out
	done
}

# is_refused CLIENT - the client does not accept tcpu's certificates.  Some look at
# the name only after the handshake.
is_refused() {
	local cert
	for cert in expired wrong self; do
		start_server --tls --tls-cert "$cert.pem" --local -k 0 -- cat
		run ! client "$1" </dev/null
		[ "$cert" = wrong ] ||
			wait_until grep -q denied: server.err
		kill "$server"
	done
}

# refuses SERVER - tcpu does not accept the server's certificates.
refuses() {
	local cert
	for cert in expired wrong self; do
		await_port
		start_background peer server "$1" "$cert" </dev/null
		run timeout -k1 60 tcpu connect --retry=50 --tls --tls-ca ca.crt \
			localhost "$port" </dev/null
		assert_failure 5
		assert_output --partial ': unacceptable certificate: '
	done
}

# shows CLIENT - tcpu requires a certificate, which the client has or has not.
shows() {
	start_tls --tls-ca ca.crt -k --end=input -- sh -c 'echo "$TLS_PEER"; read -r'
	start_background peer client "$1" client < <(silent /dev/null 3>&-)
	wait_for_line peer.out 'CN=some client'
	run client "$1" </dev/null
	wait_until grep -q 'denied: .* the peer has no certificate$' server.err
}

# takes SERVER [STATUS] - the server may ask for a certificate, which tcpu shows.  A
# server that leaves without close_notify makes tcpu's status 8.
takes() {
	await_port
	start_background peer server "$1" server ca.crt \
		< <(silent theirs.bin 3>&-)
	run timeout -k1 60 tcpu connect --retry=50 --tls --tls-ca ca.crt \
		--tls-cert client.pem localhost "$port" -- \
		sh -c 'head -c 1048576 >got'
	[[ $status = 0 || $status = "${2-}" ]] || fail "$output"
	cmp theirs.bin got
}

# requires SERVER [STATUS] - the server also requires a certificate.
requires() {
	takes "$@"
	await_port
	start_background peer server "$1" server ca.crt \
		< <(silent /dev/null 3>&-)
	run timeout -k1 60 tcpu connect --retry=50 --tls --tls-ca ca.crt \
		localhost "$port" </dev/null
	assert_failure
	[[ $status =~ ^[58]$ ]]
	assert_equal "${#lines[@]}" 1
}

# is_killed CLIENT - the client is killed after its first bytes.
is_killed() {
	start_tls < <(silent /dev/null 3>&-) # clients end when tcpu does
	start_background peer client "$1" < <(
		echo begin
		exec tail -f /dev/null 3>&-)
	wait_for_line server.out begin
	# timeout(1) has the client as its child.
	kill -KILL "$(pgrep -P "$!")"
	assert_exit 8 "$server"
	assert_equal "$(wc -l <server.err)" 1
}

@test "openssl s_client and s_server exchange a mebibyte each way" {
	local leaves=
	[[ $(openssl version) != "OpenSSL 1.1"* ]] || leaves=8
	listens openssl
	connects openssl "$leaves"
}

@test "socat exchanges a mebibyte each way" {
	listens socat
	connects socat
}

@test "ncat exchanges a mebibyte each way" {
	listens ncat
	connects ncat
}

@test "python exchanges a mebibyte each way" {
	start_tls -- sh -c 'cat ours.bin & head -c 1048576 >got; wait'
	python3 "$TOP/tests/peers/tls.py" connect "$port" - ca.crt both slurp finish \
		<theirs.bin >back
	assert_exit 0 "$server"
	cmp theirs.bin got
	cmp ours.bin back
}

@test "gnutls-cli exchanges a mebibyte each way" {
	listens gnutls 8
}

# The last byte of the answer waits for all of the request: curl stops sending
# once it has the whole answer.
@test "curl sends and receives a mebibyte" {
	local v
	for v in 1.2 1.3; do
		start_tls -- sh -c 'test "$TLS_PROTOCOL" = TLSv'"$v"' || exit
			printf "HTTP/1.0 200 OK\r\nContent-Length: 1048576\r\n\r\n"
			head -c 1048575 ours.bin &
			sed -u "/^.$/q" >headers
			head -c 1048576 >got
			wait
			tail -c 1 ours.bin'
		timeout -k1 60 curl -s --no-buffer --cacert ca.crt -T theirs.bin \
			--tls-max "$v" -H 'Expect:' "https://localhost:$port/" >back
		assert_exit 0 "$server"
		cmp ours.bin back
		cmp theirs.bin got
	done
}

@test "no client accepts a wrong, expired or self-signed certificate of tcpu's" {
	local peer
	for peer in openssl socat ncat gnutls python; do
		is_refused "$peer"
	done
	for peer in expired wrong self; do
		start_server --tls --tls-cert "$peer.pem" --local -k 0 -- cat
		# curl 8.23 looks at the certificate after the handshake.
		run -60 curl -s --cacert ca.crt "https://localhost:$port/"
		[ "$peer" = wrong ] || wait_until grep -qE \
			'denied:|left without ending TLS' server.err
		kill "$server"
	done
}

@test "tcpu accepts no wrong, expired or self-signed certificate of a server" {
	local peer
	for peer in openssl socat ncat python; do
		refuses "$peer"
	done
}

@test "clients show the certificate that tcpu requires" {
	local peer
	for peer in openssl socat ncat gnutls python curl; do
		shows "$peer"
	done
}

@test "tcpu shows the certificate that a server requires" {
	requires openssl 8 # OpenSSL 1.1
	requires socat
}

# With --ssl-verify ncat 7.93 asks no client for a certificate.
@test "ncat as a server with --ssl-verify takes tcpu's certificate" {
	takes ncat
}

@test "python requires a certificate, and tcpu shows it" {
	await_port
	start_background peer python3 "$TOP/tests/peers/tls.py" listen "$port" \
		server.pem ca.crt slurp send finish <ours.bin
	run -0 timeout -k1 60 tcpu connect --retry=50 --tls --tls-ca ca.crt \
		--tls-cert client.pem --output got localhost "$port" <theirs.bin
	cmp ours.bin got
	wait_until cmp -s theirs.bin peer.out
}

@test "a killed client is a lost connection" {
	local peer
	for peer in openssl socat ncat gnutls python curl; do
		is_killed "$peer"
	done
}

@test "a killed server is a lost connection" {
	local peer
	for peer in openssl socat ncat python; do
		await_port
		start_background peer server "$peer" server < <(
			echo begin
			exec tail -f /dev/null 3>&-)
		peer=$!
		start_background client tcpu connect --retry=50 --tls \
			--tls-ca ca.crt localhost "$port" < <(
			silent /dev/null 3>&-)
		client=$!
		wait_for_line client.out begin
		# timeout(1) has the server as its child.
		kill -KILL "$(pgrep -P "$peer")"
		assert_exit 8 "$client"
		assert_equal "$(wc -l <client.err)" 1
	done
}

@test "a broken record is shown with its reason, on a bad network as well" {
	local lane
	for lane in '' --delay=1 --rate=9k --slice=2 --cut=9; do
		start_tls ${lane:+"$lane"} <<<back
		# The answer shows that tcpu's handshake is over.
		start_background peer python3 "$TOP/tests/peers/tls.py" connect \
			"$port" - ca.crt both garble hold <<<sent
		assert_exit 8 "$server"
		assert_content server.out 'sent\n'
		assert_equal "$(wc -l <server.err)" 1
		assert_file_contains server.err ': TLS: .*bad record mac'
	done
}

# long_chain NAME COUNT - add that many certificates to those of NAME.pem, as
# chain.pem.
long_chain() {
	local i
	cat "$1.crt" >chain.pem
	for ((i = 0; i < $2; i++)); do
		cat other.crt
	done >>chain.pem
	cat "$1.key" >>chain.pem
}

@test "certificates of 70 KB go both ways" {
	long_chain client 180
	mv chain.pem client.pem
	long_chain server 180
	start_server --tls --tls-cert chain.pem --tls-ca ca.crt -k --local 0 -- \
		sh -c 'echo "$TLS_PEER"; cat'
	connect_tls --tls-cert client.pem <<<sent
	assert_success
	assert_output $'CN=some client\nsent'
	openssl s_client -CAfile ca.crt -verify_return_error -cert client.pem \
		-cert_chain client.pem -connect "localhost:$port" </dev/null >shown
	assert_file_contains shown 'Verify return code: 0'
}

@test "certificates that OpenSSL takes for an attack are refused, in one line" {
	long_chain server 400
	start_server --tls --tls-cert chain.pem -k --local 0 -- cat
	connect_tls </dev/null
	assert_failure 5
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" ': TLS: excessive message size$'
	wait_until grep -q 'denied: .*: the peer refused: ' server.err
}

# answers COMMAND... - a server that answers after the end of its input; PORT
# stands for the port.
answers() {
	await_port
	start_background peer timeout -k1 60 "${@//PORT/$port}"
	timeout -k1 60 tcpu connect --retry=50 --tls --tls-ca ca.crt localhost \
		"$port" <theirs.bin >back
	cmp ours.bin back
	wait_until cmp -s theirs.bin got
}

@test "with TLS 1.3 servers answer after tcpu's end of input" {
	answers socat -t 60 OPENSSL-LISTEN:PORT,bind=127.0.0.1,reuseaddr,cert=server.pem,verify=0 \
		SYSTEM:'cat >got; cat ours.bin'
	answers sh -c 'exec python3 "$TOP/tests/peers/tls.py" listen PORT server.pem - slurp send finish <ours.bin >got'
}

@test "with TLS 1.3 tcpu answers after socat's end of input" {
	start_tls -- sh -c 'cat >got; cat ours.bin'
	timeout -k1 60 socat -t 60 - \
		"OPENSSL:localhost:$port,cafile=ca.crt" <theirs.bin >back
	assert_exit 0 "$server"
	cmp ours.bin back
	cmp theirs.bin got
}

@test "tcpu answers ncat, if that does not shut the connection down" {
	start_tls -- sh -c 'head -c 1048576 >got; cat ours.bin'
	timeout -k1 60 ncat --no-shutdown --ssl-verify --ssl-trustfile ca.crt \
		localhost "$port" <theirs.bin >back
	assert_exit 0 "$server"
	cmp ours.bin back
	cmp theirs.bin got
}

# is_cut STATUS MESSAGES - ncat 7.93 ends its input by a FIN without close_notify.
is_cut() {
	[[ $1 = 0 ]] || assert_file_contains "$2" 'left without ending TLS'
	cmp theirs.bin got
}

@test "all that ncat sends before the end of its input arrives, and no end of TLS" {
	local status=0
	start_tls --end=peer --output got < <(silent /dev/null 3>&-)
	start_background peer client ncat <theirs.bin
	wait "$server" || status=$?
	[[ $status =~ ^[08]$ ]]
	is_cut "$status" server.err
	await_port
	start_background peer server ncat server <theirs.bin
	status=0
	timeout -k1 60 tcpu connect --retry=50 --end=peer --output got --tls \
		--tls-ca ca.crt localhost "$port" 2>err < <(silent /dev/null 3>&-) || status=$?
	[[ $status =~ ^[08]$ ]]
	is_cut "$status" err
}

# Other versions may wait for the rest of the data.
@test "--abandon keeps s_server from hanging up at close_notify" {
	await_port
	start_background peer server openssl server < <(silent theirs.bin 3>&-)
	timeout -k1 60 tcpu connect --retry=50 --abandon --end=quiet:1 --tls \
		--tls-ca ca.crt localhost "$port" <ours.bin >back
	cmp theirs.bin back
	wait_until cmp -s ours.bin peer.out
}
