# SPDX-License-Identifier: ISC
#
# help.bats - the output of --help: it fits on a screen, lists every option, and
# its examples work as printed.

load helper
load manual

commands=(listen connect accept-ready addresses)

# is_help USAGE - check that the help that begins with this usage line is on
# stdout, that stderr is empty and the status 0.
is_help() {
	assert_success
	assert_line --index 0 --regexp "^usage: tcpu $1"
	assert_equal "$stderr" ''
}

# fits LINES - check that the input fits on a screen of this many lines of 80
# columns.
fits() {
	expand >screen
	run ! grep '.\{80\}' screen
	[ "$(wc -l <screen)" -le "$1" ] || fail "$(wc -l screen)"
}

@test "tcpu alone prints its usage on stderr and exits 2" {
	run --separate-stderr timeout -k1 60 tcpu
	assert_equal "$status" 2
	assert_equal "$output" ''
	assert_regex "$stderr" '^usage: tcpu .*listen.*connect.*accept-ready.*addr'
}

@test "--help prints the commands, and the options of all" {
	run --separate-stderr timeout -k1 60 tcpu --help
	is_help '\[--help'
	assert_line --regexp '^  connect  '
	assert_line --regexp '^  -t, --timeout TIME +end the whole run'
}

@test "COMMAND --help explains the commonest options of each command" {
	for command in "${commands[@]}"; do
		run --separate-stderr timeout -k1 60 tcpu "$command" --help
		is_help "$command \[OPTION\]"
	done
	run timeout -k1 60 tcpu listen --help
	assert_line --regexp '^  -k, --keep-open  +[a-z]'
	run timeout -k1 60 tcpu connect --help=short
	assert_line --regexp '^      --retry\[=TIME\]  +[a-z]'
	assert_line --regexp '^      --abandon  +[a-z]'
	for command in listen connect; do
		run timeout -k1 60 tcpu "$command" --help
		assert_line --regexp '^      --pipes  +[a-z]'
	done
	run timeout -k1 60 tcpu accept-ready --help
	assert_line --regexp '^      --wait\[=TIME\]  +[a-z]'
	run timeout -k1 60 tcpu addresses --help
	assert_line --regexp '^      --pid PID  +[a-z]'
}

@test "COMMAND --help names the others, which --help=all explains" {
	for command in "${commands[@]}"; do
		run --separate-stderr timeout -k1 60 tcpu "$command" --help=all
		is_help "$command \[OPTION\]"
		grep -oE '^  (-.,|   ) --[a-z0-9-]+' <<<"$output" |
			grep -oE -- '--.*' | sort >all
		[ "$(wc -l <all)" -gt 10 ]
		tcpu "$command" --help | tail -n +2 |
			sed '/^Examples/,$d; /all explains:$/d' |
			grep -oE -- '--[a-z0-9-]+' | sort -u | diff all -
	done
}

@test "help fits on a screen" {
	tcpu --help | fits 24
	for command in "${commands[@]}"; do
		tcpu "$command" --help | fits 24
		tcpu "$command" --help=all | fits 120
	done
}

@test "the choices that an option has are shown" {
	run timeout -k1 60 tcpu addresses --help
	assert_line --regexp '--format plain\|sh\|hostport$'
	run timeout -k1 60 tcpu accept-ready --help
	assert_line --regexp '--format plain\|sh  '
	run timeout -k1 60 tcpu listen --help=all
	assert_line --regexp '--end both\|peer\|input\|quiet\[:TIME\]'
	assert_line --regexp '--nodelay\[=yes\|no\]  '
}

@test "help that cannot be written is an error" {
	for words in --help --version 'listen --help'; do
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 bash -c 'tcpu "$@" >/dev/full' bash $words
		assert_equal "$status" 9
		assert_output 'tcpu: stdout: No space left on device'
	done
}

@test "help into a closed pipe ends as other commands do" {
	run timeout -k1 60 bash -c 'tcpu --help | true; exit "${PIPESTATUS[0]}"'
	assert [ "$status" -eq 141 -o "$status" -eq 0 ]
	assert_output ''
}

# ---- The sections of the manual ----

# words - print the words of the input one per line, without the marks that
# tell a terminal's text from a plain one's.
words() {
	tr "\`[:upper:]" "'[:lower:]" | grep -oE '[^ ]+'
}

