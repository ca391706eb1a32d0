# SPDX-License-Identifier: ISC
#
# accept-ready and ss agree about randomly filled queues, fifty for each kind of
# listener, for root and for another user.  The listeners belong to root if the
# suite runs as root.

load helper

setup_file() {
	# Another user may be unable to read the source tree.
	SHARED=$(mktemp -d)
	export SHARED
	chmod 755 "$SHARED"
	install -m 755 "$BUILD/tcpu" "$SHARED"
	export DROP=
	[ "$(id -u)" -ne 0 ] || DROP='setpriv --reuid 65534 --regid 65534
		--clear-groups --inh-caps=-all --no-new-privs'
}

teardown_file() {
	rm -r "$SHARED"
}

# agree N - check that tcpu and ss report the same once N connections are
# waiting at PORT.
agree() {
	local said
	said=$(ss -Hltn "sport = :$PORT" |
		awk '{ waiting += $2; limit += $3 } END { print waiting, limit }')
	[ "${said% *}" -eq "$1" ] || return
	[ "$(tcpu accept-ready --min "$1" -c "$PORT")" = "$said" ] || return
	# shellcheck disable=SC2086 # split on purpose
	[ "$($DROP "$SHARED/tcpu" accept-ready --min "$1" -c "$PORT")" = \
		"$said" ]
}

# settled_agree N - as agree, but wait first: the last handshake may still be
# incomplete.
settled_agree() {
	tcpu accept-ready --min "$1" --wait=50 "$PORT" && agree "$1"
}

# fifty LISTENER... - try backlogs from 0 to 7, and for each one all numbers of
# connections that fit.
fifty() {
	local i l n total backlog specs functions
	functions=$(declare -f agree settled_agree)
	for ((i = 0; i < 50; i++)); do
		specs=() total=0
		for l; do
			backlog=$((RANDOM % 8))
			n=$((RANDOM % (backlog + 2)))
			specs+=("$l,backlog=$backlog,pending=$n")
			total=$((total + n))
		done
		netns timeout -k1 60 "$BATS_TEST_DIRNAME/peers/sockets.pl" \
			"${specs[@]}" -- bash -c "$functions; settled_agree $total" ||
			fail "disagree: ${specs[*]}"
	done
}

@test "IPv4: an address" {
	fifty listen=127.0.0.1
}

@test "IPv4: the wildcard, and IPv6's that is only for it" {
	fifty listen=0.0.0.0 listen=::,v6only
}

@test "IPv6: an address, and the same number on IPv4" {
	fifty listen=::1 listen=127.0.0.1
}

@test "both: the wildcard" {
	fifty listen=::
}
