# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# tls.bash - shared by the tests of TLS: certificates, and tcpu as a server.

# make_certificates - make those of peers/certificates, once a file of tests, and
# tls12.conf for OPENSSL_CONF: without it both ends choose TLS 1.3.
make_certificates() {
	mkdir -p "$BATS_FILE_TMPDIR"
	"$TOP/tests/peers/certificates" "$BATS_FILE_TMPDIR/made"
	cat >"$BATS_FILE_TMPDIR/made/tls12.conf" <<-'END'
		openssl_conf = all
		[all]
		ssl_conf = ssl
		[ssl]
		system_default = limits
		[limits]
		MaxProtocol = TLSv1.2
	END
}

setup_file() {
	make_certificates
}

# The test is left out if TLS is not built.
setup() {
	begin
	need_tls
	cp "$BATS_FILE_TMPDIR"/made/* .
}

# start_tls [ARG]... - start tcpu listen with the certificate server.pem.
start_tls() {
	start_server --tls --tls-cert server.pem --local 0 "$@"
}

# connect_tls [ARG]... - run tcpu connect to it.
# shellcheck disable=SC2154 # start_listener sets port
connect_tls() {
	run --separate-stderr timeout -k1 60 tcpu connect --tls \
		--tls-ca ca.crt "$@" localhost "$port"
}
