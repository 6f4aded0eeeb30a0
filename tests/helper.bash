# shellcheck shell=bash
# helper.bash - what every bats file begins with:
#
#	load helper
#	@test "subject: condition, outcome" {
#		start_supervisor
#		run -0 brood spawn ping
#	}
#
# Each test has its own folder $T and in it its own run directory; what it
# started dies with it.  setup and teardown are defined here: a file that needs
# more defines its own, which call brood_setup and brood_teardown.
#
# Wait for conditions (wait_until, wait_line), never for time.  To the
# background with `background`; by hand it takes 3>&- (bats waits for whoever
# holds its descriptor 3) and `remember`.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

ROOT=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
BROOD_BIN=$(cd "$ROOT" && realpath "${BROOD_BIN:-bin}")
BROOD_BUILD=$(cd "$ROOT" && realpath "${BROOD_BUILD:-build}")
TEST_WORKERS=$BROOD_BUILD/tests/workers		# tests/workers/*.c, compiled
SLOW=${BROOD_SLOW:-1}		# sanitizers: every wait is that much longer
PATH=$BROOD_BIN:$PATH
T=				# the place of a test, see brood_setup

# ---- each test's own place ----

brood_setup() {
	local folder

	# The path of a socket in it must stay below 108 bytes.
	T=$BATS_TEST_TMPDIR
	if [ ${#T} -gt 60 ]; then
		T=$(mktemp -d /tmp/brood.XXXXXX)
	fi
	# Root's workers are another user: it must reach what lies in $T.
	folder=$T
	while [ "$(id -u)" = 0 ] && [[ $folder == */* ]]; do
		chmod go+x "$folder"
		[ "$folder" != "$BATS_RUN_TMPDIR" ] || break
		folder=${folder%/*}
		[[ $folder == "$BATS_RUN_TMPDIR"* ]] || break
	done

	# Nothing of a brood that the tests themselves may run under.
	unset BROOD_FD BROOD_SELF BROOD_NODE BROOD_ROLE BROOD_PROGRAM \
	    BROOD_ENTRY BROOD_RUN NOTIFY_SOCKET WATCHDOG_USEC
	export XDG_RUNTIME_DIR=$T/run TMPDIR=$T NO_COLOR=1
	mkdir -m 700 "$T/run"
	use_run_dir brood
	mkconf </dev/null
}

# use_run_dir NAME - the supervisor started and asked from here on is the one
# of $T/run/NAME: a second one beside the first.
use_run_dir() {
	export BROOD_RUN_DIR=$T/run/$1
	export BROOD_SOCKET=$BROOD_RUN_DIR/sock
}

brood_teardown() {
	local status=0 log

	# Without its own place nothing was started, and nothing may be killed.
	[ -n "${T-}" ] || return 0
	if [ -z "${BATS_TEST_COMPLETED-}" ]; then
		for log in "$T"/broodd*.log; do
			[ -s "$log" ] || continue
			echo "-- the end of ${log##*/}:"
			tail -n 40 "$log"
		done
	fi
	end_remembered
	assert_nothing_left || status=1
	assert_no_sanitizer_report || status=1
	[ "$T" = "$BATS_TEST_TMPDIR" ] || rm -rf "$T"
	return "$status"
}

setup() { brood_setup; }
teardown() { brood_teardown; }

# ---- processes ----

# When a process was born: a number taken again is not the same process.
birth() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# It runs; a zombie does not.
alive() {
	local state

	state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
	[[ -n $state && $state != Z* && $state != X* ]]
}

gone() { ! alive "$1"; }

# remember PID... - they end with the test.
remember() {
	local pid

	for pid; do
		echo "$pid $(birth "$pid")" >>"$T/.remembered"
	done
}

# The remembered that still run; the number alone proves nothing.
remembered() {
	local pid born

	[ -e "$T/.remembered" ] || return 0
	while read -r pid born; do
		if [ -n "$born" ] && [ "$(birth "$pid")" = "$born" ] &&
		    alive "$pid"; then
			echo "$pid"
		fi
	done <"$T/.remembered"
}

none_remembered() { [ -z "$(remembered)" ]; }

# TERM, so that supervisors stop in order; KILL for what does not listen.
end_remembered() {
	# shellcheck disable=SC2046	# numbers
	none_remembered || kill -TERM $(remembered) 2>/dev/null || true
	# A stopped process hears nothing but this.
	# shellcheck disable=SC2046
	none_remembered || kill -CONT $(remembered) 2>/dev/null || true
	# shellcheck disable=SC2046
	wait_until 8 none_remembered 2>/dev/null ||
	    kill -KILL $(remembered) 2>/dev/null || true
}

# background NAME COMMAND... - its output is in $T/NAME.out and $T/NAME.err,
# its pid in $BG.
background() {
	local name=$1

	shift
	"$@" >"$T/$name.out" 2>"$T/$name.err" </dev/null 3>&- &
	BG=$!
	remember "$BG"
}

# processes_of FOLDER - the processes of the run directories below it, each by
# what its environment says.
processes_of() {
	local folder=${1:?}		# without one it would be everybody's

	{ grep -lzs "^BROOD_RUN=$folder\(/\|\$\)" /proc/[0-9]*/environ ||
	    true; } | cut -d/ -f3
}

nothing_of() { [ -z "$(processes_of "$1")" ]; }

# No process of this test's supervisors is left, wherever it went.  What is
# left is killed all the same.
assert_nothing_left() {
	local pid

	wait_until 3 nothing_of "$T" 2>/dev/null && return 0
	echo "left behind:"
	for pid in $(processes_of "$T"); do
		ps -o pid=,ppid=,stat=,args= -p "$pid" || true
		kill -KILL "$pid" 2>/dev/null || true
	done
	return 1
}

# A sanitizer's report of any process fails the test, whoever it ended.
assert_no_sanitizer_report() {
	local found

	found=$(find "$T" -maxdepth 1 -type f -size -8M -exec grep -lE \
	    'ERROR: (Address|Leak)Sanitizer|: runtime error: ' {} +)
	[ -z "$found" ] && return 0
	# shellcheck disable=SC2086	# files of ours, without blanks
	grep -hE -A 30 'ERROR: (Address|Leak)Sanitizer|: runtime error: ' \
	    $found | head -n 80
	return 1
}

# descriptors PID - how many it has open.
descriptors() { find "/proc/$1/fd" -mindepth 1 | wc -l; }

# ---- waiting ----

# wait_until SECONDS COMMAND... - until it succeeds.
wait_until() {
	local end=$((SECONDS + $1 * SLOW))

	shift
	until "$@"; do
		if [ "$SECONDS" -gt "$end" ]; then
			echo "waited in vain for: $*" >&2
			return 1
		fi
		sleep 0.05
	done
}

# wait_line FILE PATTERN [SECONDS] - until a line of the file matches.
wait_line() { wait_until "${3:-10}" grep -qsE -- "$2" "$1"; }

# ---- the supervisor ----

# mkconf - standard input becomes the configuration of start_supervisor.
mkconf() { cat >"$T/brood.conf"; }

# use_workers NAME... - the worker directory holds these programs only: those
# of tests/workers first, then the lecture's.
use_workers() {
	local name from

	mkdir -p "$T/workers"
	for name; do
		for from in "$TEST_WORKERS/$name" "$ROOT/tests/workers/$name" \
		    "$BROOD_BIN/workers/$name"; do
			[ -x "$from" ] && break
		done
		cp "$from" "$T/workers/$name"
	done
	chmod 755 "$T/workers" "$T/workers"/*
}

# worker_script NAME - standard input becomes a program of the worker directory.
worker_script() {
	mkdir -p "$T/workers"
	cat >"$T/workers/$1"
	chmod 755 "$T/workers" "$T/workers/$1"
}

socket_stamp() { stat -c '%i %Z' "$BROOD_SOCKET" 2>/dev/null || true; }

# A new socket stands there, or nobody is left who would make one.
supervisor_decided() {
	gone "$SUPERVISOR" ||
	    { [ -S "$BROOD_SOCKET" ] && [ "$(socket_stamp)" != "$1" ]; }
}

# start_supervisor [OPTION...] - returns when it is ready.  $SUPERVISOR is its
# guard; what it says is in $T/broodd.log.
start_supervisor() { supervise "$T/broodd.log" broodd "$@"; }

# supervise LOG BROODD... [OPTION...] - the same with a log of its own, and with
# words before broodd.
supervise() {
	local before log=$1 conf=$T/${BROOD_RUN_DIR##*/}.conf

	shift
	before=$(socket_stamp)
	[ ! -d "$T/workers" ] || set -- "$@" -o worker-dir="$T/workers"
	[ -e "$conf" ] || conf=$T/brood.conf
	"$@" -f "$conf" >>"$log" 2>&1 </dev/null 3>&- &
	SUPERVISOR=$!
	remember "$SUPERVISOR"
	if ! wait_until 10 supervisor_decided "$before" ||
	    gone "$SUPERVISOR"; then
		echo "broodd did not start:"
		cat "$log"
		return 1
	fi
}

# stop_supervisor [SIGNAL] - its exit status is the result.
stop_supervisor() {
	kill -"${1:-TERM}" "$SUPERVISOR"
	wait_until 15 gone "$SUPERVISOR" || return 1
	wait "$SUPERVISOR"
}

# The other two of the three, while they run.
parent_pid() { pgrep -P "$SUPERVISOR" | head -n 1; }
relay_pid() { pgrep -x -P "$(parent_pid)" relay; }

# os_pid DEST - the kernel's number of a process.
os_pid() { brood --json info "$1" | jq -r .os_pid; }

# ---- who runs the tests, and what ----

need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }

# as_user COMMAND... - as a plain user; root only.
as_user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

# The programs carry a sanitizer: their memory and speed say nothing.
sanitized() { nm "$BROOD_BIN/broodd" 2>/dev/null | grep -q __asan_init; }
