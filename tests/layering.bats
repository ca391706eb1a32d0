# SPDX-License-Identifier: ISC
#
# Which file may include which header.  Each line names files of a folder, and
# the files whose headers they may include besides the public ones and the
# headers of their own line.  A file that is on no line is part of neither the
# library nor the command.

load helper

lib_rooms() {
	cat <<-'END'
	text handle sigpipe stack ahead timers marks localhost unix_address fd:
	failure address: text
	bell: handle fd
	context: stack
	poll_set: timers fd
	loop: poll_set timers fd
	descriptor: sigpipe fd text
	scheduler green limit waiter: bell context stack loop failure timers
	socket_file: scheduler unix_address fd text
	watch: scheduler
	helpers: timers
	wakeup: helpers scheduler fd
	runtime: bell wakeup helpers scheduler handle failure
	error: runtime failure text
	options: error runtime
	thread: waiter watch runtime options scheduler handle error
	signals: watch runtime error fd
	mutex condition mailbox group deadline: waiter runtime error
	wake: bell runtime error
	event: runtime error
	call: wakeup helpers runtime error
	connection: scheduler address descriptor socket_file
	rate: timers
	lane layers layer_calls wire: connection rate ahead marks scheduler text
	port input read line output unsent closing properties writers lane_port: watch waiter connection lane layers ahead runtime error unix_address text
	stacking: lane layers port options error
	select: mailbox condition port watch runtime error
	adopt print copy: port
	acknowledge: connection port runtime
	question: wakeup helpers runtime address error fd
	resolve: question runtime address localhost
	passive: address socket_file fd
	lookup: options resolve runtime address error unix_address text
	attempts: watch runtime address error fd
	listener: watch options passive resolve runtime address error socket_file unix_address fd
	tls/reason tls/facts tls/memory:
	tls/file: tls/reason
	tls/tls tls/trust tls/certificate tls/temporary tls/alpn: tls/file tls/reason
	tls/start: tls/facts tls/memory tls/tls
	accept: listener port runtime address error
	unix_connect: socket_file runtime address error fd text
	connect: attempts options resolve port runtime address error unix_address unix_connect fd text
	END
}

cmd_rooms() {
	cat <<-'END'
	clock close_range outlet status text values kernel/unix_socket:
	options: text values
	common_options: options
	ending: clock status
	outbox: clock outlet text
	run: common_options ending outbox outlet status text
	descriptors waiting: clock run text
	named_files: run text
	manual: text
	listing: kernel/unix_socket options run text
	proxy/header proxy/line proxy/binary: text
	proxy/ends: listing proxy/header text values
	proxy/sender: proxy/ends proxy/header run
	proxy/receiver: clock proxy/header
	command target: options run text
	help mistake: command run target text
	tcpu: clock command descriptors help manual mistake run text
	kernel/processes kernel/socket_address: text
	kernel/route kernel/socket_table: kernel/socket_address
	kernel/binding: kernel/route kernel/socket_address
	kernel/interfaces:
	kernel/netlink:
	kernel/sock_diag: kernel/netlink kernel/socket_table
	kernel/unix_listeners: kernel/netlink text
	kernel/sockets: kernel/sock_diag kernel/socket_table text
	kernel/process_sockets: kernel/processes kernel/sockets text
	kernel/port_user: kernel/process_sockets kernel/socket_address kernel/sockets text
	session/stream session/wire:
	session/presence: kernel/sock_diag kernel/socket_address kernel/unix_socket session/wire
	session/progress session/standard: clock run text
	session/lane_options: options
	session/pace: clock session/lane_options
	session/lane: run text session/lane_options session/pace session/stream
	session/session_options: options run session/lane_options session/wire
	tls/library: run text
	tls/tls_options: options run tls/library
	tls/tls: run text tls/tls_options
	session/state: run session/lane session/progress session/session_options session/standard session/stream
	session/delivery: session/state session/wire
	session/silence: clock session/delivery session/state session/wire
	session/directions: text session/delivery session/presence session/session_options session/silence session/state
	session/session: clock kernel/unix_socket session/delivery session/directions session/session_options session/silence session/standard session/state session/wire run text
	handlers/group: kernel/processes
	handlers/program: close_range kernel/unix_socket listing run text
	handlers/handler: clock handlers/group handlers/program listing run session/session session/wire target
	handlers/handlers: clock handlers/handler kernel/unix_socket options run session/session text
	listen/access: options text
	listen/proxies: listen/access listing options
	listen/manager:
	listen/inherited: descriptors kernel/unix_socket run text
	listen/background: close_range descriptors run text
	listen/ready: descriptors listen/background listen/manager listing run text
	listen/hold: close_range handlers/program kernel/unix_socket listen/inherited run text
	listen/listen_options: handlers/handlers kernel/unix_socket listen/access listen/inherited listen/proxies listen/ready named_files options run session/session target tls/tls_options
	listen/refuse: kernel/binding kernel/route kernel/socket_address listing
	listen/reserve: kernel/binding kernel/interfaces kernel/socket_address listing run
	listen/listening: listen/listen_options listing run
	listen/client: kernel/unix_socket listen/listening listing text
	listen/reception: clock handlers/program listen/client listen/listening proxy/ends proxy/receiver text tls/tls
	listen/clients: clock handlers/program listen/client listen/listening listen/reception
	listen/serve: descriptors handlers/handlers listen/clients listen/hold listen/listening
	listen/listener: descriptors kernel/port_user kernel/socket_address kernel/unix_socket listen/refuse listen/reserve listen/serve options session/wire target text
	listen/listen: command listen/listener listen/serve text tls/tls
	attempts: clock run target text waiting
	connect: attempts clock command descriptors handlers/handlers listing named_files proxy/sender run session/session session/wire text tls/tls
	own_addresses: kernel/route kernel/socket_address target waiting
	bindable: kernel/binding kernel/port_user own_addresses waiting
	sight: kernel/sockets kernel/unix_listeners kernel/unix_socket own_addresses run
	accept_ready: bindable command run sight target text waiting
	addresses: command kernel/process_sockets kernel/unix_socket listing run target text waiting
	END
}

