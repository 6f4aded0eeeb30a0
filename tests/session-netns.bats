#!/usr/bin/env bats
# session-netns.bats - what may happen between two hosts: connections that
# break, cuts, one-way cuts, hosts that stop, die and come again.
#
# Under its other name, session-proxied.bats, the hosts are nodes on 127.0.0.1
# with proxies between them, which no privilege is needed for.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
}
teardown() { hosts_teardown; }

# hosts N SECONDS [OPTION...] - so many hosts, of that peer-timeout, whose
# events are in $T/eventsI.out.
hosts() {
	local i

	# The same bodies in both beds take long: one is enough, but on demand.
	if [ "$PLACES" = proxied ] && [ -z "${BROOD_BOTH-}" ] &&
	    bed_possible netns >/dev/null; then
		skip "session-netns does it; BROOD_BOTH=1 runs it here, too"
	fi
	use_workers storm fate watcher victim many pace
	hosts_up "$PLACES" "$1" -o peer-timeout="$2s" "${@:3}"
	TIMEOUT_MS=$(($2 * 1000))
	for ((i = 1; i <= $1; i++)); do
		hear_events "$i"
	done
}

hear_events() {
	background "events$1" brood -s "$T/run/h$1/sock" events
	began() {
		host_brood "$1" spawn many:aim_all 999999 999999 0 &&
		    [ -s "$T/events$1.out" ]
	}
	wait_until 5 began "$1"
}

# nodedowns I J - how often I was told that J is down.
nodedowns() { grep -cE "nodedown .*\bh$2\b" "$T/events$1.out" || true; }
nodedowns_are() { [ "$(nodedowns "$1" "$2")" -eq "$3" ]; }
assert_no_nodedown() {
	run ! grep nodedown "$T"/events*.out
}

milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }

# assert_took BEGAN MOST - it is not longer since then.
assert_took() {
	local took=$(($(milliseconds) - $1))

	echo "took $took ms"
	[ "$took" -le $(($2 * SLOW)) ]
}

# ---- connections that break ----

# broken I... - the link is broken at each of them every 50 ms, so long.
broken() {
	local end=$((SECONDS + ${BROOD_BREAKS:-10})) n=0 i

	while [ "$SECONDS" -lt "$end" ]; do
		for i; do
			bed_break "$i"
		done
		n=$((n + 1))
		sleep 0.05
	done
	echo "$n times"
}

# bats test_tags=heavy
@test "breaks: every 50 ms at one end under 20 pairs at full speed, nothing is lost and nobody told" {
	hosts 2 $((5 * SLOW))
	storm 20 1 2 200 0 0 0
	broken 1
	storm_ends
	assert_storm_whole
	assert_no_nodedown
}

# bats test_tags=heavy
@test "breaks: every 50 ms at both ends under 20 pairs at full speed, nothing is lost and nobody told" {
	hosts 2 $((5 * SLOW))
	storm 20 1 2 0 0 0 0
	broken 1 2
	storm_ends
	assert_storm_whole
	assert_no_nodedown
}

@test "breaks: under messages of a megabyte, nothing is torn" {
	hosts 2 $((5 * SLOW))
	storm 2 1 2 1000000 0 0 0
	BROOD_BREAKS=5 broken 1
	storm_ends
	assert_storm_whole
	assert_no_nodedown
}

# ---- cuts ----

# short_cut CUT... - for less than peer-timeout.
short_cut() {
	hosts 2 5
	storm 5 1 2 200 200 0 0
	"$@"
	sleep 2
	bed_heal
	storm_flows_on
	storm_ends
	assert_storm_whole
	[ "$(most_of longest)" -ge 1500 ]	# there was a cut
	assert_no_nodedown
}

@test "cut: for less than peer-timeout, nothing is lost and nobody told" {
	short_cut bed_cut 1 2
}

@test "cut: one way for less than peer-timeout, nothing is lost and nobody told" {
	short_cut bed_cut_way 1 2
}

