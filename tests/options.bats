# SPDX-License-Identifier: ISC
#
# The command line: invalid ones are refused with a message before any internet
# socket is opened; and the version.

load helper

# refuses STATUS PATTERN [ARG]... - check that tcpu fails with this status,
# prints nothing on stdout and one matching line on stderr, and makes no
# internet socket.
refuses() {
	run --separate-stderr \
		traced -f -qq -e trace=socket -o trace tcpu "${@:3}" </dev/null
	assert_equal "$status" "$1"
	assert_equal "$output" ''
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" "^tcpu: $2$"
	run ! grep AF_INET trace
}

@test "--version prints one line" {
	run --separate-stderr timeout -k1 60 tcpu --version
	assert_success
	assert_output --regexp '^tcpu [0-9]+\.[0-9]+\.[0-9]+$'
	assert_equal "$stderr" ''
}

@test "--version may follow other options" {
	for words in '-t 1 --version' '-vV' '--numeric -V'; do
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 tcpu $words
		assert_success
		assert_output --regexp '^tcpu [0-9]+\.[0-9]+\.[0-9]+$'
	done
}

@test "an unknown command is refused" {
	refuses 2 "unknown command 'hear'" hear
	refuses 2 "unknown command ''" ''
}

@test "a command or option that is nearly one is told" {
	refuses 2 "unknown command 'lisen'; did you mean listen\?" lisen 4242
	refuses 2 "unknown command 'accept'; did you mean accept-ready\?" \
		accept 4242
	local word meant
	while read -r word meant; do
		run --separate-stderr timeout -k1 60 tcpu listen "$word" 0
		assert_equal "$status" 2
		assert_equal "$stderr" "\
tcpu: listen: unrecognized option '${word%%=*}'
tcpu: did you mean $meant? 'tcpu listen --help' lists the options"
	done <<-'END'
		--tiemout=5 --timeout
		--timeot --timeout
		--timeoutt --timeout
		--tomeout --timeout
		--keep --keep-open
		--acept-timeout --accept-timeout
	END
	for word in --x --keep-it-open --= --thing; do
		run --separate-stderr timeout -k1 60 tcpu listen "$word" 0
		assert_equal "${stderr_lines[1]}" \
			"tcpu: 'tcpu listen --help' lists the options"
	done
}

@test "an unknown option is refused, and --help pointed at" {
	for command in listen connect accept-ready addresses; do
		run --separate-stderr timeout -k1 60 tcpu "$command" --foo
		assert_equal "$status" 2
		assert_equal "$output" ''
		assert_equal "${stderr_lines[0]}" \
			"tcpu: $command: unrecognized option '--foo'"
		assert_regex "${stderr_lines[1]}" "tcpu $command --help"
		assert_equal "${#stderr_lines[@]}" 2
	done
	run --separate-stderr timeout -k1 60 tcpu --foo
	assert_equal "$status" 2
	assert_equal "${stderr_lines[0]}" "tcpu: unrecognized option '--foo'"
	run --separate-stderr timeout -k1 60 tcpu listen -kZ 4242
	assert_equal "${stderr_lines[0]}" \
		"tcpu: listen: unrecognized option '-Z'"
}

@test "an abbreviated option is an unknown one" {
	for option in --keep --verb --timeou; do
		run --separate-stderr timeout -k1 60 tcpu listen "$option" 1 0
		assert_equal "$status" 2
		assert_regex "$stderr" "unrecognized option '$option'"
	done
}

@test "options may stand before, between and behind operands" {
	for words in '-t 10ms 127.0.0.1 0' '127.0.0.1 -t10ms 0' \
		'127.0.0.1 0 --timeout 10ms' '127.0.0.1 0 --timeout=10ms' \
		'-qvt10ms 127.0.0.1 0'; do
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 tcpu listen $words
		assert_equal "$status" 124
	done
}

@test "an argument that is missing or too much is refused" {
	refuses 2 "listen: option '--timeout' needs an argument" \
		listen 0 --timeout
	refuses 2 "listen: option '-t' needs an argument" listen 0 -t
	refuses 2 "listen: option '--keep-open' takes no argument" \
		listen --keep-open=yes 0
}

