# SPDX-License-Identifier: ISC
#
# Listening sockets passed from one program to another: --hold passes them on,
# --fd and $LISTEN_FDS receive them.

load helper

# held [ARG]... - run tcpu listen --hold in the background, its stdout to
# held.out.  Sets held to its pid, and port.
held() {
	mkfifo ready
	tcpu listen --hold --ready-fd 9 "$@" \
		9>ready >held.out 2>held.err 3>&- &
	held=$!
	started+=("$held")
	read -r port <ready
	rm ready
}

# ---- Passing on ----

@test "COMMAND gets the listening sockets, and the variables that tell" {
	held --local 0 -- sh -c 'env | grep -E "^(LISTEN|TCP)" | sort
		echo $$; for fd in 3 4; do
			grep flags: /proc/$$/fdinfo/$fd | grep -o "..$"
		done; ls /proc/$$/fd' 7</dev/null </dev/null
	assert_exit 0 "$held"
	diff - held.out <<-END
		LISTEN_FDNAMES=tcpu:tcpu
		LISTEN_FDS=2
		LISTEN_PID=$held
		TCPLOCALIP=127.0.0.1
		TCPLOCALPORT=$port
		$held
		02
		02
		0
		1
		2
		3
		4
	END
}

@test "one address is one socket, and stale variables are replaced" {
	export LISTEN_FDS=7 LISTEN_PID=1 LISTEN_FDNAMES=x
	held 127.0.0.1 0 -- sh -c 'echo "$LISTEN_FDS $LISTEN_FDNAMES"
		[ "$LISTEN_PID" -eq $$ ] && ls /proc/$$/fd' </dev/null
	assert_exit 0 "$held"
	assert_content held.out '1 tcpu\n0\n1\n2\n3\n'
}

@test "signals are as tcpu was started with" {
	local how look=(grep -E 'Sig(Blk|Ign)' /proc/self/status)
	for how in 'env' 'env --ignore-signal=CHLD,HUP,PIPE' \
		'env --block-signal=CHLD,INT --default-signal'; do
		# shellcheck disable=SC2086 # split on purpose
		$how "${look[@]}" >before
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 $how tcpu listen --hold --local 0 -- "${look[@]}"
		diff before - <<<"$output"
	done
}

@test "COMMAND may go on telling the service manager" {
	NOTIFY_SOCKET=$PWD/none run timeout -k1 60 tcpu listen --hold --local 0 \
		-- sh -c 'echo "${NOTIFY_SOCKET-unset}"'
	assert_output "$PWD/none"
}

@test "a server that takes one socket is reached by every client, on 127.0.0.1" {
	run timeout -k1 60 tcpu listen --help=all
	assert_output --regexp 'hold .*one socket[[:space:]]+only, listen on 127.0.0.1'
	held 127.0.0.1 0 -- perl -MSocket -e '
		open my $l, "+<&=", 3 or die;
		accept my $c, $l or die;
		syswrite $c, "hi\n"'
	run timeout -k1 60 tcpu connect localhost "$port" </dev/null
	assert_success
	assert_output hi
	assert_exit 0 "$held"
}

@test "clients can connect from the start, and are served when COMMAND is up" {
	mkfifo go
	held --local 0 -- sh -c 'read -r line <go; exec tcpu listen -k -- cat'
	for n in 1 2 3; do
		tcpu connect 127.0.0.1 "$port" <<<"$n" >"out$n" 3>&- &
		clients[n]=$!
		started+=("$!")
	done
	timeout -k1 60 tcpu accept-ready --min 3 --wait=50 "$port"
	echo go >go
	for n in 1 2 3; do
		assert_exit 0 "${clients[n]}"
		assert_content "out$n" "$n\\n"
	done
}

