# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# manual.bash - shared by the tests of the manual: the text of the pages, and
# the examples in them.

# rendered PAGE [OPTION]... - print the page as a terminal of 80 columns shows
# it, or as the options of mandoc say.
rendered() {
	mandoc -T ascii "${@:2}" "$1" | sed 's/.\x08//g'
}

# examples PAGE SUFFIX - write the page's programs or scripts to 1.SUFFIX,
# 2.SUFFIX and so on, and their output, if the page shows it, to 1.out, 2.out
# and so on.
examples() {
	awk -v suffix="$2" '
	# awks disagree about backslashes in the replacement of gsub.
	function unescaped(text,   part, n, i, result) {
		n = split(text, part, /\\e/)
		for (i = 1; i <= n; i++)
			result = result (i > 1 ? "\\" : "") part[i]
		return result
	}
	/^\.Sh / { wanted = /EXAMPLES/ }
	/^prints/ { output = 1 }
	/^\.Ed$/ { inside = 0 }
	inside { sub(/^\\&/, ""); print unescaped($0) >file }
	/^\.Bd / && wanted {
		inside = 1
		file = output ? n ".out" : ++n "." suffix
		output = 0
	}' "$1"
}
