# SPDX-License-Identifier: ISC
#
# What make fuzz begins with, and what it has found: nothing is a finding.

load helper

@test "the corpus of each fuzzing target is without a finding" {
	local corpus
	for corpus in "$TOP"/tests/fuzz/corpus/*/; do
		run timeout -k 1 20 \
			"$BUILD/tests/fuzz/$(basename "$corpus")" "$corpus"*
		assert_success
	done
}
