# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# manual.bash - what the tests of the manual have in common: the pages as they
# are read, and the examples in them.

# rendered PAGE - as a terminal of 80 columns shows it.
rendered() {
	mandoc -T ascii "$1" | sed 's/.\x08//g'
}

# examples PAGE SUFFIX - its programs or scripts to 1.SUFFIX, 2.SUFFIX and so
# on; what they print, if the page says so, to 1.out, 2.out.
examples() {
	awk -v suffix="$2" '
	# awks differ in what backslashes are in the replacement of gsub.
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
