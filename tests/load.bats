# SPDX-License-Identifier: ISC
#
# Small crowds of clients; and a server that fails its clients is found out.

load helper

crowds() {
	need_namespaces
	BUILD=${1:-$BUILD} run timeout -k1 60 "$TOP/tests/load/run" --short
}

@test "crowds of clients lose nothing and leave nothing behind" {
	crowds
	assert_success
	echo "# ${lines[-1]}" >&3
}

# bad_server CODE - make a BUILD whose server runs CODE before it answers.  CODE
# can read $lines, the number of lines from the clients that stay.
bad_server() {
	mkdir -p bad/tests/bench
	ln -s "$BUILD/tcpu" bad/
	ln -s "$BUILD/tests/load" bad/tests/
	ln -s "$BUILD/tests/bench/load" bad/tests/bench/
	cat >bad/tests/bench/echo_tcpunit <<-END
		#!/usr/bin/perl
		use IO::Select;
		use IO::Socket::INET;
		\$SIG{PIPE} = 'IGNORE';
		my \$listener = IO::Socket::INET->new(Listen => 4096,
		    LocalAddr => '127.0.0.1', LocalPort => \$ARGV[0]);
		my \$all = IO::Select->new(\$listener);
		my (\$lines, @kept);
		for (;;) {
			for my \$c (\$all->can_read) {
				if (\$c == \$listener) {
					\$all->add(scalar \$c->accept);
				} elsif (sysread \$c, my \$text, 65536) {
					\$lines += length \$text == 64;
					$1;
					syswrite \$c, \$text;
				} else {
					\$all->remove(\$c);
					close \$c;
				}
			}
		}
	END
	chmod +x bad/tests/bench/echo_tcpunit
}

@test "a server that does not answer once is found out" {
	bad_server '$lines == 1234 and shutdown $c, 2'
	crowds "$PWD/bad"
	assert_failure 1
	assert_line --regexp '^failed: load: 64 bytes before the end'
	assert_line --regexp '^[0-9]+ requests, 1 lost$'
}

@test "a server that keeps memory is found out" {
	bad_server 'push @kept, "x" x 10_000'
	crowds "$PWD/bad"
	assert_failure 1
	assert_line --regexp '^failed: [0-9]+ KiB are used, and were [0-9]+$'
}

@test "a server that keeps a descriptor is found out" {
	bad_server '$lines == 1234 and open $kept[0], "</dev/null"'
	crowds "$PWD/bad"
	assert_failure 1
	assert_line --regexp '^failed: [0-9]+ connections are open, not [0-9]+$'
}
