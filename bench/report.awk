# report.awk - medians, ratios and verdicts: the table of bench/report.
#
# First file: bench/run's data: place, round, job, FIGURE.SIDE, value, unit,
# load.
# Second file: bench/figures.  Names after a gap in a parameter list are local.

function median(key,	n, i, j, x, v) {
	n = split(values[key], v, " ")
	for (i = 2; i <= n; i++) {
		x = v[i] + 0
		for (j = i - 1; j >= 1 && v[j] + 0 > x; j--)
			v[j + 1] = v[j]
		v[j + 1] = x
	}
	if (n % 2)
		return v[(n + 1) / 2] + 0
	return (v[n / 2] + v[n / 2 + 1]) / 2
}

# Three digits that mean something, and the unit.
function shown(key,	x, u) {
	x = median(key)
	u = unit[key]
	if (u == "msg/s" && x >= 999500)
		return sprintf("%.2f M%s", x / 1e6, u)
	if (u == "msg/s")
		return sprintf("%.0f k%s", x / 1e3, u)
	if (x >= 99.5 || x == int(x))
		return sprintf("%.0f %s", x, u)
	if (x >= 9.95)
		return sprintf("%.1f %s", x, u)
	return sprintf("%.2f %s", x, u)
}

function number(text,	part) {		# "0.9", "1/1.6"
	if (split(text, part, "/") == 2)
		return part[1] / part[2]
	return text + 0
}

function trim(text) {
	gsub(/^ +| +$/, "", text)
	return text
}

function ratio(a, b,	theirs) {
	theirs = median(b)
	return theirs == 0 ? 0 : median(a) / theirs
}

function verdict(got, must) {
	if (must == "-")
		return ""
	if (substr(must, 1, 2) == "<=")
		return got <= number(substr(must, 4)) ? "yes" : "**no**"
	return got >= number(substr(must, 4)) ? "yes" : "**no**"
}

# The unpinned column: the figure and its ratio, as far as both were measured.
function unpinned(mine, other,	a, b) {
	a = "unpinned" SUBSEP mine
	b = "unpinned" SUBSEP other
	if (!(a in values))
		return ""
	if (!(b in values))
		return shown(a)
	return shown(a) ", " sprintf("%.2f", ratio(a, b))
}

# What is measured on the whole machine alone is asked there.
function row(what, must, mine, side, other,	a, b, alone, got, place) {
	place = ("pinned" SUBSEP mine) in values ? "pinned" : "unpinned"
	a = place SUBSEP mine
	b = place SUBSEP other
	alone = side == "-"
	if (!(a in values) || (!alone && !(b in values))) {
		printf "| %s | %s | %s | | %s | not measured | |\n", what, \
		    (a in values) ? shown(a) : "-", alone ? "" : side, must
		return
	}
	got = alone ? median(a) : ratio(a, b)
	printf "| %s | %s | %s | %s | %s | %s | %s |\n", what, shown(a), \
	    alone ? "" : side " " shown(b), \
	    alone ? "" : sprintf("%.2f", got), \
	    must == "-" ? "" : must (alone ? " " unit[a] : ""), \
	    verdict(got, must), place == "pinned" ? unpinned(mine, other) : \
	    "alone"
}

FNR == 1 { file++ }

file == 1 {
	key = $1 SUBSEP $4
	values[key] = values[key] " " $5
	unit[key] = $6
	next
}

FNR == 1 {
	print "| what | figure | beside | ratio | must be | reached |" \
	    " unpinned |"
	print "|---|---|---|---|---|---|---|"
}

/^#/ || !NF { next }

{
	split($0, cell, "|")
	figure = trim(cell[1])
	side = trim(cell[4])
	what = trim(cell[5])
	row(what == "" ? "the same" : what, trim(cell[3]), \
	    figure "." trim(cell[2]), side, \
	    index(side, ".") ? side : figure "." side)
}
