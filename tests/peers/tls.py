# SPDX-License-Identifier: ISC
#
# tls.py connect | listen PORT CERTIFICATE CA STEP... - a peer of tcpu with TLS,
# at localhost.  A listener shows the certificate, and requires one of its
# client if CA is not "-"; a client trusts CA, and shows the certificate if it is
# not "-".  The steps: "both" sends stdin and receives as many bytes to stdout,
# at the same time; "slurp" receives to the end of file; "send" sends stdin;
# "finish" ends TLS and waits for the peer's end; "garble" sends a record that
# cannot be decrypted; "relay" sends what comes on stdin, and receives, until the
# peer's end; "hold" waits.  $PROXY is sent by a client before TLS, in
# the same segment.
import os
import socket
import ssl
import sys
import threading

role, port, certificate, ca = sys.argv[1:5]


def context():
    if role == "connect":
        c = ssl.create_default_context(cafile=ca)
    else:
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if ca != "-":
            c.load_verify_locations(ca)
            c.verify_mode = ssl.CERT_REQUIRED
    if certificate != "-":
        c.load_cert_chain(certificate)
    return c


def connection():
    if role == "connect":
        s = socket.create_connection(("localhost", int(port)))
        if "PROXY" in os.environ:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            s.sendall(os.environ["PROXY"].encode())
        return context().wrap_socket(s, server_hostname="localhost")
    listener = socket.create_server(("127.0.0.1", int(port)))
    return context().wrap_socket(listener.accept()[0], server_side=True)


def receive(s, most=None):
    while most is None or most > 0:
        piece = s.recv(65536)
        if not piece:
            break
        sys.stdout.buffer.write(piece)
        if most is not None:
            most -= len(piece)
    sys.stdout.buffer.flush()


def both(s):
    data = sys.stdin.buffer.read()
    sender = threading.Thread(target=s.sendall, args=(data,))
    sender.start()
    receive(s, len(data))
    sender.join()


def relay(s):
    def send():
        while piece := os.read(0, 65536):
            s.sendall(piece)

    threading.Thread(target=send, daemon=True).start()
    while piece := s.recv(65536):
        os.write(1, piece)


def garble(s):
    record = b"\x17\x03\x03\x00\x40" + bytes(64)
    socket.socket(fileno=os.dup(s.fileno())).sendall(record)


steps = {
    "both": both,
    "slurp": receive,
    "send": lambda s: s.sendall(sys.stdin.buffer.read()),
    "finish": lambda s: s.unwrap(),
    "garble": garble,
    "relay": relay,
    "hold": lambda s: threading.Event().wait(),
}
made = connection()
for step in sys.argv[5:]:
    steps[step](made)
