# SPDX-License-Identifier: ISC
#
# .ci/libevent, for make static, finds sources that mirrors have, and says what
# is missing.  apt-get, apt-cache and dpkg-source are stand-ins here, and so are
# the sources.

load helper

setup() {
	begin
	mkdir bin
	stand_in apt-get 'echo "$*" >>log; . ./mirror; exit 100'
	stand_in apt-cache 'printf "Version: %s\n" $(cat versions)'
	stand_in dpkg-source 'cp -R plain "$3" && echo "$2" >"$3/patched"'
	make_sources
	echo 2.1.9-1 2.1.13-1 2.1.12-2 >versions
	: >mirror
}

# stand_in NAME BODY - make a command with this name, whose current folder is
# the test's.
stand_in() {
	printf '#!/bin/sh\ncd "%s" || exit\n%s\n' "$PWD" "$2" >"bin/$1"
	chmod +x "bin/$1"
}

# make_sources - make a folder that configures and builds what is asked for, and
# its tarball.
make_sources() {
	mkdir plain
	printf '%s\n' '#!/bin/sh' 'echo "configure $*"' >plain/configure
	printf '%s:\n\ttouch built\n' include/event2/event-config.h \
		libevent_core.la >plain/Makefile
	chmod +x plain/configure
	tar -czf plain.tar.gz plain
}

# has_source VERSION - let the mirror have the whole source package.
has_source() {
	echo "case \$* in *--tar-only*) ;; *libevent=$1) exit 0 ;; esac" >>mirror
}

# has_tarball VERSION - let the mirror have the tarball alone.
has_tarball() {
	echo "case \$* in *--tar-only\\ libevent=$1-*)
		cp plain.tar.gz $PWD/out/apt/libevent_$1.orig.tar.gz; exit ;;
	esac" >>mirror
}

# builds - run the script, and check that something was built.
builds() {
	run env PATH="$PWD/bin:$PATH" CC=cc CFLAGS=-Os "$@" "$TOP/.ci/libevent" \
		out --some-option
	assert_success
	assert_exist out/source/built
	assert_file_contains out/log 'configure .* --some-option$'
	assert_file_contains out/libevent_core.pc "^Libs: $PWD/out/source/"
}

# fails MESSAGE - check that the script prints this line, and no other.
fails() {
	run env PATH="$PWD/bin:$PATH" CC=cc CFLAGS=-Os "$TOP/.ci/libevent" out
	assert_failure 1
	assert_output "libevent: $1; LIBEVENT=FOLDER names a folder with sources"
	assert_not_exist out/libevent_core.pc
}

@test "the newest source package is built" {
	has_source 2.1.13-1
	has_source 2.1.12-2
	builds
	refute_output
	assert_file_contains out/source/patched '/libevent_2\.1\.13-1\.dsc$'
	run -0 grep -c . log
	assert_output 2 # update, and one source
}

@test "if a mirror does not have the newest, an older one is built, and named" {
	has_source 2.1.12-2
	has_tarball 2.1.13
	builds
	assert_output 'libevent: 2.1.13-1 cannot be downloaded; this is 2.1.12-2'
	assert_file_contains out/source/patched '/libevent_2\.1\.12-2\.dsc$'
}

@test "if a mirror has the tarball alone, it is built, and said to be" {
	has_tarball 2.1.13
	builds
	assert_output "libevent: 2.1.13-1 cannot be downloaded; this is 2.1.13-1\
 without Debian's patches"
	assert_not_exist out/source/patched
}

@test "if a mirror has nothing, one line says how to go on" {
	fails '2.1.13-1 cannot be downloaded'
	: >versions
	fails 'apt-get knows no source package'
}

@test "without apt-get one line says how to go on" {
	mkdir none
	ln -s /bin/{sh,mkdir,rm,grep} /usr/bin/{realpath,dirname} none/
	PATH=$PWD/none CC=cc CFLAGS=-Os run "$TOP/.ci/libevent" out
	assert_failure 1
	assert_output \
		'libevent: no apt-get here; LIBEVENT=FOLDER names a folder with sources'
}

@test "LIBEVENT names other sources" {
	builds LIBEVENT="$PWD/plain"
	refute_output
	assert_not_exist log
}

@test "sources that do not compile are a failure, after what the compiler said" {
	echo 'echo broken; exit 1' >>plain/configure
	echo 'libevent_core.la: ; @echo no rule for it; false' >plain/Makefile
	run env PATH="$PWD/bin:$PATH" CC=cc CFLAGS=-Os LIBEVENT="$PWD/plain" \
		"$TOP/.ci/libevent" out
	assert_failure 1
	assert_line broken
	assert_equal "${lines[-1]}" \
		'libevent: it does not compile; LIBEVENT=FOLDER names a folder with sources'
	assert_not_exist out/libevent_core.pc
}

@test "the same build is not made again, another one is" {
	builds LIBEVENT="$PWD/plain"
	rm -r plain
	builds LIBEVENT="$PWD/plain"
	run env PATH="$PWD/bin:$PATH" CC=cc CFLAGS=-O2 "$TOP/.ci/libevent" out
	assert_failure 1
}
