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

# workers_are N - of all places (hosts/hosts.bash) together.
workers_are() {
	local place n=0

	for place in sender receiver watcher; do
		n=$((n + $(on "$place" pgrep_children) - 1))
		[ "$PLACES" != one ] || break
	done
	[ "$n" -eq "$1" ]
}
pgrep_children() { pgrep -c -P "$(parent_pid)"; }

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
# pair_across - the same, the caller on sender, the other on receiver.
pair_across() {
	PAIR=$(born receiver pace:echo)
	born sender pace:caller "$PAIR" "$T/out/pace" >/dev/null
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

# storm N LEFT RIGHT SIZE RATE COUNT MS - so many pairs of storm.c; LEFT and
# RIGHT are places, or numbers of hosts.  Their accounts are $T/out/storm.*,
# their pids in $STORM, where they are in $STORM_ON.
storm() {
	local n=$1 left=$2 right=$3 i pid

	shift 3
	STORM=() STORM_ON=()
	rm -f "$T"/out/storm.*
	for ((i = 1; i <= n; i++)); do
		pid=$(born "$left" storm:left "$T/out/storm.$i.left" "$@")
		STORM+=("$pid")
		pid=$(born "$right" storm:right "$pid" \
		    "$T/out/storm.$i.right" "$@")
		STORM+=("$pid")
		STORM_ON+=("$left" "$right")
	done
	wait_until 10 storm_flows
}

# storm_says WORD - each is sent that, at its own place.
storm_says() {
	local i

	for i in "${!STORM[@]}"; do
		on "${STORM_ON[i]}" brood send "${STORM[i]}" "$1"
	done
}

# storm_report - a line more of each, at the end of its file.
storm_report() {
	local before

	before=$(cat "$T"/out/storm.* 2>/dev/null | wc -l)
	storm_says report
	all_said() {
		[ "$(cat "$T"/out/storm.* 2>/dev/null | wc -l)" -ge \
		    $((before + ${#STORM[@]})) ]
	}
	wait_until 10 all_said
}

# Something comes at every one of them; storm_flows_on: from now on.
storm_flows() {
	storm_report
	! tail -qn 1 "$T"/out/storm.* | grep -q 'received 0 '
}
storm_flows_on() {
	local before

	storm_report
	before=$(sum_of received)
	more_came() { storm_report && [ "$(sum_of received)" -gt "$before" ]; }
	wait_until "${1:-10}" more_came
}

# storm_over [SECONDS] - all have ended, and said their last line; storm_ends:
# they are told to.
storm_over() {
	no_storm() {
		local i

		for i in "${!STORM[@]}"; do
			on "${STORM_ON[i]}" process_gone "${STORM[i]}" ||
			    return 1
		done
	}
	wait_until "${1:-30}" no_storm
	tail -qn 1 "$T"/out/storm.*
}
storm_ends() {
	storm_says finish
	storm_over "$@"
}

# sum_of WORD, most_of WORD - of that figure in all last lines.
sum_of() { figures "$1" | awk '{ n += $1 } END { print n + 0 }'; }
most_of() { figures "$1" | sort -n | tail -n 1; }
figures() {
	tail -qn 1 "$T"/out/storm.* | awk -v word="$1" '{
		for (i = 1; i < NF; i += 2)
			if ($i == word)
				print $(i + 1)
	    }'
}

# Whatever happened between them: in order, nothing twice, nothing torn, and
# nothing left out of which they were not told.
assert_storm_sound() {
	local word

	for word in gaps doubles torn; do
		assert_equal "$word $(sum_of "$word")" "$word 0"
	done
	[ "$(sum_of sent)" -gt 0 ]
}

# Nothing happened at all, as far as they know.
assert_storm_whole() {
	assert_storm_sound
	assert_equal "downs $(sum_of downs)" "downs 0"
	assert_equal "$(sum_of received)" "$(sum_of sent)"
	! tail -qn 1 "$T"/out/storm.* | grep open
}
