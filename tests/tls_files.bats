# SPDX-License-Identifier: ISC
#
# The options about TLS: files, names, and what OpenSSL makes of them.

load helper
load tls

@test "unusable files are status 9, one line, and nothing is served" {
	: >empty
	echo junk >junk
	mkdir folder
	head -n 3 ca.crt >half
	cat server.crt half server.key >chain
	openssl genrsa -out rsa.key 2048
	while read -r side files text; do
		case $side in
		listen) where=(--local 0) ;;
		connect) where=(localhost 1) ;;
		esac
		IFS=, read -ra words <<<"$files"
		run timeout -k1 60 tcpu "$side" --tls "${words[@]}" "${where[@]}"
		assert_failure 9
		assert_output "tcpu: --tls: $text"
	done <<-'END'
	listen --tls-cert,none none: No such file or directory
	listen --tls-cert,empty empty: no usable certificate in it
	listen --tls-cert,junk junk: no usable certificate in it
	listen --tls-cert,server.crt server.crt: no usable key in it
	listen --tls-cert,server.crt,--tls-key,client.key client.key: the key does not match the certificate
	listen --tls-cert,server.crt,--tls-key,none none: No such file or directory
	listen --tls-cert,server.crt,--tls-key,rsa.key rsa.key: the key does not match the certificate
	listen --tls-cert,chain chain: no usable certificate in it
	listen --tls-cert,folder folder: Is a directory
	listen --tls-ca,/dev/zero /dev/zero: File too large
	listen --tls-ca,empty empty: no certificate in it
	connect --tls-ca,none none: No such file or directory
	connect --tls-ca,empty empty: no certificate in it
	connect --tls-ca,junk junk: no certificate in it
	connect --tls-ca,half half: no certificate in it
	connect --tls-ca,folder folder: Is a directory
	connect --tls-cert,junk junk: no usable certificate in it
	END
}

@test "a key with a password is refused, and nobody is asked" {
	openssl ec -in server.key -aes128 -passout pass:secret -out locked.key
	run timeout -k1 60 tcpu listen --tls --tls-cert server.crt --tls-key \
		locked.key --local 0
	assert_failure 9
	assert_output 'tcpu: --tls: locked.key: the key has a password'
}

@test "options that do not go together are usage errors" {
	while read -r words; do
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 tcpu $words </dev/null
		assert_failure 2
	done <<-END
	listen --tls-ca ca.crt -L 0
	listen --tls --tls-key server.key -L 0
	listen --tls --tls-save-ca x --tls-cert server.pem -L 0
	listen --tls --tls-alpn h2,,x -L 0
	listen --tls --tls-alpn $(printf '%256s' '' | tr ' ' x) -L 0
	listen --tls --no-accept -L 0
	listen --tls --tls-name x -L 0
	listen --tls unix:$PWD/socket
	listen --tls --hold -L 0 -- cat
	connect --tls --ucspi localhost 1 -- cat
	connect --tls-insecure localhost 1
	connect --tls --tls-insecure --tls-ca ca.crt localhost 1
	connect --tls --tls-save-ca x localhost 1
	connect --tls --tls-name $(printf '%256s' '' | tr ' ' x) localhost 1
	END
}

@test "a certificate that OpenSSL does not accept is refused with its reason" {
	openssl req -x509 -newkey rsa:512 -nodes -keyout weak.key -out weak.crt \
		-subj /CN=localhost -days 2
	run timeout -k1 60 tcpu listen --tls --tls-cert weak.crt --tls-key \
		weak.key --local 0
	assert_failure 9
	assert_output 'tcpu: --tls: weak.crt: ee key too small'
}

@test "files can be FIFOs, which are read once" {
	start_server --tls --tls-cert <(cat server.pem) --tls-ca <(cat ca.crt) \
		--local 0 </dev/null
	run -0 timeout -k1 60 tcpu connect --tls --tls-ca <(cat ca.crt) \
		--tls-cert <(cat client.crt) --tls-key <(cat client.key) \
		localhost "$port" <<<sent
	assert_exit 0 "$server"
	assert_content server.out 'sent\n'
}

# has_opened PID FILE - whether the process has the file open.
has_opened() {
	find "/proc/$1/fd" -lname "*/$2" | grep -q .
}

