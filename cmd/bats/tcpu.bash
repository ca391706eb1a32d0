# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# tcpu.bash - servers for tests in bats: start one, get its port, wait for its
# end, stop it.  None outlives the process that starts it.  See tcpu.bash(7).
#
# All that is known about a server is in files: NAME.out and NAME.err in
# $TCPU_DIR, and in $TCPU_DIR/.tcpu/NAME its pid, its port, its exit status once
# it has ended, and end, a fifo that then gets a line.  Variables would be lost
# where run and $(...) make a subshell, and between setup_file and the tests.

# tcpu_start NAME [ARGUMENT]... - run tcpu listen with these arguments, and
# return once it listens.  If stdin is redirected, it is what the server sends.
tcpu_start() {
	local port state
	_tcpu_make_state "${1-}" || return
	if [ -e /dev/stdin ] && [ ! /dev/stdin -ef "/proc/$PPID/fd/0" ]; then
		port=$(_tcpu_launch "$@")
	else
		port=$(_tcpu_launch "$@" </dev/null)
	fi
	[ -e "$state/pid" ] || {
		rm -r "$state"
		return 1
	}
	[ -n "$port" ] || {
		tcpu_wait "$1"
		return
	}
	printf '%s\n' "$port" >"$state/port"
}

# tcpu_port NAME - print its port.
tcpu_port() {
	local state
	state=$(_tcpu_state tcpu_port "${1-}") || return
	[ -e "$state/port" ] || {
		printf "tcpu_port: %s has no port, as it did not start\n" "$1" >&2
		return 2
	}
	printf '%s\n' "$(<"$state/port")"
}

# tcpu_wait NAME [SECONDS] - wait, at most a minute or SECONDS, until it ends by
# itself.  Returns its exit status, or 124 if it still runs.
tcpu_wait() {
	local state status
	state=$(_tcpu_state tcpu_wait "${1-}") || return
	[[ ${2:-60} =~ ^[0-9]*\.?[0-9]+$ ]] || {
		printf "tcpu_wait: '%s' is not a number of seconds\n" "$2" >&2
		return 2
	}
	_tcpu_await_end "$state" "${2:-60}" || {
		printf 'tcpu_wait: %s still runs\n' "$1" >&2
		return 124
	}
	status=$(<"$state/status")
	[ "$status" -eq 0 ] || cat "$state/../../$1.err" >&2
	return "$status"
}

# tcpu_stop [NAME]... - end these servers, or all that the test has started, and
# return when they and the processes of their commands have ended.
tcpu_stop() {
	local name names state result=0
	[ $# -gt 0 ] || {
		# The test may have switched off patterns such as *.
		names=$(ls "$(_tcpu_folder)/.tcpu" 2>/dev/null) || :
		[ -n "$names" ] || return 0
		mapfile -t names <<<"$names"
		set -- "${names[@]}"
	}
	for name; do
		state=$(_tcpu_state tcpu_stop "$name") &&
			_tcpu_signal "$state" TERM CONT || result=2
	done
	for name; do
		state=$(_tcpu_state tcpu_stop "$name" 2>/dev/null) || continue
		_tcpu_await_end "$state" 30 || _tcpu_signal "$state" KILL
		_tcpu_await_end "$state" 30 || result=1
	done
	return "$result"
}

# ---- The rest is not for tests. ----

# _tcpu_folder - print the folder of the servers that are started here.
_tcpu_folder() {
	local file=${BATS_FILE_TMPDIR:-${BATS_SUITE_TMPDIR-}}
	printf '%s\n' "${TCPU_DIR:-${BATS_TEST_TMPDIR:-$file}}"
}

# _tcpu_state CALL NAME - print the folder with the state of the server, or say
# for CALL that there is no such server.
_tcpu_state() {
	local folder
	for folder in "${TCPU_DIR-}" "${BATS_TEST_TMPDIR-}" \
		"${BATS_FILE_TMPDIR-}" "${BATS_SUITE_TMPDIR-}"; do
		if [ -n "$2" ] && [ -d "$folder/.tcpu/$2" ]; then
			printf '%s\n' "$folder/.tcpu/$2"
			return
		fi
	done
	printf "%s: no server '%s' has been started\n" "$1" "$2" >&2
	return 2
}

