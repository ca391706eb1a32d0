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

@test "the README quotes the results of the benchmarks" {
	"$TOP/tests/bench/quote" "$RESULTS" "$TOP/README.md" |
		diff - "$TOP/README.md"
}

@test "the pictures show the results of the benchmarks" {
	"$TOP/tests/bench/figure" "$RESULTS" | cmp - "$TOP/tests/bench/ratios.svg"
	"$TOP/tests/bench/curves" "$RESULTS" | cmp - "$TOP/tests/bench/costs.svg"
}

@test "the results say where and when they were made" {
	for name in machine kernel day title; do
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
