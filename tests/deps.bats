# SPDX-License-Identifier: ISC
#
# .ci/deps installs the missing packages and no others.  apt-get, sudo and id
# are stand-ins here, whose arguments the tests check.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir bin
	ln -s /bin/sh /usr/bin/env bin/
	stand_in id 'echo 0'
	stand_in apt-get 'echo "apt-get $*" >>log'
}

# stand_in NAME BODY
stand_in() {
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

deps() {
	run --separate-stderr env PATH="$PWD/bin" "$TOP/.ci/deps" "$@"
}

@test "nothing is done when nothing is missing" {
	touch bin/header
	deps sh "some-dev=$PWD/bin/header"
	assert_success
	assert_output ''
	assert_not_exist log
}

@test "the missing packages are installed, after a word about it" {
	deps sh nosuch other-dev=/no/such.h third=env
	assert_success
	assert_output 'deps: apt-get install nosuch other-dev'
	assert_content log 'apt-get -q update
apt-get -q install -y --no-install-recommends nosuch other-dev\n'
}

@test "what dpkg has is not missing, whatever it has put where" {
	stand_in dpkg-query '[ "$4" = some ] && echo installed'
	deps some=/no/such other=/no/such
	assert_success
	assert_output 'deps: apt-get install other'
}

@test "sudo is used, and mentioned, where one is not root" {
	stand_in id 'echo 1000'
	stand_in sudo 'echo "sudo $1" >>log; exec "$@"'
	deps nosuch
	assert_success
	assert_output 'deps: with sudo: apt-get install nosuch'
	assert_content log 'sudo apt-get
apt-get -q update
sudo env
apt-get -q install -y --no-install-recommends nosuch\n'
}

@test "without root and sudo the missing ones are named" {
	stand_in id 'echo 1000'
	deps nosuch other=sh third-dev=/no/such.h
	assert_failure 1
	assert_equal "$stderr" \
		'deps: neither root nor sudo here; missing: nosuch third-dev'
}

@test "without apt-get the missing ones are named" {
	rm bin/apt-get
	deps nosuch other=sh third-dev=/no/such.h
	assert_failure 1
	assert_equal "$stderr" 'deps: no apt-get here; missing: nosuch third-dev'
	assert_not_exist log
}

@test "apt-get failing is a failure, which names what to ask for" {
	stand_in apt-get '[ "$2" = update ]'
	deps nosuch
	assert_failure 1
	assert_equal "$stderr" 'deps: apt-get install failed; missing: nosuch'
	stand_in id 'echo 1000'
	stand_in sudo 'exit 1'
	deps nosuch
	assert_failure 1
	assert_equal "$stderr" 'deps: apt-get update failed; missing: nosuch'
}

@test "where the system has no such package the other one is installed" {
	stand_in apt-cache '[ "$2" != nosuch ] && [ -e log ]'
	deps nosuch=/no/such,other
	assert_success
	assert_output 'deps: apt-get install other'
	stand_in other ''
	deps nosuch=/no/such,other
	assert_success
	assert_output ''
	assert_equal "$(grep -c update log)" 1
}

@test "where the system has both the first one is installed" {
	stand_in apt-cache ''
	stand_in other ''
	deps nosuch=/no/such,other
	assert_success
	assert_output 'deps: apt-get install nosuch'
}
