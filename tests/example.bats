# SPDX-License-Identifier: ISC
#
# The documented example: a server on port 4242 sends Hello!, a client sends
# Good Bye!, and each prints the line it received.  Each side runs as a command,
# as a C program and as the Scheme program of the manual.

load helper

# example SERVER CLIENT - run both shell commands in a network of their own, the
# client once the server listens.  Check the output and status of both.
example() {
	netns timeout -k1 60 bash -c '
		(eval "$1") >server.out 2>server.err 3>&- &
		tcpu accept-ready --listening --wait=50 4242 &&
		(eval "$2") >client.out 2>client.err
		echo "client $?"
		wait "$!"
		echo "server $?"' bash "$1" "$2" >statuses 3>&-
	assert_content statuses 'client 0\nserver 0\n'
	assert_content server.out 'Good Bye!\n'
	assert_content client.out 'Hello!\n'
	assert_content server.err ''
	assert_content client.err ''
}

listen="echo 'Hello!' | tcpu listen 4242"
connect="echo 'Good Bye!' | tcpu connect localhost 4242"
c_server=$BUILD/tests/prog_example_server
c_client=$BUILD/tests/prog_example_client
scm_server="csi -script $BATS_TEST_DIRNAME/peers/server.scm"
scm_client="csi -script $BATS_TEST_DIRNAME/peers/client.scm"

@test "two commands, the client started first" {
	netns timeout -k1 60 bash -c '
		echo "Good Bye!" | tcpu connect --retry=50 localhost 4242 \
			>client.out 3>&- &
		echo "Hello!" | tcpu listen 4242 >server.out || exit
		wait "$!"' 3>&-
	assert_content server.out 'Good Bye!\n'
	assert_content client.out 'Hello!\n'
}

@test "E01 two commands" {
	example "$listen" "$connect"
}

@test "two C programs" {
	example "$c_server" "$c_client"
}

@test "the command listens, the C program connects" {
	example "$listen" "$c_client"
}

@test "the C program listens, the command connects" {
	example "$c_server" "$connect"
}

@test "E02 the command listens, the manual's client connects" {
	example "$listen" "$scm_client"
}

@test "E02 the manual's server listens, the command connects" {
	example "$scm_server" "$connect"
}

@test "the C program listens, the manual's client connects" {
	example "$c_server" "$scm_client"
}

@test "the manual's server listens, the C program connects" {
	example "$scm_server" "$c_client"
}

@test "two Scheme programs, which is what the others are measured by" {
	example "$scm_server" "$scm_client"
}
