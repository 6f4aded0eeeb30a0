#!/usr/bin/env bats
# nodes.bats - the command line across nodes: run -N, -n, peers, ping, and what
# addresses of other nodes do.  All on loopback.

load helper
load words

# node NAME [OPTION...] - a supervisor of that name is started, and asked from
# here on; the first is known to the others.
node() {
	local name=$1

	shift
	use_run_dir "$name"
	start_supervisor -o name="$name" -o listen=127.0.0.1:0 \
	    ${FIRST:+-o known-hosts="$FIRST"} "$@"
	eval "SUPERVISOR_$name=$SUPERVISOR"
	[ -n "${FIRST-}" ] || FIRST=$(brood --json info | jq -r .listen)
}

# peer NAME KEY - what is known of it.
peer() { brood --json peers | jq -r "select(.node == \"$1\").$2"; }
peer_is() { [ "$(peer "$1" state)" = "$2" ]; }

# two - alpha and beta see each other; alpha is asked.
two() {
	node alpha -o role=MASTER
	node beta -o role=WORKER
	wait_until 10 peer_is alpha up
	use_run_dir alpha
	wait_until 10 peer_is beta up
}

# The temporary directories of brood run; they are in $TMPDIR, which is $T.
dirs() { find "$T" -maxdepth 1 -name 'brood-run-*'; }

# started N NAME - `brood run -N` of a program in the background, which has
# said so; $BG is brood.
started() {
	background run env --default-signal=INT brood run -N "$1" \
	    "$T/workers/$2"
	wait_line "$T/run.out" '^started'
}

# A child on every other node, then a word; all sleep.
sleepers() {
	worker_script sleepers <<-'END'
		#!/bin/sh
		for node in worker1 worker2; do
			brood -n $node spawn sleeper >/dev/null
		done
		echo started
		exec sleep 1000
	END
	worker_script sleeper <<<$'#!/bin/sh\nexec sleep 1000'
}

# ---- peers and ping ----

@test "peers: a line per node, all keys as JSON" {
	two
	run -0 brood peers
	[[ ${lines[0]} =~ ^'NODE  ROLE    STATE  ADDRESS '.*' RTT '.*' HEARD'$ ]]
	[[ ${lines[1]} =~ ^'beta  WORKER  up     127.0.0.1:'[0-9]+' ' ]]
	[ "${#lines[@]}" = 2 ]
	[ "$(brood --json peers | jq -r 'keys_unsorted | join(" ")')" = \
	    "node id role state address rtt_us heard_s key why" ]
	[ "$(peer beta id)" = "$(brood --json -n beta info | jq -r .id)" ]
	[ "$(peer beta address)" = "$(brood --json -n beta info |
	    jq -r .listen)" ]
	rtt_is_known() { [ "$(peer beta 'rtt_us | type')" = number ]; }
	wait_until 15 rtt_is_known
	run -0 brood -n beta peers
	[[ ${lines[1]} == 'alpha  MASTER  up '* ]]
}

@test "peers: one that is expected and not there is down, -v says why" {
	node alpha -o known-hosts=127.0.0.1:1
	down() { brood peers | grep -qE '127\.0\.0\.1:1 '; }
	wait_until 10 down
	run -0 brood peers -v
	[[ ${lines[0]} == 'NODE '*' WHY' ]]
	[[ ${lines[1]} == '-  '*' down  '*' 127.0.0.1:1  '*' Connection refused' ]]
	brood --json peers | jq -e '.id == "" and .rtt_us == null and
	    .heard_s == null and .why != ""'
}

@test "ping: the round trip; its own node, too" {
	two
	run -0 brood ping beta
	[[ $output =~ ^'beta '[0-9]+' us'$ ]]
	run -0 brood ping alpha
	[[ $output =~ ^'alpha '[0-9]+' us'$ ]]
	run -0 brood --json ping beta
	jq -e '.node == "beta" and (.rtt_us | type) == "number"' <<<"$output"
}

@test "ping: no answer in time, exit 7" {
	local relay

	two
	use_run_dir beta
	SUPERVISOR=$SUPERVISOR_beta
	relay=$(relay_pid)
	use_run_dir alpha
	kill -STOP "$relay"
	run -7 --separate-stderr brood ping -t 0.2 beta
	kill -CONT "$relay"
	[ "$stderr" = 'brood: ping: beta: no answer' ]
}

