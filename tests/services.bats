# SPDX-License-Identifier: ISC
#
# Waiting for a service on another machine: one command line waits, whether the
# name, the network, the machine or the server is still missing.  The machines
# are network namespaces.

load helper

# waiting HOSTS LINES - run the lines with bash on a machine with this
# /etc/hosts.  In them `begin` starts the client, `failed PATTERN` waits for an
# attempt that fails with a matching message, and `finish` prints the client's
# exit status.
waiting() {
	export forwarder=$TOP/tests/peers/forwarder.pl
	export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}
	run machines "$1" timeout -k1 60 bash -c '
		echo "hosts: files" >ns; mount --bind ns /etc/nsswitch.conf
		soon() {
			timeout 60 grep -q -m1 "$1" < <(
				exec tail -n +1 -s 0.1 --pid=$$ -F "$2" 2>/dev/null)
		}
		begin() {
			strace -f -qq -o trace -e trace=network \
				tcpu connect -v -z --retry=30 db 5432 2>err &
			client=$!
		}
		failed() { soon "$1" trace; }
		finish() { wait $client; echo $?; }
		serve() {
			$there tcpu listen --background -k --until-exit $$ "$@" -- cat
		}
		'"$2" 3>&-
}

@test "a name that resolves later is waited for" {
	waiting '' '
		serve 5432
		begin
		soon "connect db:5432: " err
		echo "192.0.2.2 db" >>hosts
		finish'
	assert_output 0
}

@test "a route that appears later is waited for" {
	waiting '192.0.2.2 db\n' '
		ip route del 192.0.2.0/24
		serve 5432
		begin
		failed ENETUNREACH
		ip route add 192.0.2.0/24 dev here
		finish'
	assert_output 0
}

@test "a port that opens later is waited for" {
	waiting '192.0.2.2 db\n' '
		begin
		failed ECONNREFUSED
		serve 5432
		finish'
	assert_output 0
}

@test "a service whose forwarder accepts and resets is waited for" {
	waiting '192.0.2.2 db\n' '
		$there "$forwarder" 5432 127.0.0.1 5433 >log 2>&1 &
		between=$!
		begin
		soon reset log
		serve 5433
		finish
		tcpu connect db 5432 <<<forwarded
		kill $between'
	assert_output $'0\nforwarded'
}

@test "name, route, port and service are all waited for by one command" {
	waiting '' '
		ip route del 192.0.2.0/24
		begin
		soon "connect db:5432: " err
		echo "192.0.2.2 db" >>hosts
		failed ENETUNREACH
		ip route add 192.0.2.0/24 dev here
		failed ECONNREFUSED
		$there "$forwarder" 5432 127.0.0.1 5433 >log 2>&1 &
		between=$!
		soon reset log
		serve 5433
		finish
		kill $between'
	assert_output 0
}

@test "a service that never comes is 124 at the end of the time" {
	run machines '192.0.2.2 db\n' timeout -k1 60 bash -c '
		tcpu connect -z --retry=500ms db 5432' 3>&-
	assert_equal "$status" 124
	assert_output 'tcpu: connect db:5432: timed out after 500ms'
}

@test "a wait for a service ends when the process that starts it has died" {
	waiting '192.0.2.2 db\n' '
		$there tail -f /dev/null &
		server=$!
		tcpu connect -z --retry=30 --until-exit $server db 5432 2>err &
		tcpu connect -q -z --retry=100ms db 5432
		kill $server
		wait $!
		echo $?'
	assert_output 1
}
