# SPDX-License-Identifier: ISC
#
# man.bats - the library's manual: its pages are valid, cover the header and
# agree with it, and their programs print the output that the pages show.

load helper
load manual

# declared - print the prototypes in the headers, one per line, without spaces.
declared() {
	perl -0777 -ne 's{/\*.*?\*/}{}gs; s/TCPUNIT_PRINTF\(\d.*?\)//g;
		while (/^TCPUNIT_API (.*?);/gms) {
			print $1 =~ s/\s//gr, "\n"
		}' "$TOP"/lib/{,tls/}tcpunit*.h
}

# synopsis PAGE... - print the prototypes of the pages in the same form.
synopsis() {
	local page
	for page; do
		rendered "$page" |
			sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' |
			sed '1,/#include/d; $d' | tr -d '[:space:]' | tr ';' '\n'
	done
}

# names PAGE... - print the names under which man(1) finds the pages.
names() {
	sed -n 's/^\.Nm \([a-z_]*\).*/\1/p' "$@"
}

# build SOURCE PROGRAM - compile and link as users of the library do.
build() {
	local libevent tls=() sanitizers=()
	[[ $BUILD != */san ]] || sanitizers=('-fsanitize=address,undefined')
	read -ra libevent < <(pkg-config --libs libevent_core)
	! grep -q tcpunit-tls.h "$1" || read -ra tls < <(
		echo "$BUILD/libtcpunit-tls.a -levent_openssl" \
			"$(pkg-config --libs libssl libcrypto)")
	cc -Wall -Wextra -Werror -I"$TOP/lib" -I"$TOP/lib/tls" \
		-o "$2" "$1" "${tls[@]:0:1}" "${sanitizers[@]}" \
		"$BUILD/libtcpunit.a" "${tls[@]:1}" "${libevent[@]}" -pthread
}

# try PAGE - build the page's programs and run them.
try() {
	local n
	mkdir "${1##*/}"
	cd "${1##*/}" || return
	examples "$1" c
	for n in $(basename -s .c -- *.c); do
		build "$n.c" "$n"
		netns timeout -k1 100 "./$n" >printed || fail "$1: program $n: $?"
		diff "$n.out" printed || fail "$1: program $n prints otherwise"
	done
	cd "$BATS_TEST_TMPDIR" || return
}

@test "the pages are clean, and fit 80 columns" {
	run mandoc -T lint -W warning "$TOP"/man/*.[1-9]
	assert_success
	for page in "$TOP"/man/*.[1-9]; do
		run grep -nE '.{81}' <(rendered "$page")
		assert_output ''
	done
}

@test "each public call is in one page, with the prototype of its header" {
	declared | sort >header
	synopsis "$TOP"/man/*.3 | sort >pages
	[ -s header ]
	diff header pages
}

@test "each page can be asked for by the names of its calls" {
	for page in "$TOP"/man/*.3; do
		{
			basename "$page" .3
			rendered "$page" | sed -n \
				'/^SYNOPSIS/,/^DESC/s/^ *\(tcp_[a-z_]*\)(.*/\1/p'
		} | sort -u >calls
		names "$page" | sort | diff calls -
	done
}

@test "each macro, enumerator and option of the header is explained" {
	cat "$TOP"/man/*.3 >all
	perl -0777 -pe 's{/\*.*?\*/}{}gs' "$TOP"/lib/{,tls/}tcpunit*.h >header
	grep -ow 'TCPUNIT_[A-Z_]*' header |
		grep -vxE 'TCPUNIT_(H|EVENT_H|TLS_H|API|PRINTF)' | sort -u >macros
	sed -n '/^struct .*{/,/^}/s/.*[ *]\([a-z_0-9]*\);.*/\1/p' header >fields
	[ -s macros ] && [ -s fields ]
	while read -r word; do
		grep -qE "^\.(It )?(Dv|Vt .* Fa) (.* )?$word( |$)" all ||
			fail "$word is not explained"
	done < <(cat macros fields)
}

@test "tcpunit.3 lists each public call" {
	perl -0777 -pe 's{/\*.*?\*/}{}gs' "$TOP"/lib/{,tls/}tcpunit*.h |
		grep -oE '\btcp_[a-z_]+\(' | tr -d '(' | sort -u >calls
	sed -n '/^\.Ss The calls/,/^\.Ss Conv/s/^\.Fn \([a-z_]*\).*/\1/p' \
		"$TOP/man/tcpunit.3" | sort -u >listed
	diff calls listed
}

