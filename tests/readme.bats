# SPDX-License-Identifier: ISC
#
# The examples in the README are run exactly as printed.

load helper

# block KIND N - print the N-th block of this kind in the README.
block() {
	awk -v kind="\`\`\`$1" -v n="$2" '
		/^```$/ { on = 0 }
		on { print }
		$0 == kind { on = ++seen == n }' "$TOP/README.md" | grep .
}

@test "it has at most 220 lines" {
	[ "$(wc -l <"$TOP/README.md")" -le 220 ]
}

@test "its first line runs the example" {
	block sh 1 | sed '1s/ *#.*//' >lines
	assert_equal "$(sed -n '1s/.* && //p' lines)" 'make demo'
	cd "$TOP" || return
	run netns timeout -k1 60 make BUILD="$BUILD" demo 3>&-
	assert_success
	assert_line 'Good Bye!'
	assert_line 'Hello!'
}

@test "its commands exist" {
	local command
	sed -n '/^\.PHONY:/,/[^\\]$/p' "$TOP/Makefile" >targets
	{
		block sh 1
		grep -oE '`make [a-z]+' "$TOP/README.md"
	} | grep -oE 'make [a-z]+' | sort -u >commands
	[ "$(wc -l <commands)" -ge 6 ]
	while read -r _ command; do
		grep -qw "$command" targets || fail "make $command"
	done <commands
}

@test "the example prints what it says" {
	block sh 2 >example
	echo 'wait' >>example
	netns timeout -k1 60 bash example >got 3>&-
	block text 1 | sort >want
	sort got | cmp - want
}

@test "nobody listening is refused as it says" {
	status=0
	netns timeout -k1 60 tcpu connect localhost 4243 </dev/null \
		>stdout 2>stderr || status=$?
	assert_equal "$status" 4
	grep -qF "\`$(cat stderr)\`" "$TOP/README.md"
	assert_content stdout ''
}

@test "no recipe has a tab, for which a terminal would complete a file's name" {
	block bash 1 >recipes
	run -1 grep $'\t' recipes
}

# recipe N - print the N-th recipe.
recipe() {
	block bash 1 | awk -v n="$1" '/^#/ && !told { i++ }
		{ told = /^#/ } i == n' | grep .
}

# run_bash SCRIPT, run_dash SCRIPT, run_bats SCRIPT - run it, in a network and a
# process tree of its own, in a test if the shell is bats.
run_bash() {
	isolated bash "$1"
}

run_dash() {
	isolated dash "$1"
}

run_bats() {
	set_bats "$1"
	isolated "${bats[@]}" >result || fail "$(cat result)"
	cat said
}

# set_bats SCRIPT - set bats to the command that runs the script as a test, whose
# output goes to said.
set_bats() {
	{
		printf '@%s {\n{\n' 'test "a recipe"'
		cat "$1"
		printf '} >said 3>&-\n}\n'
	} >"$1.bats"
	bats=(env -i PATH="$BUILD:${PATH##*/bats-core:}"
		ASAN_OPTIONS="${ASAN_OPTIONS-}" bats "$1.bats")
}

# try N OUTPUT [COMMAND] - check that the N-th recipe prints these lines, or
# lines that match them, in each shell, and that the command succeeds then.
try() {
	need_namespaces
	local shell
	recipe "$1" >body
	for shell in bash dash bats; do
		mkdir "$1.$shell"
		cd "$1.$shell" || return
		seq 1000 >file
		"run_$shell" ../body 3>&- >../printed 2>../messages ||
			fail "$1 in $shell: $? $(cat ../messages)"
		run -0 cat ../printed
		assert_output --regexp "^$2\$"
		${3-true}
		cd ..
	done
}

@test "the recipes about servers that others start do what they say" {
	try 1 up
	try 9 'it has [0-9]+'
	try 10 'it answers'
	try 11 'it is 200'
	run ! recipe 15
}

@test "the recipes about servers that play a part do what they say" {
	try 3 $'hello\nGET /path HTTP/1.1\r?'
	try 4 'status 4'
	try 5 'status 124'
	try 6 'it waits'
	try 7 $'status 8\nstatus 8\ntry 3'
	try 8 'status 18'
}

@test "the recipes about transfers do what they say" {
	try 13 complete 'cmp file copy'
	try 14 'the same'
}

@test "the recipe with TLS does what it says" {
	need_tls
	try 12 'the same'
}

@test "the recipe that waits for other machines does" {
	recipe 2 >script
	echo 'echo up >>ups' >>script
	set_bats ./script
	machines '192.0.2.2 db\n192.0.2.2 cache\n' timeout -k1 60 bash -c '
		for port in 5432 6379; do
			$there tcpu listen --background \
				--until-exit $$ -k $port -- cat
		done
		bash ./script && dash ./script && "$@"' bash "${bats[@]}" 3>&-
	assert_content ups 'up\nup\nup\n'
}

@test "its links lead to files" {
	local link
	grep -oE '\]\([^)]+\)' "$TOP/README.md" | tr -d '()]' >links
	[ "$(wc -l <links)" -gt 5 ]
	while read -r link; do
		assert_exist "$TOP/$link"
	done <links
}

@test "what it shows for containers are commands that work" {
	local words
	block text 2 >lines
	netns bash -c '
		tcpu listen --background -k --until-exit $$ --local 5432 -- cat
		sed "s/^[^:]*: {test: \[CMD, //; s/^HEALTHCHECK CMD \[//; s/^run: //
			s/[]}\",]//g" lines >script
		sh -ex script' 3>&-
	grep -c '^tcpu ' lines || [ "$(wc -l <lines)" -eq 3 ]
}