@test "cut: the other way for less than peer-timeout, nothing is lost and nobody told" {
	short_cut bed_cut_way 2 1
}

# long_cut TIMEOUTS CUT... - for longer: both sides agree, within so many times
# peer-timeout.  Who still hears the other cannot know before that one is silent.
long_cut() {
	local began times=$1

	shift
	hosts 2 2
	storm 5 1 2 200 200 0 0
	began=$(milliseconds)
	"$@"
	wait_until 10 nodedowns_are 1 2 1
	wait_until 10 nodedowns_are 2 1 1
	assert_took "$began" $((times * TIMEOUT_MS + 1000))
	sleep 1
	bed_heal
	hosts_joined
	storm_flows_on
	storm_ends
	assert_storm_sound
	# Each of ten was told once, whichever side it was on.
	assert_equal "$(sum_of downs)" 10
	nodedowns_are 1 2 1
	nodedowns_are 2 1 1
}

@test "cut: for more than peer-timeout, each is told once on both sides, and they join again" {
	long_cut 1 bed_cut 1 2
}

@test "cut: one way for more than peer-timeout, both sides end the session and join again" {
	long_cut 2 bed_cut_way 1 2
}

@test "cut: the other way for more than peer-timeout, both sides end the session and join again" {
	long_cut 2 bed_cut_way 2 1
}

@test "cut: of new connections one way while the link breaks, the other side dials" {
	hosts 2 5
	storm 5 1 2 200 200 0 0
	bed_cut_syn 1 2
	bed_break 1
	storm_flows_on
	bed_break 1
	storm_flows_on
	bed_heal
	bed_cut_syn 2 1
	bed_break 1
	storm_flows_on
	storm_ends
	assert_storm_whole
	assert_no_nodedown
}

@test "translation: a connection is forgotten in silence, they find each other again and agree on what was lost" {
	hosts 2 2
	storm 5 1 2 200 200 0 0
	bed_forget 1 2
	hosts_joined
	storm_flows_on 15
	storm_ends
	assert_storm_sound
	assert_equal "$(nodedowns 1 2)" "$(nodedowns 2 1)"
	assert_equal "$(sum_of downs)" $((10 * $(nodedowns 1 2)))
}

# ---- hosts that stop ----

@test "stop: a whole host for less than peer-timeout under full load, nothing is lost and nobody told" {
	hosts 2 5
	storm 10 1 2 200 0 0 0
	host_freeze 1
	sleep 2
	host_thaw 1
	storm_flows_on
	storm_ends
	assert_storm_whole
	assert_no_nodedown
}

@test "stop: a whole host for more than peer-timeout under full load, both agree and each is told once" {
	hosts 2 2
	storm 10 1 2 200 0 0 0
	host_freeze 1
	wait_until 10 nodedowns_are 2 1 1
	sleep 1
	host_thaw 1
	wait_until 10 nodedowns_are 1 2 1
	hosts_joined
	storm_flows_on
	storm_ends
	assert_storm_sound
	assert_equal "$(sum_of downs)" 20
	nodedowns_are 1 2 1
	nodedowns_are 2 1 1
}

@test "stop: a relay alone for more than peer-timeout, the same" {
	hosts 2 2
	storm 10 1 2 200 0 0 0
	host_freeze 2 relay
	wait_until 10 nodedowns_are 1 2 1
	sleep 1
	host_thaw 2
	wait_until 10 nodedowns_are 2 1 1
	hosts_joined
	storm_flows_on
	storm_ends
	assert_storm_sound
	assert_equal "$(sum_of downs)" 20
}

@test "suspect: shown while a host is silent, and up again" {
	hosts 2 5
	host_freeze 1
	wait_until 5 host_is 2 1 suspect
	host_thaw 1
	wait_until 5 host_is 2 1 up
	assert_no_nodedown
}

# ---- hosts that die ----

# watched N - so many on host 1, each watched from host 2.
watched() {
	local node

	at 1 brood spawn many:many victim "$1" "$T/out/victims" 0
	wait_line "$T/out/victims" . 30
	node=$(node_of 1)
	read -r first last <"$T/out/victims"
	at 2 watch "$first@$node" "$last@$node"
}

