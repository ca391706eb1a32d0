# SPDX-License-Identifier: ISC
#
# figures.bats - each figure in the texts is true: it stands in the source that
# defines it, or in the results of the benchmarks.

load helper

RESULTS=$TOP/tests/bench/figures.tsv

# prose PAGE - print the page without its examples.
prose() {
	awk '/^\.Bd/ { shown = 1 } !shown; /^\.Ed/ { shown = 0 }' "$1"
}

# rows - print the table of figures without its comments.
rows() {
	grep -v '^#' "$TOP/tests/figures.tsv"
}

@test "each figure of the manual is what its source says" {
	while IFS=$'\t' read -r page words file text; do
		prose "$TOP/man/$page" | tr '\n' ' ' | grep -qF -- "$words" ||
			fail "$page does not say: $words"
		[ "$file" = - ] || grep -qF -- "$text" "$TOP/$file" ||
			fail "$page: $words: $file has no $text"
	done < <(rows)
}

@test "each figure of the manual is in the table" {
	local n='([0-9][0-9.,]*|two|three|five|eight|ten)'
	local unit='(ms|milliseconds|s|seconds|minutes|KiB|MiB|bytes)'
	for page in "$TOP"/man/*; do
		rows | awk -F '\t' -v page="${page##*/}" \
			'$1 == page { print $2 }' >known
		run grep -vFf known <(
			prose "$page" | grep -E "(^|[^0-9A-Za-z.~-])$n $unit\\b" |
				grep -v '^\.')
		[ ! "$output" ] ||
			fail "tests/figures.tsv has no row for ${page##*/}: $output"
	done
}

# result BENCHMARK CONTENDER UNIT DECIMALS - print how many times better tcpu is.
result() {
	awk -F '\t' -v key="$1/$2/$3" -v digits="$4" '
	$1 "/" $2 "/" $3 == key { printf "%.*f\n", digits, $5 }' "$RESULTS"
}

# quotes WORDS BENCHMARK UNIT - check that the row of the README's table that
# begins with the words has the results of this benchmark.
quotes() {
	local cells n contenders=(tcpu nc.openbsd ncat socat)
	IFS='|' read -ra cells < <(grep -F "| $1" "$TOP/README.md")
	for n in 0 1 2 3; do
		assert_equal "${cells[n + 2]}" \
			" $(result "$2" "${contenders[n]}" "$3" 1) "
	done
}

@test "the README quotes the results of the benchmarks" {
	quotes 'tcpu is so many times faster: a pipe' B1 MiB/s
	quotes 'to start, read a byte, and end' B13 ms/run
}

@test "the README compares with the versions that were measured" {
	head=$(grep '^| | tcpu ' "$TOP/README.md")
	for name in nc.openbsd ncat socat; do
		version=$(awk -F '\t' -v name="$name" \
			'$1 == "version" && $2 == name { print $3 }' "$RESULTS")
		grep -qF "| $name $version |" <<<"$head" || fail "$name $version"
	done
}

@test "the results say where and when they were made" {
	for name in machine kernel day rounds; do
		grep -qP "^$name\t." "$RESULTS"
	done
}

@test "the README says how much the demo and the tests install" {
	for name in demo check; do
		size=$(awk -F '\t' -v name="$name" '$1 == name { print $2 }' \
			"$TOP/.ci/sizes.tsv")
		grep -qE "$size MB .*\`make $name\`" "$TOP/README.md" ||
			fail "make $name: $size MB"
	done
}
