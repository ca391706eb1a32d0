# SPDX-License-Identifier: ISC
#
# Kernels and sandboxes that lack a system call: seccomp makes the call fail.

load helper

without=$BUILD/tests/prog_without

# The system calls that can close many descriptors at once.
closing_ways='close_range CLOSE_RANGE_CLOEXEC'

# open_descriptors - write a COMMAND that prints which of the descriptors 0 to 9
# and 17 it has open, without using /proc.
open_descriptors() {
	cat >descriptors <<-'END'
		#!/bin/bash
		for fd in {0..9} 17; do
			{ : <&"$fd"; } 2>/dev/null && printf '%s ' "$fd"
		done
		exit 0
	END
	chmod +x descriptors
}

# without_proc COMMAND [ARG]... - run the command with an empty /proc.
without_proc() {
	"${private[@]}" --mount sh -c 'mount -t tmpfs none /proc && exec "$@"' \
		sh "$@"
}

# run_client - run tcpu connect to the server; sets status and output.
run_client() {
	run timeout -k1 60 tcpu connect localhost "$port"
}

# fails_by CALL ARG... - check that tcpu fails on a kernel without this system
# call, and names the call.
fails_by() {
	run timeout -k1 60 "$without" "$1" tcpu "${@:2}" </dev/null
	assert_equal "$status" 125
	assert_line --regexp "^tcpu: .*$1: Function not implemented\$"
}

# ---- Before 5.9: no close_range ----

@test "a handler has no other descriptor" {
	local way
	open_descriptors
	for way in $closing_ways; do
		start_listener server "$without" "$way" tcpu listen -1 --local 0 \
			-- ./descriptors 5</dev/null 17</dev/null
		run_client </dev/null
		assert_output '0 1 2 '
		assert_exit 0 "$server"
	done
}

@test "a handler has no other descriptor where there is no /proc either" {
	# The sanitizers themselves need /proc.
	[[ $(nm -D "$BUILD/tcpu" 2>&1) != *__asan_init* ]] || return 0
	open_descriptors
	start_listener server without_proc "$without" close_range \
		tcpu listen -1 --local 0 -- ./descriptors 5</dev/null 17</dev/null
	run_client </dev/null
	assert_output '0 1 2 '
	assert_exit 0 "$server"
}

@test "--ucspi gives 6 and 7, and no other descriptor" {
	open_descriptors
	start_server --local 0 -- cat
	run timeout -k1 60 "$without" close_range \
		tcpu connect --ucspi localhost "$port" -- ./descriptors \
		</dev/null 5</dev/null 17</dev/null
	assert_success
	assert_output '0 1 2 6 7 '
}

@test "--hold gives the sockets, and no other descriptor" {
	local way
	open_descriptors
	for way in $closing_ways; do
		run timeout -k1 60 "$without" "$way" \
			tcpu listen --hold --local 0 -- ./descriptors \
			</dev/null 9</dev/null 17</dev/null
		assert_success
		assert_output '0 1 2 3 4 '
	done
}

@test "--background keeps no other descriptor" {
	eval "$("$without" close_range tcpu listen --background --until-exit $$ \
		--print=sh --no-accept --local 0 9>extra 17>extra 3>&-)"
	run ls -l "/proc/$TCPU_PID/fd"
	refute_output --partial extra
	kill "$TCPU_PID"
}

@test "many descriptors are closed" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run -0 timeout -k1 60 "$without" close_range bash -c '
		ulimit -n 600 || exit
		for fd in {10..500}; do eval "exec $fd</dev/null"; done
		exec tcpu listen --hold --local 0 -- sh -c "ls /proc/\$\$/fd"'
	assert_output $'0\n1\n2\n3\n4'
}

# ---- Before 5.3: no pidfd_open ----

@test "what waits for a process names the call that is missing" {
	fails_by pidfd_open listen --until-exit $$ --no-accept --local 0
	fails_by pidfd_open connect --retry --until-exit $$ localhost 1
	fails_by pidfd_open accept-ready --wait --until-exit $$ localhost 1
	fails_by pidfd_open addresses --pid $$
}

@test "a COMMAND cannot be waited for, which is said before listening" {
	fails_by pidfd_open listen --print=port --local 0 -- true
	assert_equal "${#lines[@]}" 1
	fails_by pidfd_open connect localhost 1 -- true
}

