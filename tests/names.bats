# SPDX-License-Identifier: ISC
#
# Names that every machine can look up, and look-ups on a machine without any
# data.

load helper

# without_etc COMMAND [ARG]... - run the command with an empty /etc, in a
# network without servers.
without_etc() {
	"${private[@]}" --net --mount sh -c '
		ip link set lo up && mount -t tmpfs none /etc && exec "$@"' \
		sh "$@"
}

# ends FUNCTION [ARG]... - print the addresses of connections to names for
# localhost, made in the environment that FUNCTION sets up.
ends() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run "$@" timeout -k1 60 bash -c '
		start() { tcpu listen -k -1 --until-exit $$ --local 0 -- cat & }
		port=$(start)
		for host in localhost LOCALHOST LocalHost.; do
			tcpu addresses --remote --ip "$host" "$port"
			tcpu addresses -4 --remote --ip "$host" "$port"
			tcpu addresses -6 --remote --ip "$host" "$port"
		done' 3>&-
}

@test "localhost is this machine where /etc/hosts does not list it" {
	ends with_hosts '127.0.0.1 notlocalhost localhost.test # localhost\n'
	assert_success
	assert_output "$(printf '::1\n127.0.0.1\n::1\n%.0s' 1 2 3)"
}

@test "localhost is this machine where there is no /etc/hosts" {
	ends without_etc
	assert_success
	assert_output "$(printf '::1\n127.0.0.1\n::1\n%.0s' 1 2 3)"
}

@test "localhost is this machine where /etc/hosts is a folder" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	ends without_etc sh -c 'mkdir /etc/hosts && exec "$@"' sh
	assert_success
	assert_output "$(printf '::1\n127.0.0.1\n::1\n%.0s' 1 2 3)"
}

@test "localhost is what /etc/hosts says" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run -0 with_hosts '127.0.0.9 other localhost\n' timeout -k1 60 bash -c '
		start() { tcpu listen -k -1 --until-exit $$ 127.0.0.9 0 -- cat & }
		port=$(start)
		for host in localhost LOCALHOST; do
			tcpu addresses --remote --ip "$host" "$port"
		done' 3>&-
	assert_output $'127.0.0.9\n127.0.0.9'
}

@test "--numeric looks no localhost up" {
	run without_etc timeout -k1 60 tcpu connect -n localhost 80
	assert_equal "$status" 3
	assert_output 'tcpu: connect localhost:80: Name or service not known'
}

@test "listen on localhost listens on both of its addresses" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run -0 without_etc timeout -k1 60 bash -c '
		start() { tcpu listen -k -1 --until-exit $$ localhost 0 -- cat & }
		port=$(start)
		tcpu connect -z 127.0.0.1 "$port" && tcpu connect -z ::1 "$port"' \
		3>&-
}

@test "a look-up without a name server names the missing file" {
	run without_etc timeout -k1 60 tcpu connect some.test 80
	assert_equal "$status" 3
	assert_output "tcpu: connect some.test:80: No name server answers, and \
there is no /etc/resolv.conf"
}

@test "a service without a list of services names the missing file" {
	run without_etc timeout -k1 60 tcpu connect localhost http
	assert_equal "$status" 3
	assert_output "tcpu: connect: there is no /etc/services to look it up in: \
'http'"
}
