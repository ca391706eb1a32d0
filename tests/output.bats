# SPDX-License-Identifier: ISC
#
# --output: a file that gets the data of a session in place of stdout.

load helper

# told WORD [ARG]... - run tcpu connect to the server with WORD as its input.
told() {
	run timeout -k1 60 tcpu connect "${@:2}" 127.0.0.1 "$port" <<<"$1"
}

@test "connect writes what it receives to the file, and nothing to stdout" {
	start_server -L 0 -- sed 's/^/answer to /'
	told question --output file
	assert_success
	assert_output ''
	assert_content file 'answer to question\n'
	assert_equal "$(stat -c %a file)" "$(printf %o $((0666 & ~$(umask))))"
}

@test "the file is emptied before tcpu listens, and sessions follow one another" {
	echo something much longer than what comes >file
	start_server -k --count 3 -L --output file 0 </dev/null
	assert_content file ''
	for word in one two three; do
		told "$word"
		assert_success
	done
	assert_exit 0 "$server"
	assert_content file 'one\ntwo\nthree\n'
}

@test "the file is emptied before tcpu connects" {
	echo old >file
	run -4 netns timeout -k1 60 tcpu connect --output file 127.0.0.1 4242
	assert_content file ''
}

@test "the file is written in place: links to it stay" {
	echo old >file
	ln file hard
	ln -s file soft
	start_server -L --output soft 0 </dev/null
	told new
	assert_exit 0 "$server"
	assert_content hard 'new\n'
	assert [ -L soft ]
}

@test "a file that cannot be opened is 9, and nobody listens or connects" {
	run -9 timeout -k1 60 tcpu listen -1 -L --output no/file 0
	assert_output 'tcpu: --output no/file: No such file or directory'
	mkdir folder
	run -9 netns timeout -k1 60 tcpu connect --output folder 127.0.0.1 4242
	assert_output 'tcpu: --output folder: Is a directory'
	mkfifo fifo
	run -9 timeout -k1 60 tcpu listen -L --output fifo 0
	assert_output 'tcpu: --output fifo: No such device or address'
}

@test "a usage error leaves the file alone" {
	echo precious >file
	run -2 timeout -k1 60 tcpu listen --output file 65536
	run -2 timeout -k1 60 tcpu connect --output file localhost 0
	run -2 timeout -k1 60 tcpu connect --output file --source 127.0.0.1:x \
		localhost 1
	run -2 timeout -k1 60 tcpu listen --output file --local localhost 0
	assert_content file 'precious\n'
	run -2 timeout -k1 60 tcpu listen --output= 0
}

@test "without a session it is a usage error" {
	for words in 'listen 0 -- cat' 'listen 0 --pipes -- cat' \
		'listen --no-accept 0' 'listen --black-hole 0' \
		'listen --hold 0 -- cat' 'connect localhost 1 -- cat' \
		'connect -z localhost 1'; do
		# shellcheck disable=SC2086 # split on purpose
		set -- $words
		run -2 timeout -k1 60 tcpu "$1" --output file "${@:2}"
		assert_output \
			"tcpu: $1: --output needs a session, and there is none here"
		assert_not_exist file
	done
}

@test "a file that cannot be written is 9, by its name" {
	start_server -k -L 0 -- echo answer
	told question --output /dev/full
	assert_equal "$status" 9
	assert_output 'tcpu: /dev/full: No space left on device'
	start_server -k -L --output /dev/full 0 </dev/null
	told question
	assert_exit 9 "$server"
}

@test "a FIFO is read by whoever has opened it, and no longer" {
	mkfifo fifo
	head -n 1 fifo >line 3>&- &
	started+=("$!")
	timeout 60 bash -c 'exec 9>fifo; tcpu listen -1 -L --output fifo 0 \
		</dev/null >port; echo "$?" >status' 3>&- &
	started+=("$!")
	wait_until test -s port
	port=$(<port)
	mkfifo in
	tcpu connect 127.0.0.1 "$port" <in 3>&- &
	started+=("$!")
	exec {say}>in
	echo first >&"$say"
	wait_until test -s status
	assert_content status '141\n'
	assert_content line 'first\n'
}

@test "--background needs no other stdout, and lets go of it" {
	port=$(timeout -k1 60 tcpu listen --background -1 --output file -t 60 \
		-L 0 </dev/null)
	told hello
	assert_success
	wait_until grep -qx hello file
	assert_content file 'hello\n'
}

@test "with -1 stdout is let go, so that a substitution returns" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run -0 timeout -k1 60 bash -c '
		port=$(tcpu listen -1 --until-exit $$ --output file -k -L 0 \
			</dev/null 2>&1 &)
		echo hello | tcpu connect localhost "$port"'
	assert_content file 'hello\n'
}

@test "a file that may not grow is 9, and other files are removed" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	start_background server bash -c 'ulimit -f 8 && exec "$@"' bash \
		tcpu listen -L --port-file port --output file 0 </dev/null
	server=${started[-1]}
	wait_until [ -s port ]
	head -c 100000 /dev/zero >data
	run -8 timeout -k1 60 tcpu connect 127.0.0.1 "$(<port)" <data
	assert_exit 9 "$server"
	assert_content server.err 'tcpu: file: File too large\n'
	assert_not_exist port
}

@test "a log that may not grow stops nothing" {
	head -c 8192 /dev/zero >log
	# shellcheck disable=SC2016 # expanded by the inner shell
	start_background server bash -c 'ulimit -f 8 && exec "$@" 2>>log' bash \
		tcpu listen -v -L --port-file port 0 </dev/null
	server=${started[-1]}
	wait_until [ -s port ]
	port=$(<port)
	told hello
	assert_success
	assert_exit 0 "$server"
	assert_content server.out 'hello\n'
}