@test "no such node: exit 4, and the same words from every verb" {
	node alpha
	while read -r line; do
		eval "set -- $line"
		run -4 --separate-stderr brood "$@"
		refute_output
		[[ $stderr == "brood: "*": no node beta is up; brood peers -v\
 tells more" ]]
	done <<-END
		ping beta
		-n beta spawn echo.sh
		-n beta send chat x
		send chat@beta x
		send 12@beta x
		send 12 x p 4@beta
		-n beta call 12 x
		call chat@beta x
		monitor chat@beta
		-n beta monitor 12
		exit chat@beta
		kill 12@beta
		-n beta kill 12
		signal TERM 'web*@beta'
		-n beta signal TERM web
		ps '*@beta'
		-n beta ps
		info chat@beta
		-n beta info
		-n beta names
		register x 12@beta
		-n beta unregister x
		whereis x@beta
		-n beta whereis x
		-n beta stats
		-n beta peers
		-n beta events
		log x@beta
		log -f x@beta
		log --deaths x@beta
		-n beta log x
		-n beta reload
		-n beta shutdown
		wait --ready x@beta
		-n beta wait --down x
	END
	run -125 brood wait 12@beta
}

# ---- -n ----

@test "-n: asks that node what it would say itself" {
	local what

	use_workers echo.sh
	two
	brood -n beta spawn --name tom echo.sh
	for what in ps names 'ps tom' 'info tom' 'whereis tom' \
	    'info 2' info; do
		# shellcheck disable=SC2086	# verb and argument
		brood --json -n beta $what | jq -c 'del(.uptime_s, .state,
		    .queued_bytes, .mailbox, .monitors)' >"$T/far"
		use_run_dir beta
		# shellcheck disable=SC2086
		brood --json $what | jq -c 'del(.uptime_s, .state,
		    .queued_bytes, .mailbox, .monitors)' >"$T/near"
		use_run_dir alpha
		[ -s "$T/far" ]
		diff "$T/near" "$T/far"
	done
	[ "$(brood -n beta stats | wc -l)" = "$(brood stats | wc -l)" ]
	# Its own name is the local node.
	run -0 brood -n alpha ps tom@beta
	assert_line --regexp '^[0-9]+@beta  tom '
	run -4 brood -n alpha ps tom
}

@test "-n: a DEST without @ is of that node" {
	local pid

	use_workers echo.sh
	two
	run -0 brood -n beta spawn --name echo echo.sh
	pid=$output
	[[ $pid =~ ^[0-9]+@beta$ ]]
	run -0 brood -n beta whereis echo
	assert_output "$pid"
	run -0 brood -n beta call -t 10 echo note s one
	assert_output 'note s one'
	run -0 brood call -t 10 echo@beta note s two
	assert_output 'note s two'
	run -0 brood -n beta call -t 10 "${pid%@*}" note s three
	assert_output 'note s three'
	run -0 brood call -t 10 "$pid" note s four
	assert_output 'note s four'
	run -0 brood -n beta register other "${pid%@*}"
	run -0 brood register third "$pid"
	run -0 brood whereis third@beta
	assert_output "$pid"
	run -0 brood -n beta unregister other
	run -4 brood whereis other@beta
	run -1 --separate-stderr brood -n beta spawn --name third echo.sh
	[ "$stderr" = "brood: spawn: the name third is taken by $pid" ]
	# Of the local node it is with its name.
	brood spawn --name echo echo.sh
	run -0 brood -n beta call -t 10 echo@alpha note s five
	assert_output 'note s five'
}

@test "-n: monitor, signal, exit, kill, wait of processes there" {
	local pid

	use_workers echo.sh
	worker_script ends <<<$'#!/bin/sh\nbrood recv >/dev/null\nexit "$1"'
	two
	pid=$(brood -n beta spawn --name a echo.sh)
	background a brood -n beta monitor a
	wait_line "$T/a.err" "^watching $pid\$"
	run -0 brood -v signal KILL a@beta
	[[ $output =~ ^"$pid"'#'[0-9a-f]{16}$ ]]
	wait_line "$T/a.out" .
	[ "$(cat "$T/a.out")" = "down $pid signal 9 (KILL)" ]
	run -4 brood kill "$pid"
	run -4 brood -n beta exit "${pid%@*}"

	pid=$(brood -n beta spawn echo.sh)
	background b brood monitor "$pid"
	wait_line "$T/b.err" '^watching '
	run -0 brood exit "$pid" 'for a reason'
	wait_line "$T/b.out" .
	grep -qE "^down $pid killed by [0-9]+@alpha: for a reason\$" "$T/b.out"

	# What goes to one pid goes in order: the monitor is there before.
	pid=$(brood -n beta spawn --name w ends 42)
	background w brood wait "$pid"
	monitored() { [ "$(stat_of monitors)" = 1 ]; }
	wait_until 10 monitored
	brood send "$pid" go
	wait_until 10 gone "$BG"
	run -42 wait "$BG"
	brood -n beta spawn --name w ends 42
	run -0 brood -n beta kill w
}

