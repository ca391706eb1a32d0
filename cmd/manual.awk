# SPDX-License-Identifier: ISC
#
# manual.awk - turn the manual page of the command into a C file that has the
# text of each section, for "tcpu help TOPIC".  It knows the part of mdoc(7)
# that the page uses, and fails at anything else.  Arguments are in capitals, as
# in the help.  A byte from 128 on stands for the two bytes that were the most
# frequent pair when it was chosen, so that the static command stays small.

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
	for (i = 1; i < 256; i++)
		number[sprintf("%c", i)] = i
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
	read_words()
	print "/* SPDX-License-Identifier: ISC */"
	print "#include \"manual.h\"\n\nconst unsigned char manual_pairs[][2] = {"
	for (i = 128; i < 256; i++)
		print "    {" choose_pair(sprintf("%c", i)) "},"
	print "};\n\nconst struct topic manual_topics[] = {"
	for (i = 1; i <= topics; i++)
		print "    {\"" escaped(name[i]) "\"," text_of(i) "},"
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
function escaped(text,   i, c, result) {
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (number[c] >= 128)
			c = sprintf("\\%o", number[c])
		else if (c == "\\" || c == "\"")
			c = "\\" c
		result = result c
	}
	return result
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

# ---- Pairs of bytes ----

# Cuts the next word off REST: the blanks that begin a line, or a word with the
# blank before it.
function next_word(first,   cut) {
	match(rest, first && rest ~ /^  / ? "^ +" : " ?[^ ]+")
	cut = substr(rest, 1, RSTART + RLENGTH - 1)
	rest = substr(rest, RSTART + RLENGTH)
	return cut
}

# Counts each word; packed[word] will be the word with its pairs replaced.
function read_words(   i, w) {
	for (i = 1; i <= lines; i++)
		for (rest = line_of[i]; rest != ""; uses[w]++) {
			w = next_word(rest == line_of[i])
			packed[w] = w
		}
}

# Replaces the most frequent pair by CODE, and returns its numbers.
function choose_pair(code,   w, i, pair, count, best) {
	for (w in packed)
		for (i = 1; i < length(packed[w]); i++)
			count[substr(packed[w], i, 2)] += uses[w]
	for (pair in count)
		if (best == "" || count[pair] > count[best] ||
		    count[pair] == count[best] && pair < best)
			best = pair
	for (w in packed)
		packed[w] = replaced(packed[w], best, code)
	return number[substr(best, 1, 1)] ", " number[substr(best, 2)]
}

function replaced(text, pair, code,   at, done) {
	while (at = index(text, pair)) {
		done = done substr(text, 1, at - 1) code
		text = substr(text, at + 2)
	}
	return done text
}

# The lines of a topic, as strings of C.
function text_of(t,   i, text) {
	for (i = 1; i <= lines; i++) {
		if (topic_of[i] != t)
			continue
		text = text "\n\t\""
		for (rest = line_of[i]; rest != "";)
			text = text escaped(packed[next_word(rest == line_of[i])])
		text = text "\\n\""
	}
	return text
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