@test "what is no port is refused" {
	for port in '' ' ' 8o 80.0 1.5 0x50 ' 80' '80 ' +80 1e3 65536 65616 \
		99999999999999999999 080x; do
		refuses 2 "listen: not a port: '.*'" listen "$port"
		refuses 2 "listen: not a port: '.*'" listen localhost "$port"
		refuses 2 "connect: not a port: '.*'" connect localhost "$port"
		refuses 2 "connect: not a port: '.*'" connect "localhost:$port"
		refuses 2 "accept-ready: not a port: '.*'" accept-ready "$port"
		refuses 2 "addresses: not a port: '.*'" addresses localhost "$port"
	done
}

@test "port 0 is for listen alone" {
	refuses 2 "connect: not a port: '0'" connect localhost 0
	refuses 2 "connect: not a port: '0'" connect localhost:0
	refuses 2 "accept-ready: not a port: '0'" accept-ready 0
	refuses 2 "addresses: not a port: '0'" addresses localhost 0
}

@test "a name that is no service is 3" {
	refuses 3 "listen: unknown service: 'nosuch'" listen nosuch
	refuses 3 "listen: unknown service: 'HTTP '" listen 'HTTP '
	refuses 3 "connect: unknown service: 'nosuch'" connect localhost nosuch
	refuses 3 "connect: unknown service: '.80'" connect localhost .80
	refuses 3 "connect: unknown service: 'http'" connect -n 127.0.0.1 http
}

@test "a service has the port that the system knows it by" {
	run --separate-stderr netns timeout -k1 60 \
		tcpu connect 127.0.0.1 postgresql </dev/null
	assert_equal "$status" 4
	assert_equal "$stderr" \
		'tcpu: connect 127.0.0.1:postgresql: Connection refused'
	run netns timeout -k1 60 tcpu listen -t 10ms -1 postgresql </dev/null
	assert_line --index 0 5432
}

@test "missing and extra operands are refused" {
	refuses 2 "listen: missing operand: 'PORT'" listen
	refuses 2 "listen: extra operand: 'x'.*" listen localhost 0 x
	refuses 2 "connect: missing operand: 'HOST'" connect
	refuses 2 "connect: missing operand: 'HOST'" connect --
	refuses 2 "connect: no port: 'localhost'" connect localhost
	refuses 2 "connect: no port: '4242'" connect 4242
	refuses 2 "connect: extra operand: 'x'.*" connect localhost 4242 x
	refuses 2 "accept-ready: missing operand: 'PORT'" accept-ready
	refuses 2 "addresses: no port: 'localhost'" addresses localhost
}

@test "two colons without brackets are an address without a port" {
	refuses 2 "connect: no port: '::1'" connect ::1
	refuses 2 "connect: no port: '::1:80'" connect ::1:80
	refuses 2 "connect: no port: '\[::1\]'" connect '[::1]'
	refuses 2 "connect: not a host: '\[::1\]x:80'" connect '[::1]x:80'
	refuses 2 "listen: no port: '::1'" listen ::1
	refuses 2 "connect: not a host: '\[::1'" connect '[::1' 80
	refuses 2 "connect: not a host: '\[\]:80'" connect '[]:80'
}

@test "a host may be joined to its port, and an address be in brackets" {
	for words in '127.0.0.1:0' '[127.0.0.1]:0' '[::1]:0' '[::1] 0' '::1 0'; do
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 tcpu listen -t 10ms -1 $words
		assert_equal "$status" 124
		assert_line --index 0 --regexp '^[0-9]+$'
	done
}

@test "what is no host is 3" {
	for host in ' 127.0.0.1' '127.0.0.1 ' 256.0.0.1 nosuch.invalid \
		127.0.0.1:99; do
		run --separate-stderr timeout -k1 60 tcpu connect "$host" 4242
		assert_equal "$status" 3
		assert_equal "$output" ''
		assert_equal "${#stderr_lines[@]}" 1
		assert_regex "$stderr" '^tcpu: connect .*:4242: '
		run --separate-stderr timeout -k1 60 tcpu listen "$host" 0
		assert_equal "$status" 3
		assert_regex "$stderr" '^tcpu: listen .*:0: '
	done
}