@test "spawn -n: --monitor, what fails there is said as it is here" {
	use_workers echo.sh
	worker_script ends <<<$'#!/bin/sh\nexit "$1"'
	two
	run -1 brood spawn -n beta --monitor ends 3
	[[ ${lines[0]} =~ ^[0-9]+@beta$ ]]
	[ "${lines[1]}" = "down ${lines[0]} exit 3" ]
	run -4 --separate-stderr brood spawn -n beta nothing
	[[ $stderr == 'brood: spawn: '*nothing* ]]
	run -0 brood --json spawn -n beta echo.sh
	[ "$(jq -r .pid <<<"$output")" = \
	    "$(brood --json -n beta ps echo.sh | jq -r .pid)" ]
}

# ---- @NODE in arguments ----

@test "addresses: ps, signal and info of several nodes at once" {
	use_workers echo.sh
	two
	brood spawn --name web1 echo.sh
	brood -n beta spawn --name web2 echo.sh
	brood -n beta spawn --name web3 echo.sh
	run -0 brood ps 'web*'
	[ "${#lines[@]}" = 2 ]
	run -0 brood ps 'web*@beta'
	[ "${#lines[@]}" = 3 ]
	run -0 brood ps 'web*@beta' 'web*@alpha'
	[ "${#lines[@]}" = 4 ]
	run -0 brood info web2@beta
	assert_line 'name: web2'
	run -0 brood signal KILL 'web*@beta' web1
	both_gone() { ! brood ps 'web*' 'web*@beta' 2>/dev/null; }
	wait_until 10 both_gone
}

@test "log: of a worker of another node, with -f as it comes" {
	local follow

	worker_script says <<-'END'
		#!/bin/sh
		for i in 1 2 3; do echo "line $i"; done
		brood recv >/dev/null
		echo more
		brood recv >/dev/null
		exit 3
	END
	two
	brood -n beta spawn --name says says
	said() { [ "$(brood log --lines 2 says@beta)" = $'line 2\nline 3' ]; }
	wait_until 10 said
	background follow brood log -f --lines 1 says@beta
	follow=$BG
	wait_line "$T/follow.out" '^line 3$'
	brood send says@beta go
	wait_line "$T/follow.out" '^more$'
	background monitor brood monitor says@beta
	wait_line "$T/monitor.err" watching
	brood send says@beta go
	wait_line "$T/monitor.out" 'exit 3'
	run -0 brood -n beta log --deaths says
	assert_line -n 0 --regexp ' [0-9]+@beta after [0-9]+s: exit 3$'
	# The end of the node is the end of the stream.
	kill -KILL "$SUPERVISOR_beta"
	wait_until 10 gone "$follow"
	grep -qx 'brood: log: node beta: noconnection' "$T/follow.err"
}

@test "events: those of another node, and nodes that come and go" {
	use_workers echo.sh
	two
	background far brood -n beta events
	background near brood events
	# Whether they are in force is seen by what they say.
	told() {
		brood -n beta spawn echo.sh
		brood spawn echo.sh
		grep -qE ' start [0-9]+@beta echo.sh beta -$' "$T/far.out" &&
		    grep -q ' start ' "$T/near.out"
	}
	wait_until 10 told
	refute grep -q '@alpha' "$T/far.out"
	refute grep -q '@beta' "$T/near.out"
	node gamma -o role=THIRD
	use_run_dir alpha
	wait_line "$T/near.out" ' nodeup - - gamma -$'
	kill -TERM "$SUPERVISOR_gamma"
	wait_line "$T/near.out" ' nodedown - - gamma goodbye$'
}

# ---- orders ----

