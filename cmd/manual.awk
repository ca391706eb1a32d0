# SPDX-License-Identifier: ISC
#
# manual.awk - turn the manual page of the command into a C file that has the
# text of each section, for "tcpu help TOPIC".  It knows the part of mdoc(7)
# that the page uses, and fails at anything else.  Arguments are in capitals, as
# in the help.  A byte from 128 on stands for one of the words that take the most
# room, so that the static command stays small.

BEGIN {
	count = split("Nm Fl Ar Cm Ic Li Em Sy Ev Dv Er Pa Sx No Xr Nd", list)
	for (i = 1; i <= count; i++)
		is_font[list[i]] = 1
	split("Op [ ] Pq ( ) Dq \" \" Ql ' ' Oo [ . Bo [ .", list)
	for (i = 1; i in list; i += 3) {
		opens[list[i]] = list[i + 1]
		closes[list[i]] = list[i + 2] == "." ? "" : list[i + 2]
	}
	default_text["Nm"] = "tcpu"
	default_text["Fl"] = "-"
	LONGEST = 15
}

/^\.\\"|^\.D[dt] |^\.Os/ { next }
/^\.Ed/ { literal = 0; next }
literal { print_line(pad(indent) plain($0)); next }
/^\.S[hs] / { open_topic(substr($0, 5)); next }
/^\.Pp/ { flush(); print_line(""); next }
/^\.Bd / { flush(); print_line(""); literal = 1; next }
/^\.Dl / { flush(); print_line(pad(indent) formatted(substr($0, 5))); next }
/^\.Bl / { flush(); compact = /compact/; bullets = /bullet/; next }
/^\.El/ { flush(); indent = 4; next }
/^\.It/ { open_item(bullets ? "o" : formatted(substr($0, 5))); next }
/^\./ {
	if (!is_macro(substr($1, 2))) {
		print FILENAME ":" FNR ": no rule for " $1 >"/dev/stderr"
		exit failed = 1
	}
	collected = collected " " formatted(substr($0, 2))
	next
}
{ collected = collected " " plain($0) }

END {
	if (failed)
		exit 1
	flush()
	choose_words()
	print "/* SPDX-License-Identifier: ISC */"
	print "#include \"manual.h\"\n\nconst char manual_words[][" \
		LONGEST + 1 "] = {"
	for (i = 0; i < chosen; i++)
		print "    \"" escaped(choice[i]) "\","
	print "};\n\nconst struct topic manual_topics[] = {"
	for (i = 1; i <= topics; i++)
		print "    {\"" escaped(name[i]) "\"," packed[i] "},"
	print "    {0},\n};"
}

function pad(width) {
	return width ? sprintf("%" width "s", "") : ""
}

# The text without the escapes of mdoc(7).
function plain(text) {
	gsub(/\\&/, "", text)
	gsub(/\\-/, "-", text)
	gsub(/\\e/, "\\", text)
	return text
}

# The text as in a string of C.
function escaped(text) {
	gsub(/\\/, "&&", text)
	gsub(/"/, "\\\"", text)
	return text
}

# NAME and SYNOPSIS tell nothing that the help does not.
function open_topic(title) {
	flush()
	indent = 4
	topic = title !~ /^(NAME|SYNOPSIS)$/
	if (topic)
		name[++topics] = title
	after_blank = 0
	print_line(title)
	after_blank = 1
}

function open_item(text) {
	flush()
	if (!compact)
		print_line("")
	indent = 4
	tag = pad(4) text
	if (length(tag) > 79) {
		tag = ""
		collected = text
		flush()
	}
	indent = bullets ? 6 : 10
}

function print_line(text) {
	if (topic && (text != "" || !after_blank)) {
		line_of[++lines] = text
		topic_of[lines] = topics
	}
	after_blank = text == ""
}