@test "with --numeric a name is no host" {
	refuses 3 'connect localhost:4242: Name or service not known' \
		connect --numeric localhost 4242
}

@test "what is no time is refused" {
	for time in '' x -1 5x 1.5.5 . 1. .s .5. 1e3 0x10 ' 5' '5 ' inf \
		99999999999 3000000 600h '5 s' 5S 5M 1ms5; do
		refuses 2 "listen: --timeout: .* time.*: '.*'" \
			listen "--timeout=$time" 0
	done
	for option in --accept-timeout --idle-timeout; do
		refuses 2 "listen: $option: not a time \(5, 1.5s, .*\): '5x'" \
			listen "$option" 5x 0
	done
	for option in --connect-timeout --retry --idle-timeout; do
		refuses 2 "connect: $option: not a time \(5, 1.5s, .*\): '5x'" \
			connect "$option=5x" localhost 4242
	done
}

@test "a time is in seconds unless it says otherwise" {
	for time in 0.02 .02 20ms .02s 0.0003333m 0.0199999; do
		run timeout -k1 60 tcpu listen --timeout "$time" 0
		assert_equal "$status" 124
		assert_output --regexp ':[1-9][0-9]*: timed out after 20ms$'
	done
	run timeout -k1 60 tcpu listen --timeout 0.0001 0
	assert_output --regexp ':[1-9][0-9]*: timed out after 1ms$'
	run timeout -k1 60 tcpu listen --timeout 1.5 0
	assert_output --regexp ':[1-9][0-9]*: timed out after 1\.5s$'
}

@test "what is no time of silence is refused" {
	for time in '' x 1y -1; do
		refuses 2 "connect: --end: not a time .*: 'quiet:$time'" \
			connect "--end=quiet:$time" localhost 4242
	done
}

@test "what is no number is refused" {
	for option in --backlog --count --ready-fd --until-exit; do
		for number in '' x -1 1.5 99999999999 '1 '; do
			refuses 2 "listen: $option: .* number.*: '.*'" \
				listen -k "$option=$number" 0
		done
	done
	refuses 2 "listen: --count: not a number of 1 or more: '0'" listen -k --count 0 0
}

@test "what is no choice is refused" {
	for choice in x '' pee peers 'both|peer' quiets quietly=1s; do
		refuses 2 "listen: --end: not one of both, .*: '.*'" \
			listen "--end=$choice" 0
	done
	refuses 2 "listen: --print: not one of port\|address\|sh\|.*: 'x'" \
		listen --print=x 0
	refuses 2 "connect: --print: not one of addresses\|sh\|.*: 'port'" \
		connect --print=port localhost 4242
	refuses 2 "connect: --nodelay: not one of yes\|no: 'x'" \
		connect --nodelay=x localhost 4242
	refuses 2 "accept-ready: --format: not one of plain\|sh: 'hostport'" \
		accept-ready --format hostport 4242
	refuses 2 "addresses: --format: not one of plain\|sh\|hostport: 'x'" \
		addresses --format x
	refuses 2 "connect: --keepalive: neither a time nor 'no': 'x'" \
		connect --keepalive=x localhost 4242
	refuses 2 "listen: --user-timeout: neither a time nor 'no': 'x'" \
		listen --user-timeout=x 0
	refuses 2 "listen: --port-file: empty: ''" listen --port-file= 0
}