@test "reload, shutdown: of another node; shutdown returns when it is gone" {
	worker_script slow <<-'END'
		#!/bin/sh
		trap 'sleep 0.5; exit' TERM
		echo ready
		while :; do sleep 0.1; done
	END
	two
	run -0 brood -n beta reload --dry-run
	assert_line '= node'
	brood -n beta spawn slow
	ready() { brood log slow@beta | grep -qx ready; }
	wait_until 10 ready
	run -0 brood -n beta shutdown
	# Said goodbye, and nobody expects it.
	[ -z "$(peer beta state)" ]
	wait_until 10 gone "$SUPERVISOR_beta"
	run -4 brood ping beta
	run -0 brood ps
}

# ---- workers in shell ----

@test "recv: from other nodes; what it prints is an answer's address" {
	worker_script asks <<-'END'
		#!/bin/sh
		brood call -t 10 answers@alpha question sp 'who?' "$BROOD_SELF"
		brood recv
	END
	worker_script answers <<-'END'
		#!/bin/sh
		line=$(brood recv)
		echo "$line"
		eval "set -- $line"
		brood send "$1" answer s me
		brood send "$5" also
		brood --json recv
	END
	two
	brood spawn --name answers answers
	run -0 brood -n beta spawn --monitor asks
	local pid=${lines[0]}
	[ "${lines[1]}" = "down $pid normal" ]
	[[ $(brood log asks@beta) =~ ^'answer s me'$'\n'[0-9]+"@alpha also ''"$ ]]
	[[ $(brood log answers) =~ ^"$pid!"[0-9]+" question sp 'who?' $pid"$ ]]
}

@test "watch --nodes: recv tells who comes and goes" {
	worker_script watches <<-'END'
		#!/bin/sh
		brood watch --nodes
		echo watching
		while line=$(brood recv); do echo "$line"; done
	END
	node alpha
	brood spawn watches
	said() { brood log watches | grep -qx "$1"; }
	wait_until 10 said watching
	node beta -o role=WORKER
	use_run_dir alpha
	wait_until 10 said '0@beta nodeup s WORKER'
	kill -TERM "$SUPERVISOR_beta"
	wait_until 10 said '0@beta nodedown s WORKER'
}

# ---- who may spawn, and what starts by itself ----

@test "callers: a node of another role is refused with program, node and stage, brood and C alike" {
	use_workers wants echo.sh
	printf '[program kept]\nexec = %s\ncallers = MASTER KING\n' \
	    "$T/workers/echo.sh" | mkconf
	two
	run -0 brood -n beta spawn kept
	[[ $output =~ ^[0-9]+@beta$ ]]
	run -0 brood spawn kept			# its own node may
	run -0 --separate-stderr brood spawn --monitor wants:wants beta kept
	wants=$(brood log wants)
	[[ $wants =~ ^'born '[0-9]+@beta$ ]]

	use_run_dir beta
	run -0 brood spawn kept
	run -5 --separate-stderr brood -n alpha spawn kept
	[ "$stderr" = 'brood: spawn: program kept: node alpha: callers: '\
'Permission denied' ]
	run -0 brood spawn --monitor wants:wants alpha kept
	run -0 brood log wants
	assert_output 'refused EACCES: program kept: node alpha: callers: '\
'Permission denied'
	# What names no callers is everybody's; beta's own two are all it has.
	run -0 brood -n alpha spawn echo.sh
	[ "$(brood --json -n alpha ps kept | wc -l)" = 1 ]
}

@test "roles: a worker of the file starts on nodes of these roles only" {
	worker_script waits <<<$'#!/bin/sh\nexec sleep 1000'
	mkconf <<-END
	[worker everywhere]
	program = waits
	[worker master]
	program = waits
	roles = MASTER
	[worker either]
	program = waits
	roles = WORKER MASTER
	[worker nowhere]
	program = waits
	roles = KING
	END
	two
	names_of() { brood -n "$1" --json names | jq -r .name | sort | xargs; }
	[ "$(names_of alpha)" = 'either everywhere master' ]
	[ "$(names_of beta)" = 'either everywhere' ]
}

# ---- nodes that come and go ----

# count PATTERN FILE N - so many lines of it.
count() { [ "$(grep -cE -- "$1" "$2")" = "$3" ]; }

# All three have heard so often of each.
heard() {
	count ' nodeup - - beta -$' "$T/events.out" "$1" &&
	    count ' nodedown - - beta ' "$T/events.out" "$2" &&
	    count '^up beta WORKER$' <(brood log notes) "$1" &&
	    count '^down beta WORKER$' <(brood log notes) "$2" &&
	    count '^0@beta nodeup s WORKER$' <(brood log watches) "$1" &&
	    count '^0@beta nodedown s WORKER$' <(brood log watches) "$2"
}

