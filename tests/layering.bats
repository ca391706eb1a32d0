# SPDX-License-Identifier: ISC
#
# Who may include whom.  Each line names files of lib/ and the headers that
# they may include besides their own and tcpunit.h; what is not on a line is
# not part of the library.

load helper

rooms() {
	cat <<-'END'
	error handle address sigpipe stack ahead timers:
	context: stack
	descriptor: sigpipe
	scheduler watch limit: context stack error timers
	helpers: timers
	wakeup: helpers scheduler
	runtime: wakeup helpers scheduler handle error
	options: runtime
	thread: runtime options scheduler handle error
	connection: address descriptor
	port input line output: connection ahead runtime error
	extras copy: port
	question: wakeup helpers runtime address error
	resolve: question runtime address
	passive: address
	listener connect: options passive resolve port connection runtime address error
	END
}

# Where libevent may be seen.
event_files='scheduler watch ahead port output wakeup listener'

setup() {
	cd "$TOP" || return
}

# includes FILE... - "FILE HEADER" for each include, a library's in <>.
includes() {
	grep -H '^# *include' "$@" |
		sed 's/:# *include *"\(.*\)".*/ \1/; s/:# *include */ /'
}

# stem FILE - without folder and ending.
stem() {
	local name=${1##*/}
	echo "${name%.*}"
}

@test "the library's rooms include what is below them" {
	local files below file header wrong=0
	while IFS=: read -r files below; do
		while read -r file header; do
			case " tcpunit $files $below " in
			*" $(stem "$header") "*) ;;
			*)
				echo "$file includes $header"
				wrong=1
				;;
			esac
		done < <(for file in $files; do
			includes lib/"$file".[ch]
		done | grep -v '<')
	done < <(rooms)
	[ "$wrong" -eq 0 ]
}

@test "every file of the library has its place" {
	for file in lib/*.c; do
		stem "$file"
	done | sort >"$BATS_TEST_TMPDIR/files"
	rooms | tr -d : | tr ' ' '\n' | sort -u |
		diff "$BATS_TEST_TMPDIR/files" -
}

@test "nobody is included from above" {
	local files below seen=
	while IFS=: read -r files below; do
		for room in $below; do
			case " $seen " in
			*" $room "*) ;;
			*) fail "$files come before $room" ;;
			esac
		done
		seen="$seen $files"
	done < <(rooms)
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
	done < <(includes lib/*.[ch] cmd/*.[ch] cmd/*/*.[ch] | grep '<ev')
	[ "$wrong" -eq 0 ]
}

@test "the command knows tcpunit.h and nothing else of the library" {
	local file header wrong=0
	while read -r file header; do
		case $header in
		'<tcpunit.h>') continue ;;
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
	local header
	for header in lib/*.h cmd/*.h cmd/*/*.h; do
		echo "#include \"$header\"" |
			cc -std=c11 -D_GNU_SOURCE -Ilib -I. -Wall -Wextra \
				-Werror -fsyntax-only -x c - || fail "$header"
	done
}

@test "stacks are switched in one place" {
	run -0 grep -ho '.*\btu_context_switch(' lib/scheduler.c
	assert_equal "${#lines[@]}" 1
	run -0 grep -l '\btu_context_switch(' lib/*.c
	assert_output $'lib/context.c\nlib/scheduler.c'
}