@test "the port is never free in between" {
	cat >compete <<-'END'
		#!/usr/bin/perl
		# compete PORT - print "trying" on the first attempt to bind the
		# port and, when stdin ends, the number of attempts that
		# succeeded.
		use Socket;
		$| = 1;
		my ($won, $tries, $ready) = (0, 0, '');
		until (vec($ready, 0, 1)) {
			socket(my $s, AF_INET, SOCK_STREAM, 0) or die;
			setsockopt($s, SOL_SOCKET, SO_REUSEADDR, $tries % 2);
			$won++ if bind($s, pack_sockaddr_in($ARGV[0],
			    inet_aton('127.0.0.1'))) && listen($s, 1);
			print "trying\n" if ++$tries == 10;
			vec($ready, 0, 1) = 1;
			select $ready, undef, undef, 0;
		}
		print "won $won\n";
	END
	chmod +x compete
	mkfifo go end
	held --local 0 -- sh -c 'read -r line <go; exec tcpu listen -k -- cat'
	./compete "$port" <end >tried 3>&- &
	competitor=$!
	started+=("$competitor")
	exec {end}>end
	wait_for_line tried trying
	echo go >go
	run timeout -k1 60 tcpu connect 127.0.0.1 "$port" <<<data
	assert_output data
	exec {end}>&-
	assert_exit 0 "$competitor"
	assert_content tried 'trying\nwon 0\n'
}

@test "COMMAND is looked up first, and its stdout is spent by -1" {
	run -127 --separate-stderr timeout -k1 60 \
		tcpu listen --hold --port-file port --local 0 -- nosuch
	assert_equal "$stderr" 'tcpu: nosuch: No such file or directory'
	assert_not_exist port
	run timeout -k1 60 tcpu listen --hold -1 --port-file port --local 0 -- \
		sh -c 'echo x; exit 3'
	assert_equal "$status" 3
	assert_output --regexp '^[0-9]+$'
	assert_content port "$output\\n"
}

@test "COMMAND that cannot be executed after all is 126, without the files" {
	printf '#!/no/such/interpreter\n' >handler
	chmod +x handler
	run -127 timeout -k1 60 \
		tcpu listen --hold --port-file port --local 0 -- ./handler
	assert_output 'tcpu: ./handler: No such file or directory'
	assert_not_exist port
}

@test "--background --hold leaves COMMAND with the sockets" {
	eval "$(timeout -k1 60 tcpu listen --hold --background --print=sh \
		--local 0 -- tcpu listen -k --until-exit $$ -- cat)"
	run timeout -k1 60 tcpu connect localhost "$TCPU_PORT" <<<data
	assert_output data
	run ps -o args= -p "$TCPU_PID"
	assert_output "tcpu listen -k --until-exit $$ -- cat"
	kill "$TCPU_PID"
}

@test "what is about connections, or our end, is refused, as COMMAND sees to it" {
	local option
	for option in -k '-k --count=1' --max-conns=1 --accept-timeout=1 \
		--allow=::1 --deny=::1 --pipes --drain=1 --keepalive=5 \
		--keepalive=no --user-timeout=5 --nodelay --nodelay=no \
		--end=peer --abandon --reset --crlf --progress \
		--idle-timeout=1 --delay=1 --rate=1 --slice=1 --cut=1; do
		# shellcheck disable=SC2086 # split on purpose
		run -2 --separate-stderr timeout -k1 60 \
			tcpu listen --hold $option 0 -- echo ran
		assert_output ''
		assert_equal "$stderr" \
			'tcpu: listen: with --hold, COMMAND accepts the connections'
	done
	for option in --timeout=1 --until-exit=$$; do
		run -2 --separate-stderr timeout -k1 60 \
			tcpu listen --hold "$option" 0 -- echo ran
		assert_output ''
		assert_equal "$stderr" \
			'tcpu: listen: with --hold, COMMAND decides when to end'
	done
	run -2 timeout -k1 60 tcpu listen --hold 0
	assert_output 'tcpu: listen: --hold needs a COMMAND'
}

@test "a server that systemd could start takes them" {
	start_server -k --local 0 -- sh -c 'read -r line; echo "got $line"'
	backend=$port
	held --local 0 -- /lib/systemd/systemd-socket-proxyd \
		"127.0.0.1:$backend"
	for host in 127.0.0.1 ::1; do
		run timeout -k1 60 tcpu connect --abandon "$host" "$port" <<<"$host"
		assert_success
		assert_output "got $host"
	done
}

# ---- Receiving ----

@test "\$LISTEN_FDS are taken where there is no port, and all of them" {
	held --local 0 -- tcpu listen -k --count 2 -- sh -c \
		'echo "$TCPLOCALIP ${LISTEN_FDS-unset} ${LISTEN_PID-unset}"'
	for host in 127.0.0.1 ::1; do
		run timeout -k1 60 tcpu connect "$host" "$port" </dev/null
		assert_output "$host unset unset"
	done
	assert_exit 0 "$held"
}