@test "nodeup, nodedown: at a start, a rejoin and a restart each told once, to events, recv and C" {
	local first second

	use_workers wants
	worker_script watches <<-'END'
		#!/bin/sh
		brood watch --nodes
		echo noting
		while line=$(brood recv); do echo "$line"; done
	END
	node alpha -o peer-timeout=1s
	background events brood events
	for name in watches wants:notes; do
		brood spawn --name "${name#*:}" "$name"
	done
	noting() { brood log "$1" | grep -qx noting; }
	wait_until 10 noting notes
	wait_until 10 noting watches
	wait_line "$T/events.out" ' start .* watches '

	node beta -o role=WORKER -o peer-timeout=1s
	use_run_dir alpha
	wait_until 10 heard 1 0
	first=$(peer beta id)
	# Silent for too long: over on both sides; the same one comes back.
	use_run_dir beta
	SUPERVISOR=$SUPERVISOR_beta
	relay=$(relay_pid)
	use_run_dir alpha
	kill -STOP "$relay"
	wait_until 10 heard 1 1
	kill -CONT "$relay"
	wait_until 10 heard 2 1
	[ "$(peer beta id)" = "$first" ]
	# Killed and started anew: another one.
	kill -KILL "$relay"
	wait_until 10 heard 3 2
	second=$(peer beta id)
	[ "$second" != "$first" ]
	kill -TERM "$SUPERVISOR_beta"
	wait_until 10 heard 3 3
	grep -q ' nodedown - - beta goodbye$' "$T/events.out"
	# Nothing more came of any of it.
	brood spawn --name last wants:notes
	wait_until 10 noting last
	heard 3 3
}

# ---- one node takes less ----

@test "max-message: above the other node's, the sender is told: brood, call, C; what fits arrives" {
	use_workers wants echo.sh
	node alpha
	node beta -o max-message=64K
	use_run_dir alpha
	wait_until 10 peer_is beta up
	pid=$(brood -n beta spawn --name echo echo.sh)
	large=$(printf %070000d 0)
	for to in "$pid" echo@beta; do
		run -1 --separate-stderr brood send "$to" note s "$large"
		[ "$stderr" = 'brood: send: too large: at most 65536 bytes, '\
'the max-message of its node' ]
		run -1 --separate-stderr brood call -t 10 "$to" note s "$large"
		[[ $stderr == "brood: call: $to: "*' bytes are too much for '\
'node beta, whose max-message is 65536' ]]
		run -0 brood call -t 10 "$to" note s "${large:0:60000}"
		[ "${#output}" = 60007 ]
	done
	run -0 brood spawn --monitor wants:heaps "$pid" echo@beta
	run -0 brood log wants
	assert_output '1000 by pid: Success
1000 by name: Success
10000 by pid: Success
10000 by name: Success
100000 by pid: Message too long
100000 by name: Message too long'
	# Refused by the worker itself: the relay has seen brood's alone.
	[ "$(brood --json stats |
	    jq -r 'select(.name == "frames_too_large").value')" = 4 ]
	# The other way all is well, and to one's own node.
	brood spawn --name near echo.sh
	run -0 brood call -t 10 near note s "$large"
}

# ---- a reload ----

# set_conf LINE... - beta's file, from now on.
set_conf() { printf '%s\n' '[node]' "$@" >"$T/beta.conf"; }

@test "reload: discover with static and its known-hosts, they are dialled; without them nothing is cut" {
	node alpha
	set_conf 'discover = broadcast' 'discovery-port = 38994'
	hosts=$FIRST
	FIRST=
	node beta
	FIRST=$hosts
	[ -z "$(peer alpha state)" ]
	set_conf "known-hosts = $FIRST"
	run -0 brood reload
	wait_until 10 peer_is alpha up
	# Withdrawn, the session that stands is not touched.
	set_conf 'known-hosts ='
	kill -HUP "$SUPERVISOR_beta"
	reloaded() { count 'configuration reloaded' "$T/broodd.log" 2; }
	wait_until 10 reloaded
	peer_is alpha up
	run -0 brood ping alpha
}

