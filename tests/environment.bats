# SPDX-License-Identifier: ISC
#
# The surroundings of make and of the suite: the variables, limits and signals
# with which a CI happens to start them change neither the build nor a test.

load helper

# Variables of the environment that mean something to make, a shell, a program
# that the tests run, or tcpu itself.
strange() {
	mkdir -p strange
	echo 'echo from BASH_ENV' >strange/env
	printf '%s\n' '--verbose' >strange/.proverc
	env BUILD=strange SAN=1 TSAN=1 TINY=1 VALGRIND=1 ARCH=none LIBC=none \
		PREFIX=/strange CFLAGS=-strange \
		BASH_ENV="$PWD/strange/env" ENV="$PWD/strange/env" \
		CDPATH="$PWD/strange" POSIXLY_CORRECT=1 PERL5OPT=-MNone \
		HARNESS_OPTIONS=c HOME="$PWD/strange" \
		TMPDIR="$PWD/strange" LC_ALL=xx_XX TZ=Asia/Tokyo TERM=none \
		NOTIFY_SOCKET=/strange LISTEN_FDS=1 TCPU_DIR=/strange \
		http_proxy=http://192.0.2.1 "$@"
}

@test "variables of the environment do not change what make does" {
	local targets=(binary install)
	make -C "$TOP" -n "${targets[@]}" >expected
	strange make -C "$TOP" -n "${targets[@]}" | diff expected -
}

@test "make install obeys DESTDIR of the environment, as people expect" {
	DESTDIR=$PWD/there run -0 make -C "$TOP" -n install-command
	assert_line --partial "$PWD/there/usr/local/bin"
}

@test "a test gets the same environment everywhere" {
	local at=@ # bats would count this test as a test of this file
	cat >shows.bats <<-END
		${at}test "it shows" {
			env | grep -vE '^(BATS_|HOME=|PWD=|OLDPWD=|SHLVL=|_=)' |
				sort >"$PWD/got"
			echo "\$HOME \$(umask)" >>"$PWD/got"
			ulimit -Sn -Sf -Sc >>"$PWD/got"
			grep -E '^Sig(Blk|Ign)' /proc/self/status >>"$PWD/got"
		}
	END
	# bats puts its own folder first.
	PATH=${PATH##*/libexec/bats-core:}
	run -0 "$TOP/tests/run" shows.bats
	mv got expected
	(
		umask 077
		ulimit -Sn 512 -Sf 1000000
		trap '' PIPE INT TERM CHLD
		strange env --block-signal=USR1,ALRM,CHLD BUILD="$BUILD" \
			VALGRIND= "$TOP/tests/run" shows.bats
	) >output
	grep '^ok 1 it shows' output
	diff expected got
	assert_file_contains got '^/nonexistent 0022$'
	assert_file_contains got '^open files .* 1024$'
	assert_file_contains got '^SigBlk:	0*$'
	run -1 grep -E '^(TMPDIR|LISTEN_FDS|TCPU_|LC_|TZ)' got
}
