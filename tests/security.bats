# SPDX-License-Identifier: ISC
#
# Who may do harm by way of tcpu, and may not: those who name interfaces, those
# who share a folder, and those who find a mistake in it.  What else SECURITY
# CONSIDERATIONS of tcpu(1) promises is tested where it belongs.

load helper

# hostile COMMAND - the script's run in a network whose interface has a name
# that a shell would take for more.
hostile() {
	# shellcheck disable=SC2089,SC2090 # it is to be taken literally
	local name='a;>pwned;b'"'"
	# shellcheck disable=SC2090
	export name
	netns bash -euc 'ip link set lo down
		ip link set lo name "$name"
		ip link set "$name" up
		ip -6 address add fe80::7/64 dev "$name" nodad
		'"$1"
	assert [ ! -e pwned ]
}

@test "what listen prints for the shell is safe to eval" {
	hostile 'eval "$(tcpu listen --background --no-accept -t 5 --print=sh \
			"fe80::7%$name" 0)"
		[[ $TCPU_ADDR == fe80::7* && $TCPU_PORT -gt 0 ]]
		kill "$TCPU_PID"'
}

@test "what connect and addresses print for the shell is safe to eval" {
	hostile 'eval "$(tcpu listen --background --no-accept -t 5 --print=sh \
			"fe80::7%$name" 0)"
		eval "$(tcpu addresses --format=sh "fe80::7%$name" "$TCPU_PORT")"
		[[ $TCPU_REMOTEIP == fe80::7* && $TCPU_REMOTEPORT = "$TCPU_PORT" ]]
		eval "$(tcpu connect -z --print=sh "fe80::7%$name" "$TCPU_PORT" 2>&1)"
		[[ $TCPU_REMOTEIP == fe80::7* ]]
		kill "$TCPU_PID"'
}

@test "a port file and a pid file do not follow a link" {
	echo precious >victim
	ln -s victim link
	for option in --port-file --pid-file; do
		run timeout -k1 10 tcpu listen "$option" link --local 0
		assert_equal "$status" 9
		assert_output "tcpu: $option link: not a regular file"
	done
	assert_equal "$(cat victim)" precious
	assert [ -L link ]
}

@test "the programs are hardened where it costs nothing" {
	local file
	[ -z "${CFLAGS-}" ] && [[ $BUILD != */san* ]] || return 0
	for file in "$BUILD/tcpu" "$BUILD"/libtcpunit.so.*; do
		run readelf -Wlhd "$file"
		assert_line --regexp 'Type: +DYN'
		assert_line --partial GNU_RELRO
		assert_line --partial NOW
		refute_line --regexp 'GNU_STACK.*RWE'
		run nm -D "$file"
		assert_line --partial __stack_chk_fail
		assert_line --regexp '_chk@'
	done
}
