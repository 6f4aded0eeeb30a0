# shellcheck shell=bash
# shellcheck disable=SC2317	# functions are conditions of wait_until
# words.bash - what the tests of the promises say to processes and of them.

# spawn ARG... - its serial, in $S too.
spawn() {
	S=$(brood spawn "$@")
	S=${S%%@*}
	echo "$S"
}

# watch FIRST LAST [GATE] - a watcher of that range is in force; its serial is
# $WATCHER, its account will be in $ACCOUNT.
watch() {
	WATCHER=$(spawn watcher "$T/out/account" "$@")
	ACCOUNT=$T/out/account.$(os_pid "$WATCHER")
	wait_line "$ACCOUNT" '^watching$'
}

# account - the watcher says what it heard, on standard output.
account() {
	wait_line "$ACCOUNT" '^all$' "${1:-10}"
	brood send "$WATCHER" report
	wait_until 10 process_gone "$WATCHER"
	cat "$ACCOUNT"
}

process_gone() { ! brood info "$1" >/dev/null 2>&1; }

# Nothing of ours but these many children below the parent, no zombie.
children_are() { [ "$(pgrep -c -P "$(parent_pid)")" -eq "$1" ]; }
# shellcheck disable=SC2009	# pgrep knows no states
no_zombie() { ! ps -o stat= --ppid "$(parent_pid)" | grep Z; }

# The cause of death of a process, once it has ended.
await_cause() {
	wait_line "$T/$1.out" '^down '
	cut -d' ' -f3- "$T/$1.out"
}

# observe NAME SERIAL - a monitor of it is in force.
observe() {
	background "$1" brood monitor -1 "$2"
	wait_line "$T/$1.err" '^watching '
}

descriptors_of_both() {
	echo "$(descriptors "$(relay_pid)") $(descriptors "$(parent_pid)")"
}
descriptors_are() { [ "$(descriptors_of_both)" = "$1" ]; }

# stat_of NAME - a figure of brood stats.
stat_of() { brood --json stats | jq "select(.name == \"$1\").value"; }

# pair - two workers that call each other; their count is in $T/out/pace.
pair() {
	PAIR=$(spawn pace:echo)
	spawn pace:caller "$PAIR" "$T/out/pace" >/dev/null
	wait_line "$T/out/pace" '^[1-9]'
}
rounds() { cut -d' ' -f1 "$T/out/pace"; }
failed_calls() { cut -d' ' -f3 "$T/out/pace"; }
longest_ms() { cut -d' ' -f2 "$T/out/pace"; }

# The pair goes on, and no call of it has failed but so many.
assert_pair_lives() {
	local before

	before=$(rounds)
	more_rounds() { [ "$(rounds)" -gt "$before" ]; }
	wait_until 3 more_rounds
	[ "$(failed_calls)" -le "${1:-0}" ] || fail "$(failed_calls) failed"
}

# pace MS - rounds of the pair a second, over so many milliseconds.
pace() {
	local before since

	before=$(rounds)
	since=${EPOCHREALTIME/./}
	time_over() { [ $((${EPOCHREALTIME/./} - since)) -ge $(($1 * 1000)) ]; }
	wait_until 60 time_over "$1"
	echo $((($(rounds) - before) * 1000000 / \
	    (${EPOCHREALTIME/./} - since)))
}

# resident PID - kilobytes of memory.
resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
