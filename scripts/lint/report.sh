# shellcheck shell=bash
# report.sh - what the lint scripts share: where the sources are, and TAP.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
export LC_ALL=C
tests=0 failed=0

# The C files below the given folders, or everywhere.
sources() {
	[ $# -gt 0 ] || set -- libmsg supervisor ctl worker tests bench
	local folder
	for folder; do
		[ ! -d "$folder" ] ||
		    find "$folder" -name '*.[ch]' -type f ! -path 'tests/neg/*'
	done | sort
}

# Everything a person wrote, as far as it is text.
texts() {
	find . \( -path ./.git -o -path ./bin -o -path ./build -o \
	    -path ./bench/results -o -path '*/corpus' \) -prune -o -type f \
	    -exec grep -Il '' {} + | sed 's|^\./||' | sort
}

# report NAME FAULTS - one test: ok when there are no faults.
report() {
	tests=$((tests + 1))
	if [ -z "$2" ]; then
		echo "ok $tests - $1"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $1"
		printf '# %s\n' "${2//$'\n'/$'\n# '}"
	fi
}

# skip NAME WHY
skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

finish() {
	echo "1..$tests"
	[ "$failed" = 0 ]
	exit
}