@test "options that exclude each other are refused" {
	refuses 2 'listen: --ipv6: --ipv4 and --ipv6 exclude each other' \
		listen -4 -6 0
	refuses 2 'listen: --ipv4 and --v6only exclude each other' \
		listen -4 --v6only 0
	refuses 2 'listen: --local and --v6only exclude each other' \
		listen --local --v6only 0
	refuses 2 'listen: --count needs --keep-open or --reserve' \
		listen --count 1 0
	refuses 2 'listen: --local and HOST exclude each other' \
		listen --local 127.0.0.1 0
	refuses 2 'listen: --black-hole and --reuse-port exclude each other' \
		listen --black-hole --reuse-port 0
	refuses 2 'listen: --no-accept and --black-hole exclude each other' \
		listen --no-accept --black-hole 0
	refuses 2 'listen: --black-hole and --refuse exclude each other' \
		listen --black-hole --refuse 0
	refuses 2 'listen: --refuse and --reserve exclude each other' \
		listen --refuse --reserve 0
	refuses 2 'listen: --refuse and --reuse-port exclude each other' \
		listen --refuse --reuse-port 0
	refuses 2 'listen: --reserve and --reuse-port exclude each other' \
		listen --reserve --reuse-port 0
	refuses 2 'listen: --background needs .*' listen --background 0
	refuses 2 'listen: --abandon and --reset exclude each other' \
		listen --abandon --reset 0
}

@test "options that need a COMMAND, or leave it nothing to do, are refused" {
	local needs='listen: --max-conns needs --keep-open and a COMMAND'
	refuses 2 "$needs" listen -k -m 1 0
	refuses 2 "$needs" listen -m 1 0 -- cat
	refuses 2 'listen: --pipes needs a COMMAND' listen --pipes 0
	refuses 2 'connect: --ucspi needs a COMMAND' connect --ucspi ::1 80
	refuses 2 'connect: --pipes and --ucspi exclude each other' \
		connect --pipes --ucspi ::1 80 -- cat
	refuses 2 'connect: --probe and a COMMAND exclude each other' \
		connect -z ::1 80 -- cat
	for option in --delay=1 --cut=0 --end=peer --reset --progress \
		--idle-timeout=1 --keepalive --nodelay=no --drain=1; do
		refuses 2 'connect: --probe has no use for options about the session' \
			connect -z "$option" ::1 80
	done
	refuses 2 'connect: --abandon and --reset exclude each other' \
		connect --abandon --reset ::1 80
	refuses 2 'connect: .* need --pipes' \
		connect --crlf ::1 80 -- cat
	for option in --no-accept --black-hole --refuse --reserve; do
		refuses 2 "listen: $option has no use for a COMMAND" \
			listen "$option" 0 -- cat
		refuses 2 "listen: $option has no use for options about .*" \
			listen "$option" --drain=1 0
	done
}

@test "what is no bad network is refused" {
	local value
	for value in 0 -1 x 1.5k 1G k '' in: in:0 ' 1' 9999999999999; do
		refuses 2 "connect: --rate: not a number of 1 or more bytes a second .*: '$value'" \
			connect "--rate=$value" ::1 80
	done
	for value in 0 -1 x ,1 out:0 both:1 '1 '; do
		refuses 2 "connect: --slice: not a number of 1 or more bytes .*: '$value'" \
			connect "--slice=$value" ::1 80
	done
	for value in -1 x '' 1kk in:out:1; do
		refuses 2 "listen: --cut: not a number of 0 or more bytes .*: '$value'" \
			listen "--cut=$value" 0
	done
	for value in -1 '' 1~ '~1' 1~-1 1~1~1 in: in:out:1 inf; do
		refuses 2 "listen: --delay: not a time .*: '$value'" \
			listen "--delay=$value" 0
	done
	refuses 2 "connect: --slice: not a time .*: '1,'" connect --slice=1, ::1 80
	refuses 2 "listen: --delay: too long a time: '1~99999h'" \
		listen --delay=1~99999h 0
	for value in --delay=1 --rate=1 --slice=1 --cut=1; do
		refuses 2 'connect: .* need --pipes' connect "$value" ::1 80 -- cat
		refuses 2 'connect: .* need --pipes' \
			connect "$value" --ucspi ::1 80 -- cat
		refuses 2 'listen: .* need --pipes' listen -k "$value" 0 -- cat
		refuses 2 'listen: --refuse has no use for options about .*' \
			listen --refuse "$value" 0
	done
}