# Prints what has been collected in lines of at most 79 columns.
function flush(   n, word, i, line) {
	n = split(collected, word, " ")
	collected = ""
	line = tag
	tag = ""
	if (length(line) >= indent && n) {
		print_line(line)
		line = ""
	}
	line = line pad(indent - length(line))
	for (i = 1; i <= n; i++) {
		if (length(line) + 1 + length(word[i]) > 79) {
			print_line(line)
			line = pad(indent)
		}
		line = line (length(line) > indent ? " " : "") word[i]
	}
	if (line ~ /[^ ]/)
		print_line(line)
}

# ---- The words that take the most room ----

# Cuts the next word off REST: the blanks that begin a line, or a word with the
# blank before it.
function next_word(first,   cut) {
	match(rest, first && rest ~ /^  / ? "^ +" : " ?[^ ]+")
	cut = substr(rest, 1, RSTART + RLENGTH - 1)
	rest = substr(rest, RSTART + RLENGTH)
	return cut
}

function choose_words(   i, k, w, n, word, uses, code, best) {
	for (i = 1; i <= lines; i++)
		for (rest = line_of[i]; rest != ""; uses[w]++) {
			w = next_word(rest == line_of[i])
			if (!(w in uses))
				word[n++] = w
		}
	for (; chosen < 128; choice[chosen++] = best) {
		best = ""
		for (k = 0; k < n; k++)
			if (room(word[k], uses) > room(best, uses))
				best = word[k]
		code[best] = sprintf("\\%o", 128 + chosen)
		uses[best] = 0
	}
	for (i = 1; i <= lines; i++)
		pack(i, code)
}

# How many bytes the word takes.
function room(word, uses) {
	return length(word) > LONGEST ? 0 : (length(word) - 1) * uses[word]
}

function pack(i, code,   w, text) {
	for (rest = line_of[i]; rest != "";) {
		w = next_word(rest == line_of[i])
		text = text (w in code ? code[w] : escaped(w))
	}
	packed[topic_of[i]] = packed[topic_of[i]] "\n\t\"" text "\\n\""
}

# ---- The macros of a line ----

function is_macro(word) {
	return word in is_font || word in opens || word ~ /^(Ns|Oc|Bc)$/
}

# Adds to the result; GLUE is 1 if no blank precedes the text.
function put(text) {
	result = result (result == "" || glue ? "" : " ") text
	glue = 0
}

# Ends the macro before; some have a text of their own if no argument follows.
function end_macro() {
	if (macro in default_text && !used)
		put(default_text[macro])
	used = 1
}

function begin_macro(name) {
	end_macro()
	if (name == "Ns")
		glue = 1
	else if (name in opens) {
		put(opens[name])
		glue = 1
		closing = closes[name] closing
	} else if (name == "Oc" || name == "Bc") {
		glue = 1
		put("]")
	} else if (name == "Nd")
		put("-")
	else
		used = 0
	macro = name
}

function put_argument(word) {
	if (macro == "Xr" && used) {
		word = "(" word ")"
		glue = 1
	}
	if (macro == "Fl" && word != "|")
		word = "-" word
	put(plain(macro == "Ar" ? toupper(word) : word))
	used = 1
}

function put_delimiter(word) {
	end_macro()
	glue = 1
	put(word)
}

# The text of a line, which begins with a macro.
function formatted(line,   n, i, word, last) {
	n = split(line, word, " ")
	result = closing = macro = ""
	glue = 0
	used = 1
	for (last = n; last > 1 && word[last] ~ /^[].,;:)]$/;)
		last--
	for (i = 1; i <= last; i++) {
		if (is_macro(word[i]))
			begin_macro(word[i])
		else if (word[i] ~ /^[].,;:)]$/)
			put_delimiter(word[i])
		else
			put_argument(word[i])
	}
	end_macro()
	if (closing != "") {
		glue = 1
		put(closing)
	}
	for (; i <= n; i++)
		put_delimiter(word[i])
	return result
}
