# SPDX-License-Identifier: ISC
#
# The suite on a machine that forbids namespaces, as a container does: the tests
# that need them are left out, named and counted.

load helper

container=$BUILD/tests/prog_container

# fresh COMMAND... - run the command without the variables that this file has
# set.
fresh() {
	run timeout -k1 60 env -i PATH="${PATH##*/libexec/bats-core:}" \
		BUILD="$BUILD" "$@"
}

# suite COMMAND... - let the command run a small suite.
suite() {
	local at=@ # bats would count these tests as tests of this file
	cat >small.bats <<-END
		load $TOP/tests/helper
		${at}test "it makes a network" { netns true; }
		${at}test "it makes names" { "$BUILD/tests/prog_sandbox" true; }
		${at}test "it makes none" { run -0 true; start_background x true; }
	END
	fresh "$@" bash -c '"$1/namespaces" && exec "$1/suite" 2 "${@:2}"' sh \
		"$TOP/tests" small.bats "$BUILD"/tests/test_{addresses,misuse}
}

# names_obstacle TEXT - check that the suite gives this reason.
names_obstacle() {
	assert_line --regexp "^left out: tests that make namespaces, in accept .*: $1\$"
}

# counts_left_out TESTS FILES - check the numbers in the suite's last line.
counts_left_out() {
	assert_equal "${lines[-1]}" \
		"Left out for want of namespaces: $1 tests, and $2 files of several"
}

@test "in a container the tests that make namespaces are left out" {
	suite "$container"
	assert_success
	if [ "$(id -u)" -eq 0 ]; then
		names_obstacle 'root may not .*\. To allow them: docker run --privileged'
	else
		names_obstacle 'users may not .*\. To allow them: run as root, or .*'
	fi
	refute_line --regexp '^left out: .* requirements'
	assert_line --regexp '/test_misuse \.* ok'
	assert_line 'Result: PASS'
	counts_left_out 2 1
}

@test "with CI=true nothing is left out unless it is known" {
	fresh "$container" make -C "$TOP" BUILD="$BUILD" CI=true check
	assert_failure 2
	names_obstacle '.*'
	refute_output --partial 'Result:'
	suite "$container" env CI=true TCPU_NO_NAMESPACES=1
	assert_success
	names_obstacle 'TCPU_NO_NAMESPACES=1 says so\. To allow them: unset it'
	counts_left_out 2 1
}

@test "where namespaces can be made nothing is left out" {
	suite env
	assert_success
	refute_output --partial 'eft out'
}

@test "without /proc there is no bats, and the rest is tested" {
	suite "${private[@]}" --mount sh -c \
		'mount -t tmpfs none /proc && exec "$@"' sh
	assert_success
	names_obstacle 'there is no /proc\. To allow them: mount -t proc .*'
	assert_line --regexp '/test_misuse \.* ok'
	counts_left_out 0 2
}

@test "a root that is no mount point is named" {
	mkdir root root/usr root/proc root/dev root/tests
	local name folders='usr dev'
	for name in bin sbin lib lib64; do
		if [ -L "/$name" ]; then
			ln -s "usr/$name" "root/$name"
		elif [ -d "/$name" ]; then
			mkdir "root/$name"
			folders+=" $name"
		fi
	done
	run "${private[@]}" --mount --pid --fork --kill-child sh -c '
		for name in $2; do
			mount --rbind "/$name" "root/$name" || exit
		done
		mount -t proc proc root/proc && mount --bind "$1" root/tests &&
		exec chroot root tests/namespaces' sh "$TOP/tests" "$folders"
	names_obstacle 'the root is no mount point\. To .*: outside of the .*'
}