@test "reload: peer-timeout is that of the next session" {
	local began relay

	node alpha -o peer-timeout=60s
	set_conf 'peer-timeout = 60s'
	node beta
	wait_until 10 peer_is alpha up
	set_conf 'peer-timeout = 1s'
	run -0 brood reload
	SUPERVISOR=$SUPERVISOR_alpha
	use_run_dir alpha
	relay=$(relay_pid)
	use_run_dir beta
	# The one of now was begun with another.
	kill -STOP "$relay"
	sleep 1.5
	peer_is alpha up
	kill -KILL "$relay"
	came_back() {
		peer_is alpha up && kill -0 "$(use_run_dir alpha; relay_pid)"
	}
	wait_until 10 came_back
	began=$SECONDS
	use_run_dir alpha
	relay=$(relay_pid)
	use_run_dir beta
	kill -STOP "$relay"
	wait_until 10 peer_is alpha down
	kill -CONT "$relay"
	[ $((SECONDS - began)) -le $((4 * SLOW)) ]
	wait_until 10 peer_is alpha up
}

@test "reload: name, role and cluster stay what they are, and the log says so" {
	worker_script says <<<$'#!/bin/sh\necho "$BROOD_NODE $BROOD_ROLE"'
	node alpha
	set_conf 'role = WORKER'
	use_run_dir beta
	start_supervisor -o listen=127.0.0.1:0 -o known-hosts="$FIRST" \
	    -o name=beta
	wait_until 10 peer_is alpha up
	cat >"$T/beta.conf" <<-END
	[node]
	role = KING
	cluster = other
	[worker king]
	program = says
	roles = KING
	END
	run -0 brood reload
	for key in role cluster; do
		grep -q "reload: $key: takes effect when broodd is started\
 again" "$T/broodd.log"
	done
	run -0 brood spawn --monitor says
	run -0 brood log says
	assert_output 'beta WORKER'
	run -4 brood whereis king
	use_run_dir alpha
	[ "$(peer beta role)" = WORKER ]
	# The next relay is told the same.
	use_run_dir beta
	relay=$(relay_pid)
	id=$(brood --json info | jq -r .id)
	kill -KILL "$relay"
	use_run_dir alpha
	is_another() { [ "$(peer beta id)" != "$id" ] && peer_is beta up; }
	wait_until 10 is_another
	[ "$(peer beta role)" = WORKER ]
}

@test "reload: sizes, for who begins then; of sessions for the next" {
	use_workers echo.sh
	node alpha
	set_conf 'max-message = 64K' 'frame-memory = 32M'
	node beta
	wait_until 10 peer_is alpha up
	brood spawn --name old echo.sh
	brood -n alpha spawn --name far echo.sh
	large=$(printf %0100000d 0)
	bound() {
		brood --json stats |
		    jq -r 'select(.name == "memory_bound").value'
	}
	before=$(bound)
	run -1 --separate-stderr brood call -t 10 old note s "$large"
	[ "$stderr" = 'brood: call: too large: at most 65536 bytes' ]
	set_conf 'max-message = 1M' 'frame-memory = 64M'
	run -0 brood reload
	[ "$(bound)" = $((before + (32 << 20))) ]
	brood spawn --name new echo.sh
	run -0 brood call -t 10 new note s "$large"
	[ "${#output}" = 100007 ]
	# It was told 64 KiB; that it is more by now it learns as they meet anew.
	use_run_dir alpha
	run -1 --separate-stderr brood call -t 10 new@beta note s "$large"
	[[ $stderr == *'whose max-message is 65536' ]]
	use_run_dir beta
	run -0 brood send far@alpha note s "$large"
	kill -KILL "$(relay_pid)"
	use_run_dir alpha
	wait_until 10 peer_is beta up
	brood -n beta spawn --name new echo.sh
	run -0 brood call -t 10 new@beta note s "$large"
	[ "${#output}" = 100007 ]
}

# ---- run -N ----

