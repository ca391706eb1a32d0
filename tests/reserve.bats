# SPDX-License-Identifier: ISC
#
# tcpu listen --reserve: ports that the system assigns to no other program for a
# minute, so that a server can be told to listen there.

load helper

sockets=$TOP/tests/peers/sockets.pl
ports=$TOP/tests/peers/ports.pl

# in_netns LINE... - run the lines with bash in a network of their own.
in_netns() {
	export sockets ports
	run --separate-stderr netns timeout -k1 60 bash -c '
		try() { local s=0; "$@" >out 2>err || s=$?; echo "$s"; }
		'"$1" 3>&-
}

# Prints the addresses of the connections that a reservation leaves.
left='left() {
	ss -Htan state time-wait sport = ":$1" | awk "{ print \$3 }" |
		sed "s/:[0-9]*\$//; s/[][]//g; s/::ffff://; /^fe80/d" | sort
}
'

# ---- Which ports ----

@test "--reserve prints a port on which nobody listens and a server can" {
	run --separate-stderr timeout -k1 60 tcpu listen --reserve 0
	assert_success
	assert_output --regexp '^[1-9][0-9]*$'
	assert_equal "$stderr" ''
	port=$output
	run timeout -k1 60 tcpu accept-ready --listening "$port"
	assert_equal "$status" 4
	run timeout -k1 60 tcpu accept-ready --bindable "$port"
	assert_success
	reserved=$port
	start_server "$reserved" </dev/null
	assert_equal "$port" "$reserved"
}

@test "of 1000 reservations, 16 at a time, no port is printed twice" {
	in_netns 'seq 200 | xargs -P 16 -I @ tcpu listen --reserve --count 5 0 \
			>>list
		wc -l <list
		sort -u list | wc -l'
	assert_success
	assert_output $'1000\n1000'
}

@test "the system gives a reserved port to nobody who asks for any" {
	in_netns 'echo 40000 40099 >/proc/sys/net/ipv4/ip_local_port_range
		seq 8 | xargs -P 8 -I @ tcpu listen --reserve --count 5 0 >>list
		sort list >reserved
		seq 40000 40099 | sort | comm -23 - reserved >others
		tcpu listen --background --until-exit $$ --no-accept 5000
		for address in 0.0.0.0 127.0.0.1 :: ::1; do
			"$ports" bind $address | sort | diff others -
			"$ports" reuse $address | sort | diff others -
		done
		for address in 127.0.0.1 ::1; do
			"$ports" connect $address 5000 | sort | diff others -
		done
		sort -u reserved | wc -l'
	assert_output 40
	assert_equal "$stderr" ''
}

@test "a port is reserved for a minute" {
	in_netns 'from=$EPOCHSECONDS
		port=$(tcpu listen --reserve 0)
		left=$(ss -Htano state time-wait sport = ":$port" |
			sed "s/timewait,1min/timewait,60sec/
				s/.*timewait,\(.*\)sec,.*/\1/" | sort -n | head -n 1)
		echo $((left + EPOCHSECONDS - from))'
	[ "$output" -ge 59 ] || fail "$output seconds"
}

@test "a port is reserved on every address of the machine" {
	run --separate-stderr machines '' timeout -k1 60 bash -c "$left"'
		"$add_ipv6" 2001:db8::1/64 here || exit
		left "$(tcpu listen --reserve 0)"' 3>&-
	assert_output $'127.0.0.1\n192.0.2.1\n2001:db8::1\n::1'
	run --separate-stderr machines '' timeout -k1 60 bash -c "$left"'
		echo 40000 40009 >/proc/sys/net/ipv4/ip_local_port_range
		tcpu listen --reserve --count 5 0 | sort >reserved
		"$0" bind 192.0.2.1 | sort | comm -12 - reserved
		"$0" reuse 192.0.2.1 | sort | comm -12 - reserved' "$ports" 3>&-
	assert_equal "$output$stderr" ''
}

@test "with HOST or a family a port is reserved there only" {
	in_netns "$left"'for words in 127.0.0.1 ::1 127.0.0.2 -L -4 \
			-6 --v6only 0.0.0.0 ::; do
			left "$(tcpu listen --reserve $words 0)" | paste -sd " "
		done'
	assert_output '127.0.0.1
::1
127.0.0.2
127.0.0.1 ::1
127.0.0.1
::1
::1
127.0.0.1
127.0.0.1 ::1'
	assert_equal "$stderr" ''
}

@test "without IPv6 a port is reserved on IPv4" {
	in_netns "$left"'
		echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		left "$(tcpu listen --reserve 0)"
		left "$(tcpu listen --reserve --local 0)"'
	assert_output $'127.0.0.1\n127.0.0.1'
}

# ---- Which servers ----

@test "servers bind a reserved port at once: Python and nginx" {
	find_nginx
	# One process, which changes to no other user and owns its folders.
	write_nginx_conf 'user root;' 'master_process off;' 'http {
		access_log off;
		client_body_temp_path body; proxy_temp_path proxy;
		fastcgi_temp_path fcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
		server { listen PORT; listen [::]:PORT; return 204; }
	}'
	in_netns 'port=$(tcpu listen --reserve 0)
		python3 -m http.server "$port" >log 2>&1 &
		tcpu accept-ready --listening --wait=50 --until-exit $! "$port"
		echo $?
		port=$(tcpu listen --reserve 0)
		sed -i "s/PORT/$port/g" conf
		$nginx -p "$PWD" -c conf 2>messages &
		tcpu accept-ready --listening --wait=50 --until-exit $! "$port"
		echo $?
		kill %1 %2
		wait'
	assert_output $'0\n0' || fail "$(cat messages)"
}