@test "what needs no process works" {
	start_listener server "$without" pidfd_open tcpu listen -1 --local 0 \
		<<<answer
	run timeout -k1 60 "$without" pidfd_open tcpu connect localhost "$port" \
		<<<question
	assert_output answer
	assert_exit 0 "$server"
	assert_content server.out 'question\n'
}

# ---- Before 6.4: no RWF_NOWAIT for pipes; before 6.13: no guard regions ----

@test "pipes carry a session" {
	local lack
	for lack in RWF_NOWAIT preadv2 MADV_GUARD_INSTALL; do
		start_listener server "$without" "$lack" tcpu listen -1 --local 0 \
			< <(printf answer)
		run -0 timeout -k1 60 bash -c 'echo question | "$1" "$2" \
			tcpu connect localhost "$3" | cat' \
			bash "$without" "$lack" "$port"
		assert_output answer
		assert_exit 0 "$server"
		assert_content server.out 'question\n'
	done
}

@test "messages go to a pipe" {
	local lack
	for lack in RWF_NOWAIT preadv2; do
		run timeout -k1 60 "$without" "$lack" tcpu connect -t 100ms 80
		assert_equal "$status" 2
		assert_output --partial 'tcpu: connect: '
	done
}

@test "a stack without guard regions is guarded all the same" {
	run timeout -k1 60 "$without" MADV_GUARD_INSTALL \
		"$BUILD/tests/test_stacks"
	assert_success
}

# ---- Before 6.6: no fchmodat2 ----

# sets_mode COMMAND... - check that the command, tcpu, can set a mode beyond the
# umask.
sets_mode() {
	start_listener server "$@" listen -1 --mode 777 --no-accept unix:s
	assert_equal "$(stat -c %a s)" 777
	kill "$server"
	assert_exit 143 "$server"
}

@test "--mode goes beyond the umask with /proc or with fchmodat2" {
	local version
	umask 077
	sets_mode "$without" fchmodat2 tcpu
	version=$(uname -r)
	if [ "$(printf '%s\n' 6.6 "$version" | sort -V | head -n 1)" = 6.6 ]; then
		sets_mode "${private[@]}" --mount \
			sh -c 'mount -t tmpfs none /proc && exec "$@"' sh tcpu
	fi
	# The sanitizers themselves need /proc.
	[[ $(nm -D "$BUILD/tcpu" 2>&1) != *__asan_init* ]] || return 0
	run -7 without_proc "$without" fchmodat2 timeout -k1 60 \
		tcpu listen --mode 777 --no-accept unix:s
	assert_output 'tcpu: listen unix:s: No such file or directory'
	assert_not_exist s
}

@test "an old kernel has it all at once" {
	start_listener server "$without" \
		close_range,RWF_NOWAIT,MADV_GUARD_INSTALL \
		tcpu listen -k --count 2 -1 --local 0 -- cat
	run_client <<<one
	assert_output one
	run_client <<<two
	assert_output two
	assert_exit 0 "$server"
}

# ---- Older containers, which forbid what they do not know ----

@test "a container that forbids new calls is like an old kernel" {
	local script='echo question | "$1" new_calls tcpu connect localhost "$2" | cat'
	start_listener server "$without" new_calls \
		tcpu listen -k --count 2 -1 --local 0 -- cat
	run -0 timeout -k1 60 bash -c "$script" bash "$without" "$port"
	assert_output question
	run -0 timeout -k1 60 "$without" new_calls tcpu connect --ucspi \
		localhost "$port" -- sh -c 'echo handler >&7'
	assert_exit 0 "$server"
	run timeout -k1 60 "$without" new_calls tcpu connect localhost 1
	assert_failure 4
	assert_output 'tcpu: connect localhost:1: Connection refused'
	run -126 timeout -k1 60 "$without" new_calls tcpu listen --local 0 -- /dev/null
	run -127 timeout -k1 60 "$without" new_calls tcpu listen --local 0 -- ./no-such
	umask 077
	sets_mode "$without" new_calls tcpu
}

@test "a forbidden clone3 is named by what needs it" {
	start_server -k --local 0 -- cat
	run timeout -k1 60 "$without" clone3 tcpu connect localhost "$port" \
		</dev/null
	# musl and glibc before 2.34 do not use it.
	[ "$status" -eq 0 ] || {
		assert_failure 125
		assert_output "tcpu: connect localhost:$port: clone3, which \
starts OS threads, is forbidden"
	}
	run -0 timeout -k1 60 "$without" clone3 tcpu connect 127.0.0.1 "$port" \
		-- true
}
