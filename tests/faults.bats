# SPDX-License-Identifier: ISC
#
# Failures of the system: failing calls, limits, and a full disk.

load helper

# report COMMAND [ARG]... - run the command, and print the last line of its
# output, which has the counts.
report() {
	run "$@"
	assert_success
	echo "# ${lines[-1]}" >&3
}

@test "no call of the system that fails is mishandled: every 50th" {
	report "$TOP/tests/faults/run" --every 50
}

@test "without memory the library loses neither bytes nor connections" {
	report "$TOP/tests/faults/run" library-lines library-again
}

@test "without memory TLS neither waits nor ends in silence: every 10th" {
	need_tls
	report "$TOP/tests/faults/run" --every 10 connect-tls listen-tls
}

# limited OPTION LIMIT COMMAND [ARG]... - run it under a limit set by ulimit.
limited() {
	(ulimit "$1" "$2" && exec timeout -k1 60 "${@:3}") 3>&-
}

@test "with 16 descriptors a listener serves one client after the other" {
	local i
	ulimit -Sn 16
	start_server -L -k --count 40 0 </dev/null
	for ((i = 0; i < 40; i++)); do
		run timeout -k1 60 tcpu connect 127.0.0.1 "$port" <<<"$i"
		assert_success
	done
	assert_exit 0 "$server"
	diff server.out <(seq 0 39)
}

@test "without descriptors a connection is refused with a reason" {
	run -125 --separate-stderr limited -n 4 tcpu connect 127.0.0.1 1
	assert_regex "$stderr" '^tcpu: .*: Too many open files$'
}

@test "without memory there is a message and a status, whatever the limit" {
	local limit
	[[ $(nm "$BUILD/tcpu") != *__asan_init* ]] || return 0
	for ((limit = 4000; limit <= 16000; limit += 250)); do
		run limited -v "$limit" tcpu listen -L --accept-timeout 0 0
		# 127 is from the dynamic linker, 126 from a shell that cannot
		# run tcpu.
		[[ $status == @(124|125|126|127) ]] || fail "$limit: $status"
		[ -n "$output" ] || fail "$limit: nothing is said"
	done
	assert_equal "$status" 124
}

# in_tmpfs SIZE COMMAND [ARG]... - run the command in an empty file system of
# this size.
in_tmpfs() {
	local root=()
	[ "$(id -u)" -eq 0 ] || root=(--map-root-user)
	mkdir -p small
	unshare "${root[@]}" --mount sh -c \
		'mount -t tmpfs -o size="$0" small small && cd small && exec "$@"' "$@"
}

@test "a disk that gets full is 9, and the peer does not think it well" {
	truncate -s 64M big # more than the buffers of both kernels hold
	start_server -L 0 <big
	run -9 in_tmpfs 64k timeout -k1 60 sh -c \
		'tcpu connect 127.0.0.1 "$0" >file </dev/null' "$port"
	assert_output 'tcpu: stdout: No space left on device'
	assert_exit 8 "$server"
}

@test "a port file on a full disk is said to be incomplete, and is not there" {
	run in_tmpfs 64k timeout -k1 60 sh -c 'head -c 65536 /dev/zero >full
		tcpu listen -L --accept-timeout 0 --port-file port 0; echo "$?"; ls'
	assert_line --regexp '^tcpu: .*No space left on device$'
	assert_line 9
	refute_line port
}

@test "no transfer is cut short in silence, whatever the network does" {
	report "$TOP/tests/faults/transfers" 30
}

@test "nor is one with TLS, not even by a network that ends connections" {
	need_tls
	report "$TOP/tests/faults/transfers" --tls 30
}