# Each was told once, with that cause, and of nothing else.
assert_all_told() {
	at 2 account >"$T/heard"
	[ "$(grep -c " 1 0 0 $2\$" "$T/heard")" -eq "$1" ] ||
	    fail "$(head -n 5 "$T/heard")"
	[ "$(wc -l <"$T/heard")" -eq "$1" ]
}

@test "death: a host with 200 that are watched falls silent, each told once within peer-timeout and a second" {
	local began first last

	hosts 2 3
	watched 200
	began=$(milliseconds)
	bed_cut 1 2
	host_kill 1
	wait_line "$ACCOUNT" '^all$' 20
	assert_took "$began" $((TIMEOUT_MS + 1000))
	assert_all_told 200 noconnection
}

@test "death: a host with 200 that are watched dies and is back at once, each told once within a second" {
	local began first last

	hosts 2 30
	watched 200
	host_kill 1
	host_start 1
	began=$(milliseconds)
	hosts_joined
	wait_line "$ACCOUNT" '^all$' 20
	assert_took "$began" 1000
	assert_all_told 200 noconnection
	# It is the new one, and all of it works.
	run -0 host_brood 2 ping h1
}

@test "death: guard, parent or relay alone is killed, each told once and in time, and the host is back" {
	local began first last who three

	hosts 2 3
	for who in relay parent guard; do
		rm -f "$T/out/victims"
		watched 20
		mapfile -t three < <(host_three 1)
		began=$(milliseconds)
		case $who in
		guard)	kill -KILL "${three[0]}" ;;
		parent)	kill -KILL "${three[1]}" ;;
		relay)	kill -KILL "${three[2]}" ;;
		esac
		wait_line "$ACCOUNT" '^all$' 20
		assert_took "$began" $((TIMEOUT_MS + 1000))
		assert_all_told 20 noconnection
		if [ "$who" != relay ]; then
			wait_until 5 nothing_of "$T/run/h1"
			host_start 1
		fi
		hosts_joined
	done
}

@test "death: an orderly stop, goodbye is told at once" {
	local began first last

	hosts 2 30
	watched 20
	began=$(milliseconds)
	host_stop 1
	wait_line "$ACCOUNT" '^all$' 20
	assert_took "$began" 7000		# its workers may take their time
	wait_until 5 nodedowns_are 2 1 1
	assert_all_told 20 stopped
	wait_until 5 host_is 2 1 down
}

@test "death: the link breaks all the while a host is stopping, each told once, and goodbye" {
	local first last pid

	worker_script slow <<-END
		#!/bin/sh
		trap 'touch $T/out/stopping; sleep 1; exit' TERM
		echo ready
		while :; do sleep 0.1; done
	END
	hosts 2 30
	watched 20
	host_brood 1 spawn --name slow slow
	ready() { host_brood 1 log slow | grep -qx ready; }
	wait_until 5 ready
	pid=$(at 1 os_pid slow)
	background slow brood -s "$T/run/h2/sock" monitor slow@h1
	wait_line "$T/slow.err" '^watching'
	kill -TERM "${HOST_PID[1]}"
	wait_until 5 test -e "$T/out/stopping"
	for _ in {1..10}; do
		bed_break 1
		bed_break 2
		sleep 0.03
	done
	# The last death falls into a cut, and the goodbye behind it.
	bed_cut 1 2
	wait_until 5 gone "$pid"
	bed_heal
	bed_break 1
	wait_until 10 gone "${HOST_PID[1]}"
	[ "$(grep -c 'connection .* broke' "$T/broodd-h2.log")" -ge 5 ]
	wait_line "$ACCOUNT" '^all$' 10
	assert_all_told 20 stopped
	wait_line "$T/slow.out" '^down .* stopped$'
	[ "$(wc -l <"$T/slow.out")" -eq 1 ]
	wait_until 5 nodedowns_are 2 1 1
	grep -q ' nodedown - - h1 goodbye$' "$T/events2.out"
	unset "HOST_PID[1]"
}

