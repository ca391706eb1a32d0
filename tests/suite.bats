# SPDX-License-Identifier: ISC
#
# The suite itself: what fails, what runs again, and when that is refused.

load helper

# suite ARG... - run the suite with results of its own.
suite() {
	# bats puts its own folder first in PATH.
	env -u VALGRIND BUILD="$PWD" PATH="${PATH##*/libexec/bats-core:}" \
		"$TOP/tests/suite" "$@"
}

# broken_tests NAME... - make test files that fail until `mended` exists.
broken_tests() {
	local name at=@ # bats would count these tests as tests of this file
	for name; do
		cat >"$name.bats" <<-END
			${at}test "$name" {
				[ -e '$PWD/mended' ]
			}
		END
	done
}

@test "a suite fails if a file fails, and only that one runs again" {
	broken_tests broken
	printf '%s\n' '@test "sound" {' ':' '}' >sound.bats
	run -1 suite 2 sound.bats broken.bats
	assert_output --partial 'not ok 1 broken'
	run -1 suite again
	assert_output --partial 'Failed 1/1'
	refute_output --partial sound.bats
	touch mended
	run -0 suite again
	assert_line --partial 'Files=1, Tests=1,'
	assert_line 'Result: PASS'
}

@test "nothing runs again if nothing failed" {
	run -1 suite again
	assert_output 'recheck: no file failed'
	touch mended
	broken_tests sound
	run -0 suite 1 sound.bats
	run -1 suite again
	assert_output 'recheck: no file failed'
}

@test "more than three failures are no matter of chance" {
	broken_tests a b c d
	run -1 suite 2 {a,b,c,d}.bats
	run -1 suite again
	assert_output 'recheck: 4 files failed'
	rm d.bats
	broken_tests d
	touch mended
	run -0 suite 1 d.bats
	run -0 suite again
	assert_line --partial 'Files=3, Tests=3,'
}
