# SPDX-License-Identifier: ISC
#
# The tarballs of make dist, and that versions and files agree with the
# packages.

load helper

# dist_of NAME - copy the tree to NAME, make its tarball there, and print the
# path of the tarball.  The tree may be another user's: git clone passes no
# setting of its command line on to the process that reads it.
dist_of() {
	git config -f .gitconfig safe.directory '*'
	if [ -e "$TOP/.git" ]; then
		HOME=$PWD git clone -q "$TOP" "$1"
	else
		mkdir "$1"
		tar -C "$TOP" --exclude=./build -cf - . | tar -C "$1" -xf -
	fi
	make -C "$1" BUILD=out source >/dev/null
	echo "$1"/out/*.tar.gz
}

version() {
	sed -n 's/^#define TCPUNIT_VERSION "\(.*\)"/\1/p' "$TOP/lib/tcpunit.h"
}

@test "the tarball is the same wherever and whenever it is made" {
	one=$(dist_of one)
	(umask 077 && TZ=Asia/Tokyo dist_of two) >name
	two=$(cat name)
	touch one/README.md
	[ -s "$one" ]
	cmp "$one" "$two"
	assert_equal "$(basename "$one")" "tcpunit-$(version).tar.gz"
}

# packed FOLDER - pack this tree's command as a tarball in FOLDER.
packed() {
	.ci/pack out "$1/tcpu-1-linux-any.tar.gz"
}

@test "the tarball is all that is needed to build, and to pack the command" {
	tar -xzf "$(dist_of one)"
	cd "tcpunit-$(version)" || return
	run -0 make -s BUILD=out CFLAGS=-O0 HARDENING= all
	run -0 out/tcpu --version
	assert_output "tcpu $(version)"

	mkdir two three out/notices
	echo 'Permission is granted' >out/notices/libevent
	packed two
	touch README.md man/* out/cmd/manual_text.[co] out/tcpu
	(umask 077 && TZ=Asia/Tokyo packed three)
	cmp two/*.gz three/*.gz
	tar -xzf two/*.gz
	run -0 tcpu-1-linux-any/bin/tcpu --version
	(cd tcpu-1-linux-any && find . -type f | sort) >got
	printf './%s\n' bin/tcpu lib/bats/bats-tcpu/{load,tcpu}.bash \
		share/bash-completion/completions/tcpu \
		share/doc/tcpu/{LICENSE,README.md,notices/libevent} \
		share/doc/tcpu/recipes.bash \
		share/fish/vendor_completions.d/tcpu.fish \
		share/man/man1/tcpu.1 share/man/man7/tcpu-faults.7 \
		share/man/man7/tcpu.bash.7 \
		share/zsh/site-functions/_tcpu | sort | diff - got
}

@test "a tree from the tarball makes a tarball of the same files" {
	local tree out
	tree=tcpunit-$(version)
	tar -xzf "$(dist_of one)"
	for out in out "$PWD/$tree/out"; do
		echo 'no part of it' >"$tree/build"
		make -C "$tree" BUILD="$out" source
		mkdir again
		tar -xzf "$tree/out"/*.tar.gz -C again
		rm -r "$tree"/{build,out}
		diff -r "$tree" again/*
		[ "$(echo again/*)" = "again/$tree" ]
		rm -r again
	done
}

@test "the packages have the version of the header and the changelog" {
	run -0 sed -n '1s/^tcpunit (\(.*\)-.*/\1/p' "$TOP/.debian/changelog"
	assert_output "$(version)"
	run -0 grep -m1 '^## [0-9]' "$TOP/CHANGELOG.md"
	assert_output --regexp "^## $(version)(,|$)"
	cd "$TOP/.packaging" || return
	run -0 sed -n -e 's/^  "version": "\(.*\)",$/\1/p' \
		-e 's/^pkgver=//p' -e 's/^Version: *//p' \
		npm/package.json alpine/APKBUILD rpm/tcpu.spec
	assert_output "$(printf '%s\n' "$(version)" "$(version)" "$(version)")"
}

@test "the packages' symbols are those of the headers" {
	sed -n 's/^TCPUNIT_API.*\b\(tcp_[a-z_]*\)(.*/\1/p' \
		"$TOP"/lib/tcpunit*.h | sort >calls
	[ -s calls ]
	sed -n 's/^ \(tcp_[a-z_]*\)@TCPUNIT_1 .*/\1/p' \
		"$TOP/.debian/libtcpunit1.symbols" | diff calls -
}