@test "tcpunit.7 names each call whose contract says that it parks" {
	perl -0777 -ne 'while (m{/\*((?:(?!\*/).)*)\*/\s*((?:TCPUNIT_API[^;]*;\s*)+)}gs) {
			my ($contract, $calls) = ($1, $2);
			next if $contract =~ /^ ---- / || $contract !~ /\(parks|^\W*Parks /;
			print "$1\n" while $calls =~ /(tcp_\w+)\(/g;
		}' "$TOP"/lib/{,tls/}tcpunit*.h | sort >parking
	[ "$(wc -l <parking)" -ge 15 ]
	sed -n '/^These calls may park/,/^No other call does/s/^\.Fn \([a-z_]*\).*/\1/p' \
		"$TOP/man/tcpunit.7" | sort | comm -23 parking - >missing
	run cat missing
	assert_output ''
}

@test "each page that a page refers to exists" {
	{
		names "$TOP"/man/*.3
		basename -a "$TOP"/man/*.[1-9] | sed 's/\.[1-9]$//'
	} | sort -u >there
	sed -n 's/^\.\(It \)\{0,1\}Xr \(tcp[a-z_-]*\) .*/\2/p' "$TOP"/man/*.[1-9] |
		sort -u | comm -23 - there >missing
	run cat missing
	assert_output ''
}

@test "the programs of the pages print what these say" {
	for page in "$TOP"/man/*.3 "$TOP/man/tcpunit-tutorial.7"; do
		[[ $page == */tcp_start_tls.3 ]] || try "$page"
	done
}

@test "so does the program of tcp_start_tls.3" {
	need_tls
	try "$TOP/man/tcp_start_tls.3"
}

@test "the tutorial's handler serves a client of tcpu listen" {
	start_server --local 0 -- "$BUILD/tests/prog_handler"
	printf 'one\nthree\n' >input
	run -0 timeout -k1 60 tcpu connect 127.0.0.1 "$port" <input
	assert_output $'hello, 127.0.0.1\n3 bytes\n5 bytes'
	assert_exit 0 "$server"
}

@test "tcpunit.7 shows the documented example as it is tested" {
	examples "$TOP/man/tcpunit.7" c
	sed '1,/^ \*\//d' "$TOP/tests/prog_example_server.c" | cmp - 1.c
	sed '1,/^ \*\//d' "$TOP/tests/prog_example_client.c" | cmp - 2.c
	run ! test -e 3.c
}

@test "tcp_event.3 shows its program as it is tested" {
	examples "$TOP/man/tcp_event.3" c
	sed '1,/^ \*\//d' "$TOP/tests/prog_epoll_loop.c" | cmp - 1.c
	"$BUILD/tests/prog_epoll_loop" | cmp - 1.out
	run ! test -e 2.c
}

@test "the tutorial shows programs as they are tested" {
	local name n=4 names=(work_queue philosophers primes delay choose handler
		drain chat http_pool os_threads hand_over)
	examples "$TOP/man/tcpunit-tutorial.7" c
	for name in "${names[@]}"; do
		n=$((n + 1))
		sed '1,/^ \*\//d' "$TOP/tests/prog_$name.c" | cmp - $n.c
		"$BUILD/tests/prog_$name" </dev/null | cmp - $n.out
	done
	run ! test -e $((n + 1)).c
}

# exports - print the procedures of CHICKEN's tcp module and of its extras unit.
exports() {
	csi -e "(import (chicken tcp) (chicken io) (chicken format)
			(chicken pretty-print))
		(for-each (lambda (m)
			(receive (n v s) (##sys#module-exports
					  (##sys#find-module m))
				(for-each (lambda (p) (print (car p))) v)))
			'(chicken.tcp chicken.io chicken.format
			  chicken.pretty-print))"
}

@test "tcpunit.7 maps each procedure of CHICKEN to a call of the header" {
	sed -n '/^.Ss Procedures and calls/,/^.El/p' "$TOP/man/tcpunit.7" >table
	sed -n 's/^\.It Ic \(.*\) Ta .*/\1/p' table | sed 's/\\&//g; s/ , /\n/g' |
		sort >mapped
	exports | sort >exported
	[ -s exported ]
	run comm -13 mapped exported
	assert_output ''
	names "$TOP"/man/*.3 | sort -u >calls
	grep -o 'Fn tcp_[a-z_]*' table | sed 's/Fn //' | sort -u |
		comm -13 calls - >undeclared
	run cat undeclared
	assert_output ''
}
