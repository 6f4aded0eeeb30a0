# shellcheck shell=bash
# setup_suite.bash - before the first test: is there something to test?

setup_suite() {
	local root bin program

	root=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
	bin=$(cd "$root" && realpath "${BROOD_BIN:-bin}")
	for program in broodd brood relay; do
		if [ ! -x "$bin/$program" ]; then
			echo "$bin/$program is missing: make first" >&2
			return 1
		fi
	done
	place_for_all "$root" "$bin" || return 1
	# A test that hangs is a failure of its own, not of the whole run.
	export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-$((120 *
	    ${BROOD_SLOW:-1}))}
}

# As root, workers run as nobody, and nobody must be able to reach them: in a
# checkout below a closed folder (/root) the tests use a copy of the programs.
place_for_all() {
	local root=$1 bin=$2 build

	[ "$(id -u)" = 0 ] || return 0
	! setpriv --reuid 65534 --regid 65534 --clear-groups \
	    test -x "$bin/relay" || return 0
	build=$(cd "$root" && realpath "${BROOD_BUILD:-build}")
	BROOD_COPY=$(mktemp -d /tmp/brood-copy.XXXXXX) || return 1
	chmod 755 "$BROOD_COPY"
	mkdir "$BROOD_COPY/build"
	cp -a "$bin" "$BROOD_COPY/bin"
	cp -a "$build/tests" "$BROOD_COPY/build/tests"
	export BROOD_COPY BROOD_BIN=$BROOD_COPY/bin BROOD_BUILD=$BROOD_COPY/build
}

teardown_suite() {
	[ -z "${BROOD_COPY-}" ] || rm -rf "$BROOD_COPY"
}