@test "no file is written that another option names" {
	touch here pem
	ln -s here there
	mkdir folder
	for other in new ./new folder/../new "$PWD/new"; do
		refuses 2 'listen: --port-file and --pid-file name the same file' \
			listen --port-file new --pid-file "$other" 0
	done
	refuses 2 'listen: --pid-file and --output name the same file' \
		listen --pid-file here --output there 0
	refuses 2 'listen: --port-file and --tls-save-ca name the same file' \
		listen --tls --tls-save-ca pem --port-file pem 0
	refuses 2 'listen: --pid-file and --tls-key name the same file' \
		listen --tls --tls-cert here --tls-key pem --pid-file pem 0
	refuses 2 'connect: --output and --tls-ca name the same file' \
		connect --tls --tls-ca pem --output ./pem localhost 80
	run timeout -k1 60 tcpu listen -L -t 10ms --port-file folder/new \
		--pid-file new --output here 0
	assert_equal "$status" 124
}

@test "--ready-fd closes no stdout that is used later" {
	refuses 2 'listen: --ready-fd 1 would close stdout, .* for data' \
		listen --ready-fd 1 0
	refuses 2 'connect: --ready-fd 1 would close stdout, .* for data' \
		connect --ready-fd 1 localhost 80
	refuses 2 'listen: --ready-fd 1 would close stdout, .* for --print' \
		listen --ready-fd 1 -1 0 -- cat
}

@test "what is not for --reserve is refused" {
	refuses 2 "listen: --reserve chooses the port: '80' has to be 0" \
		listen --reserve 80
	refuses 2 "listen: missing operand: 'PORT'" listen --reserve
	for option in -1 --print --ready-fd=1 --port-file=x --pid-file=x \
		--background --until-exit=1; do
		refuses 2 'listen: --reserve prints a port and ends.*' \
			listen --reserve "$option" 0
	done
	refuses 2 'listen: --black-hole has no use for options about .*' \
		listen --black-hole --backlog=1 0
	for option in -k --accept-timeout=1 --backlog=1 --allow=::1 --reset \
		--drain=1; do
		refuses 2 'listen: --reserve has no use for options about .*' \
			listen --reserve "$option" 0
	done
	assert_not_exist x
}

@test "what is not for a socket that listens already is refused" {
	refuses 2 'listen: --fd and PORT exclude each other' listen --fd 0 0
	refuses 2 'listen: options about addresses .*' listen --fd 0 --local
	refuses 2 'listen: options about addresses .*' listen --fd 0 --refuse
	refuses 2 'listen: options about addresses .*' listen --fd 0 --reserve
	refuses 2 'listen: --background would close .*' \
		listen --fd 0 --background -- cat
}

@test "words behind -- are a COMMAND, which some have no use for" {
	for command in 'accept-ready 1' 'addresses'; do
		# shellcheck disable=SC2086 # split on purpose
		refuses 2 "${command%% *}: no COMMAND can be run here" \
			$command -- true
	done
	refuses 2 "listen: missing COMMAND after '--'" listen 0 --
	refuses 2 "connect: missing COMMAND after '--'" connect localhost 1 --
}

@test "a host that is longer than any name is not cut" {
	long=$(printf '%0246d177.0.0.1' 0) # 127.0.0.1
	refuses 2 'connect: not a host: .*' connect "${long}5" 4242
	refuses 2 'listen: not a host: .*' listen "${long}5:0"
}

@test "a source that is none is refused" {
	refuses 2 "connect: --source: not a port: '1x'" \
		connect --source 127.0.0.1:1x localhost 4242
	refuses 2 "connect: --source: not a port: '65536'" \
		connect --source 127.0.0.1:65536 localhost 4242
	refuses 2 "connect: --source: empty: ''" \
		connect --source= localhost 4242
}

@test "a message is one line, whatever the user typed" {
	refuses 3 "connect: unknown service: 'a\?b\?\[31mc'" \
		connect localhost $'a\nb\e[31mc'
	refuses 2 "listen: not a port: '1\?2'" listen $'1\n2'
}

@test "a message is one write" {
	traced -qq -e trace=write,pwritev2 -o trace tcpu listen 65536 2>/dev/null ||
		true
	run grep -cE 'write(v2)?\(2' trace
	assert_output 1
}

