# SPDX-License-Identifier: ISC
#
# What make fuzz begins with, and what it has found; and the beginning of what
# make torture does to the command line: nothing is a finding.

load helper

@test "the corpus of each fuzzing target is without a finding" {
	local corpus
	for corpus in "$TOP"/tests/fuzz/corpus/*/; do
		run timeout -k 1 20 \
			"$BUILD/tests/fuzz/$(basename "$corpus")" "$corpus"*
		assert_success
	done
}

@test "no command line that chance makes is mishandled" {
	run timeout -k 1 50 "$TOP/tests/fuzz/options" 1 80
	assert_success
	echo "# ${lines[-1]}" >&3
}
