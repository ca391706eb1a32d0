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

# explained HEADING - print the words of netcats in this section of the page.
explained() {
	awk -v heading="$1" '
	/^\.Sh / { wanted = substr($0, 5) == heading }
	wanted && /^\.(It )?Ic / {
		for (i = 2; i <= NF; i++) {
			name = $i ~ /^(Ar|Ns|Li)$/ ? 0 : $i == "Ic" ? 1 : name
			sub(/=.*/, "", $i)
			if (name)
				print $i
		}
	}' "$PAGE" | sort -u
}

# is_covered HEADING VERSION - check that the section explains each word of the
# input, unless the peer's version, VERSION, is newer than the section's.
is_covered() {
	local of
	of=$(awk -v heading="$1" '
	/^\.Sh / { wanted = substr($0, 5) == heading }
	wanted && /[0-9]\.$/ { sub(/\.$/, ""); print $NF; exit }' "$PAGE")
	sort -u >words
	[ "$(wc -l <words)" -gt 15 ] && [ -n "$2" ]
	explained "$1" | comm -13 - words >missing
	[ ! -s missing ] || [ "$(printf '%s\n' "$of" "$2" | sort -V | tail -n 1)" != "$of" ] ||
		fail "not explained: $(tr '\n' ' ' <missing)"
}

# letters - print the options of the usage of a nc in the input.
letters() {
	grep -oE '^\s+-[A-Za-z0-9]\s' | tr -d '[:blank:]'
}

@test "the page says for each option of netcats what to type" {
	nc.openbsd -h 2>&1 | letters |
		is_covered 'COMING FROM NC' "$(nc.openbsd -h 2>&1 |
			grep -oE '1\.[0-9]+' | head -n 1)"
	nc.traditional -h 2>&1 | letters |
		is_covered 'COMING FROM NC' "$(nc.traditional -h 2>&1 |
			grep -oE '1\.[0-9]+' | head -n 1)"
	ncat --help 2>&1 | grep -E '^  +-' |
		grep -oE '(^| )--?[A-Za-z0-9-]+' | tr -d ' ' |
		is_covered 'COMING FROM NCAT' "$(ncat --version 2>&1 |
			grep -oE '[0-9]+\.[0-9]+' | head -n 1)"
}

@test "the page says for the options and addresses of socat what to type" {
	local version
	# Terminals, files and network interfaces are nothing for tcpu, and no
	# others of the transports than TCP and Unix sockets.
	local foreign='TERMIOS|OPEN|REG|BLK|INTERFACE|PTY|HTTP|SOCKS4|SCTP|UDP'
	version=$(socat -V | sed -n 's/^socat version \([0-9.]*\) .*/\1/p')
	socat -h | sed -nE 's/^      (-[A-Za-z]+).*/\1/p' >all
	# Their names are in capitals since socat 1.8.
	socat -h | tr '[:upper:]' '[:lower:]' |
		sed -nE 's/^      ([a-z0-9-]+).*groups=.*/\1/p' |
		grep -vE '^((ip|udp|sctp)[46]?|vsock|socket|openssl-dtls)-' |
		grep -vE -- '-(recv|recvfrom|sendto)$|^(interface|pty|tun)$' >>all
	socat -hh | sed -nE 's/^ *([a-z0-9-]+)\s+groups=([A-Z0-9,]+)\s.*phase=.*/\1 \2/p' |
		grep -vE " (($foreign),?)+$" | sed 's/ .*//' >>all
	is_covered 'COMING FROM SOCAT' "$version" <all
}

# print_as_said [SCRIPT]... - check that these examples print what the page says.
print_as_said() {
	local script
	[ $# -gt 0 ]
	for script; do
		isolated bash "$script" >printed 3>&- ||
			fail "$script: $?"
		touch "${script%.sh}.out"
		diff <(sort "${script%.sh}.out") <(sort printed) ||
			fail "$script prints otherwise"
	done
}

@test "the examples print what the page says" {
	local all
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
	mapfile -t all < <(grep -L -e --tls -- *.sh)
	print_as_said "${all[@]}"
}

@test "the example with TLS prints what the page says" {
	local all
	need_tls
	examples "$PAGE" sh
	mapfile -t all < <(grep -l -e --tls -- *.sh)
	print_as_said "${all[@]}"
}