# Every file may include this header, which depends on no other file.
compat='compat/system_calls ../lib/compat/system_calls'

# Files that may include libevent's headers.
event_files='loop start poll_set ahead closing connection lane layers layer_calls memory output rate runtime stacking unsent wire'

setup() {
	cd "$TOP" || return
}

# includes FILE... - print "FILE HEADER" for each include; the headers of
# libraries stay in <>.
includes() {
	grep -H '^# *include' "$@" |
		sed 's/:# *include *"\(.*\)".*/ \1/; s/:# *include */ /'
}

# stem FILE - print the name without folder and extension.
stem() {
	local name=${1##*/}
	echo "${name%.*}"
}

# included DIR - print "FILE HEADER" for each include of a file in DIR, with both
# named as in the tables.
included() {
	find "$1" -name '*.[ch]' -exec grep -H '^# *include *"' {} + |
		awk -F '"' -v at="$((${#1} + 2))" '{
			sub(/\.[ch]:.*/, "", $1)
			file = substr($1, at)
			sub(/[^\/]*$/, "", $1)
			header = substr($1, at) $2
			sub(/\.h$/, "", header)
			while (sub(/[^\/.]+\/\.\.\//, "", header)) { }
			print file, header
		}'
}

# check_includes DIR <ROOMS - check that files include only the headers that
# their line allows
check_includes() {
	awk -v always="tcpunit tcpunit-event tcpunit-tls tls/tcpunit-event tls/tcpunit-tls $compat" '
	FNR == NR {
		split($0, part, ":")
		n = split(part[1], file, " ")
		for (i = 1; i <= n; i++)
			rooms[file[i]] = " " part[1] " " part[2] " " always " "
		next
	}
	$1 in rooms && !index(rooms[$1], " " $2 " ") {
		print $1 " includes " $2
		wrong = 1
	}
	END { exit wrong }' - <(included "$1")
}

# check_places DIR <ROOMS - check that every file is on one line
check_places() {
	tr -d : | tr ' ' '\n' | sort -u |
		diff <(find "$1" -name '*.[ch]' ! -name 'tcpunit*.h' \
			! -path 'lib/compat/*' -printf '%P\n' |
			sed 's/\..$//' | sort -u) -
}

# check_order <ROOMS - check that a line names only files of earlier lines
check_order() {
	local files below seen=
	while IFS=: read -r files below; do
		for room in $below; do
			case " $seen " in
			*" $room "*) ;;
			*) fail "$files come before $room" ;;
			esac
		done
		seen="$seen $files"
	done
}

@test "the library's rooms include what is below them" {
	lib_rooms | check_includes lib
}

@test "the command's rooms include what is below them" {
	cmd_rooms | check_includes cmd
}

@test "every file of the library has its place" {
	lib_rooms | check_places lib
}

@test "every file of the command has its place" {
	cmd_rooms | check_places cmd
}

@test "nobody is included from above" {
	lib_rooms | check_order
	cmd_rooms | check_order
}

@test "libevent stays in a few rooms" {
	local file header wrong=0
	while read -r file header; do
		case " $event_files " in
		*" $(stem "$file") "*) ;;
		*)
			echo "$file includes $header"
			wrong=1
			;;
		esac
	done < <(includes lib/*.[ch] lib/tls/*.[ch] cmd/*.[ch] cmd/*/*.[ch] |
		grep '<ev')
	[ "$wrong" -eq 0 ]
}

@test "the command knows tcpunit.h and nothing else of the library" {
	local file header wrong=0
	while read -r file header; do
		case $header in
		'<tcpunit.h>' | '<tcpunit-tls.h>') continue ;;
		'<'*)
			header=${header#<}
			[ ! -e "lib/${header%>}" ] && continue
			;;
		*) [ -e "${file%/*}/$header" ] && continue ;;
		esac
		echo "$file includes $header"
		wrong=1
	done < <(includes cmd/*.[ch] cmd/*/*.[ch])
	[ "$wrong" -eq 0 ]
}

@test "a header reads alone" {
	printf '%s\n' lib/compat/*.h lib/compat/*/*.h lib/*.h lib/tls/*.h cmd/*.h \
		cmd/*/*.h |
		xargs -P8 -I{} cc -std=c11 -D_GNU_SOURCE -Ilib -Ilib/tls -I. -Wall \
			-Wextra -Werror -fsyntax-only -x c -include {} /dev/null
}

@test "stacks are switched in one place" {
	run -0 grep -ho '.*\btu_context_switch(' lib/scheduler.c
	assert_equal "${#lines[@]}" 1
	run -0 grep -l '\btu_context_switch(' lib/*.c
	assert_output $'lib/context.c\nlib/scheduler.c'
}

@test "system calls without a function are made in one header" {
	run -0 grep -rlE '\bsyscall\(|\bSYS_' lib cmd
	assert_output lib/compat/system_calls.h
}
