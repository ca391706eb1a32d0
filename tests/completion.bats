# SPDX-License-Identifier: ISC
#
# completion.bats - the words that bash, zsh and fish offer after tcpu, as the
# shells themselves show them.

load helper

COMPLETION=$TOP/cmd/completion

# offered SHELL LINE - print the words that the shell offers at the end of the
# line.
offered() {
	"in_$1" "$2"
}

in_bash() {
	local -a COMP_WORDS COMPREPLY=()
	# shellcheck source=/dev/null
	source "$COMPLETION/tcpu.bash"
	read -ra COMP_WORDS <<<"${1/=/ = }"
	[[ $1 != *[\ =] ]] || COMP_WORDS+=('')
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_tcpu tcpu "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
	printf '%s\n' "${COMPREPLY[@]}"
}

# The shell prints a listing below the line and moves the cursor up again.
in_zsh() {
	cat >ask.exp <<-'END'
		set timeout 20
		set stty_init "rows 500 columns 200"
		set env(TERM) xterm
		spawn -noecho zsh -f -i
		send "fpath=($env(COMPLETION) \$fpath); LISTMAX=0; "
		send "autoload -Uz compinit; compinit -u -D; "
		send "PS1='rea''dy '\r"
		expect "ready "
		send "$env(LINE)\004"
		expect {
			-re {\x1b\[[0-9]*A} {}
			timeout { exit 1 }
		}
	END
	COMPLETION=$COMPLETION LINE=$1 expect ask.exp
}

in_fish() {
	LINE=$1 HOME=$PWD XDG_CONFIG_HOME=$PWD XDG_DATA_HOME=$PWD fish -c \
		"source $COMPLETION/tcpu.fish; complete -C\"\$LINE\""
}

# options - print the long options in the input.
options() {
	grep -oE -- '--[a-z0-9-]+' | sort -u
}

# offers_every_option SHELL
offers_every_option() {
	local command
	for command in listen connect accept-ready addresses; do
		tcpu "$command" --help=all |
			grep -oE '^ +(-., )?--[a-z0-9-]+' | options >known
		[ -s known ]
		offered "$1" "tcpu $command --" | options | diff known - ||
			fail "$1: tcpu $command"
	done
}

# offers_words SHELL LINE WORD...
offers_words() {
	local word
	offered "$1" "$2" >words
	for word in "${@:3}"; do
		grep -q -- "$word" words || fail "$1: '$2': no $word"
	done
}

@test "bash offers every option, and no other" {
	offers_every_option bash
}

@test "zsh offers every option, and no other" {
	offers_every_option zsh
}

@test "fish offers every option, and no other" {
	offers_every_option fish
}

@test "the text beside an option makes sense alone" {
	local command
	for command in listen connect accept-ready addresses; do
		# After a semicolon the list of options continues on a second
		# line.
		tcpu "$command" --help=all | awk '
			/^  (-.,|   ) --/ {
				n = length($0) > 30 && substr($0, 29, 2) == "  "
			}
			/^  / && substr($0, 1, 30) ~ /^ *$/ && n++ == 1 &&
			    before !~ /;$/ {
				print before
				bad = 1
			}
			/likewise/ { print; bad = 1 }
			{ before = $0 }
			END { exit bad }' || fail "$command"
	done
	for shell in zsh fish; do
		offered "$shell" 'tcpu connect --reset' >listing
		grep -q 'a reset' listing
		run ! grep 'a reset;' listing
	done
}

@test "each shell offers the commands" {
	for shell in bash zsh fish; do
		offers_words "$shell" 'tcpu ' listen connect accept-ready addresses
	done
}

@test "each shell offers the values where they are few" {
	for shell in bash zsh fish; do
		offers_words "$shell" 'tcpu connect --end=' both peer input quiet
		offers_words "$shell" 'tcpu connect --nodelay=' yes no
		offers_words "$shell" 'tcpu addresses --format=' plain hostport
		offers_words "$shell" 'tcpu addresses --format ' plain hostport
		offers_words "$shell" 'tcpu connect --end p' peer
	done
}

@test "after a blank no shell offers a value that must follow =" {
	local shell
	for shell in bash zsh fish; do
		offers_words "$shell" 'tcpu listen --print=' hostport
		run offered "$shell" 'tcpu listen --print '
		refute_output --partial hostport
	done
}

@test "after -- no shell offers an option of tcpu" {
	local shell
	touch here-it-is
	for shell in bash zsh fish; do
		run offered "$shell" 'tcpu listen 80 -- -'
		refute_output --partial --keep-open
		run offered "$shell" 'tcpu listen 80 -- cat --'
		refute_output --partial --keep-open
	done
	offers_words zsh 'tcpu listen 80 -- cat here' here-it-is
	offers_words fish 'tcpu listen 80 -- cat here' here-it-is
}

@test "after -- each shell offers commands" {
	local shell
	mkdir bin
	ln -s /bin/true bin/chartreuse
	PATH=$PATH:$PWD/bin
	for shell in bash zsh fish; do
		offers_words "$shell" 'tcpu listen 80 -- chartr' chartreuse
	done
}

@test "after -- bash completes the command as bash-completion would" {
	_command_offset() {
		echo "word $1"
	}
	run offered bash 'tcpu listen 80 -- cat here'
	assert_line 'word 4'
}

# compopt OPTION... - in place of bash's, which works only while bash completes.
compopt() {
	echo "compopt $*"
}

@test "a file's name before the cursor does not disturb bash and zsh" {
	local COMP_WORDBREAKS=' ' COMP_WORDS=(tcpu listen --output=/a/b '')
	local COMP_CWORD=3
	# shellcheck source=/dev/null
	. "$COMPLETION/tcpu.bash"
	run -0 _tcpu tcpu '' --output=/a/b
	refute_output --partial sed:
	run offered zsh 'tcpu listen --output=/a/b '
	refute_output --partial sed:
}

@test "each shell offers files where one is named" {
	local command option count=0
	touch here-it-is
	for command in listen connect; do
		while read -r option; do
			count=$((count + 1))
			for shell in zsh fish; do
				offers_words "$shell" "tcpu $command $option " \
					here-it-is
			done
			offers_words zsh "tcpu $command $option=" here-it-is
			offers_words bash "tcpu $command $option " \
				'compopt -o default'
			offers_words bash "tcpu $command $option=" \
				'compopt -o default'
		done < <(tcpu "$command" --help=all |
			sed -nE 's/^ .* (--[a-z-]+) FILE .*/\1/p')
	done
	[ "$count" -ge 9 ]
	run offered bash 'tcpu connect --tls-name '
	refute_output --partial compopt
}