@test "--quiet says nothing but what is wrong with the command line" {
	run netns timeout -k1 60 tcpu connect -q 127.0.0.1 4242
	assert_equal "$status" 4
	assert_output ''
	refuses 2 "listen: not a port: '65536'" listen --quiet 65536
	refuses 2 "listen: not a port: '65536'" -q listen 65536
	run timeout -k1 60 tcpu connect -q --x localhost 80
	assert_line --index 0 "tcpu: connect: unrecognized option '--x'"
}

# ---- Common mistakes ----

@test "a word that could be an option's value is not taken for an operand" {
	refuses 2 'accept-ready: write --wait=5, or put --wait last' \
		accept-ready --wait 5 4242
	refuses 2 'accept-ready: write --wait=5, or put --wait last' \
		accept-ready --wait 5 localhost:4242
	refuses 2 'connect: write --retry=500ms, or put --retry last' \
		connect --retry 500ms localhost 4242
	refuses 2 'connect: write --retry=5, or put --retry last' \
		connect --retry 5
	refuses 2 'connect: write --crlf=both, or put --crlf last' \
		connect --crlf both localhost 80
	refuses 2 'addresses: write --wait=5, or put --wait last' \
		addresses --pid 1 --wait 5
	refuses 2 'listen: write --print=sh, or put --print last' \
		listen --print sh 0
}

@test "such a word is an operand if it completes the command" {
	run -124 netns timeout -k1 60 tcpu accept-ready -t 50ms --wait 5432
	assert_output 'tcpu: accept-ready 5432: timed out after 50ms'
	run -4 netns timeout -k1 60 tcpu accept-ready 5432 --wait -t 50ms 3<&- ||
		assert_equal "$status" 124
	run -4 netns timeout -k1 60 tcpu connect -q --keepalive 127.0.0.1 4242
}

@test "a host is neither empty nor a number alone" {
	refuses 2 "connect: empty host: ''" connect '' 4242
	refuses 2 "connect: empty host: ''" connect :4242
	refuses 2 "listen: empty host: ''" listen '' 0
	refuses 2 "listen: a number alone is not a host: '1234'" listen 1234 4321
	refuses 2 "connect: a number alone is not a host: '127'" connect 127:80
	refuses 2 "accept-ready: a number alone is not a host: '5'" \
		accept-ready 5 4242
	refuses 2 "addresses: a number alone is not a host: '5'" addresses 5 80
	refuses 2 "connect: a number alone is not a host: '5'" connect '[5]:80'
}

@test "a target may be a URL of TCP, and no other" {
	run -4 netns timeout -k1 60 tcpu connect tcp://127.0.0.1:4242
	assert_output 'tcpu: connect 127.0.0.1:4242: Connection refused'
	run -4 netns timeout -k1 60 tcpu connect 'tcp://[::1]:4242'
	refuses 2 "connect: only URLs .* tcp://HOST:PORT .*: 'http://x:80'" \
		connect http://x:80
	refuses 2 "connect: a host has no '/'; write HOST:PORT: 'localhost/80'" \
		connect localhost/80
}

@test "listen takes :PORT and *:PORT for every address" {
	local words
	for words in :4242 '*:4242' '* 4242' tcp://:4242 'tcp://*:4242'; do
		set -f
		# shellcheck disable=SC2086 # split on purpose
		run -124 netns timeout -k1 60 tcpu listen -v -t 10ms $words
		assert_line --index 0 'tcpu: listen 0.0.0.0:4242: listening'
		set +f
	done
}

@test "an option of a netcat gets a sentence, and so does the manual" {
	local letter page
	page=$(sed -n '/^COMING FROM NC/,/^COMING FROM NCAT/p' < <(
		mandoc -T ascii "$TOP/man/tcpu.1" | sed 's/.\x08//g'))
	for letter in l p N d u U e c i G; do
		run --separate-stderr timeout -k1 60 tcpu connect "-$letter" x 1
		assert_equal "$status" 2
		assert_equal "${stderr_lines[0]}" \
			"tcpu: connect: unrecognized option '-$letter'"
		assert_regex "${stderr_lines[1]}" "^tcpu: -$letter (of ncat )?is "
		assert_equal "${#stderr_lines[@]}" 2
		grep -qE -- "^     (-.*, |.* )?-${letter}[, ]" <<<"$page" ||
			fail "the manual has no -$letter"
	done
	run timeout -k1 60 tcpu -lk 4242
	assert_line --index 1 'tcpu: -l is a command: tcpu listen PORT'
	run timeout -k1 60 tcpu -zv localhost 80
	assert_line --index 1 'tcpu: -z goes after a command: tcpu connect -z'
	refuses 2 "connect: extra operand: '80'; -q is --quiet.*--end=quiet:N" \
		connect -q 1 localhost 80
}