# _tcpu_make_state NAME - set TCPU_DIR, unless it is set, and state.
_tcpu_make_state() {
	if [[ ! $1 =~ ^[[:alnum:]_][[:alnum:]_.-]*$ ]]; then
		printf "tcpu_start: '%s' is not a name\n" "$1" >&2
		return 2
	fi
	TCPU_DIR=$(_tcpu_folder)
	state=$TCPU_DIR/.tcpu/$1
	if [ -e "$state/pid" ] && [ ! -e "$state/status" ]; then
		printf 'tcpu_start: %s already runs\n' "$1" >&2
		return 2
	fi
	rm -rf "$state" && mkdir -p "$state" && mkfifo "$state/end"
}

# _tcpu_launch NAME [ARGUMENT]... - start the server with our stdin, and print
# its port.  Its ancestor is a new shell without the traps and the descriptors
# of bats, which is no child of the test's shell, so that wait(1) ignores it.
_tcpu_launch() (
	_tcpu_export_command "${@:2}"
	"$BASH" -c "$(declare -f _tcpu_supervise); _tcpu_supervise \"\$@\"" \
		bash $$ "$TCPU_DIR/.tcpu/$1" "${command[@]}" \
		<&0 3>&1 >|"$TCPU_DIR/$1.out" 2>|"$TCPU_DIR/$1.err" &
)

# _tcpu_export_command [ARGUMENT]... - set command to the arguments, where bash
# runs the command after -- if it is a function.
_tcpu_export_command() {
	local i=1
	while [ "$i" -lt $# ] && [ "${!i}" != -- ]; do
		i=$((i + 1))
	done
	command=("$@")
	if [ "$i" -lt $# ] && declare -F "${command[i]}" >/dev/null; then
		export -f "${command[i]?}"
		command=("${@:1:i}" "$BASH" -c '"$0" "$@"' "${@:i+1}")
	fi
}

# _tcpu_supervise PARENT STATE [ARGUMENT]... - run the server until it or
# PARENT ends, and note down its pid and its exit status.  Descriptor 3 is for
# its port.
_tcpu_supervise() {
	local fd status=0
	for fd in /proc/self/fd/*; do
		fd=${fd##*/}
		[ "$fd" -le 3 ] || exec {fd}>&-
	done
	tcpu listen --until-exit "$1" --ready-fd 3 "${@:3}" <&0 &
	printf '%s\n' $! >"$2/pid"
	exec </dev/null >/dev/null 2>&1 3>&-
	wait $! || status=$?
	kill -0 "$1" || return # nobody asks, and the folder is being removed
	printf '%s\n' "$status" >"$2/status"
	exec 3<>"$2/end"
	echo >&3
}

# _tcpu_signal STATE SIGNAL... - send them, unless the server has ended.
_tcpu_signal() {
	local signal
	for signal in "${@:2}"; do
		[ -e "$1/status" ] ||
			kill -s "$signal" "$(<"$1/pid")" 2>/dev/null || :
	done
}

# _tcpu_await_end STATE SECONDS - wait until there is a status.  The line cannot
# be missed: whoever looks for the status has the fifo open already.
_tcpu_await_end() {
	local fd
	exec {fd}<>"$1/end" || return
	[ -s "$1/status" ] || read -r -t "$2" -u "$fd" || :
	exec {fd}>&-
	[ -s "$1/status" ]
}

# Made now, as tcpu_start may be in a subshell that cannot tell us the name.
[ -n "$(_tcpu_folder)" ] || TCPU_DIR=$(
	mktemp -d "${BATS_RUN_TMPDIR:-${TMPDIR:-/tmp}}/tcpu.XXXXXX"
)