@test "help TOPIC prints each section of the manual" {
	tcpu help topics | sed '1,/^$/d; s/^  //' >names
	sed -n 's/^\.S[hs] //p' "$TOP/man/tcpu.1" | sed 1,2d | words |
		diff - <(words <names)
	xargs -I{} tcpu help {} <names >all
	rendered "$TOP/man/tcpu.1" -O width=1000 |
		sed '1d; $d; /^NAME/,/^DESCRIPTION/ { /^DESCRIPTION/!d }' |
		words | diff - <(words <all)
	run ! grep '.\{80\}' all
}

@test "help TOPIC takes one word or several, in any capitalisation" {
	tcpu help 'exit status' >expected
	grep -q '124   Any of the time limits' expected
	for words in 'exit status' 'Exit Status' EXIT-STATUS; do
		# shellcheck disable=SC2086 # split on purpose
		tcpu help $words | cmp - expected
	done
}

@test "help about an unknown topic says how to list the topics" {
	for words in nosuch exit 'exit status x' 'exit statuses'; do
		# shellcheck disable=SC2086 # split on purpose
		run -2 timeout -k1 60 tcpu help $words
		assert_line --index 0 "tcpu: unknown command '${words%% *}'"
		assert_line --index 1 \
			"tcpu: 'tcpu help topics' lists the sections of the manual"
	done
}

# ---- The examples ----

# examples [COMMAND] - print the examples of the help.
examples() {
	tcpu "$@" --help | sed '1,/^Examples:$/d' | sed -n 's/^  //p'
}

# try BEFORE EXAMPLE AFTER - run these lines in a network and a process tree of
# their own.
try() {
	printf '%s\n' "$@" 'wait' >script
	run --separate-stderr isolated bash -e script 3>&-
	assert_success
}

@test "the examples of tcpu work" {
	try '' "$(examples)" ''
	assert_equal "$(sort <<<"$output")" $'Good Bye!\nHello!'
}

@test "the examples of listen work" {
	mapfile -t given < <(examples listen)
	assert_equal "${#given[@]}" 3
	try 'echo data | tcpu connect --retry=50 localhost 9000 &' \
		"${given[0]}" 'cat copy'
	assert_output $'complete\ndata'
	try '' "${given[1]}" 'echo data | tcpu connect localhost "$port"'
	assert_output data
	try '' "${given[2]}" 'echo data | tcpu connect localhost "$TCPU_PORT"'
	assert_output data
}

@test "the examples of connect work" {
	mapfile -t given < <(examples connect)
	assert_equal "${#given[@]}" 3
	try 'echo Hello! | tcpu listen 4242 >said &' "${given[0]}" \
		'wait; cat said'
	assert_output $'Hello!\nGood Bye!'
	try 'seq 1000 >file; tcpu listen 9000 >copy &
		tcpu accept-ready --listening --wait=50 9000' "${given[1]}" \
		'wait; cmp file copy'
	assert_output arrived
	assert_regex "$stderr" '^tcpu: localhost:9000: .*3\.8 KiB sent'
	try '' "${given[2]}" ''
	assert_output 'status 4'
}

@test "the examples of accept-ready work" {
	mapfile -t given < <(examples accept-ready)
	assert_equal "${#given[@]}" 3
	try 'tcpu listen --local 5432 &' "${given[0]}" \
		'tcpu connect localhost 5432 </dev/null'
	assert_output 'it listens'
	waiting='tcpu listen --no-accept --local 4242 --timeout=5 2>messages &
		tcpu connect --retry=50 localhost 4242 2>messages </dev/null &'
	try "$waiting" "${given[1]}" 'kill %1 %2; wait || true'
	assert_output 'somebody waits'
	try "$waiting tcpu accept-ready --wait=50 4242" "${given[2]}" \
		'echo "$TCPU_PENDING"; kill %1 %2; wait || true'
	assert_output 1
}

@test "the examples of addresses work" {
	mapfile -t given < <(examples addresses)
	assert_equal "${#given[@]}" 3
	try 'tcpu listen --local 0 >said &' "${given[0]}" \
		'echo data | tcpu connect localhost "$port"; wait; cat said'
	assert_output data
	try 'tcpu listen --local 5432 &
		tcpu accept-ready --listening --wait=50 5432' "${given[1]}" ''
	assert_output --regexp '^(127\.0\.0\.1|\[::1\]):5432$'
	try '' "${given[2]} &" \
		'tcpu connect --retry=50 127.0.0.1 4242; kill %1; wait || true'
	assert_output 127.0.0.1
}
