# SPDX-License-Identifier: ISC
#
# Every row of the conformance table has a test.

load helper

@test "every row of the conformance table has a test" {
	run "$TOP/tests/conformance"
	assert_success
	refute_line --regexp ' -$'
}

@test "a row without a test is named, and is a failure" {
	mkdir tests
	cp "$TOP/tests/conformance" "$TOP"/tests/*.bats "$TOP"/tests/test_*.c tests
	sed -i 's/"D13 /"/' tests/test_addresses.c
	run tests/conformance
	assert_failure 1
	assert_line 'D13 -'
	assert_equal "$(grep -c ' -$' <<<"$output")" 1
}
