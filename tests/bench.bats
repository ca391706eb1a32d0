# SPDX-License-Identifier: ISC
#
# The benchmarks, as short as possible: only whether they run, not the results.

load helper

# run_bench GROUP... - run one very short round; its results go to the test's
# folder.
run_bench() {
	need_namespaces
	try_bench "$@"
}

# try_bench GROUP... - the same, if it ends before it makes namespaces.
try_bench() {
	BENCH_OUT=$PWD BENCH_ROUNDS=1 BENCH_SIZE=0.0001 BENCH_CONGESTION=reno \
		run timeout -k1 60 "$TOP/tests/bench/bench" "$@"
}

# has_results ID... - check that these benchmarks have results for tcpu.
has_results() {
	local id
	for id; do
		assert_line --regexp "^$id  "
		assert_file_contains "$id-reno.json" '"median"'
	done
}

# runs GROUP ID... - check that the group's benchmarks print a result for tcpu,
# and whether it meets its aims.
runs() {
	local id
	run_bench "$1"
	assert_success
	refute_output --regexp ' at .* line [0-9]' # warnings from perl
	has_results "${@:2}"
	for id in "${@:2}"; do
		assert_line --regexp "^  $id: .*(met|MET)\$"
	done
}

@test "bulk: transfers between pipes and files" {
	runs bulk B1 B2 B3 B4
	assert_line --regexp '^  B5: .* nc.openbsd: '
}

@test "pieces: a program sends and receives" {
	runs pieces B6-listen B6-connect
}

@test "echo: many connections, one, and two OS threads" {
	runs echo B7-64 B7-1000 B7-10000 B9 B18
	assert_line --regexp '^  B8: calls each, at most 2.2: '
	assert_line --regexp '^  B8: epoll_ctl each, at most 0.05: '
}

@test "switch: threads give way" {
	runs switch B10 B16 B21
	has_results B17-0 B17-128 # their aims need Go, which may be missing
}

@test "idle: memory of a connection" {
	runs idle B11-10000
	has_results B11-100 B11-1000
}

@test "visits: accept and connect" {
	runs visits B12-accept B12-connect
}

@test "start: of the command" {
	runs start B13
}

@test "lines: read and written one by one; bodies copied" {
	runs lines B14
	has_results B14-100 B19 B20-100 B20-1024
}

@test "ticks: others go on during a copy" {
	runs ticks B15-file-socket B15-pipe-socket B15-socket-file \
		B15-socket-pipe B15-file-file
}

@test "late: messages, with and without" {
	runs late B25
}

@test "tls: bulk, handshakes, and memory of a connection" {
	need_tls
	runs tls B22 B23-connect B23-listen
	has_results B24
}

# run_with_socat LISTENS CONNECTS - run the bulk group with another socat, which
# runs one of these commands.
run_with_socat() {
	mkdir bin
	cat >bin/socat <<-END
		#!/bin/sh
		case \$* in
		*LISTEN*) $1 ;;
		*) $2 ;;
		esac
	END
	chmod +x bin/socat
	PATH=$PWD/bin:$PATH run_bench bulk
}

@test "a contender that loses bytes has failed, and no other" {
	run_with_socat \
		'/usr/bin/socat "$@" | (head -c 100 && cat >/dev/null)' \
		'exec /usr/bin/socat "$@"'
	assert_failure 1
	assert_line --regexp '^  socat +failed$'
	assert_line --regexp '^failed: B4 socat: 100 of [0-9]+ bytes$'
	refute_line --regexp '^failed: B4 [^s]'
}

@test "a contender that fails is not waited for" {
	run_with_socat 'exec /usr/bin/socat "$@"' 'exit 3'
	assert_failure 1
	has_results B1 B2 B3 B4
	assert_line --regexp '^  socat +failed$'
	assert_line 'failed: B2 socat: status 768' # B1 may name its head
}

@test "an unknown group is refused, and the others are named" {
	try_bench nosuch
	assert_failure
	assert_output --regexp '^bench: no group nosuch; there are bulk echo '
}

@test "an unknown group beside a known one is named, and the other goes on" {
	run_bench nosuch start
	assert_failure 1
	has_results B13
	assert_line --regexp '^failed: no group nosuch; there are bulk echo '
}

