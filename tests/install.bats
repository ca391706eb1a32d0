# SPDX-License-Identifier: ISC
#
# make install, and building programs against the installed files with
# pkg-config alone.

load helper
load manual

prefix=/opt/tcpunit

setup_file() {
	cd "$TOP" || return
	(umask 077 && make_to install >"$BATS_FILE_TMPDIR/make.out")
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	root=$BATS_FILE_TMPDIR/root
	lib=$root$prefix/lib
	export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
	read -ra shared < <(pkg-config --cflags --libs tcpunit)
	read -ra static < <(pkg-config --static --cflags --libs tcpunit)
}

# make_to TARGET - run make install or uninstall with this test's own root
# folder.
make_to() {
	make BUILD="$BUILD" DESTDIR="$BATS_FILE_TMPDIR/root" PREFIX="$prefix" \
		"$1"
}

# declared [HEADER]... - print the names of the calls that the headers declare;
# by default all of them.
declared() {
	[ $# -gt 0 ] || set -- "$TOP"/lib/{,tls/}tcpunit*.h
	sed -n 's/^TCPUNIT_API.*\b\(tcp_[a-z_]*\)(.*/\1/p' "$@" | sort
}

# program - print a user's program, in C and in C++.
program() {
	cat <<-'END'
	#include <stdio.h>
	#include <tcpunit.h>

	int
	main(void)
	{
		tcp_listener l = tcp_listen(0, NULL);
		tcp_port in, out;
		char *line;
		size_t len;

		if (!tcp_listener_p(l) ||
		    tcp_connect("localhost", tcp_listener_port(l), NULL, &in,
			&out) == -1 || tcp_write_line(out, "hello") == -1 ||
		    tcp_accept(l, &in, &out) == -1 ||
		    tcp_read_line(in, 80, &line, &len) != 1)
			return 1;
		return puts(line) == EOF;
	}
	END
}

@test "each file is in its place, and there is no other" {
	(cd "$root$prefix" && find . ! -type d | sort) >got
	local tls=()
	[ ! -e "$BUILD/libtcpunit-tls.so.1" ] || tls=(include/tcpunit-tls.h
		lib/libtcpunit-tls.{a,so,so.1} lib/pkgconfig/tcpunit-tls.pc)
	{
		printf './%s\n' bin/tcpu include/tcpunit{,-event}.h \
			lib/libtcpunit.{a,so,so.1} lib/pkgconfig/tcpunit.pc \
			lib/bats/bats-tcpu/{load,tcpu}.bash "${tls[@]}"
		for page in "$TOP"/man/*.[1-9]; do
			echo "./share/man/man${page##*.}/${page##*/}"
		done
		printf './share/%s\n' bash-completion/completions/tcpu \
			zsh/site-functions/_tcpu \
			fish/vendor_completions.d/tcpu.fish \
			doc/tcpu/README.md doc/tcpu/recipes.bash
		declared | sed 's|.*|./share/man/man3/&.3|'
	} | sort -u >want
	diff want got
	(cd "$root" && find . ! -type d ! -path ".$prefix/*") >elsewhere
	assert_content elsewhere ''
}

@test "everybody may read what an installer with a strict umask installs" {
	find "$root$prefix" ! -type l ! -perm -444 >unreadable
	assert_content unreadable ''
}

@test "each call leads to the page that is about it" {
	local call
	while read -r call; do
		grep -q "^\.Fn $call \|^\.Fo $call$" \
			"$root$prefix/share/man/man3/$call.3" || fail "$call"
	done < <(declared)
}

@test "the recipes are those of the README" {
	bash -n "$root$prefix/share/doc/tcpu/recipes.bash"
	[ "$(grep -c tcpu "$root$prefix/share/doc/tcpu/recipes.bash")" -gt 5 ]
	grep -vFx -f "$TOP/README.md" \
		"$root$prefix/share/doc/tcpu/recipes.bash" >elsewhere || true
	assert_content elsewhere ''
}

