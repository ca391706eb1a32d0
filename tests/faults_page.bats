# SPDX-License-Identifier: ISC
#
# faults_page.bats - every line of tcpu-faults(7) makes the fault that the page
# says it makes.  Times are lower bounds only.

load helper

# row NAME - print the shell command of the page's row.
row() {
	awk -v name="$1" '
	/^\.It / { wanted = substr($0, 5) == name; next }
	/^\.Ed$/ { inside = 0 }
	inside { gsub(/\\e/, "\\"); print }
	/^\.Bd / && wanted { inside = 1 }' "$TOP/man/tcpu-faults.7"
}

# on_the_page NAME COMMAND - in a network of its own, run the row in the
# background and, once it listens, the command.  A server that answers "N bytes"
# of x listens on port 9000, if the command needs one.
on_the_page() {
	row "$1" >line
	[ -s line ] || fail "no row: $1"
	run -0 --separate-stderr isolated bash -c '
		tcpu listen -k 127.0.0.1 9000 -- sh -c "read -r n
			head -c \$n /dev/zero | tr \\\\0 x" &
		tcpu accept-ready --listening --wait=50 9000
		bash line >relay.out 2>relay.err &
		'"$2"
}

# Wait until the row listens on port 8000.
listens='tcpu accept-ready --listening --wait=50 8000'

# took MS COMMAND - the text of a script that checks that the command takes so
# long at least.
took() {
	printf '%s; begun=${EPOCHREALTIME/[.,]/}; %s
		[ "$((${EPOCHREALTIME/[.,]/} - begun))" -ge %s ]' \
		"$listens" "$2" "${1}000"
}

@test "latency delays what the client gets" {
	on_the_page latency "$(took 150 'echo 5 | tcpu connect 127.0.0.1 8000')"
	assert_output xxxxx
}

@test "bandwidth limits what the client gets" {
	on_the_page bandwidth "$(took 100 \
		'echo 10240 | tcpu connect 127.0.0.1 8000 | wc -c')"
	assert_output 10240
}

@test "slow_close delays only the end" {
	on_the_page slow_close "$(took 2000 \
		'echo 5 | tcpu connect 127.0.0.1 8000')"
	assert_output xxxxx
	on_the_page slow_close "$listens"'
		exec 5<>/dev/tcp/127.0.0.1/8000
		echo 5 >&5
		head -c 5 <&5'
	assert_output xxxxx
}

@test "timeout lets nothing through, and closes" {
	on_the_page timeout "$(took 2000 \
		'echo 5 | tcpu connect 127.0.0.1 8000')"
	assert_output ''
}

@test "reset_peer resets" {
	on_the_page reset_peer "$listens"'
		! tcpu connect 127.0.0.1 8000 </dev/null 2>err || exit 1
		cat err'
	assert_output --partial 'Connection reset by peer'
}

@test "slicer sends pieces apart from each other" {
	on_the_page slicer "$(took 40 'echo 300 | tcpu connect 127.0.0.1 8000 |
		wc -c')"
	assert_output 300
}

@test "limit_data closes after so many bytes" {
	on_the_page limit_data "$listens"'
		echo 5000 | tcpu connect 127.0.0.1 8000 | wc -c
		echo 10 | tcpu connect 127.0.0.1 8000 | wc -c'
	assert_output $'1000\n10'
}

@test "down refuses" {
	on_the_page down '
		tcpu accept-ready --not-listening --wait=50 8000
		until ! tcpu accept-ready --bindable 8000; do :; done
		tcpu connect 127.0.0.1 8000; echo "$?"'
	assert_output 4
}

@test "a server that is too busy never accepts" {
	on_the_page 'a server that is too busy' "$listens"'
		tcpu connect -t 300ms 127.0.0.1 8000 <<<question; echo "$?"'
	assert_output 124
}

# Before its own connection is in the queue, it would accept ours.
@test "a host that is gone answers nothing" {
	on_the_page 'a host that is gone' 'tcpu accept-ready --wait=50 8000
		tcpu connect -w 300ms 127.0.0.1 8000 </dev/null; echo "$?"'
	assert_output 124
}

@test "a transfer that breaks off is reset after so many bytes" {
	on_the_page 'a transfer that breaks off' "$listens"'
		echo 5000 | tcpu connect 127.0.0.1 8000 >got
		echo "$?"; wc -c <got'
	assert_output $'8\n1000'
}

@test "a server that fails twice serves the third client" {
	on_the_page 'a server that fails twice, then serves' "$listens"'
		for i in 1 2 3 4; do
			echo word | tcpu connect -q 127.0.0.1 8000
			echo "$?"
		done'
	assert_output $'8\n8\nword\n0\nword\n0'
}

@test "every row of the page is tested here" {
	grep '^\.It ' "$TOP/man/tcpu-faults.7" | sed 's/^\.It //' | sort >rows
	grep -oE "on_the_page ('[^']*'|[a-z_]+)" "$BATS_TEST_FILENAME" |
		sed "s/on_the_page //; s/'//g" | sort -u >tested
	diff rows tested
}
