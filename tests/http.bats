# SPDX-License-Identifier: ISC
#
# An HTTP/1.0 server in ten lines of shell, under load.

load helper

setup() {
	begin
	start_server -k --local 0 -- "$BATS_TEST_DIRNAME/peers/http.sh"
	url=http://127.0.0.1:$port
}

# open_descriptors - print how many descriptors the server has.
open_descriptors() {
	find "/proc/$server/fd" -type l | wc -l
}

# takes_signals - check that the server has opened its last descriptor, as it
# does after it has printed its port.
takes_signals() {
	find "/proc/$server/fd" -lname '*signalfd*' | grep -q .
}

# rests N - check that the server has no child process and N descriptors.
rests() {
	! pgrep -P "$server" >/dev/null && [ "$(open_descriptors)" -eq "$1" ]
}

@test "curl gets its page" {
	run timeout -k1 60 curl -sS0 "$url/path?query"
	assert_success
	assert_output 'GET /path?query HTTP/1.0'
	run timeout -k1 60 curl -sS0 -o /dev/null -w '%{http_code}' \
		-X DELETE "$url"
	assert_output 501
	assert_content server.err ''
}

@test "every response to 32 connections at a time is right" {
	cat >check.lua <<-'END'
		local seen = 0
		function response(status, headers, body)
			seen = seen + 1
			if status ~= 200 or body ~= "GET /page HTTP/1.1" or
			    headers["Content-Length"] ~= "18" then
				io.write("wrong: ", status, " ", body, "\n")
			end
		end
		function done(summary)
			local e = summary.errors
			io.write("requests ", summary.requests, "\n")
			io.write("errors ", e.connect + e.read + e.write +
			    e.status + e.timeout, "\n")
		end
	END
	wait_until takes_signals
	before=$(open_descriptors)
	for ((requests = 0; requests <= 50; requests += BASH_REMATCH[1])); do
		run timeout -k1 60 wrk -c32 -t2 -d2s --timeout 60s -s check.lua \
			"$url/page" 3>&-
		assert_success
		refute_line --partial wrong
		assert_line 'errors 0'
		[[ $output =~ requests\ ([0-9]+) ]]
	done
	wait_until rests "$before"
	run timeout -k1 60 curl -sS0 "$url/after"
	assert_output 'GET /after HTTP/1.0'
}
