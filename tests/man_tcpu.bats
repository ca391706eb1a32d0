# SPDX-License-Identifier: ISC
#
# man_tcpu.bats - the manual of the command: it describes every option and no
# others, and its examples work as printed.

load helper
load manual

PAGE=$TOP/man/tcpu.1

# told - print the options that the page describes, after the heading of each.
told() {
	awk '
	/^\.S[hs] / { title = substr($0, 5) }
	/^\.It Fl / {
		sub(/^\.It Fl /, "")
		n = split($0, name, / , /)
		for (i = 1; i <= n; i++) {
			sub(/^\\/, "", name[i])
			sub(/[^-a-z0-9A-Z].*/, "", name[i])
			print title ": -" name[i]
		}
	}' "$PAGE"
}

# groups COMMAND - print the options that the command's help explains, after the
# title of each one's group.
groups() {
	tcpu "$1" --help=all | awk '
	/^[A-Z].*:$/ { title = $0 }
	/^  -.,|^      --/ {
		for (i = 1; i <= NF && $i ~ /^-/; i++) {
			sub(/,$|\[.*/, "", $i)
			print title, $i
		}
	}'
}

# program NAME - write stdin to a script that the examples call as ./NAME.
program() {
	cat >"$1"
	chmod +x "$1"
}

# titles - print the titles that are in the input, each once, in their order.
titles() {
	sed 's/:.*//' | uniq
}

@test "the page and the help explain the same options in the same groups" {
	for command in listen connect accept-ready addresses; do
		groups "$command"
	done | sort -u >known
	diff known <(told | sort)
}

@test "the page has the groups of each command in the order of its help" {
	told | titles >order
	for command in listen connect accept-ready addresses; do
		groups "$command" | titles >list
		[ "$(wc -l <list)" -ge 3 ]
		diff list <(grep -Fxf list order)
	done
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
