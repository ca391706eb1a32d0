# SPDX-License-Identifier: ISC
#
# The benchmarks, as short as possible: only whether they run, not the results.

load helper

# bench GROUP... - run one very short round; its results go to the test's
# folder.
bench() {
	BENCH_OUT=$PWD BENCH_ROUNDS=1 BENCH_SIZE=0.0001 BENCH_CONGESTION=reno \
		run timeout -k1 50 "$TOP/tests/bench/bench" "$@"
}

