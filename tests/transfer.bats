# SPDX-License-Identifier: ISC
#
# Common clients send a file to "tcpu listen >copy &" of a script, whose stdin
# is /dev/null.  That empty stdin must not make any of them stop in the middle.

load helper

# receives CLIENT... - check that a client sends the file data in full to port
# PORT of 127.0.0.1; the word PORT in its arguments stands for the number.  The
# file has $size bytes, or 5 million, plus a third.
receives() {
	head -c "${size:-5000000}" /dev/urandom | base64 >data
	start_server --local 0 </dev/null
	timeout -k1 60 "${@//PORT/$port}" <data >client.out 2>client.err
	assert_exit 0 "$server"
	cmp data server.out
}

@test "a client that leaves at an end of file sends all: nc.openbsd" {
	receives nc.openbsd -N 127.0.0.1 PORT
}

@test "a client that leaves at an end of file sends all: nc.traditional" {
	receives nc.traditional -q 0 127.0.0.1 PORT
}

@test "a client that leaves at an end of file sends all: busybox" {
	receives busybox nc 127.0.0.1 PORT
}

@test "a client that leaves at an end of file sends all: ncat" {
	receives ncat 127.0.0.1 PORT
}

@test "a client that leaves at an end of file sends all: socat" {
	receives socat - TCP:127.0.0.1:PORT
}

@test "a client that leaves at an end of file sends all: curl" {
	# curl 8 pauses for a tenth of a second before each 4 KiB.
	size=100000 receives curl -s --no-buffer telnet://127.0.0.1:PORT
}

@test "a client that leaves at an end of file sends all: python" {
	receives python3 -c 'import select, socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
while True:
    if select.select([s], [], [], 0)[0] and not s.recv(1):
        break
    piece = sys.stdin.buffer.read(65536)
    if not piece:
        break
    s.sendall(piece)
' PORT
}

@test "a client that leaves at an end of file sends all: tcpu" {
	receives tcpu connect --end=peer 127.0.0.1 PORT
}
