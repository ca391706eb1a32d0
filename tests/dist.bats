# SPDX-License-Identifier: ISC
#
# make dist, and what the Debian packages have to agree with.

load helper

# dist_of NAME - the tarball that a clone of the tree makes, at NAME.
dist_of() {
	git -c safe.directory='*' clone -q "$TOP" "$1"
	make -C "$1" BUILD=out dist >/dev/null
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

@test "the tarball is all that is needed to build" {
	tar -xzf "$(dist_of one)"
	run -0 make -s -C "tcpunit-$(version)" BUILD=out all
	run -0 "tcpunit-$(version)/out/tcpu" --version
	assert_output "tcpu $(version)"
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

@test "the packages' symbols are those of the header" {
	sed -n 's/^TCPUNIT_API.*\b\(tcp_[a-z_]*\)(.*/\1/p' \
		"$TOP/lib/tcpunit.h" | sort >calls
	[ -s calls ]
	sed -n 's/^ \(tcp_[a-z_]*\)@TCPUNIT_1 .*/\1/p' \
		"$TOP/.debian/libtcpunit1.symbols" | diff calls -
}
