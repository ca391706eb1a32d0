# SPDX-License-Identifier: ISC
#
# How tcpu listen with handlers ends: on a signal, with and without --drain, on
# a time limit, or when another process ends; and that its port is free
# afterwards.

load helper

# ./handler NAME prints "ready", and makes the file NAME when it gets a signal.
# ./stubborn prints its pid and can only be ended by SIGKILL.
setup() {
	begin
	cat >handler <<-'END'
		#!/bin/sh
		trap 'echo "$1" >"$1"; exit' HUP INT TERM
		echo ready
		while read -r line; do
			echo "$line"
		done
	END
	cat >stubborn <<-'END'
		#!/bin/sh
		trap '' HUP INT TERM
		echo $$
		while :; do
			read -r line || exit
			echo "$line"
		done
	END
	chmod +x handler stubborn
}

# interruptible [ARG]... - start tcpu listen with the default action for
# SIGINT, like a foreground process of a shell.
interruptible() {
	start_listener server env --default-signal tcpu listen -1 "$@"
}

# client - start a client that runs until its peer closes, and wait until a
# handler is ready.
client() {
	start_client --end=peer
	wait_for_line out '[0-9a-z]*'
}

# served_at_once [ARG]... - start tcpu listen when its client waits already, and
# wait until a handler is ready.
served_at_once() {
	start_held_server "$@"
	start_client --end=peer
	release 1
	wait_for_line out '[0-9a-z]*'
}

# soon_there FILE - wait until the file is not empty.
soon_there() {
	timeout 60 tail -s 0.02 -F "$1" 2>/dev/null | head -c 1 | grep -q .
}

# is_free - check that another process can listen on the port.
is_free() {
	run -124 timeout -k1 60 tcpu listen --timeout=10ms --local "$port"
	assert_output "tcpu: listen localhost:$port: timed out after 10ms"
}

# ---- Signals ----

@test "a signal is passed on to the handlers, and we die of it" {
	for signal in HUP INT TERM; do
		interruptible -k --local 0 -- ./handler "$signal"
		client
		kill "-$signal" "$server"
		assert_exit $((128 + $(kill -l "$signal"))) "$server"
		soon_there "$signal"
		assert_exit 0 "$client"
		is_free
		assert_content server.err ''
		exec {say}>&-
		rm in
	done
}

@test "every signal that would end us removes files and reaches the handlers" {
	local signal first=RTMIN
	[ ! "$TESTS_STATIC" ] || first+=+1 # musl keeps the first one
	ulimit -c 0
	for signal in QUIT ALRM USR1 USR2 VTALRM PROF XCPU IO PWR STKFLT $first \
		RTMAX; do
		sed "s/HUP INT TERM/$(kill -l "$signal")/" handler >"handler_$signal"
		chmod +x "handler_$signal"
		interruptible -k --local --port-file port --pid-file pid 0 -- \
			"./handler_$signal" "got_$signal"
		client
		kill "-$signal" "$server"
		assert_exit $((128 + $(kill -l "$signal"))) "$server"
		soon_there "got_$signal"
		assert_exit 0 "$client"
		assert_not_exist port
		assert_not_exist pid
		exec {say}>&-
		rm in
	done
}

@test "we really die of it, also without a handler" {
	local more
	for more in '-k 0 -- cat' 0; do
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 perl -e '
			pipe R, W;
			if (!($pid = fork)) {
				open STDOUT, ">&W";
				exec qw(tcpu listen -1 --local), @ARGV;
			}
			<R>;
			kill TERM => $pid;
			waitpid $pid, 0;
			print $? & 127;' -- $more
		assert_output 15
	done
}

@test "a handler that ignores signals holds us up for a second, and no port" {
	start_server -k --local 0 -- ./stubborn
	client
	kill "$server"
	timeout -k1 60 tcpu accept-ready --not-listening --wait=5 "$port"
	kill -STOP "$server" # or its second would limit the next checks
	is_free
	echo still >&"$say"
	wait_for_line out still
	kill -CONT "$server"
	assert_exit 143 "$server"
	run ! kill -0 "$(head -1 out)"
	exec {say}>&-
}

@test "after kill -9 the port is free, and the handler gets SIGTERM" {
	start_server -k --local 0 -- ./handler got
	client
	kill -KILL "$server"
	assert_exit 137 "$server"
	is_free
	soon_there got
	assert_exit 0 "$client"
}

@test "a signal that was ignored at the start stays ignored" {
	start_listener server env --ignore-signal=HUP tcpu listen -1 -k --local 0 \
		-- ./handler got
	client
	kill -HUP "$server"
	echo more >&"$say"
	wait_for_line out more
	run timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
	assert_output ready
	kill -TERM "$server"
	assert_exit 143 "$server"
}

@test "the only handler is told, too" {
	start_server --local 0 -- ./handler got
	client
	kill "$server"
	assert_exit 143 "$server"
	soon_there got
}