@test "a target without a command is told which command it may be for" {
	refuses 2 "unknown command 'localhost'; did you mean \
tcpu connect localhost 80\?" localhost 80
	refuses 2 "unknown command 'db:5432'; did you mean tcpu connect db:5432\?" \
		db:5432
	refuses 2 "unknown command '4242'; did you mean tcpu listen 4242\?" 4242
}

@test "a COMMAND without -- is told where it goes" {
	refuses 2 'listen: a COMMAND goes after --: tcpu listen 8080 -- cat' \
		listen 8080 cat
	refuses 2 "listen: extra operand: 'cat'; a COMMAND goes after --" \
		listen localhost 8080 cat
	refuses 2 "connect: extra operand: 'cat'; a COMMAND goes after --" \
		connect localhost 80 cat
}

@test "connect takes its target after -- if none stands before it" {
	run -4 netns timeout -k1 60 tcpu connect -- 127.0.0.1 4242
	assert_output 'tcpu: connect 127.0.0.1:4242: Connection refused'
	run -4 netns timeout -k1 60 tcpu connect -- 127.0.0.1:4242 -- cat
	refuses 2 "connect: extra operand: 'c'" connect -- a b c -- cat
	start_server --local 0 <<<answer
	run -0 timeout -k1 60 tcpu connect -- localhost "$port" -- cat
}

@test "options of every command may stand before it" {
	run -124 timeout -k1 60 tcpu -v --timeout 10ms listen --local 0
	assert_line --index 0 --regexp 'listening$'
	run -124 timeout -k1 60 tcpu -4t10ms listen 0
	run -2 timeout -k1 60 tcpu --keep-open listen 0
	assert_line --index 0 "tcpu: unrecognized option '--keep-open'"
}

@test "help is there under each name that people try" {
	local words
	for words in help -h --help; do
		run -0 --separate-stderr timeout -k1 60 tcpu "$words"
		assert_line --index 0 --regexp '^usage: tcpu '
	done
	for words in 'help listen' 'listen -h' 'listen --help' '-h listen'; do
		# shellcheck disable=SC2086 # split on purpose
		run -0 --separate-stderr timeout -k1 60 tcpu $words
		[ "$words" = '-h listen' ] ||
			assert_line --index 0 --regexp '^usage: tcpu listen '
	done
	run -0 timeout -k1 60 tcpu --help=all
	for words in listen connect accept-ready addresses; do
		assert_line --regexp "^usage: tcpu $words "
	done
	refuses 2 "help: extra operand: 'x'" help listen x
	run -0 timeout -k1 60 tcpu -V
	assert_output --regexp '^tcpu [0-9.]+$'
}

@test "--verbose says when it listens, and to whom it is connected" {
	mkfifo out
	tcpu listen -v -1 --local 0 </dev/null >out 2>err 3>&- &
	started+=("$!")
	read -r port <out
	run -0 --separate-stderr timeout -k1 60 \
		tcpu connect -v localhost "$port" </dev/null
	assert_equal "$stderr" "tcpu: connect localhost:$port: connected to \
$([ -e /proc/net/if_inet6 ] && getent ahosts localhost | grep -q '^::1' &&
			echo '[::1]' || echo 127.0.0.1):$port"
	assert_equal "$(head -n 1 err)" "tcpu: listen localhost:$port: listening"
}

@test "messages hold no control character, and leave UTF-8 alone" {
	run -3 --separate-stderr timeout -k1 60 \
		tcpu connect localhost $'\xc2\x9bx\x9b\x80\xffü€'
	assert_equal "$stderr" "tcpu: connect: unknown service: '??x???ü€'"
}
