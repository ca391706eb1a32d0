# SPDX-License-Identifier: ISC
#
# tcpu_bash.bats - tcpu.bash, the library for bats: its functions, the examples
# of its page, and that no process it starts outlives a test.

load helper
load manual

PAGE=$TOP/man/tcpu.bash.7

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	load ../cmd/bats/load
}

teardown() {
	tcpu_stop
}

# bats_alone ARG... - run bats as a user of the library starts it: without the
# folder of bats that begins a test's PATH.
bats_alone() {
	mkdir -p libraries tmp
	ln -sfn "$TOP/cmd/bats" libraries/bats-tcpu
	timeout -k1 60 env -i PATH="$BUILD:${PATH##*/bats-core:}" TMPDIR="$PWD/tmp" \
		ASAN_OPTIONS="${ASAN_OPTIONS-}" \
		BATS_LIB_PATH="$PWD/libraries" "${TCPU_TEST_BATS:-bats}" "$@"
}

# test_file - write stdin to test.bats, with @ put before each test.  With the @
# in this file bats would count those tests as tests of this file.
test_file() {
	sed 's/^test /@test /' >test.bats
}

# has_ended PID... - check that the processes have ended.
has_ended() {
	local pid
	for pid; do
		[ ! -e "/proc/$pid" ] || return
	done
}

# answer NAME TEXT - send TEXT to the server NAME, and print the answer.
answer() {
	timeout -k1 60 tcpu connect localhost "$(tcpu_port "$1")" <<<"$2"
}

echoes() {
	local line
	read -r line
	echo "$* $line"
}

# example N - run the N-th test of the page, preceded by the lines at the page's
# start that all tests need.
example() {
	examples "$PAGE" part
	cat 1.part "$(($1 + 1)).part" >test.bats
	run -0 bats_alone --tap test.bats
	assert_line --partial 'ok 1 '
}

@test "the page's HTTP server captures the request" {
	example 1
}

@test "the page's SMTP server takes a mail" {
	example 2
}

@test "the page's server fails twice and then serves" {
	example 3
}

@test "the page's port refuses" {
	example 4
}

@test "the page's server closes in the middle of its answer" {
	example 5
}

@test "the page's tests for parallel runs pass, and there is no other example" {
	example 6
	[ ! -e 8.part ]
}

@test "the page's tests for parallel runs do not meet" {
	local n pids=()
	examples "$PAGE" part
	cat 1.part 7.part >test.bats
	for n in {1..4}; do
		bats_alone --tap test.bats >"$n.tap" 3>&- &
		pids+=("$!")
	done
	for n in {1..4}; do
		wait "${pids[n-1]}" || fail "$(cat "$n.tap")"
	done
}

@test "a server without a command sends its input and keeps what it receives" {
	echo 'from the server' >input
	tcpu_start one --local 0 <input
	run -0 answer one 'from the client'
	assert_output 'from the server'
	tcpu_wait one
	assert_content one.out 'from the client\n'
	assert_content one.err ''
}

@test "a pipe is an input, too" {
	echo piped | tcpu_start one --local 0
	run -0 answer one
	assert_output piped
}

# The write end of the fifo stays open, so that stdin does not end, as at a
# terminal.
@test "the input of bats is no input of a server" {
	test_file <<-'END'
	test "empty" {
		bats_load_library bats-tcpu
		tcpu_start one --local 0
		run tcpu connect -t 60 localhost "$(tcpu_port one)" </dev/null
		[ "$status" -eq 0 ]
		tcpu_wait one 10
	}
	END
	mkfifo silent
	run -0 bats_alone --tap test.bats <>silent
}

@test "a command that is a function gets its arguments" {
	local greeting=Hello
	export greeting
	greets() {
		echo "$greeting, $1 and $2"
	}
	tcpu_start one --pipes --local 0 -- greets 'you there' '*'
	run -0 answer one
	assert_output 'Hello, you there and *'
	run ! env bash -c 'declare -F greets'
}

@test "a command that is a program is run as it is" {
	tcpu_start one --pipes --local 0 -- printf '%s-' -- a 'b c'
	run -0 answer one
	assert_output -- '---a-b c-'
}

@test "many servers run side by side, each with its port" {
	tcpu_start one -k --local 0 -- echoes one
	tcpu_start t.w-o_2 -k --local 0 -- echoes two
	run -0 answer one hears
	assert_output 'one hears'
	run -0 answer t.w-o_2 hears
	assert_output 'two hears'
	assert_not_equal "$(tcpu_port one)" "$(tcpu_port t.w-o_2)"
}

