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
	# A test that hangs is a failure of its own, not of the whole run.
	export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-$((60 *
	    ${BROOD_SLOW:-1}))}
}
