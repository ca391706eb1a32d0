# SPDX-License-Identifier: ISC
#
# man_tcpu.bats - the manual of the command: it describes every option and no
# others, and its examples work as printed.

load helper
load manual

PAGE=$TOP/man/tcpu.1

# subsection NAME... - print the text of the page between each of these
# headings and the next heading.
subsection() {
	awk -v names="$*" '
	BEGIN { n = split(names, list, ","); for (i in list) want[list[i]] }
	/^\.S[hs] / { wanted = substr($0, 5) in want }
	wanted' "$PAGE"
}

# told SUBSECTION,... - print the options that the page describes in these
# subsections.
told() {
	subsection "$1" | sed -n 's/^\.It Fl /, /p' | tr ',' '\n' |
		sed -n 's/^ *\\-\([a-z0-9-]*\).*/--\1/p; s/^ *\(.\)\( .*\)*$/-\1/p' |
		sort -u
}

# known COMMAND - print the options that the command's help lists.
known() {
	tcpu "$1" --help=all | grep -oE '^ +(-., )?--[a-z0-9-]+' | tr -d ' ' |
		tr ',' '\n' | sort -u
}

# program NAME - write stdin to a script that the examples call as ./NAME.
program() {
	cat >"$1"
	chmod +x "$1"
}

@test "the page tells of the options of each command, and of no other" {
	local common='Options of every command' session=Sessions,Commands
	diff <(known listen) <(told "listen,$session,$common")
	diff <(known connect) <(told "connect,$session,$common")
	diff <(known accept-ready) <(told "accept-ready,$common")
	diff <(known addresses) <(told "addresses,$common")
}

@test "the examples print what the page says" {
	program server <<-'END'
		#!/bin/sh
		exec socat "TCP4-LISTEN:$2,reuseaddr" SYSTEM:'echo Hello!'
	END
	program client <<-'END'
		#!/bin/sh
		exec nc.openbsd -N "$1" "$2" </dev/null
	END
	echo content >file
	examples "$PAGE" sh
	for script in *.sh; do
		isolated bash "$script" >printed 3>&- ||
			fail "$script: $?"
		touch "${script%.sh}.out"
		diff <(sort "${script%.sh}.out") <(sort printed) ||
			fail "$script prints otherwise"
	done
	[ -n "$script" ]
}