@test "tcpu_start fails with the status and the message of tcpu" {
	tcpu_start one -k --local 0 -- cat
	run -6 tcpu_start two --local "$(tcpu_port one)"
	assert_output --regexp "^tcpu: listen .*: ${text[EADDRINUSE]}$"
	run -2 tcpu_start two --no-such-option
	assert_line --partial "unrecognized option '--no-such-option'"
	run -127 tcpu_start two --local 0 -- ./nothing
	assert_output --partial './nothing'
}

@test "a server that did not start has no port" {
	run -2 tcpu_start one --no-such-option
	run -2 tcpu_port one
	assert_output 'tcpu_port: one has no port, as it did not start'
	tcpu_stop one
}

@test "tcpu_start without tcpu on the PATH says so" {
	mkdir bin
	local name
	for name in cat mkdir mkfifo rm; do
		ln -s "$(type -P "$name")" bin/
	done
	PATH=$PWD/bin run -127 tcpu_start one --local 0
	assert_output --partial 'tcpu: command not found'
}

@test "a name is free again when its server has ended" {
	tcpu_start one -k --local 0 -- echoes first
	run -2 tcpu_start one -k --local 0 -- echoes second
	assert_output 'tcpu_start: one already runs'
	run -0 answer one is
	assert_output 'first is'
	tcpu_stop one
	tcpu_start one -k --local 0 -- echoes second
	run -0 answer one is
	assert_output 'second is'
}

@test "a name that is none is refused, and so is that of no server" {
	local name call
	for name in '' . ../up 'a b' a/b -x; do
		run -2 tcpu_start "$name" --local 0
		assert_output "tcpu_start: '$name' is not a name"
	done
	for call in tcpu_port tcpu_wait tcpu_stop; do
		run -2 "$call" one
		assert_output "$call: no server 'one' has been started"
	done
	run -2 tcpu_port ''
	tcpu_stop
}

@test "tcpu_wait returns the status and says what tcpu has said" {
	tcpu_start one --local 0
	tcpu connect --reset localhost "$(tcpu_port one)" </dev/null
	run -8 tcpu_wait one
	assert_output --partial 'Connection reset by peer'
	tcpu_start two --local 0 -- sh -c 'exit 3'
	answer two || true
	run -3 tcpu_wait two
	assert_output ''
	run -0 tcpu_port two
}

@test "tcpu_wait waits, and no longer than it may" {
	tcpu_start one -k --local 0 -- cat
	run -124 tcpu_wait one 0.1
	assert_output 'tcpu_wait: one still runs'
	(
		tcpu accept-ready --wait=20ms --min 1 "$(tcpu_port one)" || true
		kill "$(cat .tcpu/one/pid)"
	) 3>&- &
	run -143 tcpu_wait one
	assert_output ''
	local seconds
	for seconds in 10s 0,1 .; do # bash takes no comma in any locale
		run -2 tcpu_wait one "$seconds"
		assert_output "tcpu_wait: '$seconds' is not a number of seconds"
	done
	tcpu_start two --local 0
	run -124 tcpu_wait two .1
}

@test "tcpu_stop ends the named servers, and no others" {
	tcpu_start one -k --local 0 -- cat
	tcpu_start two -k --local 0 -- cat
	tcpu_start three -k --local 0 -- cat
	tcpu_stop one three
	has_ended "$(cat .tcpu/one/pid)" "$(cat .tcpu/three/pid)"
	run -4 tcpu accept-ready --listening "$(tcpu_port one)"
	tcpu accept-ready --listening "$(tcpu_port two)"
	tcpu_stop one two
	run -4 tcpu accept-ready --listening "$(tcpu_port two)"
	run -2 tcpu_stop one none two
}

@test "tcpu_stop ends commands, also those that ignore SIGTERM" {
	cat >stubborn <<-'END'
		#!/bin/sh
		trap '' TERM
		echo $$ >pid
		exec cat
	END
	chmod +x stubborn
	tcpu_start one --local 0 -- ./stubborn
	exec 5<>/dev/tcp/127.0.0.1/"$(tcpu_port one)"
	wait_until test -s pid
	tcpu_stop
	has_ended "$(cat pid)"
	exec 5>&-
}

