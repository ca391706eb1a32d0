# SPDX-License-Identifier: ISC
#
# The static binary in a root that has nothing else except /proc and the devices
# of a container.  TESTS_STATIC names the binary; without it this is the one with
# glibc, which make check builds.

load helper

export STATIC=${TESTS_STATIC:-$BUILD/static-glibc/tcpu}

# in_root SCRIPT - run the script with bash in a network of its own; its command
# tcpu is the binary in a root of its own.
in_root() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run --separate-stderr timeout -k1 60 "${private[@]}" --net --mount sh -c '
		mkdir -p root/dev root/proc root/tmp && cp "$STATIC" root/tcpu &&
		for name in null zero full random urandom tty; do
			: >root/dev/$name &&
			mount --bind /dev/$name root/dev/$name || exit
		done && mount --rbind /proc root/proc &&
		ip link set lo up && exec bash -c "$@"' sh \
		'tcpu() { chroot root /tcpu "$@"; }'"
		$1" 3>&-
}

@test "a static binary needs no other file" {
	run -0 readelf -l "$STATIC"
	refute_output --partial INTERP
	run readelf -d "$STATIC"
	refute_output --partial NEEDED
}

@test "TLS is not built in" {
	run -2 "$STATIC" listen --tls --local 0
	assert_output 'tcpu: listen: --tls: not built in'
	run -2 "$STATIC" connect --tls localhost 1
	assert_output 'tcpu: connect: --tls: not built in'
}

@test "listen and connect" {
	in_root 'tcpu listen -1 -L 0 <<<answer >listener &
		until read -r port <listener; do :; done 2>/dev/null
		tcpu connect LocalHost $port <<<question && wait $! && cat listener'
	assert_success
	assert_line --index 0 answer
	assert_line --index 2 question
	assert_equal "$stderr" ''
}

@test "--background, --until-exit, --print, accept-ready and addresses" {
	in_root 'eval "$(tcpu listen --background --until-exit $$ --print=sh \
			--no-accept -L 0)"
		tcpu accept-ready --listening $TCPU_PORT && echo listening
		tcpu accept-ready $TCPU_PORT; echo $?
		tcpu addresses --remote --ip localhost $TCPU_PORT
		tcpu accept-ready --wait=50 $TCPU_PORT; echo $?
		tcpu addresses --pid $TCPU_PID --listening --port
		echo $TCPU_PORT'
	assert_success
	assert_equal "$stderr" ''
	assert_line --index 0 listening
	assert_line --index 1 1
	assert_line --index 2 ::1
	assert_line --index 3 0
	assert_equal "${lines[4]}" "${lines[5]}"
}

@test "--until-exit ends it" {
	in_root 'tail -f /dev/null & other=$!
		eval "$(tcpu listen --background --until-exit $other --print=sh \
			--no-accept -L 0)"
		kill $other
		tcpu accept-ready --not-listening --wait=50 $TCPU_PORT && echo gone'
	assert_success
	assert_output gone
}

@test "static handlers" {
	in_root 'eval "$(tcpu listen --background --until-exit $$ --print=sh \
			-k -L 0 -- /tcpu addresses --remote --ip)"
		tcpu connect 127.0.0.1 $TCPU_PORT </dev/null'
	assert_success
	assert_output 127.0.0.1
}

@test "a script where there is no shell cannot be executed" {
	in_root 'echo echo >root/script; chmod +x root/script
		eval "$(tcpu listen --background --until-exit $$ --print=sh \
			--no-accept -L 0)"
		tcpu connect localhost $TCPU_PORT -- /none; echo $?
		tcpu listen -L --hold 0 -- /script; echo $?'
	assert_output $'127\n126'
	assert_regex "$stderr" '^tcpu: /none: No such file or directory
tcpu: /script: Exec format error$'
}

@test "a look-up names the file that is missing" {
	in_root 'tcpu connect some.test 80; echo $?; tcpu connect localhost http'
	assert_equal "$status" 3
	assert_output 3
	assert_equal "$stderr" "tcpu: connect some.test:80: No name server answers, \
and there is no /etc/resolv.conf
tcpu: connect: there is no /etc/services to look it up in: 'http'"
}

@test "without /dev/null, what needs it is 125 and names it" {
	in_root 'umount root/dev/null && rm root/dev/null
		tcpu listen -1 -L --no-accept 0; echo $?
		tcpu connect localhost 1; echo $?'
	assert_output $'125\n4'
	assert_equal "${stderr_lines[0]}" \
		'tcpu: /dev/null: No such file or directory'
}