# since TOOL VERSION - check that the tool has that version or a later one.
since() {
	local ask=--version
	[ "$1" != socat ] || ask=-V
	{
		echo "version $2"
		"$1" "$ask" 2>&1 | grep -oiEm1 'version [0-9.]+' | tr V v
	} | sort -CV
}

# cells ROW - print the cells of the row, one per line.  A cell can name another
# value for later versions of a tool: 0 (1 since socat 1.8).
cells() {
	local cell later other='^(.*) \((.*) since ([a-z]+) (.*)\)$'
	grep -F "| $1 |" "$TOP/README.md" | tr '|' '\n' | sed '1,2d; $d' |
		sed 's/^ //; s/ $//' | grep . | while read -r cell; do
			if [[ $cell =~ $other ]]; then
				cell=${BASH_REMATCH[1]} later=${BASH_REMATCH[2]}
				! since "${BASH_REMATCH[@]:3:2}" ||
					cell=$later
			fi
			echo "$cell"
		done
}

# clients - print the commands in the table, one per line.
clients() {
	echo tcpu connect 127.0.0.1 5000
	echo nc.openbsd 127.0.0.1 5000
	echo ncat 127.0.0.1 5000
	echo socat - TCP4:127.0.0.1:5000
}

# statuses SERVER STDIN STDOUT - print the exit statuses of these commands.
statuses() {
	local words
	exec 4<>silent 5<>out # neither FIFO ever ends
	clients | while read -ra words; do
		if [ "$1" ]; then
			eval "{ $1; } 4<&- &"
			tcpu accept-ready --listening --wait=50 5000
		fi
		timeout -k 1 5 "${words[@]}" <"$2" >"$3" 2>>messages 4<&- &&
			echo 0 || echo $?
		wait
	done
}

# row NAME SERVER STDIN STDOUT - check that the statuses agree with a row of the
# README.
row() {
	cells "$1" >want
	declare -f clients statuses >aid
	netns bash -c '. ./aid; statuses "$@"' bash "${@:2}" >got 3>&-
	diff want got
}

@test "the statuses beside others are theirs" {
	mkfifo silent out
	head -c 65536 /dev/zero >zero
	row 'the peer resets the connection' \
		'{ echo; read -r _ <out; } | tcpu listen -qL --reset 5000' \
		silent out
	row 'stdout is full' 'tcpu listen -q --local 5000 <zero' \
		/dev/null /dev/full
	row 'nobody listens' '' /dev/null /dev/null
}

# words FUNCTION - print the output of FUNCTION for each command in the table,
# as a client and as a listener on PORT.
words() {
	local client listener
	while IFS=: read -r client listener; do
		read -ra client <<<"$client"
		read -ra listener <<<"$listener"
		"$1"
	done <<-'END'
		tcpu connect 127.0.0.1 PORT:tcpu listen -1 127.0.0.1 PORT
		nc.openbsd 127.0.0.1 PORT:nc.openbsd -nlv 127.0.0.1 PORT
		ncat 127.0.0.1 PORT:ncat -lv 127.0.0.1 PORT
		socat - TCP4;127.0.0.1;PORT:socat -dd - TCP4-LISTEN;PORT
	END
}

