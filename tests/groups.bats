# SPDX-License-Identifier: ISC
#
# The child processes of a handler: when they end, stop and continue with it,
# and which process reaps them.

load helper

# ./parent prints its pid and the pid of a child; both run as long as its stdin
# is open.  ./deaf does the same, but both processes ignore every signal except
# SIGKILL.
setup() {
	begin
	cat >parent <<-'END'
		#!/bin/sh
		tail -f /dev/null >/dev/null &
		echo $$ $!
		while read -r line; do
			echo "$line"
		done
	END
	sed "2i trap '' HUP INT TERM" parent >deaf
	cat >leaves <<-'END'
		#!/bin/sh
		tail -f /dev/null >/dev/null &
		echo $$ $!
	END
	chmod +x parent deaf leaves
}

# The processes that a test's handlers started.  None may outlive the test.
family=()

teardown() {
	reap
	((${#family[@]} == 0)) || kill -KILL "${family[@]}" 2>/dev/null || true
}

# states PID... - print the letters of the processes' states in ps(1), with
# nothing for those that were reaped.
states() {
	ps -o state= -p "$(IFS=,; echo "$*")" | tr -d '\n'
}

# are_stopped PID...
are_stopped() {
	[[ $(states "$@") =~ ^T{$#}$ ]]
}

# alive PID... - check that all these processes go on, busy or not
# at this moment.
alive() {
	[[ $(states "$@") =~ ^[RSD]{$#}$ ]]
}

# gone PID... - check that all these processes have ended, reaped or not.
gone() {
	[[ $(states "$@") =~ ^Z*$ ]]
}

# meet [N] - start a client that runs as long as its peer; if N is 1, the server
# is one that holds until then.  Sets command and child to the pids that the
# handler prints, client to the client's pid, and say to a descriptor for its
# input.
meet() {
	start_client --end=peer
	[ "$#" -eq 0 ] || release "$1"
	wait_for_line out '[0-9]* [0-9]*'
	read -r command child <out
	family+=("$command" "$child")
}

# ---- Their end ----

@test "a signal that ends us ends what a handler has started" {
	local signal
	for signal in HUP TERM USR1; do
		start_server -k --local 0 -- ./parent
		meet
		kill "-$signal" "$server"
		assert_exit $((128 + $(kill -l "$signal"))) "$server"
		gone "$command" "$child"
		exec {say}>&-
		assert_exit 0 "$client"
	done
}

@test "--timeout ends it, and --until-exit" {
	start_held_server --timeout 2s -- ./parent
	meet 1
	assert_exit 124 "$server"
	gone "$command" "$child"
	exec {say}>&-
	start_background master tcpu listen --local 0 </dev/null
	master=$!
	start_server -k --until-exit "$master" --local 0 -- ./parent
	meet
	kill "$master"
	assert_exit 0 "$server"
	gone "$command" "$child"
}

@test "it ends with us also if COMMAND has ended before" {
	start_server -k --local 0 -- ./leaves
	meet
	assert_exit 0 "$client"
	wait_until gone "$command"
	alive "$child"
	kill "$server"
	assert_exit 143 "$server"
	gone "$child"
}

@test "to end many that were left, /proc is not read for each" {
	start_listener server strace -D -o trace -e 'trace=?open,openat' \
		-E "ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}" \
		tcpu listen -1 -k --local 0 -- \
		sh -c 'tail -f /dev/null >/dev/null & echo $!'
	for ((i = 0; i < 100; i++)); do
		family+=("$(timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null)")
	done
	kill "$server"
	assert_exit 143 "$server"
	gone "${family[@]}"
	wait_until grep -q killed trace
	local times
	times=$(grep -c '"/proc"' trace)
	[ "$times" -gt 0 ] && [ "$times" -lt 50 ]
}

@test "--drain does not spare it, once every COMMAND has ended" {
	start_server -k --drain 20 --local 0 -- ./leaves
	meet
	assert_exit 0 "$client"
	wait_until gone "$command"
	kill "$server"
	assert_exit 143 "$server"
	gone "$child"
}

@test "it goes on if COMMAND ends, and if we do without being ended" {
	start_server -k --count 2 --local 0 -- ./leaves
	meet
	first=$child
	meet
	assert_exit 0 "$server"
	alive "$first" "$child"
}

@test "whoever obeys no signal is killed a second later, and not before" {
	local how
	for how in 'kill -TERM' 'kill -INT'; do
		start_listener server env --default-signal tcpu listen -1 -k \
			--local 0 -- ./deaf
		meet
		SECONDS=0
		$how "$server"
		timeout -k1 60 tcpu accept-ready --not-listening --wait=50 "$port"
		kill -STOP "$server" # or its second would limit the check
		alive "$command" "$child"
		kill -CONT "$server"
		wait "$server" || [ "$?" -gt 128 ]
		gone "$command" "$child"
		[ "$SECONDS" -ge 1 ]
		exec {say}>&-
	done
}

@test "whoever is stopped is woken to end" {
	start_server -k --local 0 -- ./parent
	meet
	kill -STOP "$command" "$child"
	kill "$server"
	assert_exit 143 "$server"
	gone "$command" "$child"
}

@test "a child with a session of its own goes on" {
	sed 's/^tail/setsid tail/' parent >daemon
	chmod +x daemon
	start_server -k --local 0 -- ./daemon
	meet
	wait_until eval '[ "$(ps -o sid= -p "$child")" -eq "$child" ]'
	kill "$server"
	assert_exit 143 "$server"
	gone "$command"
	alive "$child"
}

@test "--idle-timeout ends what the session's handler has started, no other's" {
	start_server -k --pipes --idle-timeout 1s --local 0 -- ./parent
	meet
	first=("$command" "$child")
	exec {first_say}>&"$say"
	meet
	yes >&"$say" 3>&- & # the second session never idles
	started+=("$!")
	wait_for_line server.err 'tcpu: .* idle for 1s .*'
	wait_until gone "${first[@]}"
	alive "$command" "$child"
	exec {first_say}>&- {say}>&-
}

@test "--idle-timeout kills whoever obeys no signal" {
	start_server --pipes --idle-timeout 1s --local 0 -- ./deaf
	meet
	assert_exit 124 "$server"
	gone "$command" "$child"
}

@test "after kill -9 every COMMAND gets SIGTERM, of connect, too" {
	start_server -k --local 0 -- ./parent
	meet
	kill -KILL "$server"
	wait_until gone "$command"
	exec {say}>&-
	start_server --abandon --local 0 </dev/null
	tcpu connect 127.0.0.1 "$port" -- ./parent 3>&- &
	client=$!
	started+=("$client")
	wait_for_line server.out '[0-9]* [0-9]*'
	read -r command child <server.out
	family+=("$command" "$child")
	kill -KILL "$client"
	wait_until gone "$command"
}

# ---- Groups ----

@test "each handler of listen is a process group, COMMAND of connect is in ours" {
	cat >group <<-'END'
		#!/bin/sh
		set -- $(ps -o pgid= -p $$) $(ps -o pgid= -p $PPID)
		[ "$1" -eq $$ ] && echo own >&2
		[ "$1" -eq "$2" ] && echo shared >&2
		exit 0
	END
	chmod +x group
	local option
	for option in --local --pipes -k; do
		start_server "$option" --local 0 -- ./group
		timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
		wait_for_line server.err own
		run ! grep shared server.err
	done
	start_server --local 0 </dev/null
	run timeout -k1 60 tcpu connect 127.0.0.1 "$port" -- ./group
	assert_output shared
}

# in_group [ARG]... - start tcpu listen as a process group, which a stop signal
# can stop.
in_group() {
	start_listener server perl -e 'setpgrp; exec @ARGV' tcpu listen -1 "$@"
}

@test "what we start is stopped with us, and continued" {
	in_group -k --local 0 -- ./parent
	meet
	kill -TSTP "$server"
	wait_until are_stopped "$server" "$command" "$child"
	kill -CONT "$server"
	wait_until alive "$server" "$command" "$child"
	echo more >&"$say"
	wait_for_line out more
	kill -TSTP "$server"
	wait_until are_stopped "$server" "$command" "$child"
	kill -CONT "$server"
	kill "$server"
	assert_exit 143 "$server"
	gone "$command" "$child"
}

@test "SIGTSTP that was ignored at the start stops nobody" {
	start_listener server env --ignore-signal=TSTP perl -e 'setpgrp; exec @ARGV' \
		tcpu listen -1 -k --local 0 -- ./parent
	meet
	kill -TSTP "$server"
	echo more >&"$say"
	wait_for_line out more
	alive "$server" "$command" "$child"
}

# ---- Process 1 ----

# as_init [ARG]... - start tcpu listen as process 1 of a namespace.  Sets
# server to its pid outside the namespace, and port.
as_init() {
	rm -f port.fifo
	mkfifo port.fifo
	"${private[@]}" --pid --fork --mount-proc \
		"${default_signals[@]}" tcpu listen --ready-fd 9 \
		"$@" 9>port.fifo >init.out 2>init.err 3>&- &
	started+=("$!")
	read -r port <port.fifo
	server=$(pgrep -P "$!")
	started+=("$server")
}

no_children() {
	run pgrep -P "$server"
	assert_output ''
}

@test "as process 1 we reap the orphans of handlers, and keep their statuses" {
	local option
	for option in --keepalive --pipes; do
		as_init -k "$option" --local 0 -- sh -c 'sh -c "true &"; exit 3'
		timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
		timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
		wait_until no_children
		assert_equal "$(grep -c 'exit status 3' init.err)" 2
	done
}

@test "as process 1 we reap the orphans of others, too" {
	as_init --no-accept --local 0
	local enter=(nsenter -t "$server" --pid)
	[ "$(id -u)" -eq 0 ] || enter+=(--user --preserve-credentials)
	"${enter[@]}" sh -c 'sh -c "tail -f /dev/null >/dev/null & echo >&2"'
	end_child() { kill "$(pgrep -P "$server")"; }
	wait_until end_child
	wait_until no_children
}

@test "where no handler was started, /proc is not searched at the end" {
	start_listener server strace -D -o trace -e 'trace=?open,openat' \
		tcpu listen -1 -k --local 0 -- cat
	kill -TERM "$server"
	assert_exit 143 "$server"
	wait_until grep -q SIGTERM trace
	run grep '"/proc"' trace
	assert_failure 1
}