@test "COMMAND of connect is told, too" {
	start_server --abandon --local 0 </dev/null
	tcpu connect 127.0.0.1 "$port" -- ./handler got 3>&- &
	client=$!
	started+=("$client")
	wait_for_line server.out ready
	kill -HUP "$client"
	assert_exit 129 "$client"
	soon_there got
}

@test "with --pipes a signal is a reset to the peer, not an end of file" {
	start_server --pipes --local 0 -- ./handler got
	client
	kill "$server"
	assert_exit 143 "$server"
	assert_exit 8 "$client"
}

@test "files that announce are removed" {
	start_server -k --port-file port --pid-file pid --local 0 -- ./handler got
	client
	kill "$server"
	assert_exit 143 "$server"
	assert_not_exist port
	assert_not_exist pid
}

@test "one Ctrl-C is enough, whatever the handlers do" {
	cat >type.exp <<-'END'
		set timeout 20
		log_user 0
		spawn tcpu listen -k --local --port-file port 0 -- ./stubborn
		gets [open said r] line
		send \003
		puts [lindex [wait] 5]
	END
	mkfifo said
	expect type.exp >typed 3>&- &
	expect=$!
	started+=("$expect")
	soon_there port
	port=$(<port)
	client
	echo go >said
	assert_exit 0 "$expect"
	assert_content typed 'SIGINT\n'
	is_free
}

@test "timeout(1) is enough, whatever the handlers do" {
	start_listener server timeout 2 tcpu listen -1 -k --local 0 -- ./stubborn
	client
	assert_exit 124 "$server"
	is_free
}

@test "a signal ends a listener that waits for its last client to leave" {
	mkfifo go
	start_server -k --end=input --local 0 <<<answer
	start_background peer "$BATS_TEST_DIRNAME/peers/talk.pl" "$port" read=7 hear=go
	wait_for_line peer.out answer
	kill "$server"
	echo >go
	assert_exit 143 "$server"
}

# ---- --drain ----

@test "--drain stops listening and lets handlers finish" {
	start_server -k --drain 20 --local 0 -- cat
	start_client
	echo before >&"$say"
	wait_for_line out before
	kill "$server"
	timeout -k1 60 tcpu accept-ready --not-listening --wait=50 "$port"
	run -4 timeout -k1 60 tcpu connect 127.0.0.1 "$port"
	echo after >&"$say"
	exec {say}>&-
	assert_exit 0 "$client"
	assert_content out 'before\nafter\n'
	assert_exit 143 "$server"
	assert_content server.err ''
}

@test "a second signal cuts --drain short" {
	start_server -k --drain 40 --local 0 -- ./handler got
	client
	kill "$server"
	timeout -k1 60 tcpu accept-ready --not-listening --wait=50 "$port"
	kill -HUP "$server"
	assert_exit 143 "$server"
	soon_there got
}

@test "handlers are told when --drain is over" {
	start_server -k --drain 100ms --local 0 -- ./handler got
	client
	kill "$server"
	assert_exit 143 "$server"
	soon_there got
}

@test "--drain lets a session finish, of listen and of connect" {
	start_server -k --drain 20 --local 0 </dev/null
	start_client --drain 20
	echo one >&"$say"
	soon_there server.out
	kill "$server"
	kill -HUP "$client"
	timeout -k1 60 tcpu accept-ready --not-listening --wait=50 "$port"
	echo two >&"$say"
	exec {say}>&-
	assert_exit 129 "$client"
	assert_exit 143 "$server"
	assert_content server.out 'one\ntwo\n'
}

@test "--drain is for what runs: what waits ends at once" {
	start_server -k --drain 40 --local 0 -- cat
	kill "$server"
	assert_exit 143 "$server"
	start_server --drain 40 --local 0 </dev/null
	kill "$server"
	assert_exit 143 "$server"
}

# ---- Limits ----

@test "--timeout tells the handlers, and is 124" {
	served_at_once -k --timeout 2s -- ./handler got
	assert_exit 124 "$server"
	assert_content got 'got\n'
	assert_exit 0 "$client"
	assert_content server.err \
		'tcpu: listen $LISTEN_FDS: timed out after 2s\n'
	is_free
}

@test "--timeout kills those that do not listen to it" {
	served_at_once -k --timeout 2s -- ./stubborn
	assert_exit 124 "$server"
	run ! kill -0 "$(<out)"
	assert_exit 0 "$client"
}

@test "--timeout ends the only handler" {
	served_at_once --timeout 2s -- ./stubborn
	assert_exit 124 "$server"
	run ! kill -0 "$(<out)"
	start_server -k --local 0 -- cat
	run -124 timeout -k1 60 tcpu connect --timeout 100ms 127.0.0.1 "$port" \
		-- ./stubborn
	assert_output --regexp "^tcpu: connect .*: timed out after 100ms$"
}

@test "--until-exit leaves no handler behind, not even a stubborn one" {
	start_background master tcpu listen --local 0 </dev/null
	master=$!
	start_server -k --until-exit "$master" --local 0 -- ./stubborn
	client
	kill "$master"
	assert_exit 0 "$server"
	run ! kill -0 "$(<out)"
	assert_exit 0 "$client"
}
