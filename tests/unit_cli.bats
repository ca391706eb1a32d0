# SPDX-License-Identifier: ISC
#
# The rows of the conformance table that only a command line can show: words
# that are not valid ports, and whole programs.

load helper

# refuses COMMAND [ARG]... - check for a usage error: one line on stderr,
# status 2, and no internet socket made.
refuses() {
	run --separate-stderr \
		traced -f -qq -e trace=socket -o trace tcpu "$@" </dev/null
	assert_equal "$status" 2
	assert_equal "$output" ''
	assert_equal "${#stderr_lines[@]}" 1
	run ! grep AF_INET trace
}

# server - start tcpu listen; the test writes its input to $answers and reads
# its output from $heard.
server() {
	mkfifo answers heard
	tcpu listen -1 0 <answers >heard 2>server.err 3>&- &
	server=$!
	started+=("$server")
	exec {answers}>answers {heard}<heard
	read -r -t 60 -u "$heard" port
}

# client - start tcpu connect; the test writes its input to $lines.
client() {
	mkfifo lines
	tcpu connect 127.0.0.1 "$port" <lines >client.out 2>client.err \
		3>&- {answers}>&- {heard}<&- &
	client=$!
	started+=("$client")
	exec {lines}>lines
}

say() {
	echo "$1" >&"$lines"
}

# hears LINE - check that this is the next line that the server prints.
hears() {
	local line
	read -r -t 60 -u "$heard" line
	assert_equal "$line" "$1"
}

@test "L01 listen 0 tells the port it took" {
	start_server 0 </dev/null
	[ "$port" -ge 1 ]
	[ "$port" -le 65535 ]
	run timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
	assert_success
	assert_exit 0 "$server"
}

@test "L05 listen 8o is a usage error" {
	refuses listen 8o
}

@test "L06 listen takes plain decimal numbers only" {
	for number in 80.0 1.5 0x50 ' 80' +80 '80 ' 1e3 65536 ''; do
		refuses listen "$number"
	done
}

@test "L07 listen without a port is a usage error" {
	refuses listen
}

@test "L08 a backlog that is no number is a usage error" {
	for number in x '' 4.0 -5; do
		refuses listen --backlog "$number" 0
	done
}

@test "C03 connect to port 0 is a usage error" {
	refuses connect 127.0.0.1 0
	refuses connect 127.0.0.1:0
}

@test "C05 connect takes plain decimal numbers only" {
	for number in 80.0 0x50 ' 80' +80 65616 8o ''; do
		refuses connect 127.0.0.1 "$number"
	done
	start_server 0 </dev/null
	run timeout -k1 60 tcpu connect 127.0.0.1 "0$port" </dev/null
	assert_success
	assert_exit 0 "$server"
}

@test "W04 everything is delivered before the end" {
	head -c 8388608 /dev/urandom >data
	start_server 0 </dev/null
	timeout -k1 60 tcpu connect 127.0.0.1 "$port" <data
	assert_exit 0 "$server"
	cmp data server.out
}

@test "E03 a line goes out before there is another" {
	server
	client
	say first
	hears first
	echo answer >&"$answers"
	say second
	hears second
	exec {lines}>&- {answers}>&-
	assert_exit 0 "$client"
	assert_exit 0 "$server"
	assert_content client.out 'answer\n'
}

@test "E04 the end of stdin ends one direction, the answer still comes" {
	server
	client
	say question
	exec {lines}>&-
	hears question
	run ! read -r -t 60 -u "$heard" line
	echo answer >&"$answers"
	exec {answers}>&-
	assert_exit 0 "$client"
	assert_exit 0 "$server"
	assert_content client.out 'answer\n'
}

@test "E05 a server killed in the middle is one line and status 8" {
	server
	client
	say first
	hears first
	kill -KILL "$server"
	assert_exit 8 "$client"
	assert_equal "$(wc -l <client.err)" 1
	assert_regex "$(<client.err)" "^tcpu: 127.0.0.1:$port: .* reset by peer"
}

@test "E05 so is a client" {
	server
	client
	say first
	hears first
	kill -KILL "$client"
	assert_exit 8 "$server"
	assert_equal "$(wc -l <server.err)" 1
	assert_regex "$(<server.err)" '^tcpu: 127.0.0.1:.* reset by peer'
}
