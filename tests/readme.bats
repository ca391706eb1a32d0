# SPDX-License-Identifier: ISC
#
# What the README shows is run as it is printed there.

load helper

# block KIND N - the N-th block of that kind of the README.
block() {
	awk -v kind="\`\`\`$1" -v n="$2" '
		/^```$/ { on = 0 }
		on { print }
		$0 == kind { on = ++seen == n }' "$TOP/README.md" | grep .
}

@test "it has at most 100 lines" {
	[ "$(wc -l <"$TOP/README.md")" -le 100 ]
}

@test "its first line runs the example" {
	block sh 1 >first
	assert_equal "$(sed 's/.* && //' first)" 'make demo'
	cd "$TOP" || return
	run netns timeout -k 1 30 make BUILD="$BUILD" demo 3>&-
	assert_success
	assert_line 'Good Bye!'
	assert_line 'Hello!'
}

@test "its two commands exist" {
	cd "$TOP" || return
	block sh 2 >"$BATS_TEST_TMPDIR/commands"
	sed 's/^make/make -n/' "$BATS_TEST_TMPDIR/commands" |
		timeout -k 1 30 sh -e
}

@test "the example prints what it says" {
	block sh 3 >example
	echo 'wait' >>example
	netns timeout -k 1 20 bash example >got 3>&-
	block text 1 | sort >want
	sort got | cmp - want
}

@test "nobody listening is refused as it says" {
	block sh 4 >refused
	status=0
	netns timeout -k 1 20 bash refused >stdout 2>stderr || status=$?
	assert_equal "$status" 4
	block text 2 | cmp - stderr
	holds stdout ''
}

@test "waiting for a server ends when it listens" {
	block sh 5 >ready
	netns timeout -k 1 20 bash -c '
		bash ready &
		tcpu listen 4242 </dev/null >listen.out 3>&- &
		server=$!
		wait %1 && kill "$server"' 3>&-
}

@test "the echo server serves a client while another is silent" {
	block c 1 >echo.c
	# shellcheck disable=SC2046 # words are meant
	cc -o echo -I"$TOP/lib" echo.c "$BUILD/libtcpunit.a" -pthread \
		$(pkg-config --libs libevent_core)
	netns timeout -k 1 20 bash -c '
		./echo 3>&- &
		server=$!
		tcpu accept-ready --listening --wait=10 7000 || exit
		exec {silent}<>/dev/tcp/localhost/7000
		printf "one\ntwo\n" | tcpu connect localhost 7000 >one
		echo me too >&"$silent"
		read -r line <&"$silent"
		echo "$line" >two
		kill "$server"'
	holds one 'one\ntwo\n'
	holds two 'me too\n'
}