@test "a contender that is missing is named, and the others go on" {
	mkdir bin
	ln -sf /sbin/* /usr/sbin/* /bin/* /usr/bin/* bin/
	rm bin/socat
	PATH=$PWD/bin run_bench start
	assert_success
	has_results B13
	assert_line --regexp '^  socat +failed$'
	assert_line 'not installed: socat'
}

@test "another build takes part, and is not published" {
	mkdir old
	printf '%s\n' '#!/bin/sh' "echo \$1 >>'$PWD/ran'" 'exec tcpu "$@"' \
		>old/tcpu
	chmod +x old/tcpu
	BENCH_BEFORE=old run_bench start
	assert_success
	assert_line --regexp '^  before +[0-9]'
	assert_equal "$(sort -u ran)" connect
	run "$TOP/tests/bench/collect" .
	assert_success
	assert_line --partial nc.openbsd
	refute_line --partial before
}

@test "another build that lacks a program has failed" {
	mkdir old
	ln -s /bin/true old/tcpu
	BENCH_BEFORE=old run_bench visits
	assert_success
	has_results B12-accept
	assert_line --regexp '^  before +failed$'
	assert_line 'not installed: before'
}

@test "a folder without a build is refused" {
	BENCH_BEFORE=nowhere try_bench start
	assert_failure
	assert_output 'bench: no build in nowhere'
}

# draws PICTURE - draw the results in the test's folder.
draws() {
	"$TOP/tests/bench/collect" . >figures.tsv
	"$TOP/tests/bench/$1" figures.tsv >picture.svg
}

# shows N PATTERN - check that so many lines of the picture match.
shows() {
	assert_equal "$(grep -c -- "$2" picture.svg)" "$1"
}

@test "the figure has a panel for each result and a bar for each contender" {
	run_bench bulk
	draws figure
	shows 4 '<g '
	shows 4 '<rect .*class="ours"'
	shows 4 '>nc.openbsd<'
}

@test "the curves have a panel for each cost and a line for each contender" {
	run_bench idle
	draws curves
	shows 1 '<g '
	shows 1 '<polyline .*class="ours"'
	shows 1 '>OS threads<'
}

@test "the pictures need results" {
	local picture
	touch figures.tsv
	for picture in figure curves; do
		run "$TOP/tests/bench/$picture" figures.tsv
		assert_failure
		assert_output "$picture: no results in figures.tsv"
	done
}

# result ID UNIT RATIO... - write results of tcpu and three netcats, with the
# ratio of the figure of tcpu to each one's.
result() {
	local names=(nc.openbsd ncat socat) n
	{
		printf '{"id": "%s", "title": "a title", "rounds": 1,
			"kernel": "6.1", "metrics": ["m"], "headings":
			{"m": "%s"}, "order": ["tcpu", "nc.openbsd", "ncat",
			"socat"], "contenders": {' "$1" "$2"
		for n in 0 1 2; do
			printf '"%s": {"m": {"median": 5, "ratio": %s}}, ' \
				"${names[n]}" "${@:n + 3:1}"
		done
		echo '"tcpu": {"m": {"median": 9, "ratio": 1}}}}'
	} >"$1-reno.json"
}

@test "one command puts new results into the table, the pictures and the README" {
	result B1 MiB/s 2.22 3.33 4.44
	result B13 ms/run 0.5 0.25 0.125
	result B11-100 KiB/connection 0.7 0.8 0.9
	mkdir -p tree/tests/bench
	cp "$TOP"/tests/bench/{publish,collect,figure,curves,quote,Figures.pm} \
		tree/tests/bench
	cp "$TOP/README.md" tree
	tree/tests/bench/publish .
	cd tree
	grep -qxF '| sending through a pipe: tcpu is faster by this factor | 1.0 | 2.2 | 3.3 | 4.4 |' \
		README.md
	grep -qxF '| starting, reading a byte and ending: tcpu is faster by this factor | 1.0 | 2.0 | 4.0 | 8.0 |' \
		README.md
	grep -qF $'B13\tsocat\tms/run\t5.000\t8.00' tests/bench/figures.tsv
	grep -qF '>5 (4.4x)<' tests/bench/ratios.svg
	grep -qF '>ncat<' tests/bench/costs.svg
}