@test "run -N: names, roles, and the output of all nodes" {
	worker_script main <<-'END'
		#!/bin/sh
		echo "$BROOD_NODE $BROOD_ROLE" \
		    "$(stat -c %a-%s "${BROOD_RUN%/*}/key")"
		brood peers | sed -n 's/^\([^ ]* *[A-Z]* *up\) .*/sees \1/p'
		for node in worker1 worker2 worker3; do
			brood -n $node spawn --monitor child | tail -n 1
		done
	END
	worker_script child <<<$'#!/bin/sh\necho "$BROOD_NODE $BROOD_ROLE"'
	run -0 --separate-stderr brood run -N 4 "$T/workers/main"
	[ "${lines[0]}" = 'master MASTER 600-65' ]
	[ "$(grep '^sees' <<<"$output" | sort | tr -s ' ')" = \
	    $'sees worker1 WORKER up\nsees worker2 WORKER up'\
$'\nsees worker3 WORKER up' ]
	[ "$(grep '^worker' <<<"$output" | sort)" = \
	    $'worker1 WORKER\nworker2 WORKER\nworker3 WORKER' ]
	[ "$(grep -c '^down .*@worker. normal$' <<<"$output")" = 3 ]
	[ "${#lines[@]}" = 10 ]
	[ -z "$stderr" ]
	[ -z "$(dirs)" ]
}

@test "run -N: all output to the end, also of who is stopped" {
	worker_script main <<-'END'
		#!/bin/sh
		for node in master worker1 worker2; do
			brood -n $node spawn child $node "$BROOD_SELF" >/dev/null
		done
		brood recv --count 3 >/dev/null
		seq 1 5000
	END
	worker_script child <<-'END'
		#!/bin/sh
		trap 'echo "$1 bye"; exit' TERM
		seq 1 5000 | sed "s/^/$1 /"
		brood send "$2" ready
		while :; do sleep 0.1; done
	END
	brood run -N 3 "$T/workers/main" >"$T/out"
	grep -x '[0-9]*' "$T/out" | cmp - <(seq 1 5000)
	local node
	for node in master worker1 worker2; do
		grep "^$node " "$T/out" | cmp - <(seq 1 5000 |
		    sed "s/^/$node /"; echo "$node bye")
	done
	[ -z "$(dirs)" ]
}

@test "run -N: the exit code is the process's; what is wrong is said" {
	worker_script ends <<<$'#!/bin/sh\nexit "$1"'
	run -42 brood run -N 2 "$T/workers/ends" 42
	run -125 --separate-stderr brood run -N 2 nothing
	[[ $stderr == 'brood: run: program nothing: '* ]]
	run -125 --separate-stderr brood run -N 2 -o nonsense=1 ping
	[[ $stderr == *'nonsense'*'master: the supervisor did not start' ]]
	run -125 --separate-stderr brood run -N 2 -o listen=none ping
	[ "${stderr_lines[0]}" = \
	    'brood: run: -o listen: with -N each node has its own' ]
	[ -z "$(dirs)" ]
}

@test "run -N: INT, TERM stop everything, at any time" {
	local signal

	sleepers
	for signal in INT:130 TERM:143; do
		started 3 sleepers
		kill -"${signal%:*}" "$BG"
		wait_until 10 gone "$BG"
		run -"${signal#*:}" wait "$BG"
		nothing_of "$T"
		[ -z "$(dirs)" ]
		rm "$T/run.out"
	done
	# While they start: as soon as there is something to tidy up.
	background run env --default-signal=INT brood run -N 3 \
	    "$T/workers/sleepers"
	begun() { [ -n "$(dirs)" ]; }
	wait_until 10 begun
	kill -INT "$BG"
	wait_until 10 gone "$BG"
	run -130 wait "$BG"
	wait_until 3 nothing_of "$T"
	[ -z "$(dirs)" ]
}

@test "run -N: brood is killed, all supervisors and all below go" {
	sleepers
	started 3 sleepers
	[ "$(pgrep -c -P "$BG" broodd)" = 3 ]
	kill -KILL "$BG"
	wait_until 10 nothing_of "$T"
	none_left() { ! pgrep -f "$(dirs)/"; }
	wait_until 10 none_left
}

@test "run -N: a supervisor that dies ends it, exit 125 and which" {
	sleepers
	started 3 sleepers
	kill -KILL "$(pgrep -f -P "$BG" "$(dirs)/worker2/brood.conf")"
	wait_until 10 gone "$BG"
	run -125 wait "$BG"
	grep -qx 'brood: run: worker2: the supervisor closed the connection' \
	    "$T/run.err"
	wait_until 10 nothing_of "$T"
	[ -z "$(dirs)" ]
}

@test "run -N: sixteen nodes see each other before it starts" {
	worker_script counts <<<$'#!/bin/sh\nbrood peers | grep -c " up "'
	run -0 brood run -N 16 "$T/workers/counts"
	assert_output 15
}