@test "the wait for a FIFO ends at the limit, and by a signal" {
	mkfifo silent
	local words
	for words in 'connect --tls --tls-ca silent localhost 1' \
		'listen --tls --tls-cert silent --local 0'; do
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 tcpu -t 50ms $words
		assert_failure 124
		assert_output 'tcpu: --tls: timed out after 50ms'
		exec {hold}<>silent
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 tcpu -t 50ms $words
		assert_failure 124
		# shellcheck disable=SC2086 # split on purpose
		start_background waiter tcpu $words
		wait_until has_opened "${started[-1]}" silent
		kill -TERM "${started[-1]}"
		assert_exit 143 "${started[-1]}"
		exec {hold}>&-
	done
}

@test "the wait for a FIFO is a part of the limit" {
	mkfifo late
	start_background server strace -D -o trace \
		-e trace=epoll_wait,epoll_pwait \
		-E "ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}" \
		tcpu listen -t 60 -1 --tls --tls-cert late --local 0
	exec {said}>late # once it is opened
	run timeout -k1 60 tcpu listen -t 500ms --no-accept --local 0
	assert_failure 124
	cat server.pem >&"$said"
	exec {said}>&-
	wait_until [ -s server.out ]
	wait_until grep -q '^State:.S' "/proc/${started[-1]}/status"
	kill -TERM "${started[-1]}"
	wait_until grep -qF +++ trace
	sed -En 's/.*, ([0-9]{4,})(, NULL, [0-9]+)?\) = .*/\1/p' trace >waits
	[ -s waits ]
	while read -r ms; do
		[ "$ms" -le 59700 ]
	done <waits
}

@test "the certificates after the first lead to an authority" {
	printf '%s\n' basicConstraints=critical,CA:TRUE >ext
	openssl req -new -key other.key -subj /CN=between |
		openssl x509 -req -CA ca.crt -CAkey ca.key -set_serial 7 \
			-extfile ext -out between.crt
	echo subjectAltName=DNS:localhost >ext
	openssl req -new -key server.key -subj /CN=localhost |
		openssl x509 -req -CA between.crt -CAkey other.key \
			-set_serial 8 -extfile ext -out leaf.crt
	cat leaf.crt between.crt server.key >chain.pem
	start_server --tls --tls-cert chain.pem --local 0 </dev/null
	connect_tls <<<sent
	assert_success
	assert_exit 0 "$server"
	assert_content server.out 'sent\n'
}

@test "without --tls-ca the system's authorities are asked" {
	start_tls -k -- cat
	run --separate-stderr timeout -k1 60 tcpu connect --tls localhost "$port"
	assert_failure 5
	SSL_CERT_FILE=$PWD/ca.crt run -0 timeout -k1 60 tcpu connect --tls \
		localhost "$port" <<<system
	assert_output system
}

@test "a system without authorities is said to be one" {
	export SSL_CERT_FILE=/no/file SSL_CERT_DIR=/no/folder
	run timeout -k1 60 tcpu connect --tls localhost 1
	assert_failure 9
	assert_output 'tcpu: --tls: the system has no authorities: there is neither /no/file nor /no/folder'
	start_server --tls --local 0 </dev/null
	run -0 timeout -k1 60 tcpu connect --tls --tls-insecure localhost \
		"$port" <<<sent
}

@test "a configuration of OpenSSL's that cannot work is not a lack of memory" {
	local section
	for section in 'ssl_conf = nowhere' 'alg_section = strict'; do
		printf '%s\n' 'config_diagnostics = 1' 'openssl_conf = all' \
			'[all]' "$section" '[strict]' \
			'default_properties = fips=yes' >conf
		run env OPENSSL_CONF=conf timeout -k1 60 tcpu listen --tls \
			--accept-timeout 0 --local 0
		# Before OpenSSL 3 it works.
		[[ $status = 124 && $(openssl version) = 'OpenSSL 1'* ]] ||
			assert_failure 125
		[ "$status" = 124 ] ||
			assert_output --regexp '^tcpu: --tls: OpenSSL: [a-z ]+$'
	done
}

@test "a name is asked for without its last dot, and an address not at all" {
	local name
	start_tls -k -- sh -c 'echo "$TLS_SNI."'
	for name in localhost localhost.; do
		connect_tls --tls-name "$name" </dev/null
		assert_output localhost.
	done
	for name in 127.0.0.1 ::1 0:0::1 ::1%lo; do
		connect_tls --tls-name "$name" </dev/null
		assert_output .
	done
	connect_tls --tls-name .localhost </dev/null
	assert_failure 5
}
