# SPDX-License-Identifier: ISC
#
# The fuzz targets find nothing in the initial inputs of make fuzz and in its
# past findings, nor the command-line fuzzer of make torture in its first
# inputs.

load helper

@test "the corpus of each fuzzing target is without a finding" {
	local corpus
	for corpus in "$TOP"/tests/fuzz/corpus/*/; do
		run timeout -k1 300 \
			"$BUILD/tests/fuzz/$(basename "$corpus")" "$corpus"*
		assert_success
	done
}

@test "no command line that chance makes is mishandled" {
	need_namespaces
	run timeout -k1 300 "$TOP/tests/fuzz/options" 1 80
	assert_success
	echo "# ${lines[-1]}" >&3
}
