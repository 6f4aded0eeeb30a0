#!/usr/bin/env bats
# flow.bats - who does not read costs its senders time, and nobody else
# anything; the relay's memory stays within what brood stats says.
#
# Each test runs on one supervisor, and on three where this file is linked under
# another name (hosts/hosts.bash): who does not read is on receiver.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
}
teardown() { hosts_teardown; }

# stall - a worker that will never read again; its pid is $STALLED.
stall() {
	born receiver pace:echo >/dev/null
	STALLED=$S
	STALLED_OS=$(on receiver os_pid "$S")
	# It has said hello: frames go to its socket, not to its queue alone.
	says_hello() {
		[ "$(on receiver brood --json info "$STALLED" |
		    jq .mailbox)" = null ]
	}
	wait_until 5 says_hello
	kill -STOP "$STALLED_OS"
	remember "$STALLED_OS"
}
queued() { stat_of queued_bytes; }

# No relay holds more than its stats allow, nor does its memory.
assert_bounded() { on_each bounded; }
bounded() {
	local bound relay

	relay=$(relay_pid)
	bound=$(stat_of memory_bound)
	echo "queued $(queued), bound $bound, resident $(resident "$relay") kB"
	[ "$(queued)" -le "$bound" ]
	sanitized || [ "$(resident "$relay")" -le \
	    $((BASE[relay] + bound / 1024)) ]
}

# After senders that keep the rules it is the mark, and what each of them had
# under way: its socket, and what it may write before it looks.  Towards another
# node it is the link's window besides.
assert_modest() { on_each modest "$1"; }
modest() {
	local relay window=0

	[ "$PLACES" = one ] || window=$((5 << 20))
	relay=$(relay_pid)
	echo "queued $(queued) with $1 senders"
	[ "$(queued)" -le $((window + (1 << 20) + $1 * (512 << 10))) ]
	sanitized || [ "$(resident "$relay")" -le \
	    $((BASE[relay] + window / 1024 + 4096 + $1 * 600)) ]
}

# at_speed ALONE BESIDE - other tests share the machine: what counts is that a
# pair waits for nobody, and then it would stand still.
at_speed() { sanitized || [ "$2" -ge $(($1 / 20)) ]; }

start() {
	local relay

	places_up
	BASE=()
	for relay in $(on_each relay_pid); do
		BASE[relay]=$(resident "$relay")
	done
}

@test "floods: two that send each other 100 MiB at once without reading, no deadlock" {
	use_workers flood
	start
	born sender flood:first 100 "$T/out/first"
	born receiver flood:second "$S" 100 "$T/out/second"
	wait_line "$T/out/first" ^received 50
	wait_line "$T/out/second" ^received 50
	assert_bounded
}

@test "stalled receiver: a choked sender still calls, monitors, links, registers and kills it" {
	local echo

	use_workers flood pace
	start
	echo=$(born watcher pace:echo)
	stall
	born sender flood:blocked "$STALLED" "$T/out/blocked"
	wait_line "$T/out/blocked" ^choked
	born sender flood:choked "$STALLED" "$echo" "$T/out/choked"
	wait_line "$T/out/choked" ^released 20
	run -0 cat "$T/out/choked"
	assert_line --index 0 choked
	assert_line --index 1 called
	assert_line --index 2 monitors
	assert_line --index 3 --regexp '^killed by '
	# Whoever waited for the dead goes on.
	wait_line "$T/out/blocked" ^released
}

@test "stalled receiver: its senders choked, the relay's memory bounded, other pairs at full speed" {
	local alone beside

	use_workers flood pace
	start
	pair_across
	alone=$(pace 1000)
	stall
	for _ in {1..20}; do
		born sender flood:sender "$STALLED" >/dev/null
	done
	all_choked() { [ "$(on sender stat_of chokes)" -ge 20 ]; }
	wait_until 10 all_choked
	beside=$(pace 1000)
	echo "rounds a second: alone $alone, beside $beside"
	at_speed "$alone" "$beside"
	assert_modest 20
	assert_bounded
	# It reads again: everything flows again.
	kill -CONT "$STALLED_OS"
	routed_there() { on receiver stat_of frames_routed; }
	flows() { [ "$(routed_there)" -gt $((routed + 100000)) ]; }
	routed=$(routed_there)
	wait_until 20 flows
}

@test "stalled receiver: a sender that ignores being choked, not read itself, and only that one" {
	local alone beside

	use_workers burst watcher pace
	start
	pair_across
	alone=$(pace 1000)
	born sender burst 1000000000 1000 "$T/out/said" stay
	on receiver watch "$S" "$S" "$T/out/gate" go
	ignored() { [ "$(on sender stat_of ignored_chokes)" -ge 1 ]; }
	wait_until 10 ignored
	beside=$(pace 1000)
	echo "rounds a second: alone $alone, beside $beside"
	at_speed "$alone" "$beside"
	assert_modest 2
	# The one that is not read can be killed, and is heard to its end.
	on watcher brood kill "$S"
	touch "$T/out/gate"
	wait_line "$ACCOUNT" ^all
	on receiver brood send "$WATCHER" report
	report_there() { grep -q " 1 [1-9][0-9]* 0 killed by" "$ACCOUNT"; }
	wait_until 10 report_there
}

# senders_killed N ARG... - so many brood send, all killed.
senders_killed() {
	local pids=() send _

	send=(brood -s "$(on sender printenv BROOD_SOCKET)" send)
	for _ in $(seq "$1"); do
		"${send[@]}" --stdin "$STALLED" note s <"$T/text" \
		    >/dev/null 2>&1 3>&- &
		pids+=($!)
	done
	connected() { [ "$(on sender stat_of guests)" -ge "$2" ]; }
	# Most have written what they can.
	guests=$((${guests-0} + $1))
	wait_until 5 connected "$1" "$((guests * 9 / 10))" || true
	kill -KILL "${pids[@]}" 2>/dev/null || true
	wait "${pids[@]}" 2>/dev/null || true
}

# bats test_tags=heavy
@test "stalled receiver: a thousand times brood send to it, each killed, the relay's memory bounded" {
	local total=${BROOD_SENDS:-1000} n before

	[ "$PLACES" = one ] || [ -n "${BROOD_SENDS-}" ] || total=400
	! sanitized || total=300
	use_workers pace
	start
	pair_across
	stall
	head -c 60000 /dev/zero | tr '\0' x >"$T/text"
	before=$(on_each descriptors_of_both)
	for ((n = 0; n < total; n += 100)); do
		senders_killed 100
	done
	echo "$(on sender stat_of guests) guests"
	# A megabyte is queued, and of the killed what each had under way.
	assert_bounded
	assert_modest 100
	assert_pair_lives
	as_before() { [ "$(on_each descriptors_of_both)" = "$before" ]; }
	wait_until 5 as_before
}
