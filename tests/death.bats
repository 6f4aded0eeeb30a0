#!/usr/bin/env bats
# death.bats - death is told exactly once, with its cause, after the last
# message of the dead; nothing of the dead is left.

load helper
load words

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
}

# kill_at_random - standard input: OS pid and serial of each; standard output:
# the serial and the cause that is to be told.
kill_at_random() {
	local names=(KILL KILL KILL TERM USR1 HUP INT) pid serial name i=0

	shuf | while read -r pid serial; do
		name=${names[$((RANDOM % ${#names[@]}))]}
		kill -"$name" "$pid"
		echo "$serial signal $(kill -l "$name") ($name)"
		[ $((i++ % 20)) -ne 0 ] || sleep 0.01
	done
}

# bats test_tags=heavy
@test "storm: 1,000 killed at random under 50 monitors, each told once, rightly, after the last message" {
	local n=1000 watchers=50 before first last wfirst wlast f

	! sanitized || n=200
	use_workers victim watcher many
	start_supervisor
	spawn victim
	brood kill "$S"
	wait_until 10 children_are 1
	before=$(descriptors_of_both)

	brood spawn many:many victim "$n" "$T/out/victims" 0
	wait_line "$T/out/victims" . 60
	read -r first last <"$T/out/victims"
	[ $((last - first)) -eq $((n - 1)) ]
	brood spawn many:many watcher "$watchers" "$T/out/watchers" 3 \
	    "$T/out/account" "$first" "$last"
	wait_line "$T/out/watchers" . 60
	read -r wfirst wlast <"$T/out/watchers"
	all_watch() {
		[ "$(cat "$T"/out/account.* | grep -c '^watching')" -eq \
		    "$watchers" ]
	}
	wait_until 20 all_watch
	brood spawn many:aim_all "$first" "$last" "$wfirst" "$wlast"

	brood --json ps victim |
	    jq -r '"\(.os_pid) \(.pid | split("@")[0])"' >"$T/alive"
	[ "$(wc -l <"$T/alive")" -eq "$n" ]
	kill_at_random <"$T/alive" | sort >"$T/killed"
	all_told() {
		[ "$(cat "$T"/out/account.* | grep -c '^all')" -eq "$watchers" ]
	}
	wait_until 30 all_told
	for ((i = wfirst; i <= wlast; i++)); do
		brood send "$i" report
	done
	wait_until 20 children_are 1

	for f in "$T"/out/account.*; do
		# One notice of each, no fault, and the cause is the signal.
		awk '$2 != 1 || $4 != 0' "$f" >"$T/wrong"
		[ ! -s "$T/wrong" ] || fail "$f: $(head -n 5 "$T/wrong")"
		cut -d' ' -f1,5- "$f" | sort | diff - "$T/killed"
	done
	# There were messages to come after.
	[ "$(cat "$T"/out/account.* | awk '{ n += $3 } END { print n }')" -gt \
	    "$n" ]
	no_zombie
	wait_until 10 descriptors_are "$before"
	[ "$(brood --json ps | wc -l)" -eq 0 ]
}

# burst COUNT PAD MODE [GATE] - a burst of notes at a watcher, and its end.
burst() {
	spawn burst "$1" "$2" "$T/out/said" "$3"
	watch "$S" "$S" "${4-}" go
}

# The watcher's account: one notice of this cause, no fault, and all that the
# kernel took, to the last.
assert_account() {
	local notices last faults cause

	wait_line "$T/out/said" . 30
	account "${2:-20}" >"$T/heard"
	read -r _ notices last faults cause <"$T/heard"
	echo "said $(cat "$T/out/said"), heard: $(cat "$T/heard")"
	[ "$notices" -eq 1 ]
	[ "$faults" -eq 0 ]
	[ "$cause" = "signal 9 (KILL)" ]
	case $1 in
	exactly) [ "$last" -eq "$(cat "$T/out/said")" ] ;;
	more)	[ "$last" -gt "$(cat "$T/out/said")" ] ;;
	esac
}

@test "last words: 10,000 messages and SIGKILL at once, all of them and then the notice" {
	use_workers burst watcher
	start_supervisor
	burst 10000 0 kill
	assert_account exactly
	[ "$(cat "$T/out/said")" -eq 10000 ]
}

@test "last words: the socket full and the receiver not reading, all whole frames and then the notice" {
	use_workers burst watcher
	start_supervisor
	burst 100000 2000 full "$T/out/gate"
	wait_line "$T/out/said" . 30
	# More than what waits for a receiver that is read from: it was choked.
	[ "$(($(cat "$T/out/said") * 2000))" -gt $((1 << 20)) ]
	[ "$(cat "$T/out/said")" -lt 100000 ]
	touch "$T/out/gate"
	assert_account exactly
}

@test "last words: the relay stopped while they are written, all of them and then the notice" {
	local relay

	use_workers burst watcher
	start_supervisor
	relay=$(relay_pid)
	burst 100000 100 gated
	wait_line "$T/out/said.ready" .
	kill -STOP "$relay"
	touch "$T/out/said.go"
	wait_line "$T/out/said" . 30
	kill -CONT "$relay"
	assert_account exactly
}

@test "last words: a child of its group floods on, all up to its end and nothing after" {
	use_workers burst watcher
	start_supervisor
	burst 10000 0 group
	assert_account more
}

@test "last words: a child that left its group floods on, the notice is at once and the last" {
	local since

	use_workers burst watcher
	start_supervisor
	burst 10000 0 orphan
	wait_line "$T/out/said" .
	since=${EPOCHREALTIME/./}
	wait_line "$ACCOUNT" '^all$'
	sanitized || [ $(((${EPOCHREALTIME/./} - since) / 1000)) -lt 1000 ]
	assert_account more
	# Its flood was cut: it does not go on in another's name.
	flood_ended() { ! pgrep -f "$T/workers/burst" >/dev/null; }
	wait_until 5 flood_ended
}

@test "last words: death in mid-frame, the broken last frame is dropped" {
	use_workers burst watcher
	start_supervisor
	burst 100 100 half
	assert_account exactly
	rm "$T"/out/*
	burst 100 100 torn
	assert_account exactly
	rm "$T"/out/*
	burst 3 1000000 torn		# more than a small frame
	assert_account exactly
	[ "$(stat_of bad_frames)" -eq 0 ]
}

@test "deaths: 2,000 while the relay is stopped, each told once it goes on" {
	local n=2000 first last relay

	! sanitized || n=300
	use_workers victim watcher many
	start_supervisor
	relay=$(relay_pid)
	brood spawn many:many victim "$n" "$T/out/victims" 0
	wait_line "$T/out/victims" . 60
	read -r first last <"$T/out/victims"
	watch "$first" "$last"
	brood --json ps victim | jq .os_pid >"$T/alive"
	[ "$(wc -l <"$T/alive")" -eq "$n" ]
	kill -STOP "$relay"
	xargs kill -KILL <"$T/alive"
	# The parent reaps whatever the relay does.
	wait_until 20 children_are 2
	no_zombie
	kill -CONT "$relay"
	account 30 >"$T/heard"
	[ "$(grep -c ' 1 0 0 signal 9 (KILL)$' "$T/heard")" -eq "$n" ]
	wait_until 10 children_are 1
}

# ---- spawns that fail ----

@test "spawn: what cannot be executed, an error with stage and reason, and nothing left" {
	local program want

	use_workers ping
	worker_script no_interpreter <<<'#!/nonexistent/sh'
	worker_script no_format <<<'just words'
	cp "$BROOD_BIN/workers/ping" "$T/closed"
	chmod 600 "$T/closed"
	mkconf <<-END
	[program closed]
	exec = $T/closed
	[program missing]
	exec = $T/nonexistent
	[program nowhere]
	exec = $T/workers/ping
	directory = $T/nonexistent
	END
	start_supervisor
	while IFS='|' read -r program want; do
		echo "$program"
		run ! brood spawn --name taken "$program"
		assert_output --partial "$want"
		run -4 brood whereis taken
	done <<-END
	closed|exec: Permission denied
	missing|exec: No such file or directory
	nowhere|directory: No such file or directory
	no_interpreter|exec: No such file or directory
	no_format|exec: Exec format error
	END
	run -4 brood spawn --name taken nothing_of_that_name
	# The name is free, the supervisor well, and nobody was born.
	run -0 brood spawn --name taken ping:ping_server
	[ "$(brood --json ps | wc -l)" -eq 1 ]
	[ "$(stat_of deaths_abnormal)" -eq 0 ]
}

@test "spawn: requesters killed in the middle of a linked spawn, no child stays" {
	local i

	use_workers rude victim watcher
	start_supervisor
	for ((i = 0; i < 100; i++)); do
		brood spawn rude spawn_and_die victim >/dev/null
	done
	wait_until 10 children_are 1
	[ "$(brood --json ps | wc -l)" -eq 0 ]
}

@test "spawn: the parent stopped while the requester of a linked spawn dies, no child stays" {
	use_workers rude victim
	start_supervisor
	spawn rude wait_spawn victim
	rude=$(os_pid "$S")
	kill -STOP "$(parent_pid)"
	brood send "$S" go
	kill -KILL "$rude"
	kill -CONT "$(parent_pid)"
	wait_until 10 children_are 1
	[ "$(brood --json ps | wc -l)" -eq 0 ]
}

# ---- causes ----

@test "causes: each way to end by oneself, its text" {
	local entry args want n=0

	use_workers fate
	start_supervisor
	while IFS='|' read -r entry args want; do
		n=$((n + 1))
		# shellcheck disable=SC2086	# words
		spawn "fate:$entry" $args
		observe "e$n" "$S"
		brood send "$S" go
		run -0 await_cause "e$n"
		[[ $output =~ ^($want)$ ]] || fail "$entry $args: $output"
	done <<-'END'
	waits||normal
	exits|0|normal
	exits|3|exit 3
	exits|111|exit 111
	dies|wrong|error: wrong
	raises|9|signal 9 \(KILL\)
	raises|11|signal 11 \(SEGV(, core)?\)
	raises|15|signal 15 \(TERM\)
	raises|10|signal 10 \(USR1\)
	raises_dying|9 wrong|signal 9 \(KILL\)
	END
}

@test "causes: an entry the program does not have, an error that lists what it has" {
	use_workers ping
	start_supervisor
	background events brood events
	wait_until 5 has_reader
	brood spawn ping:nonsense
	wait_line "$T/events.out" \
	    'error: no entry nonsense in ping \(has: master, ping_server\)'
}
has_reader() { [ "$(brood --json ps | wc -l)" -ge 1 ]; }

# It handles or ignores SIGTERM.
handles_term() {
	local mask

	while read -r mask; do
		[ $((16#$mask >> 14 & 1)) -eq 0 ] || return 0
	done < <(sed -n 's/^Sig\(Ign\|Cgt\):\t//p' "/proc/$1/status")
	return 1
}

# ordered ENTRY ARGS CAUSE COMMAND... - PID in the command is the process.
ordered() {
	local entry=$1 args=$2 want=$3

	shift 3
	N=$((${N-0} + 1))
	# shellcheck disable=SC2086	# words
	spawn "fate:$entry" $args >/dev/null
	observe "o$N" "$S"
	case $entry in
	term_* | deaf)
		# It says so when its handler is set.
		wait_until 5 handles_term "$(os_pid "$S")"
		;;
	esac
	"${@//PID/$S}"
	run -0 await_cause "o$N"
	[[ $output =~ ^($want)$ ]] || fail "$entry $args: $* gave: $output"
}

@test "causes: the first order is the cause, whatever exit status or signal follows" {
	use_workers fate
	mkconf <<-END
	[program fate]
	exec = $T/workers/fate
	stop-timeout = 200ms
	END
	start_supervisor
	by='killed by [0-9]+@[^:]+'
	ordered waits "" "$by" brood kill PID
	ordered waits "" "$by" brood exit PID
	ordered waits "" "$by: enough" brood exit PID enough
	ordered term_exits 0 "$by: enough" brood exit PID enough
	ordered term_exits 7 "$by: enough" brood exit PID enough
	ordered term_dies wrong "$by: enough" brood exit PID enough
	ordered deaf "" "$by: enough" brood exit PID enough
	ordered term_raises 9 "$by: enough" brood exit PID enough
	ordered term_raises 11 'signal 11 \(SEGV(, core)?\)' \
	    brood exit PID enough
	ordered waits "" 'signal 15 \(TERM\)' brood signal TERM PID
	ordered term_exits 5 'exit 5' brood signal TERM PID
	exit_then_kill() { brood exit "$1" one; brood kill "$1"; }
	ordered deaf "" "$by: one" exit_then_kill PID
	two_exits() { brood exit "$1" one; brood exit "$1" two; }
	ordered deaf "" "$by: one" two_exits PID
	brood_normal() { brood exit "$1" normal; brood send "$1" go; }
	ordered waits "" normal brood_normal PID
}

@test "causes: a signal and then an order, the signal" {
	local os parent

	use_workers fate
	start_supervisor
	parent=$(parent_pid)
	spawn fate:waits
	os=$(os_pid "$S")
	observe dead "$S"
	# It is dead, and only the parent could know.
	kill -STOP "$parent"
	kill -SEGV "$os"
	brood kill "$S"
	kill -CONT "$parent"
	run -0 await_cause dead
	[[ $output == "signal 11 (SEGV"* ]]
}

@test "causes: an orderly end of the supervisor, stopped" {
	use_workers fate
	start_supervisor
	spawn fate:waits
	background stop brood --json monitor "$S"
	wait_line "$T/stop.err" '^watching '
	stop_supervisor
	assert_equal "$(jq -r .cause "$T/stop.out")" stopped
}

# ---- monitors and links ----

@test "monitors: of oneself, of nobody, of another incarnation, of the dead, two of one" {
	use_workers fate
	start_supervisor
	spawn fate:watches "$T/out/told"
	wait_line "$T/out/told" ^dead 20
	run -0 sed 's/ [0-9]* / /' "$T/out/told"
	assert_output "self nothing
never noproc
other noproc
first killed by $S@$(hostname -s)
second killed by $S@$(hostname -s)
dead noproc"
}

@test "links: an abnormal end, the other ends with it and tells why" {
	local first

	use_workers fate
	start_supervisor
	first=$(spawn fate:waits)
	spawn --name other fate:links "$first"
	observe other "$S"
	wait_until 5 linked other
	kill -SEGV "$(os_pid "$first")"
	run -0 await_cause other
	[[ $output =~ ^"linked $first@"[^\ ]+": signal 11 (SEGV" ]] ||
	    fail "$output"
}
linked() { [ "$(brood --json info "$1" | jq .links)" -ge 1 ]; }

@test "links: a normal end, the other lives, and is told if it traps" {
	local first other

	use_workers fate
	start_supervisor
	first=$(spawn fate:waits)
	other=$(spawn fate:links "$first")
	spawn fate:traps "$first" "$T/out/trapped"
	wait_until 5 linked "$other"
	wait_until 5 linked "$S"
	brood send "$first" go
	wait_line "$T/out/trapped" "^exit $first normal .a normal end.$"
	run -0 brood info "$other"
}

@test "links: who traps gets a message, and lives; kill cannot be trapped" {
	local first

	use_workers fate
	start_supervisor
	first=$(spawn fate:waits)
	spawn fate:traps "$first" "$T/out/trapped"
	wait_until 5 linked "$S"
	kill -KILL "$(os_pid "$first")"
	wait_line "$T/out/trapped" "^exit $first signal 9 .KILL.$"
	brood exit "$S" please
	wait_line "$T/out/trapped" "^exit [0-9]+ .*please$"
	observe end "$S"
	brood kill "$S"
	run -0 await_cause end
	[[ $output == "killed by "* ]]
}

@test "links: to a dead process, an exit signal noproc; to oneself, nothing" {
	use_workers fate
	start_supervisor
	spawn fate:traps 999999 "$T/out/trapped"
	wait_line "$T/out/trapped" "^exit 999999 noproc$"
	spawn fate:links 999999
	wait_until 5 process_gone "$S"
}

@test "links: a chain of 100 of which one is deaf to SIGTERM, all end with the one" {
	local first

	use_workers fate
	mkconf <<-END
	[program fate]
	exec = $T/workers/fate
	stop-timeout = 300ms
	END
	start_supervisor
	first=$(spawn fate:chain 100 50)
	last_there() { brood whereis last >/dev/null; }
	wait_until 30 last_there
	observe last last
	children_are 101
	kill -KILL "$(os_pid "$first")"
	run -0 await_cause last
	[[ $output == "linked "*": signal 9 (KILL)" ]]
	wait_until 10 children_are 1
	no_zombie
}
