# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# tcpu.bash - completion for bash.  The commands, the options and, where they
# are few, their values are those that the help tells.

# _tcpu_help SCRIPT [COMMAND] - what sed finds in the help.
_tcpu_help() {
	tcpu ${2:+"$2"} "--help${2:+=all}" 2>/dev/null | sed -nE "$1"
}

# _tcpu_dashes - set dashes to where -- is among the words before the cursor.
_tcpu_dashes() {
	for ((dashes = 2; dashes < COMP_CWORD; dashes++)); do
		[ "${COMP_WORDS[dashes]}" != -- ] || return 0
	done
	return 1
}

# _tcpu_command WORD - complete what comes after --: a command, then what it
# takes, as far as bash-completion knows.
_tcpu_command() {
	if ((COMP_CWORD == dashes + 1)); then
		mapfile -t COMPREPLY < <(compgen -c -- "$1")
	elif declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset $((dashes + 1))
	elif declare -F _command_offset >/dev/null; then
		_command_offset $((dashes + 1))
	else
		compopt -o default
	fi
}

_tcpu() {
	local word=${2#=} option=$3 command=${COMP_WORDS[1]} words dashes
	local before=' ' # an optional value follows = only
	[[ $2 != =* && $option != = ]] || before=' |\[='
	[ "$option" != = ] || option=${COMP_WORDS[COMP_CWORD - 2]}
	if _tcpu_dashes; then
		_tcpu_command "$word"
		return
	elif [ "$COMP_CWORD" -eq 1 ]; then
		words="$(_tcpu_help 's/^  ([a-z-]+)  .*/\1/p') --help --version"
	elif [[ $word == -* ]]; then
		words=$(_tcpu_help 's/^  (-.,|   ) (--[a-z0-9-]+).*/\2/p' "$command")
	elif [[ $option =~ ^--[a-z0-9-]+$ ]]; then
		words=$(_tcpu_help "s/^ .*$option($before)(FILE|([a-z]+[|])+[a-z]+).*/\2/p" \
			"$command" | tr '|' ' ')
		if [ "$words" = FILE ]; then
			compopt -o default
			return
		fi
	else
		words=$(compgen -A hostname)
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _tcpu tcpu