@test "\$LISTEN_FDS for another process, or none, is nothing" {
	for who in 1 '' x -1; do
		LISTEN_FDS=1 LISTEN_PID=$who run -2 --separate-stderr \
			timeout -k1 60 tcpu listen
		assert_equal "$stderr" "tcpu: listen: missing operand: 'PORT'"
	done
	for number in 0 '' x -1; do
		run -2 --separate-stderr timeout -k1 60 env "LISTEN_FDS=$number" \
			sh -c 'LISTEN_PID=$$ exec tcpu listen'
		assert_equal "$stderr" "tcpu: listen: missing operand: 'PORT'"
	done
}

@test "a port that is given is listened on, whatever \$LISTEN_FDS says" {
	held 127.0.0.1 0 -- tcpu listen -t 10ms 127.0.0.2 0
	assert_exit 124 "$held"
	assert_regex "$(<held.err)" \
		'^tcpu: listen 127\.0\.0\.2:[1-9][0-9]*: timed out after 10ms$'
}

@test "systemd-socket-activate gives them" {
	mkfifo said
	netns timeout 60 sh -c '
		systemd-socket-activate -l 127.0.0.1:80 "$(command -v tcpu)" \
			listen --count 2 -k -- cat 2>messages &
		tcpu connect --retry=50 127.0.0.1 80
		echo again | tcpu connect 127.0.0.1 80
		wait $! && echo done' <<<once >out 3>&-
	assert_content out 'once\nagain\ndone\n'
}

@test "--fd takes a socket, and a socket may be stdin, as UCSPI has it" {
	for fd in 0 2 5; do
		held 127.0.0.1 0 -- sh -c \
			"exec tcpu listen --fd $fd -- cat $fd<&3 3<&-"
		run timeout -k1 60 tcpu connect 127.0.0.1 "$port" <<<data
		assert_output data
		assert_exit 0 "$held"
		rm held.out held.err
	done
	held 127.0.0.1 0 -- sh -c 'exec tcpu listen --fd 0 <&3 3<&-'
	run timeout -k1 60 tcpu connect 127.0.0.1 "$port" <<<data
	assert_success
	assert_exit 0 "$held"
	assert_content held.out 'data\n'
}

@test "--fd tells its port as any listener does" {
	held 127.0.0.1 0 -- sh -c 'exec tcpu listen -1 --no-accept -t 1 --fd 3'
	assert_exit 124 "$held"
	assert_content held.out "$port\\n"
	assert_content held.err 'tcpu: listen --fd 3: timed out after 1s\n'
}

@test "a --fd that is no listening TCP socket is 2, and in LISTEN_FDS 7" {
	run -2 --separate-stderr timeout -k1 60 tcpu listen --fd 9 9<&-
	assert_equal "$stderr" 'tcpu: listen: --fd 9: Bad file descriptor'
	run -2 --separate-stderr timeout -k1 60 tcpu listen --fd 9 9</dev/null
	assert_equal "$stderr" \
		'tcpu: listen: --fd 9: not a listening TCP or Unix stream socket'
	start_server -k --local 0 -- tcpu listen --fd 0
	run timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
	wait_for_line server.err 'tcpu: listen: --fd 0: not a listening TCP or Unix stream socket'
	run -2 --separate-stderr timeout -k1 60 perl -MSocket -e '
		$^F = 9;
		socket S, AF_UNIX, SOCK_SEQPACKET, 0;
		bind S, pack_sockaddr_un("socket") and listen S, 1 or die;
		exec qw(tcpu listen --fd), fileno S'
	assert_regex "$stderr" 'not a listening TCP or Unix stream socket$'
	run -7 --separate-stderr timeout -k1 60 \
		env LISTEN_FDS=1 sh -c 'LISTEN_PID=$$ exec tcpu listen' 3</dev/null
	assert_equal "$stderr" \
		'tcpu: listen $LISTEN_FDS: not a listening TCP or Unix stream socket'
	run -7 --separate-stderr timeout -k1 60 \
		env LISTEN_FDS=65 sh -c 'LISTEN_PID=$$ exec tcpu listen'
	assert_equal "$stderr" 'tcpu: listen $LISTEN_FDS: too many sockets'
}