# run_on PORT COMMAND... - replace this shell by the command.  End it with
# SIGKILL only: ncat 7.99 passes SIGTERM on to its process group, which includes
# the test.
run_on() {
	local command=("${@:2}")
	command=("${command[@]//PORT/$1}")
	exec "${command[@]//;/:}"
}

# The server answers three seconds after the end of file, or when the client ends.
late_answer() {
	local server
	tcpu listen -qL 5000 -- sh -c 'cat; read -r _ <go; echo it' &
	server=$!
	tcpu accept-ready --listening --wait=50 5000
	(run_on 5000 "${client[@]}") </dev/null >got &
	timeout 3 tail -s 0.1 -f --pid=$! /dev/null
	if ! kill -0 $!; then
		echo lost
	elif ! timeout 3 sh -c 'echo >go'; then
		echo 'hangs without -N'
	elif wait $! && grep -q it got; then
		echo arrives
	fi
	kill -KILL "$server" $!
	wait
}

large_port() {
	tcpu listen -qL 80 </dev/null >got &
	tcpu accept-ready --listening --wait=50 80
	(run_on 65616 "${client[@]}") </dev/null && echo is 80 || echo refused
	kill -KILL $!
	wait
}

second_listener() {
	local status=0
	(run_on 5000 "${listener[@]}") <&4 >got &
	tcpu accept-ready --listening --wait=50 5000
	(run_on 5000 timeout 3 "${listener[@]}") <&4 >got || status=$?
	[ "$status" -eq 124 ] && echo shares it || echo refused
	kill -KILL $!
	wait
}

which_port() {
	(run_on 0 "${listener[@]}") <&4 >got 2>log &
	port=$(tcpu addresses --pid $! --listening --port --wait=5)
	timeout 5 tail -s 0.1 -f got log --pid=$! |
		grep -qEm1 "[Ll]istening on|^$port\$"
	if grep -q "^$port\$" got; then
		echo on stdout
	elif grep -q "$port" log; then
		echo in a log
	else
		echo no
	fi
	kill -KILL $!
	wait
}

# unix_words FUNCTION - print the output of FUNCTION for each command as a
# listener on the path s.
unix_words() {
	local listener
	while read -ra listener; do
		"$1"
		rm -f s
	done <<-'END'
		tcpu listen unix:s
		nc.openbsd -lU s
		ncat -lU s
		socat - UNIX-LISTEN:s
	END
}

# listen_on_path - start the first of two listeners, which keeps running.
listen_on_path() {
	"${listener[@]}" <&4 >got &
	tcpu accept-ready --listening --wait=50 unix:s
}

# Print whether a second command can listen on the same path.
try_path() {
	local status=0
	timeout 3 "${listener[@]}" <&4 >got || status=$?
	[ "$status" -eq 124 ] && echo "$1" || echo refused
}

second_on_path() {
	listen_on_path
	try_path 'takes it'
	kill -KILL $!
	wait
}

after_a_killed_one() {
	listen_on_path
	kill -KILL $!
	wait
	try_path listens
}

# row_of NAME FUNCTION [WORDS] - check that a row of the README agrees with the
# output of FUNCTION.
row_of() {
	cells "$1" >want
	declare -f words unix_words run_on listen_on_path try_path "$2" >aid
	isolated bash -c '. ./aid; "$2" "$1"' bash "$2" "${3-words}" \
		4<>silent 3>&- >said
	diff want said
}

@test "what else it says of others is so" {
	mkfifo silent go
	row_of 'the server answers 1 s after we sent EOF' late_answer
	row_of 'port 65616' large_port
	row_of 'a second listener on the port' second_listener
	row_of 'a second listener on a Unix socket' second_on_path unix_words
	row_of 'a new listener on the Unix socket that a killed one left' \
		after_a_killed_one unix_words
	row_of 'tells which port it got for 0' which_port
}

@test "the echo server serves a client while another is silent" {
	block c 1 >echo.c
	# shellcheck disable=SC2046 # split on purpose
	cc -o echo -I"$TOP/lib" echo.c "$BUILD/libtcpunit.a" -pthread \
		$(pkg-config --libs libevent_core)
	netns timeout -k1 60 bash -c '
		./echo 3>&- &
		server=$!
		tcpu accept-ready --listening --wait=50 7000 || exit
		exec {silent}<>/dev/tcp/localhost/7000
		printf "one\ntwo\n" | tcpu connect localhost 7000 >one
		echo me too >&"$silent"
		read -r line <&"$silent"
		echo "$line" >two
		kill "$server"'
	assert_content one 'one\ntwo\n'
	assert_content two 'me too\n'
}