# For :: both Node and Go listen for both address families, with SO_REUSEADDR
# and no other option that concerns the port; for a single address they do the
# same.
@test "servers bind a reserved port at once: the options of Node and Go" {
	in_netns 'for address in :: 0.0.0.0 127.0.0.1 ::1; do
			port=$(tcpu listen --reserve 0)
			"$sockets" listen=$address,port=$port,reuseaddr -- true ||
				exit
			port=$(tcpu listen --reserve $address 0)
			"$sockets" listen=$address,port=$port,reuseaddr -- true ||
				exit
		done'
	assert_success
	assert_equal "$stderr" ''
}

@test "a server without SO_REUSEADDR is refused a reserved port" {
	in_netns 'port=$(tcpu listen --reserve 0)
		"$sockets" listen=0.0.0.0,port=$port -- true'
	assert_failure
	assert_equal "$stderr" 'bind 0.0.0.0: Address already in use'
}

@test "a reserved port can be held by --refuse, and listened on" {
	run timeout -k1 60 bash -c 'tcpu listen --refuse -t 1ms \
		"$(tcpu listen --reserve 0)"; echo $?' 3>&-
	assert_line 124
}

# ---- Failures ----

@test "--reserve is 7 where the system keeps no closed connection" {
	in_netns 'echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets
		tcpu listen --reserve --local 0'
	assert_equal "$status" 7
	assert_equal "$output" ''
	assert_equal "$stderr" \
		'tcpu: listen localhost:0: the system keeps no closed connection'
}

@test "--reserve is 7 where its own connection cannot be made" {
	run --separate-stderr traced -f -qq -o trace -e trace=connect \
		-e inject=connect:error=ENETUNREACH \
		tcpu listen --reserve 127.0.0.1 0
	assert_equal "$status" 7
	assert_equal "$output" ''
	assert_equal "$stderr" 'tcpu: listen 127.0.0.1:0: no connection to 127.0.0.1:'\
" ${text[ENETUNREACH]}"
}

@test "--reserve is 7 where all ports of a client are taken" {
	in_netns 'echo 40000 40001 >/proc/sys/net/ipv4/ip_local_port_range
		tcpu listen --background --until-exit $$ --refuse 40000
		tcpu listen --reserve 127.0.0.1 0'
	assert_equal "$status" 7
	assert_equal "$output" ''
	assert_equal "$stderr" 'tcpu: listen 127.0.0.1:0: no connection to 127.0.0.1:'\
" ${text[EADDRNOTAVAIL]}"
}

@test "--reserve is 6 and prints nothing when no port is free" {
	in_netns 'echo 40000 40009 >/proc/sys/net/ipv4/ip_local_port_range
		for ((i = 40000; i < 40010; i++)); do
			tcpu listen --background --until-exit $$ --refuse $i
		done
		tcpu listen --reserve 0'
	assert_equal "$status" 6
	assert_equal "$output" ''
	assert_equal "$stderr" "tcpu: listen 0.0.0.0:0: ${text[EADDRINUSE]}"
}

@test "--timeout ends a long reservation, which then prints nothing" {
	in_netns 'tcpu listen --reserve --count 25000 -t 20ms 0'
	assert_equal "$status" 124
	assert_equal "$output" ''
	assert_equal "$stderr" 'tcpu: listen 0.0.0.0:0: timed out after 20ms'
}

@test "--reserve that cannot print is 9" {
	in_netns 'tcpu listen --reserve 0 >/dev/full'
	assert_equal "$status" 9
	assert_equal "$stderr" 'tcpu: stdout: No space left on device'
}

@test "a stranger on a port that is being reserved is reset" {
	in_netns 'echo 40000 40001 >/proc/sys/net/ipv4/ip_local_port_range
		export ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS
		insist() {
			local s=4
			while [ $s -eq 4 ]; do
				s=0
				tcpu connect -q -s :$(($1 - 35000)) 127.0.0.1 \
					$1 </dev/null || s=$?
			done
			return $s
		}
		for port in 40000 40001; do
			insist $port &
			strangers[port]=$!
		done
		strace -qq -o trace -e trace=connect \
			-e inject=connect:delay_enter=2000000 \
			tcpu listen --reserve 127.0.0.1 0 >port
		wait "${strangers[$(<port)]}"
		echo $?
		kill $(jobs -p)
		wait'
	assert_output 8
}
