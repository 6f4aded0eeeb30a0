#!/usr/bin/env bats
# guard.bats - guard, parent and relay: whoever of them is killed, nobody below
# stays behind; and what a worker is given on its way.

load helper

# A worker with descendants of every kind: of its group, in a session of their
# own, daemons that left twice.  "up" in its file once all are there.
worker_tree() {
	mkdir -p "$T/up"
	chmod 777 "$T/up"
	worker_script tree <<-EOS
		#!/bin/sh
		sleep 1001 &
		setsid sleep 1002 &
		(setsid sh -c 'sleep 1003 & exec sleep 1004' &)
		(setsid sh -c 'setsid sleep 1005 & echo >$T/up/\$PPID.\$\$' &)
		exec sleep 1006
	EOS
}

# start_trees N - returns when the descendants of all of them run.
start_trees() {
	local i

	for ((i = 0; i < $1; i++)); do
		brood spawn tree >/dev/null
	done
	wait_until 10 trees_up "$1"
}

trees_up() { [ "$(find "$T/up" -type f | wc -l)" -ge "$1" ]; }

# Workers and what is below them, of this test's run directory.
below() { processes_of "$BROOD_RUN_DIR"; }
nothing_below() { [ -z "$(below)" ]; }

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# kill_and_time WHOM... - all at once; then until nobody is left below.
kill_and_time() {
	local began

	began=$(milliseconds)
	kill -KILL "$@"
	wait_until 5 nothing_below
	TOOK=$(($(milliseconds) - began))
}

within_a_second() {
	[ "$TOOK" -lt $((1000 * SLOW)) ] || fail "it took $TOOK ms"
}

# supervisor_exits CODE - it ends by itself.
supervisor_exits() {
	local status=0

	wait_until 15 gone "$SUPERVISOR"
	wait "$SUPERVISOR" || status=$?
	[ "$status" -eq "$1" ] || fail "exit $status, not $1"
}

# ---- whoever is killed ----

@test "guard: the guard is killed, everything below is gone within a second" {
	local parent

	worker_tree
	start_supervisor
	start_trees 10
	parent=$(parent_pid)
	remember "$parent"
	kill_and_time "$SUPERVISOR"
	within_a_second
	wait_until 2 gone "$parent"
	[ ! -e "$BROOD_SOCKET" ]
	wait_line "$T/broodd.log" 'guard died'
}

@test "guard: the parent is killed, everything below is gone within a second" {
	local relay

	worker_tree
	start_supervisor
	start_trees 10
	relay=$(relay_pid)
	remember "$relay"
	kill_and_time "$(parent_pid)"
	within_a_second
	wait_until 2 gone "$relay"
	supervisor_exits 111
	[ ! -e "$BROOD_SOCKET" ]
}

@test "guard: the relay is killed, its workers go and the node is up again, empty and new" {
	local before

	worker_tree
	start_supervisor
	start_trees 10
	before=$(brood --json info | jq -r .id)
	kill_and_time "$(relay_pid)"
	within_a_second
	run -0 brood ps
	refute_output --partial tree
	[ "$(brood --json info | jq -r .id)" != "$before" ]
	start_trees 1
	stop_supervisor
}

@test "guard: all three are killed, the next start kills what is left before it is ready" {
	local left parent relay

	worker_tree
	start_supervisor
	start_trees 10
	parent=$(parent_pid)
	relay=$(relay_pid)
	remember "$parent" "$relay"
	kill -STOP "$SUPERVISOR" "$parent"	# neither sees the other go first
	kill -KILL "$parent" "$relay" "$SUPERVISOR"
	wait_until 5 none_remembered
	left=$(below)
	[ -n "$left" ]
	rm "$BROOD_SOCKET"
	start_supervisor
	for left in $left; do
		gone "$left"
	done
	wait_line "$T/broodd.log" 'left by a broodd that was killed'
	start_trees 1
	stop_supervisor
}