@test "last words: 50 sizes from one byte to 16 MB across hosts and SIGKILL, all of them and then the notice" {
	hosts 2 5
	born 2 storm:listener "$T/out/heard"
	born 1 storm:ladder "$S" 50 16000000
	wait_line "$T/out/heard" ^heard 40
	run -0 cat "$T/out/heard"
	assert_output \
	    "heard 50 gaps 0 doubles 0 torn 0 after 0 signal 9 (KILL)"
}

@test "large: 16 MB both ways at 10 Mbit/s, nobody is suspected and small messages pass" {
	local large

	hosts 2 5
	bed_rate 1 10000
	storm 1 1 2 64 20 0 0
	large=$(born 1 storm:left "$T/out/large.left" 15000000 0 1 0)
	born 2 storm:right "$large" "$T/out/large.right" 15000000 0 1 0
	both_came() {
		[ "$(cat "$T"/out/large.* 2>/dev/null | grep -c whole)" -eq 2 ]
	}
	not_yet() {
		[ "$(host_state 1 2) $(host_state 2 1)" = "up up" ] ||
		    touch "$T/suspected"
		both_came
	}
	wait_until 40 not_yet
	[ ! -e "$T/suspected" ]
	storm_ends
	assert_storm_whole
	[ "$(most_of longest)" -le $((2000 * SLOW)) ]
	assert_no_nodedown
}

# ---- spawns across a cut ----

# left_by NAME - whether the process of that name is there.
left_by() { host_brood 2 whereis "$1" >/dev/null 2>&1; }

@test "spawn: a cut at any moment of it, an error leaves no child" {
	local i status

	hosts 2 1
	for i in {1..8}; do
		background "spawn$i" brood -s "$T/run/h1/sock" -n h2 spawn \
		    --name "child$i" --monitor fate:waits
		sleep "0.0$((RANDOM % 5))"
		bed_cut_way $((1 + i % 2)) $((2 - i % 2))
		# Born or not, it is told that it has no connection.
		wait_until 20 gone "$BG"
		status=0
		wait "$BG" || status=$?
		[ "$status" -ne 0 ]
		bed_heal
		hosts_joined
		grep -q . "$T/spawn$i.out" || run ! left_by "child$i"
		! left_by "child$i" || host_brood 2 kill "child$i"
	done
	no_child_left() {
		[ "$(host_brood 2 --json ps fate | wc -l)" -eq 0 ]
	}
	wait_until 5 no_child_left
}

@test "spawn: the requester of a linked one is killed in a cut, no child stays" {
	local i

	use_workers rude
	hosts 2 1
	for i in {1..6}; do
		host_brood 1 spawn rude spawn_and_die victim "1@$(node_of 2)"
		sleep "0.0$((RANDOM % 3))"
		bed_cut 1 2
		wait_until 10 nodedowns_are 2 1 "$i"
		bed_heal
		hosts_joined
		none_left() {
			[ "$(host_brood 2 --json ps victim | wc -l)" -eq 0 ]
		}
		wait_until 5 none_left
	done
}

# ---- the wall clock ----

@test "wall clock: it jumps with every look, nothing changes" {
	mkconf <<-END
	[program storm]
	exec = $T/workers/storm
	environment = LD_PRELOAD=$T/bin/realtime.so
	END
	use_shim realtime REALTIME_FILE="$T/out/seen"
	hosts 2 2
	[ -s "$T/out/seen" ]
	storm 5 1 2 200 200 0 0
	BROOD_BREAKS=3 broken 1
	storm_flows_on
	assert_no_nodedown
	bed_cut 1 2
	wait_until 10 nodedowns_are 1 2 1
	wait_until 10 nodedowns_are 2 1 1
	bed_heal
	hosts_joined
	storm_flows_on
	storm_ends
	assert_storm_sound
	assert_equal "$(sum_of downs)" 10
}