@test "the command runs alone and knows its version" {
	run -0 env -u LD_LIBRARY_PATH "$root$prefix/bin/tcpu" --version
	assert_output "tcpu $(pkg-config --modversion tcpunit)"
}

@test "bats_load_library finds the library for bats" {
	BATS_LIB_PATH=$root$prefix/lib/bats bats_load_library bats-tcpu
	PATH=$root$prefix/bin:$PATH tcpu_start server --local 0
	tcpu_stop server
}

@test "the prefix of make install is the one that pkg-config tells" {
	run -0 pkg-config --variable=prefix tcpunit
	assert_output --partial "$prefix"
	run -0 pkg-config --libs tcpunit
	assert_output --partial "-L$lib -ltcpunit"
	refute_output --partial event
}

@test "a C program with the shared library" {
	program >prog.c
	cc -std=c11 -Wall -Wextra -pedantic -Werror -o prog prog.c \
		"${shared[@]}"
	readelf -d prog >dynamic
	assert_file_contains dynamic 'NEEDED.*\[libtcpunit\.so\.1\]'
	LD_LIBRARY_PATH=$lib run -0 timeout -k1 60 ./prog
	assert_output hello
}

@test "a C program with the static library" {
	program >prog.c
	cc -static -o prog prog.c "${static[@]}" 2>cc.err ||
		fail "$(cat cc.err)"
	run -0 timeout -k1 60 ./prog
	assert_output hello
}

@test "a C++17 program" {
	program >prog.cc
	c++ -std=c++17 -Wall -Wextra -pedantic -Werror -o prog prog.cc \
		"${shared[@]}"
	LD_LIBRARY_PATH=$lib run -0 timeout -k1 60 ./prog
	assert_output hello
}

@test "the headers are clean C11, C2x, C++17 and C++20" {
	local std
	(cd "$root$prefix/include" && printf '#include <%s>\n' *.h) >header.c
	for std in c11 c2x; do
		cc -std=$std -Wall -Wextra -Wstrict-prototypes -pedantic -Werror \
			-fsyntax-only header.c "${shared[@]}"
	done
	for std in c++17 c++20; do
		c++ -std=$std -Wall -Wextra -Wold-style-cast -pedantic -Werror \
			-fsyntax-only -x c++ header.c "${shared[@]}"
	done
}

# options - print a user's program with options, in C and in C++20.
options() {
	cat <<-'END'
	#include <tcpunit.h>

	int
	main(void)
	{
		const struct tcp_listen_options local = {
		    TCPUNIT_LISTEN_DEFAULTS, .loopback = true};
		struct tcp_connect_options soon = {
		    TCPUNIT_CONNECT_DEFAULTS, .numeric = true};
		const struct tcp_thread_options named = {
		    TCPUNIT_THREAD_DEFAULTS, .name = "named"};
		struct tcp_listen_options standard = {TCPUNIT_LISTEN_DEFAULTS};
		tcp_listener l = tcp_listen(0, &local);
		tcp_port in, out;

		soon.timeout = 5000;
		standard.backlog = 1;
		return tcp_connect("127.0.0.1", tcp_listener_port(l), &soon,
			   &in, &out) == -1 ||
		    tcp_thread_p(tcp_thread_start_with(NULL, NULL, &named)) ||
		    !tcp_listener_p(tcp_listen(0, &standard));
	}
	END
}

@test "options by name, in C and in C++20, without a warning" {
	local strict=(-Wall -Wextra -pedantic -Werror)
	options >options.c
	sed 's/&local/\&(struct tcp_listen_options){\
		TCPUNIT_LISTEN_DEFAULTS, .loopback = true}/; /local = {/,/;/d' \
		options.c >literal.c
	cp options.c options.cc
	cc -std=c11 "${strict[@]}" -o c options.c "${shared[@]}"
	cc -std=c11 "${strict[@]}" -o literal literal.c "${shared[@]}"
	c++ -std=c++20 "${strict[@]}" -o c++ options.cc "${shared[@]}"
	grep -q '&(struct tcp_listen_options){$' literal.c
	for program in c literal c++; do
		LD_LIBRARY_PATH=$lib run -0 timeout -k1 60 "./$program"
	done
}