@test "a server that has been stopped with SIGSTOP can be ended" {
	tcpu_start one -k --local 0 -- cat
	kill -STOP "$(cat .tcpu/one/pid)"
	tcpu_stop
	has_ended "$(cat .tcpu/one/pid)"
	run -143 tcpu_wait one
}

@test "a server has no descriptor of the test" {
	exec 7<>input
	tcpu_start one -k --local 0 -- cat
	exec 7>&-
	run -0 find "/proc/$(cat .tcpu/one/pid)/fd" -lname "*/input"
	assert_output ''
	run -0 find "/proc/$(cat .tcpu/one/pid)/fd" -lname "$(readlink /dev/fd/3)"
	assert_output ''
}

@test "run does not wait for a server" {
	run -0 tcpu_start one -k --local 0 -- cat
	assert_output ''
	run -0 answer one 'it listens'
	assert_output 'it listens'
}

@test "it is of use to a script with set -eu and set -o pipefail" {
	cat >script <<-END
		set -eu -o pipefail
		. '$TOP/cmd/bats/load.bash'
		tcpu_stop
		echo 'from the server' | tcpu_start one --local 0
		tcpu connect localhost "\$(tcpu_port one)" <<<'to the server'
		tcpu_wait one
		cat "\$TCPU_DIR/one.out"
		tcpu_stop
		tcpu_start two --local 0
		wait
		jobs
		tcpu_stop
		rm -r "\$TCPU_DIR"
		tcpu_stop
	END
	mkdir tmp
	run -0 env -i PATH="$PATH" TMPDIR="$PWD/tmp" timeout -k1 60 \
		bash script 3>&-
	assert_output $'from the server\nto the server'
	run -0 ls -A tmp
	assert_output ''
}

@test "it heeds no noglob, failglob or noclobber of the test" {
	cat >script <<-END
		set -efC
		shopt -s failglob
		. '$TOP/cmd/bats/load.bash'
		tcpu_stop
		for try in 1 2; do
			tcpu_start one -k --local 0 -- cat
			tcpu_stop
			tcpu_wait one 0 || echo "status \$?"
		done
		rm -r "\$TCPU_DIR"
	END
	mkdir tmp
	run -0 env -i PATH="$PATH" TMPDIR="$PWD/tmp" timeout -k1 60 \
		bash script 3>&-
	assert_output $'status 143\nstatus 143'
}

@test "a server whose files cannot be made is no server" {
	mkdir one.out
	run -1 tcpu_start one --local 0 -- cat
	assert_output --partial 'one.out: Is a directory'
	run -2 tcpu_wait one
	tcpu_stop
}

# forgets BODY - write a test file that starts a server with a command, prints
# the pids of both, and does not stop them.
forgets() {
	cat <<-END
	test "forgets" {
		bats_load_library bats-tcpu
		tcpu_start one --local 0 -- sh -c \
			'echo \$\$ >"$PWD/command"; exec tail -f /dev/null'
		cp "\$BATS_TEST_TMPDIR/.tcpu/one/pid" "$PWD/server"
		exec 5<>/dev/tcp/127.0.0.1/"\$(tcpu_port one)"
		while [ ! -s "$PWD/command" ]; do read -r -t 0.01 <>wait || true; done
		$1
	}
	END
}

@test "nothing outlives a test that forgets to end it" {
	local body
	mkfifo wait
	for body in : false 'exit 1' 'kill -KILL $$'; do
		forgets "$body" | test_file
		bats_alone --tap test.bats >"tap" 2>&1 3>&- || true
		[ -s command ]
		wait_until has_ended "$(cat server)" "$(cat command)"
		rm command server
	done
}

@test "a server of setup_file is there for all tests of the file" {
	test_file <<-'END'
	setup_file() {
		bats_load_library bats-tcpu
		tcpu_start shared -k --local 0 -- cat
	}
	setup() {
		bats_load_library bats-tcpu
		tcpu_start own -k --local 0 -- cat
	}
	teardown() {
		tcpu_stop
	}
	teardown_file() {
		tcpu_stop
		tcpu_wait shared || [ $? -eq 143 ]
	}
	used() {
		tcpu accept-ready --listening "$(tcpu_port own)"
		run tcpu connect localhost "$(tcpu_port shared)" <<<one
		[ "$output" = one ]
	}
	test "one" { used; }
	test "two" { used; }
	END
	run -0 bats_alone --tap test.bats
	assert_line 'ok 2 two'
}
