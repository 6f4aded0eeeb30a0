#!/usr/bin/env bats
# death.bats - death is told exactly once, with its cause, after the last
# message of the dead; nothing of the dead is left.
#
# Each test runs on one supervisor, and on three where this file is linked under
# another name (hosts/hosts.bash): the dead are on sender.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
}
teardown() { hosts_teardown; }

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

# many PLACE PROGRAM N WORD... - so many of them there; their pids are from
# $FIRST to $LAST, in full.
many() {
	local place=$1 program=$2 n=$3 node

	shift 3
	rm -f "$T/out/many"
	on "$place" brood spawn many:many "$program" "$n" "$T/out/many" $# "$@"
	wait_line "$T/out/many" . 60
	read -r FIRST LAST <"$T/out/many"
	[ $((LAST - FIRST)) -eq $((n - 1)) ]
	node=$(node_of "$place")
	FIRST=$FIRST@$node
	LAST=$LAST@$node
}

# each FIRST LAST - the pids from one to the other, in full.
each() {
	local i

	for ((i = ${1%%@*}; i <= ${2%%@*}; i++)); do
		echo "$i@${1#*@}"
	done
}

# bats test_tags=heavy
@test "storm: 1,000 killed at random under 50 monitors, each told once, rightly, after the last message" {
	local n=1000 watchers=50 place before=() first last at=() f

	[ "$PLACES" = one ] || n=300
	! sanitized || n=200
	use_workers victim watcher many
	places_up
	born sender victim
	on sender brood kill "$S"
	wait_until 10 workers_are 0
	mapfile -t before < <(on_each descriptors_of_both)

	many sender victim "$n"
	first=$FIRST
	last=$LAST
	for place in receiver watcher; do
		many "$place" watcher $((watchers / 2)) "$T/out/account" \
		    "$first" "$last"
		mapfile -t -O ${#at[@]} at < <(each "$FIRST" "$LAST")
	done
	all_watch() {
		[ "$(cat "$T"/out/account.* | grep -c '^watching')" -eq \
		    "$watchers" ]
	}
	wait_until 20 all_watch
	on receiver brood spawn many:aim_all "$first" "$last" "${#at[@]}" \
	    "${at[@]}"

	on sender brood --json ps victim |
	    jq -r '"\(.os_pid) \(.pid | split("@")[0])"' >"$T/alive"
	[ "$(wc -l <"$T/alive")" -eq "$n" ]
	kill_at_random <"$T/alive" | sort >"$T/killed"
	all_told() {
		[ "$(cat "$T"/out/account.* | grep -c '^all')" -eq "$watchers" ]
	}
	wait_until 30 all_told
	for f in "${at[@]}"; do
		on sender brood send "$f" report
	done
	wait_until 20 workers_are 0

	for f in "$T"/out/account.*; do
		# One notice of each, no fault, and the cause is the signal.
		awk '$2 != 1 || $4 != 0' "$f" >"$T/wrong"
		[ ! -s "$T/wrong" ] || fail "$f: $(head -n 5 "$T/wrong")"
		cut -d' ' -f1,5- "$f" | sort | diff - "$T/killed"
	done
	# There were messages to come after.
	[ "$(cat "$T"/out/account.* | awk '{ n += $3 } END { print n }')" -gt \
	    "$n" ]
	on_each no_zombie
	descriptors_as_before() {
		[ "$(on_each descriptors_of_both)" = \
		    "$(printf '%s\n' "${before[@]}")" ]
	}
	wait_until 10 descriptors_as_before
	[ "$(on_each brood --json ps | wc -l)" -eq 0 ]
}

# burst COUNT PAD MODE [GATE] - a burst of notes at a watcher, and its end.
burst() {
	born sender burst "$1" "$2" "$T/out/said" "$3"
	on watcher watch "$S" "$S" "${4-}" go
}

# The watcher's account: one notice of this cause, no fault, and all that the
# kernel took, to the last.
assert_account() {
	local notices last faults cause

	wait_line "$T/out/said" . 30
	on watcher account "${2:-20}" >"$T/heard"
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
	places_up
	burst 10000 0 kill
	assert_account exactly
	[ "$(cat "$T/out/said")" -eq 10000 ]
}

@test "last words: the socket full and the receiver not reading, all whole frames and then the notice" {
	use_workers burst watcher
	places_up
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
	places_up
	relay=$(on sender relay_pid)
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
	places_up
	burst 10000 0 group
	assert_account more
}

@test "last words: a child that left its group floods on, the notice is at once and the last" {
	local since

	use_workers burst watcher
	places_up
	burst 10000 0 orphan
	wait_line "$T/out/said" .
	since=${EPOCHREALTIME/./}
	wait_line "$ACCOUNT" '^all$'
	# Of a flood without end nobody awaits the end.
	[ $(((${EPOCHREALTIME/./} - since) / 1000)) -lt 5000 ]
	assert_account more
	# Its flood was cut: it does not go on in another's name.
	flood_ended() { ! pgrep -f "$T/workers/burst" >/dev/null; }
	wait_until 5 flood_ended
}

@test "last words: death in mid-frame, the broken last frame is dropped" {
	use_workers burst watcher
	places_up
	burst 100 100 half
	assert_account exactly
	rm "$T"/out/*
	burst 100 100 torn
	assert_account exactly
	rm "$T"/out/*
	burst 3 1000000 torn		# more than a small frame
	assert_account exactly
	[ "$(on sender stat_of bad_frames)" -eq 0 ]
}

@test "deaths: 2,000 while the relay is stopped, each told once it goes on" {
	local n=2000 relay stay=2		# the relay, and the watcher

	[ "$PLACES" = one ] || n=500 stay=1
	! sanitized || n=300
	use_workers victim watcher many
	mkconf <<-END
	[node]
	peer-timeout = 2m
	END
	places_up
	relay=$(on sender relay_pid)
	many sender victim "$n"
	on watcher watch "$FIRST" "$LAST"
	on sender brood --json ps victim | jq .os_pid >"$T/alive"
	[ "$(wc -l <"$T/alive")" -eq "$n" ]
	kill -STOP "$relay"
	xargs kill -KILL <"$T/alive"
	# The parent reaps whatever the relay does.
	wait_until 20 on sender children_are "$stay"
	on sender no_zombie
	kill -CONT "$relay"
	on watcher account 30 >"$T/heard"
	[ "$(grep -c ' 1 0 0 signal 9 (KILL)$' "$T/heard")" -eq "$n" ]
	wait_until 10 workers_are 0
}

# ---- spawns that fail ----

@test "spawn: what cannot be executed, an error with stage and reason, and nothing left" {
	local program want node

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
	places_up
	node=$(name_of sender)
	while IFS='|' read -r program want; do
		echo "$program"
		run ! on watcher brood -n "$node" spawn --name taken "$program"
		assert_output --partial "$want"
		run -4 on watcher brood whereis "taken@$node"
	done <<-END
	closed|exec: Permission denied
	missing|exec: No such file or directory
	nowhere|directory: No such file or directory
	no_interpreter|exec: No such file or directory
	no_format|exec: Exec format error
	END
	run -4 on watcher brood -n "$node" spawn --name taken \
	    nothing_of_that_name
	# The name is free, the supervisor well, and nobody was born.
	run -0 on watcher brood -n "$node" spawn --name taken ping:ping_server
	[ "$(on sender brood --json ps | wc -l)" -eq 1 ]
	[ "$(on sender stat_of deaths_abnormal)" -eq 0 ]
}

@test "spawn: requesters killed in the middle of a linked spawn, no child stays" {
	local i someone

	use_workers rude victim watcher
	places_up
	someone=1@$(node_of sender)
	for ((i = 0; i < 100; i++)); do
		on receiver brood spawn rude spawn_and_die victim "$someone"
	done
	wait_until 10 workers_are 0
	[ "$(on_each brood --json ps | wc -l)" -eq 0 ]
}

@test "spawn: the parent stopped while the requester of a linked spawn dies, no child stays" {
	local rude parent

	use_workers rude victim
	places_up
	born receiver rude wait_spawn victim "1@$(node_of sender)"
	rude=$(on receiver os_pid "$S")
	parent=$(on sender parent_pid)
	kill -STOP "$parent"
	on receiver brood send "$S" go
	wait_until 5 gone "$rude"
	kill -CONT "$parent"
	wait_until 10 workers_are 0
	[ "$(on_each brood --json ps | wc -l)" -eq 0 ]
}

# ---- causes ----

@test "causes: each way to end by oneself, its text" {
	local entry args want n=0

	use_workers fate
	places_up
	while IFS='|' read -r entry args want; do
		n=$((n + 1))
		# shellcheck disable=SC2086	# words
		born sender "fate:$entry" $args
		on watcher observe "e$n" "$S"
		on receiver brood send "$S" go
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
	places_up
	run -1 on watcher brood -n "$(name_of sender)" spawn --monitor \
	    ping:nonsense
	assert_output --partial \
	    'error: no entry nonsense in ping (has: master, ping_server)'
}

# It handles or ignores SIGTERM.
handles_term() {
	local mask

	while read -r mask; do
		[ $((16#$mask >> 14 & 1)) -eq 0 ] || return 0
	done < <(sed -n 's/^Sig\(Ign\|Cgt\):\t//p' "/proc/$1/status")
	return 1
}

# ordered ENTRY ARGS CAUSE COMMAND... - given on receiver; PID in it is the
# process.
ordered() {
	local entry=$1 args=$2 want=$3

	shift 3
	N=$((${N-0} + 1))
	# shellcheck disable=SC2086	# words
	born sender "fate:$entry" $args >/dev/null
	on watcher observe "o$N" "$S"
	case $entry in
	term_* | deaf)
		# It says so when its handler is set.
		wait_until 5 handles_term "$(on sender os_pid "$S")"
		;;
	esac
	on receiver "${@//PID/$S}"
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
	places_up
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
	sent_term() { on sender brood signal TERM "${1%%@*}"; }
	ordered waits "" 'signal 15 \(TERM\)' sent_term PID
	ordered term_exits 5 'exit 5' sent_term PID
	# The second may come too late for anybody to be there.
	exit_then_kill() { brood exit "$1" one; brood kill "$1" || [ $? = 4 ]; }
	ordered deaf "" "$by: one" exit_then_kill PID
	two_exits() { brood exit "$1" one; brood exit "$1" two || [ $? = 4 ]; }
	ordered deaf "" "$by: one" two_exits PID
	brood_normal() { brood exit "$1" normal; brood send "$1" go; }
	ordered waits "" normal brood_normal PID
}

@test "causes: a signal and then an order, the signal" {
	local os parent

	use_workers fate
	places_up
	parent=$(on sender parent_pid)
	born sender fate:waits
	os=$(on sender os_pid "$S")
	on watcher observe dead "$S"
	# It is dead, and only the parent could know.
	kill -STOP "$parent"
	kill -SEGV "$os"
	on receiver brood kill "$S"
	kill -CONT "$parent"
	run -0 await_cause dead
	[[ $output == "signal 11 (SEGV"* ]]
}

@test "causes: an orderly end of the supervisor, stopped" {
	use_workers fate
	places_up
	born sender fate:waits
	on watcher background stop brood --json monitor "$S"
	wait_line "$T/stop.err" '^watching '
	on sender stop_supervisor
	wait_line "$T/stop.out" .
	assert_equal "$(jq -r .cause "$T/stop.out")" stopped
}

# ---- monitors and links ----

@test "monitors: of oneself, of nobody, of another incarnation, of the dead, two of one" {
	local other=noproc

	# Who knows other nodes asks them first.
	[ "$PLACES" = one ] || other=noconnection
	use_workers fate
	places_up
	born watcher fate:watches "1@$(node_of sender)" "$T/out/told"
	wait_line "$T/out/told" ^dead 20
	run -0 sed 's/ [0-9]* / /' "$T/out/told"
	assert_output "self nothing
never noproc
other $other
first killed by $(short_of "$S")
second killed by $(short_of "$S")
dead noproc"
}

@test "links: an abnormal end, the other ends with it and tells why" {
	local first

	use_workers fate
	places_up
	first=$(born sender fate:waits)
	born receiver --name other fate:links "$first"
	on watcher observe other "$S"
	wait_until 5 on receiver linked other
	kill -SEGV "$(on sender os_pid "$first")"
	run -0 await_cause other
	[[ $output == "linked $(short_of "$first"): signal 11 (SEGV"* ]] ||
	    fail "$output"
}
linked() { [ "$(brood --json info "$1" | jq .links)" -ge 1 ]; }

@test "links: a normal end, the other lives, and is told if it traps" {
	local first other

	use_workers fate
	places_up
	first=$(born sender fate:waits)
	other=$(born receiver fate:links "$first")
	born watcher fate:traps "$first" "$T/out/trapped"
	wait_until 5 on receiver linked "$other"
	wait_until 5 on watcher linked "$S"
	on receiver brood send "$first" go
	wait_line "$T/out/trapped" \
	    "^exit $(serial_of "$first") normal .a normal end.$"
	run -0 on receiver brood info "$other"
}

@test "links: who traps gets a message, and lives; kill cannot be trapped" {
	local first

	use_workers fate
	places_up
	first=$(born sender fate:waits)
	born receiver fate:traps "$first" "$T/out/trapped"
	wait_until 5 on receiver linked "$S"
	kill -KILL "$(on sender os_pid "$first")"
	wait_line "$T/out/trapped" \
	    "^exit $(serial_of "$first") signal 9 .KILL.$"
	on sender brood exit "$S" please
	wait_line "$T/out/trapped" "^exit [0-9]+ .*please$"
	on watcher observe end "$S"
	on sender brood kill "$S"
	run -0 await_cause end
	[[ $output == "killed by "* ]]
}

@test "links: to a dead process, an exit signal noproc; to oneself, nothing" {
	local nobody

	use_workers fate
	places_up
	nobody=999999@$(node_of sender)
	born receiver fate:traps "$nobody" "$T/out/trapped"
	wait_line "$T/out/trapped" "^exit 999999 noproc$"
	born receiver fate:links "$nobody"
	wait_until 5 on receiver process_gone "$S"
}

@test "links: a chain of 100 of which one is deaf to SIGTERM, all end with the one" {
	local first place on=()

	use_workers fate
	mkconf <<-END
	[program fate]
	exec = $T/workers/fate
	stop-timeout = 300ms
	END
	places_up
	for place in sender receiver watcher; do
		on+=("1@$(node_of "$place")")
	done
	first=$(born sender fate:chain 100 50 3 "${on[@]}")
	last_there() { on watcher brood whereis last >/dev/null; }
	wait_until 30 last_there
	on watcher observe last last
	workers_are 100
	kill -KILL "$(on sender os_pid "$first")"
	run -0 await_cause last
	[[ $output == "linked "*": signal 9 (KILL)" ]]
	wait_until 10 workers_are 0
	on_each no_zombie
}
