# SPDX-License-Identifier: ISC
#
# On a machine that cannot build, one line lists all the missing packages.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir bin
	ln -s /bin/sh /usr/bin/id "$(command -v awk)" bin/
	stand_in uname 'echo sparc'
}

# stand_in NAME BODY - make a command with this name.
stand_in() {
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

# requires - run the script on a machine that has only the commands in bin.
requires() {
	run env PATH="$PWD/bin" CC=cc PKG_CONFIG=pkg-config \
		"$TOP/.ci/requirements"
}

@test "a plain make without pkg-config and libevent prints one line" {
	run env -u MAKEFLAGS make --no-print-directory -C "$TOP" \
		BUILD="$PWD/build" PKG_CONFIG=no-such-tool
	assert_failure 2
	assert_equal "${#lines[@]}" 1
	assert_output --partial 'missing: no-such-tool, libevent 2.1; to install: '
}

# make_requirements ARG... - make what a plain make checks first.
make_requirements() {
	rm -rf build
	run -0 make --no-print-directory -C "$TOP" BUILD="$PWD/build" "$@" \
		"$PWD/build/requirements"
}

@test "a plain make with all it needs prints nothing about it" {
	make_requirements TLS=yes
	assert_output ''
}

@test "a plain make without OpenSSL says that it leaves TLS out" {
	stand_in pkg-config \
		"[ \"\$1\" != --exists ] && exec $(command -v pkg-config) \"\$@\""
	make_requirements PKG_CONFIG="$PWD/bin/pkg-config"
	assert_output --regexp '^  NOTE  without TLS: .* finds no OpenSSL'
	make_requirements PKG_CONFIG="$PWD/bin/pkg-config" TLS=
	assert_output ''
}

@test "what is missing is named as each package manager calls it" {
	mv bin/awk .
	requires
	assert_failure 1
	assert_output "missing: a C compiler called cc, its C library, pkg-config,\
 libevent 2.1, awk; with Debian's names, they are in: gcc libc6-dev pkg-config\
 libevent-dev mawk"
	mv awk bin/
	stand_in apk ''
	stand_in cc ''
	requires
	assert_failure 1
	assert_output 'missing: pkg-config, libevent 2.1; to install: apk add pkgconf libevent-dev'
	mv bin/apk bin/dnf
	stand_in pkg-config 'exit 1'
	requires
	assert_failure 1
	assert_output 'missing: libevent 2.1; to install: dnf install libevent-devel'
}

@test "a wrapper is no compiler" {
	stand_in apt-get ''
	stand_in ccache 'exec "$@"'
	stand_in pkg-config ''
	run env PATH="$PWD/bin" CC='ccache cc' PKG_CONFIG=pkg-config \
		"$TOP/.ci/requirements"
	assert_failure 1
	assert_output 'missing: a C compiler called ccache cc, its C library; to install: apt-get install gcc libc6-dev'
}

# refuses TEXT [MACHINE] - make a compiler that fails on sources that contain
# the text, and names this machine as its own.
refuses() {
	stand_in pkg-config ''
	stand_in cc "if [ \"\$1\" = -dumpmachine ]; then ${2:+echo $2; }exit $(($# < 2)); fi
while read -r line; do case \$line in *'$1'*) exit 1 ;; esac; done"
}

@test "a compiler without a feature is named with it" {
	stand_in apt-get ''
	refuses _Thread_local
	requires
	assert_failure 1
	assert_output 'missing: _Thread_local and <stdatomic.h> in cc; to install: apt-get install gcc'
}

@test "an unknown machine is named with what it lacks" {
	stand_in apt-get ''
	refuses swapcontext
	requires
	assert_failure 1
	assert_output 'missing: swapcontext(3) for sparc'
	refuses swapcontext other-linux
	requires
	assert_failure 1
	assert_output 'missing: swapcontext(3) for other-linux'
}

@test "what a path with a space stops says so" {
	mkdir 'a b'
	cp "$TOP/Makefile" 'a b'
	for target in check static; do
		run -2 env -u MAKEFLAGS make --no-print-directory -C 'a b' $target
		assert_output --regexp "^Makefile:[0-9]*: \*\*\* make $target needs a path without spaces\.  Stop\.\$"
	done
}

# lacks REGEX ARG... - check that make static ends with such a line, to which
# make adds at most its own.
lacks() {
	run env -u MAKEFLAGS PATH="$PWD/bin:$PATH" make --no-print-directory \
		-C "$TOP" BUILD="$PWD/build" STATIC_DEPS=sh "${@:2}" static
	assert_failure 2
	assert_line --index 0 --regexp "^$1\$"
	[ "${#lines[@]}" -le 2 ]
}

@test "make static names what it lacks for another machine" {
	stand_in dpkg 'echo some'
	stand_in dpkg-architecture '[ "$1" = -aother ] && echo other_1-linux-gnu'
	lacks "musl-cc: missing: other_1-linux-gnu-gcc, in Debian's gcc-other-1-linux-gnu" \
		ARCH=other
	lacks 'musl-cc: Debian has no machine called nosuch' ARCH=nosuch
	lacks 'Makefile:[0-9]*: \*\*\* LIBC is musl or glibc, not nosuch\.  Stop\.' \
		LIBC=nosuch
}

@test "an unknown system to test on is refused, and the others are named" {
	run -1 "$TOP/.ci/machines" bookworm nosuch
	assert_output 'machines: no machine is called nosuch; there are: bullseye bookworm trixie sid jammy noble'
}
