# SPDX-License-Identifier: ISC
#
# tcpu.fish - completion for fish.  The commands, the options and, where they
# are few, their values are those that the help tells.

function __tcpu_options
	set -l words (commandline -opc)
	tcpu $words[2] --help=all 2>/dev/null | awk '
		/^  (-.,|   ) --/ {
			sub(/^ +(-., )?/, "")
			split($1 ($1 ~ /\[/ ? "" : "=" $2), part, /[][=]+/)
			name = part[1]
			values = part[2]
			if (!sub(/^[^ ]+( [^ ]+)?  +/, ""))
				getline
			sub(/^ */, "\t")
			sub(/;$/, "")
			n = 0
			if (values ~ /^[a-z]+\|[a-z|]+$/)
				n = split(values, value, "|")
			for (i = 1; i <= n; i++)
				print name "=" value[i] $0
			if (n == 0)
				print name $0
		}'
end

function __tcpu_commands
	tcpu --help | sed -nE 's/^  ([a-z-]+)  +/\1\t/p'
	printf '%s\n' --help --version
end

function __tcpu_first
	test (count (commandline -opc)) -eq 1
end

function __tcpu_command
	contains -- -- (commandline -opc)
end

function __tcpu_option
	not __tcpu_first; and not __tcpu_command; and string match -q -- '-*' (commandline -ct)
end

# The values of the option before the cursor, where they are few.  An optional
# one follows = only.
function __tcpu_values
	set -l words (commandline -opc)
	tcpu $words[2] --help=all 2>/dev/null | string replace -rf -- \
		"^ .*$words[-1] ([a-z]+([|][a-z]+)+).*" '$1' | string split '|'
end

function __tcpu_value
	string match -q -- '--*' (commandline -opc)[-1]
	and not __tcpu_command; and count (__tcpu_values) >/dev/null
end

# What fish offers for the command after --.
function __tcpu_after
	set -l words (commandline -opc)
	set -l first (math (contains -i -- -- $words) + 1)
	set -l line (string escape -- $words[$first..-1]) (commandline -ct)
	complete -C(string join -- ' ' $line)
end

function __tcpu_file
	set -l words (commandline -opc)
	string match -qr -- '^--[a-z-]+$' $words[-1]
	and not __tcpu_command; and tcpu $words[2] --help=all 2>/dev/null |
		string match -qr -- "^ .* $words[-1] FILE"
end

complete -c tcpu -f
complete -c tcpu -n __tcpu_first -a '(__tcpu_commands)'
complete -c tcpu -n __tcpu_option -a '(__tcpu_options)'
complete -c tcpu -n __tcpu_file -a '(__fish_complete_path (commandline -ct))'
complete -c tcpu -n __tcpu_value -a '(__tcpu_values)'
complete -c tcpu -n __tcpu_command -a '(__tcpu_after)'
complete -c tcpu -n 'not __tcpu_first; and not __tcpu_file; \
	and not __tcpu_value; and not __tcpu_command' -a '(__fish_print_hostnames)'
