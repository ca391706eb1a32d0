# SPDX-License-Identifier: ISC
#
# --allow and --deny: which clients are served, in a network with several
# addresses.

load helper

# network COMMAND [ARG]... - run it in a network with addresses of its own.
network() {
	netns sh -c '
		for address in 192.0.2.7/24 198.51.100.1/24; do
			ip addr add "$address" dev lo
		done
		for address in 2001:db8::7/32 2001:db8:1::1/48 fe80::7/64; do
			"$add_ipv6" "$address" lo || exit
		done
		exec "$@"' sh "$@"
}

# admitted [RULE]... - print the addresses that a listener with these rules
# serves.
admitted() {
	run network timeout -k1 60 bash -c '
		exec {said}< <(exec tcpu listen -k -1 "$@" 0 -- echo served)
		server=$!
		read -r port <&"$said"
		for address in 127.0.0.1 192.0.2.7 198.51.100.1 \
		    ::1 2001:db8::7 2001:db8:1::1 fe80::7%lo; do
			if [ "$(tcpu connect -q "$address" "$port" </dev/null)" ]
			then
				echo "$address"
			fi
		done
		kill "$server"' bash "$@" 3>&-
	assert_success
}

# serves LIST [RULE]... - check that the rules admit these addresses.
serves() {
	admitted "${@:2}"
	assert_equal "${lines[*]}" "$1"
}

all='127.0.0.1 192.0.2.7 198.51.100.1 ::1 2001:db8::7 2001:db8:1::1 fe80::7%lo'

@test "without rules everybody is served" {
	serves "$all"
}

@test "--allow serves a network and nobody else" {
	serves 192.0.2.7 --allow 192.0.2.0/24
	serves '2001:db8::7 2001:db8:1::1' --allow 2001:db8::/32
	serves 2001:db8:1::1 --allow 2001:db8:1::/48
}

@test "--deny serves everybody but a network" {
	serves "${all/192.0.2.7 /}" --deny 192.0.2.0/24
	serves "${all/ ::1/}" --deny ::1
}

@test "an address alone is a network of one" {
	serves '192.0.2.7 ::1' --allow 192.0.2.7 --allow ::1
	serves '' --allow 192.0.2.8
}

@test "the first rule that matches decides" {
	serves '' --deny 192.0.2.0/24 --allow 192.0.2.7
	serves 192.0.2.7 --allow 192.0.2.7 --deny 192.0.2.0/24 \
		--allow 203.0.113.0/24
	serves '127.0.0.1 198.51.100.1' --deny 192.0.2.0/24 --allow 0.0.0.0/0
}

@test "who matches none is served unless there are rules that allow" {
	serves "${all/192.0.2.7 /}" --deny 192.0.2.7 --deny 203.0.113.1
	serves 192.0.2.7 --deny 203.0.113.1 --allow 192.0.2.7
}

@test "IPv4 is matched as IPv4, on a socket of IPv6, too" {
	serves '127.0.0.1 192.0.2.7 198.51.100.1' --allow 0.0.0.0/0
	serves '::1 2001:db8::7 2001:db8:1::1 fe80::7%lo' --allow ::/0
	serves "$all" --allow ::/0 --allow 0.0.0.0/0
}

@test "IPv4-mapped networks are networks of IPv4" {
	serves 192.0.2.7 --allow ::ffff:192.0.2.0/120
	serves '127.0.0.1 192.0.2.7 198.51.100.1' --allow ::ffff:0:0/96
}

@test "a prefix may end within a byte, and bits behind it do not count" {
	serves 192.0.2.7 --allow 192.0.2.4/30
	serves '' --allow 192.0.2.8/30
	serves 192.0.2.7 --allow 192.0.2.5/30
	serves '192.0.2.7 198.51.100.1' --allow 192.0.0.0/5
	serves 2001:db8:1::1 --allow 2001:db8:1::7:0/49 --deny ::/0
}

@test "the scope of an address does not count" {
	serves fe80::7%lo --allow fe80::/10
}

@test "who is turned away is reset before a handler starts, and told by -v" {
	start_server -k -v --deny 127.0.0.1 --local 0 -- touch started
	run --separate-stderr timeout -k1 60 \
		tcpu connect 127.0.0.1 "$port" </dev/null
	assert_regex "$status $stderr" '[58] tcpu: .*: Connection reset by peer'
	assert_output ''
	wait_for_line server.err \
		"tcpu: listen localhost:$port: denied: 127.0.0.1:[0-9]*"
	run timeout -k1 60 tcpu connect ::1 "$port" </dev/null
	assert_success
	assert_exist started
	rm started
	start_server -k --deny 127.0.0.1 --local 0 -- touch started
	run timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
	assert_not_exist started
	assert_content server.err ''
}

@test "who is turned away is not the one that is waited for" {
	start_server --deny 127.0.0.1 --local 0 <<<hello
	run timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
	assert_failure
	run timeout -k1 60 tcpu connect ::1 "$port" </dev/null
	assert_output hello
	assert_exit 0 "$server"
	start_server -k --count 1 --deny 127.0.0.1 --local 0 -- echo hello
	run timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
	assert_failure
	run timeout -k1 60 tcpu connect ::1 "$port" </dev/null
	assert_output hello
	assert_exit 0 "$server"
}

@test "what is no network is refused" {
	for cidr in '' / /8 x localhost 192.0.2 192.0.2.0/ 192.0.2.0/33 \
		192.0.2.0/-1 192.0.2.0/+8 '192.0.2.0/ 8' 192.0.2.0/8x \
		192.0.2.0/8/8 192.0.2.0/99999999999999999999 256.0.2.0/8 \
		010.0.0.0/8 ::/129 ::/x fe80::1%lo '[::1]' ' ::1' '::1 ' \
		192.0.2.0/255.255.255.0 0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0; do
		run --separate-stderr timeout -k1 60 \
			tcpu listen --allow "$cidr" --local 0
		assert_equal "$status" 2
		assert_equal "$stderr" \
			"tcpu: listen: --allow: not a network: '$cidr'"
	done
	run --separate-stderr timeout -k1 60 tcpu listen --deny x --local 0
	assert_equal "$stderr" "tcpu: listen: --deny: not a network: 'x'"
}

@test "there may be 64 rules" {
	rules=()
	for ((n = 0; n < 64; n++)); do
		rules+=(--deny "192.0.2.$n")
	done
	run -124 timeout -k1 60 tcpu listen "${rules[@]}" -t 10ms --local 0
	run -2 timeout -k1 60 tcpu listen "${rules[@]}" --deny ::1 --local 0
	assert_output "tcpu: listen: --deny: too many rules: '::1'"
}