@test "guard: leftovers of another run directory, not touched" {
	local other

	worker_tree
	use_run_dir other
	start_supervisor
	start_trees 1
	other=$(below | wc -l)
	use_run_dir brood
	start_supervisor
	stop_supervisor
	use_run_dir other
	[ "$(below | wc -l)" -eq "$other" ]
}

@test "guard: an orderly end, daemons that left a worker go too" {
	worker_tree
	start_supervisor
	start_trees 5
	stop_supervisor
	nothing_below
	[ ! -e "$BROOD_SOCKET" ]
}

@test "guard: a plain user's supervisor, the same when any of three is killed" {
	local victim

	need_root
	worker_tree
	chown 65534:65534 "$T/run"
	for victim in guard parent relay; do
		setpriv --reuid 65534 --regid 65534 --clear-groups \
		    broodd -o worker-dir="$T/workers" >"$T/user.log" 2>&1 \
		    </dev/null 3>&- &
		SUPERVISOR=$!
		remember "$SUPERVISOR"
		wait_until 10 test -S "$BROOD_SOCKET"
		rm -f "$T"/up/*
		for _ in 1 2 3; do
			as_user env BROOD_SOCKET="$BROOD_SOCKET" \
			    brood spawn tree
		done
		wait_until 10 trees_up 3
		case $victim in
		guard)	kill_and_time "$SUPERVISOR" ;;
		parent)	kill_and_time "$(parent_pid)" ;;
		relay)	kill_and_time "$(relay_pid)" ;;
		esac
		within_a_second
		[ "$victim" = relay ] || wait_until 3 gone "$SUPERVISOR"
	done
	stop_supervisor
}

@test "guard: as process 1 of a container, it starts, stops and reaps" {
	local guard

	need_root
	unshare -fp --mount-proc true 2>/dev/null || skip "no pid namespaces"
	worker_tree
	unshare -fp --mount-proc broodd -f "$T/brood.conf" \
	    -o worker-dir="$T/workers" >"$T/broodd.log" 2>&1 </dev/null 3>&- &
	SUPERVISOR=$!
	remember "$SUPERVISOR"
	wait_until 10 test -S "$BROOD_SOCKET"
	guard=$(pgrep -P "$SUPERVISOR")
	remember "$guard"
	start_trees 3
	kill -TERM "$guard"
	supervisor_exits 0
	nothing_below
}

@test "guard: a relay that dies at once every time, broodd ends with 111" {
	local i

	start_supervisor
	for ((i = 1; i <= 6; i++)); do
		wait_until 5 relay_is_ready "$i"
		kill -KILL "$(relay_pid)"
	done
	supervisor_exits 111
	grep -q 'relay died too often' "$T/broodd.log"
}

relay_is_ready() { [ "$(grep -c 'relay ready' "$T/broodd.log")" -ge "$1" ]; }

@test "guard: a stopped relay in a storm of deaths, hears of every one" {
	local i relay

	worker_script sleeper <<-'EOS'
		#!/bin/sh
		exec sleep 1000
	EOS
	start_supervisor
	relay=$(relay_pid)
	for ((i = 0; i < 200; i++)); do
		brood spawn sleeper >/dev/null
	done
	kill -STOP "$relay"
	# shellcheck disable=SC2046	# numbers
	kill -KILL $(below)
	wait_until 10 nothing_below
	kill -CONT "$relay"
	wait_until 10 no_workers
	[ "$(brood --json stats | jq -r 'select(.name == "deaths") | .value')" \
	    -ge 200 ]
	stop_supervisor
}

no_workers() { ! brood ps | grep -q sleeper; }

# ---- the end ----

@test "stop: TERM or INT, exit 0, and nothing is left in the run directory but its lock" {
	local signal

	for signal in TERM INT; do
		start_supervisor -o pid-file="$T/broodd.pid"
		[ "$(cat "$T/broodd.pid")" = "$SUPERVISOR" ]
		stop_supervisor "$signal"
		[ ! -e "$T/broodd.pid" ]
		[ "$(ls -A "$BROOD_RUN_DIR")" = lock ]
	done
}

@test "stop: a worker that ignores TERM, killed after its stop-timeout" {
	stubborn
	start_supervisor
	brood spawn stubborn
	wait_line "$T/broodd.log" 'I stay'
	stop_supervisor
	nothing_below
}

@test "stop: a second TERM, everything ends at once" {
	local began

	stubborn 60s
	start_supervisor
	brood spawn stubborn
	wait_line "$T/broodd.log" 'I stay'
	kill -TERM "$SUPERVISOR"
	wait_line "$T/broodd.log" stopping
	began=$SECONDS
	stop_supervisor
	[ $((SECONDS - began)) -lt $((10 * SLOW)) ]
	nothing_below
}

# As an init does that signals every process of a service: no second request.
@test "stop: TERM to guard and parent at once, still orderly" {
	stubborn 2s
	start_supervisor
	brood spawn stubborn
	wait_line "$T/broodd.log" 'I stay'
	kill -TERM "$SUPERVISOR" "$(parent_pid)" "$(relay_pid)"
	supervisor_exits 0
	run ! grep -q 'second signal' "$T/broodd.log"
}

# stubborn [STOP-TIMEOUT]
stubborn() {
	worker_script stubborn <<-'EOS'
		#!/bin/sh
		trap '' TERM
		echo "I stay"
		while :; do sleep 1; done
	EOS
	printf '[program stubborn]\nstop-timeout = %s\n' "${1:-500ms}" | mkconf
}

# ---- what cannot start ----

@test "start: a second broodd on the directory, 100 after 2 s and who holds it" {
	start_supervisor
	run -100 broodd -f "$T/brood.conf"
	assert_output --partial "another broodd holds it (process $SUPERVISOR)"
	run -0 brood info
}

@test "start: the lock is free again within 2 s, the second one starts" {
	local first

	start_supervisor
	first=$SUPERVISOR
	kill -STOP "$first"
	broodd -f "$T/brood.conf" >"$T/second.log" 2>&1 </dev/null 3>&- &
	remember $!
	kill -KILL "$(parent_pid)" "$first"
	wait_line "$T/second.log" 'relay ready'
	run -0 brood info
}

@test "start: a run directory of another user or behind a link, 100 and why" {
	ln -s "$T/run/brood" "$T/run/link"
	use_run_dir link
	run -100 broodd -f "$T/brood.conf"
	assert_output --partial "is no directory"
	need_root
	mkdir -m 700 "$T/run/other"
	chown 65534 "$T/run/other"
	use_run_dir other
	run -100 broodd -f "$T/brood.conf"
	assert_output --partial "belongs to user 65534, not to 0"
}

@test "start: there is no relay, 111 and why" {
	mkdir "$T/bin"
	cp "$BROOD_BIN/broodd" "$T/bin/broodd"
	run -111 "$T/bin/broodd" -f "$T/brood.conf"
	assert_output --partial "relay not started: $T/bin/relay: exec: No such"
	assert_output --partial "relay died too often"
}

@test "start: a log that cannot be opened, 111 and why" {
	run -111 broodd -f "$T/brood.conf" -o log="$T/none/log"
	assert_output --partial "log $T/none/log: No such file or directory"
}

@test "start: signals ignored and blocked by whoever starts it, it obeys all the same" {
	env --ignore-signal=CHLD --ignore-signal=TERM --ignore-signal=HUP \
	    --block-signal=CHLD --block-signal=TERM \
	    broodd -f "$T/brood.conf" >"$T/broodd.log" 2>&1 </dev/null 3>&- &
	SUPERVISOR=$!
	remember "$SUPERVISOR"
	wait_until 10 test -S "$BROOD_SOCKET"
	stop_supervisor
}

@test "-D: returns when ready, with nobody holding its output" {
	local output

	# The substitution ends only when nobody has its pipe open any more.
	output=$(broodd -D -f "$T/brood.conf" -o pid-file="$T/pid" \
	    -o log="$T/log" 2>&1 3>&-)
	[ -z "$output" ]
	remember "$(cat "$T/pid")"
	[ -S "$BROOD_SOCKET" ]
	[ "$(readlink "/proc/$(cat "$T/pid")/cwd")" = / ]
	run -0 brood info
	kill "$(cat "$T/pid")"
	wait_until 5 test ! -e "$T/pid"
}

@test "-D: what cannot start, its exit code and why" {
	start_supervisor
	run -100 broodd -D -f "$T/brood.conf"
	assert_output --partial "another broodd holds it"
	run -100 broodd -D -o nonsense=1
	assert_output --partial nonsense
}

# ---- while it runs ----

@test "reload: HUP with a bad file, the old configuration stays; with a good one, the new" {
	worker_script says <<-'EOS'
		#!/bin/sh
		echo "says $WORD"
	EOS
	has_word() {
		printf '[program says]\nexec = %s\nenvironment = WORD=%s\n' \
		    "$T/workers/says" "$1"
	}
	has_word old | mkconf
	start_supervisor
	{ has_word new; echo 'nonsense = 1'; } | mkconf
	kill -HUP "$SUPERVISOR"
	wait_line "$T/broodd.log" 'reload: .*nonsense'
	brood spawn says
	wait_line "$T/broodd.log" 'says old'
	has_word new | mkconf
	kill -HUP "$SUPERVISOR"
	wait_line "$T/broodd.log" 'configuration reloaded'
	brood spawn says
	wait_line "$T/broodd.log" 'says new'
	stop_supervisor
}

@test "log: USR1 after the file was moved, parent and relay write to the new one" {
	worker_script hello <<-'EOS'
		#!/bin/sh
		echo hello
	EOS
	start_supervisor -o log="$T/log"
	mv "$T/log" "$T/log.old"
	kill -USR1 "$SUPERVISOR"
	wait_until 5 test -e "$T/log"
	brood spawn hello			# its line is the relay's
	wait_line "$T/log" hello
	stop_supervisor			# this one is the parent's
	grep -q stopping "$T/log"
	run ! grep -q stopping "$T/log.old"
}

@test "parent: 200 births and deaths, no descriptor more than before" {
	local before i

	worker_script short <<-'EOS'
		#!/bin/sh
		exit 3
	EOS
	start_supervisor
	brood spawn short
	wait_until 5 nothing_below
	before=$(descriptors "$(parent_pid)")
	for ((i = 0; i < 200; i++)); do
		brood spawn short >/dev/null
	done
	brood spawn none || true
	wait_until 10 nothing_below
	wait_until 5 same_descriptors "$before"
	run ! pgrep -r Z -P "$(parent_pid)"
	stop_supervisor
}

same_descriptors() { [ "$(descriptors "$(parent_pid)")" -eq "$1" ]; }

# ---- what a worker is given ----

@test "worker: its environment, exactly what is documented" {
	worker_script show <<-'EOS'
		#!/bin/sh
		tr '\0' '\n' </proc/$$/environ | cut -d= -f1 | sort | tr '\n' ' '
		echo
	EOS
	LANG=C TZ=UTC SECRET=1 start_supervisor
	brood spawn show
	wait_line "$T/broodd.log" BROOD_FD
	grep -q ': BROOD_ENTRY BROOD_FD BROOD_NODE BROOD_PROGRAM BROOD_ROLE'`
	    `' BROOD_RUN BROOD_SELF BROOD_SOCKET HOME LANG PATH TZ USER $' \
	    "$T/broodd.log" || { cat "$T/broodd.log"; false; }
	stop_supervisor
}

@test "worker: descriptors 0 to 3, no signal ignored, its /dev/stderr can be opened" {
	worker_script fds <<-'EOS'
		#!/bin/sh
		exec ls -l /proc/self/fd
	EOS
	worker_script show <<-'EOS'
		#!/bin/sh
		grep -E '^Sig(Ign|Blk)' /proc/self/status | tr '\t\n' '  '
		echo
		echo "in $(readlink /proc/$$/fd/0)"
		echo "written" >/dev/stderr
	EOS
	start_supervisor
	brood spawn fds
	wait_line "$T/broodd.log" 'program=fds'
	# One more is that of ls itself.
	[ "$(sed -n 's/.* \([0-9]*\) -> \(.*\)/\1 \2/p' "$T/broodd.log" |
	    grep -v /proc/ | cut -d' ' -f1 | tr '\n' ' ')" = "0 1 2 3 " ]
	brood spawn show
	wait_line "$T/broodd.log" written
	grep -q 'SigBlk: 0000000000000000 SigIgn: 0000000000000000' \
	    "$T/broodd.log"
	grep -q 'in /dev/null' "$T/broodd.log"
	stop_supervisor
}

@test "worker: its soft descriptor limit is the one broodd was started with" {
	worker_script show <<-'EOS'
		#!/bin/sh
		echo "limit $(ulimit -S -n)"
	EOS
	ulimit -S -n 321
	start_supervisor
	brood spawn show
	wait_line "$T/broodd.log" 'limit 321$'
	[ "$(awk '/^Max open files/ { print $4 == $5 }' \
	    "/proc/$(parent_pid)/limits")" = 1 ]
	stop_supervisor
}

@test "users: as root the relay has no privileges, workers are nobody unless they say so" {
	local status

	need_root
	worker_script me <<-'EOS'
		#!/bin/sh
		echo "$BROOD_PROGRAM is $(id -u):$(id -G)"
	EOS
	cp "$T/workers/me" "$T/workers/boss"
	printf '[program boss]\nuser = root\n' | mkconf
	start_supervisor
	status=/proc/$(relay_pid)/status
	[ "$(awk '/^Uid:/ { print $2 }' "$status")" != 0 ]
	[ "$(awk '/^Groups:/ { print NF }' "$status")" = 1 ]
	[ "$(awk '/^CapEff:/ { print $2 }' "$status")" = 0000000000000000 ]
	[ "$(awk '/^NoNewPrivs:/ { print $2 }' "$status")" = 1 ]
	brood spawn me
	wait_line "$T/broodd.log" 'me is 65534:65534$'
	brood spawn boss
	wait_line "$T/broodd.log" 'boss is 0:0$'
	stop_supervisor
}

@test "users: a worker as the relay's user, refused" {
	need_root
	worker_script me <<-'EOS'
		#!/bin/sh
		exit 0
	EOS
	printf '[node]\nuser = daemon\n[program me]\nuser = daemon\n' | mkconf
	run -100 broodd -f "$T/brood.conf"
	assert_output --partial "must not be the relay's user"
	# Under another name, too: brood does not exist here, or is not daemon.
	printf '[program me]\nuser = %s\n' "$(relay_user)" | mkconf
	if [ "$(relay_user)" = daemon ]; then
		start_supervisor
		run -5 brood spawn me
		assert_output --partial "user: Operation not permitted"
		stop_supervisor
	fi
}

relay_user() { getent passwd brood >/dev/null && echo brood || echo daemon; }

@test "spawn: what fails is told with its stage, and the supervisor lives" {
	worker_script bad <<-'EOS'
		#!/no/such/interpreter
	EOS
	mkconf <<-EOS
		[program missing]
		exec = $T/missing
		[program lost]
		exec = /bin/true
		directory = $T/missing
	EOS
	start_supervisor
	run ! brood spawn bad
	assert_output --partial "exec: No such file or directory"
	run ! brood spawn missing
	assert_output --partial "exec: No such file or directory"
	run ! brood spawn lost
	assert_output --partial "directory: No such file or directory"
	run ! brood spawn nobody-knows-it
	assert_output --partial "No such file or directory"
	run -0 brood info
	run ! pgrep -r Z -P "$(parent_pid)"
	stop_supervisor
}
