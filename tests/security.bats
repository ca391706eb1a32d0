# SPDX-License-Identifier: ISC
#
# Attackers must not be able to use tcpu: by naming an interface, by sharing a
# folder, or by exploiting a bug in it.  The other promises in SECURITY
# CONSIDERATIONS of tcpu(1) are tested in the files about their subject.

load helper

# hostile COMMAND - run a shell script in a network whose interface has a name
# with shell syntax in it.
hostile() {
	# shellcheck disable=SC2089,SC2090 # the text is literal
	local name='a;>pwned;b'"'"
	# shellcheck disable=SC2090
	export name
	netns bash -euc 'ip link set lo down
		ip link set lo name "$name"
		ip link set "$name" up
		"$add_ipv6" fe80::7/64 "$name"
		'"$1"
	assert [ ! -e pwned ]
}

@test "what listen prints for the shell is safe to eval" {
	hostile 'eval "$(tcpu listen --background --no-accept -t 60 --print=sh \
			"fe80::7%$name" 0)"
		[[ $TCPU_ADDR = "fe80::7%$name" && $TCPU_PORT -gt 0 ]]
		kill "$TCPU_PID"'
}

@test "what connect and addresses print for the shell is safe to eval" {
	hostile 'eval "$(tcpu listen --background --no-accept -t 60 --print=sh \
			"fe80::7%$name" 0)"
		eval "$(tcpu addresses --format=sh "fe80::7%$name" "$TCPU_PORT")"
		[[ $TCPU_REMOTEIP = "fe80::7%$name" && $TCPU_REMOTEPORT = "$TCPU_PORT" ]]
		eval "$(tcpu connect -z --print=sh "fe80::7%$name" "$TCPU_PORT" 2>&1)"
		[[ $TCPU_REMOTEIP = "fe80::7%$name" ]]
		kill "$TCPU_PID"'
}

@test "a port file and a pid file do not follow a link" {
	echo precious >victim
	ln -s victim link
	for option in --port-file --pid-file; do
		run timeout -k1 60 tcpu listen "$option" link --local 0
		assert_equal "$status" 9
		assert_output "tcpu: $option link: not a regular file"
	done
	assert_equal "$(cat victim)" precious
	assert [ -L link ]
}

@test "nor do they when one is planted at any time" {
	local i
	echo precious >victim
	(while ln -s victim port && rm -f port; do :; done) 3>&- &
	started+=("$!")
	for ((i = 0; i < 50; i++)); do
		run timeout -k1 60 tcpu listen --local --accept-timeout 0 \
			--port-file port 0
		[[ $status == @(9|124) ]] || fail "$status: $output"
	done
	assert_equal "$(cat victim)" precious
}

@test "what a peer or an interface is called is data to COMMAND" {
	hostile 'eval "$(tcpu listen --background -t 9 --print=sh \
			"fe80::7%$name" 0 -- sh -c "env >&2; env")"
		tcpu connect "fe80::7%$name" "$TCPU_PORT" </dev/null >told
		grep -Fqx "TCPREMOTEIP=fe80::7%$name" told
		grep -Fqx "TCPLOCALIP=fe80::7%$name" told
		! grep -vE "^[A-Za-z_][A-Za-z0-9_]*=" told'
}

# reusing SCRIPT - run the script; its function `again` starts a program with
# the process id of a process that has ended.
reusing() {
	run timeout -k1 60 "${private[@]}" --net --pid --fork --kill-child \
		--mount-proc "${default_signals[@]}" bash -euc '
		again() {
			echo "$(($1 - 1))" >/proc/sys/kernel/ns_last_pid
			"${@:2}" &
			[ "$!" -eq "$1" ]
		}
		ip link set lo up
		tail -f /dev/null & old=$!
		'"$1" 3>&-
	assert_success
}

@test "--until-exit is not deceived by a process with the same number" {
	reusing 'mkfifo port
		tcpu listen -1 --no-accept --local --until-exit "$old" 0 >port &
		server=$!
		read -r line <port
		kill -KILL "$old" && wait "$old" || true
		again "$old" tail -f /dev/null
		wait "$server"'
}

@test "nor is --pid" {
	reusing 'tcpu addresses --pid "$old" --wait=50 >told 2>said & asker=$!
		until ls -l "/proc/$asker/fd" | grep -q pidfd; do :; done
		kill -STOP "$asker"
		kill -KILL "$old" && wait "$old" || true
		again "$old" tcpu listen --no-accept --local 0
		tcpu addresses --listening --wait=50 --pid "$old"
		kill -CONT "$asker"
		wait "$asker" || [ "$?" -eq 1 ]
		[ ! -s told ]
		grep -q "No such process" said'
}

@test "the kernel tells of the sockets of others without any privilege" {
	local shared user=(--no-new-privs --inh-caps=-all)
	shared=$(mktemp -d)
	chmod 755 "$shared"
	install -m 755 "$BUILD/tcpu" "$shared"
	[ "$(id -u)" -ne 0 ] ||
		user+=(--bounding-set=-all --reuid 65534 --regid 65534
			--clear-groups)
	start_server --local --no-accept 0 </dev/null
	run traced -f -qq -e trace=socket -o trace setpriv "${user[@]}" \
		"$shared/tcpu" accept-ready --listening "$port"
	rm -r "$shared"
	assert_success
	assert_file_contains trace NETLINK_SOCK_DIAG
	run ! grep -E 'EPERM|EACCES' trace
}

@test "times and sizes at their limits are taken for what they are" {
	start_server --local -b 2147483647 -m 2147483647 -k --count 2147483647 0 -- cat
	run -0 traced -f -qq -e trace=setsockopt -o trace \
		tcpu connect -w 2147483.647 -t 596h --retry=2147483647ms \
		--idle-timeout 35791m --drain 596h --keepalive=596h \
		--user-timeout=596h 127.0.0.1 "$port" </dev/null
	assert_output ''
	run grep -E 'TCP_(KEEP|USER)' trace
	assert_line --partial 'TCP_USER_TIMEOUT, [2145600000]'
	assert_line --partial 'TCP_KEEPIDLE, [32767]'
	refute_output --partial EINVAL
	run -1 timeout -k1 60 tcpu accept-ready --min 2147483647 "$port"
	assert_output ''
}

@test "the programs are hardened where it costs nothing" {
	local file
	[[ $BUILD != */@(san|coverage)* ]] || return 0
	for file in "$BUILD/tcpu" "$BUILD"/libtcpunit.so.*; do
		run readelf -Wlhd "$file"
		assert_line --regexp 'Type: +DYN'
		assert_line --partial NOW
		refute_line --regexp 'GNU_STACK.*RWE'
		# A static binary is stripped, and musl's does not apply RELRO.
		[[ $output == *NEEDED* ]] || continue
		assert_line --partial GNU_RELRO
		run nm -D "$file"
		assert_line --partial __stack_chk_fail
		assert_line --regexp '_chk@'
	done
}