@test "a listener is no port, nor is a number: neither compiles" {
	echo '#include <tcpunit.h>' >good.c
	sed '$a int f(tcp_listener l) { return tcp_close(l); }' good.c >ok.c
	sed '$a int f(tcp_listener l) { return tcp_port_fileno(l); }' \
		good.c >listener.c
	sed '$a int f(void) { return tcp_port_fileno(42); }' good.c >number.c
	cc -c ok.c "${shared[@]}"
	run ! cc -c listener.c "${shared[@]}"
	run ! cc -c number.c "${shared[@]}"
}

@test "the shared library shows what the headers declare, and no more" {
	declared "$TOP"/lib/tcpunit*.h >calls
	[ "$(wc -l <calls)" -gt 40 ]
	nm -D --defined-only "$lib/libtcpunit.so.1" |
		sed -n 's/.* [^A] \(.*\)@@TCPUNIT_1$/\1/p' | sort >exported
	diff calls exported
	run -0 nm -D --defined-only "$lib/libtcpunit.so.1"
	assert_line --partial 'A TCPUNIT_1'
	assert_equal "$(wc -l <exported)" "$((${#lines[@]} - 1))"
}

@test "so does the library for TLS, which leaves OpenSSL to its own file" {
	need_tls
	declared "$TOP/lib/tls/tcpunit-tls.h" >calls
	nm -D --defined-only "$lib/libtcpunit-tls.so.1" |
		sed -n 's/.* [^A] \(.*\)@@TCPUNIT_TLS_1$/\1/p' | sort >exported
	diff calls exported
	readelf -d "$lib/libtcpunit-tls.so.1" >dynamic
	assert_file_contains dynamic 'SONAME.*\[libtcpunit-tls\.so\.1\]'
	assert_file_contains dynamic 'NEEDED.*\[libssl\.so'
	run ! grep -q 'NEEDED.*libtcpunit' dynamic
}

@test "a C program with TLS" {
	need_tls
	examples "$TOP/man/tcp_start_tls.3" c
	read -ra tls < <(pkg-config --cflags --libs tcpunit-tls)
	cc -std=gnu11 -Wall -Wextra -pedantic -Werror -o prog 1.c "${tls[@]}"
	LD_LIBRARY_PATH=$lib run -0 timeout -k1 60 ./prog
	assert_output "$(cat 1.out)"
}

@test "the installed command finds the library for TLS" {
	need_tls
	run env -u LD_LIBRARY_PATH timeout -k1 60 "$root$prefix/bin/tcpu" listen \
		--tls --local --accept-timeout 0 0
	assert_failure 124
}

@test "it needs libevent's core and the C library, no more" {
	readelf -d "$lib/libtcpunit.so.1" >dynamic
	# Before glibc 2.34 libpthread was a separate part of the C library.
	sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' dynamic |
		grep -v '^ld-\|^libpthread' | sort >needed
	diff needed <(printf '%s\n' libc.so.6 libevent_core-2.1.so.7)
	assert_file_contains dynamic 'SONAME.*\[libtcpunit\.so\.1\]'
}

@test "everything is hardened" {
	local file
	for file in "$lib"/libtcpunit*.so.1 \
		"$root$prefix/bin/tcpu"; do
		readelf -ldW "$file" >headers
		assert_file_contains headers 'GNU_RELRO'
		assert_file_contains headers 'NOW'
		assert_file_contains headers 'GNU_STACK .* RW '
	done
	assert_file_contains headers 'PIE'
	run -0 nm -D "$root$prefix/bin/tcpu"
	assert_output --partial __stack_chk_fail
}

# This test comes last: it removes the files that the others use.
@test "make uninstall leaves nothing" {
	cd "$TOP" || return
	make_to uninstall >"$BATS_TEST_TMPDIR/make.out"
	run -0 find "$root" ! -type d
	assert_output ''
}
