# SPDX-License-Identifier: ISC
#
# The library in the simulated machine; tests/sim/README.md explains it.

load helper

sim() {
	"$BUILD/tests/sim/sim" "$@"
}

@test "the simulator finds no fault of the library in 2000 seeds" {
	run -0 sim -j 2 1-2000
	echo "# ${lines[-1]}" >&3
}

@test "the seeds of faults that were found and mended pass" {
	run -0 sim -l "$TOP/tests/sim/seeds"
}

@test "a seed decides everything" {
	sim -v 7 >first
	sim -v 1-7 >second
	[ "$(wc -l <first)" -gt 50 ]
	run -0 grep -c '^seed' second
	assert_output 7
	diff first <(sed -n '/^seed 7/,$p' second) >difference || :
	# The last line counts the seeds.
	run -0 grep -c '^[<>]' difference
	assert_output 2
}

@test "the simulator takes numbers for seeds, and programs that it has" {
	local seed
	for seed in x 1x -1 1- 5-4 1-x '' ' 1' 18446744073709551616; do
		run -2 sim -- "$seed"
		assert_output "sim: no seed: $seed"
	done
	run -2 sim -p nonesuch 1
	assert_output 'sim: no such program: nonesuch'
	run -2 sim
	assert_output 'sim: no seeds'
}

@test "the faults that the simulator must find can still be put back" {
	"$TOP/tests/sim/mutants/run" "$TOP"/tests/sim/mutants/*.patch
}

@test "no state of the model of the scheduler is wrong" {
	"$TOP/tests/sim/search" 2 1
}
