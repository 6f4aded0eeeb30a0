#!/usr/bin/env bats
# channels.bats - typed channels between real processes: what is sent is
# received, in its order, by its owner alone; the end of a port is told once.
#
# Each test runs on one supervisor, and on three where this file is linked under
# another name (hosts/hosts.bash): who receives is on sender.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
}
teardown() { hosts_teardown; }

start() {
	use_workers ports port_odd port_ends
	places_up -o peer-timeout=3s
}

# holds PROGRAM:ENTRY [ARG...] - a process that ends normally, or as its cause
# says.
holds() {
	run -0 on sender timeout $((60 * SLOW)) brood --json spawn \
	    --monitor "$@"
	[ "$(jq -r 'select(.event == "down").cause' <<<"$output")" = normal ]
}

@test "channels: made, sent to, received from in time, closed; elsewhere their numbers receive nothing" {
	start
	holds ports:life
	holds ports:timeouts
	holds port_odd:smuggles
}

@test "order: each sender's, also of what goes to the owner; merged as is said; of 1,000 channels" {
	start
	holds ports:many_senders
	holds ports:one_order
	holds ports:merges
	holds ports:thousand
}

@test "born with a port: what is sent there at once is not lost" {
	start
	holds port_odd:births
}

@test "flood: a port that is not read chokes its sender, nothing is lost" {
	start
	background spawn on sender timeout $((60 * SLOW)) brood --json spawn \
	    --monitor port_odd:chokes "$T/out/gate"
	choked() { grep -q 'choked after' "$T"/broodd*.log; }
	wait_until 30 choked
	touch "$T/out/gate"
	wait_until 30 gone "$BG"
	[ "$(jq -r 'select(.event == "down").cause' "$T/spawn.out")" = normal ]
}

@test "forged: no port, another image, cut short; the rest comes, the owner lives" {
	start
	holds port_odd:forges
}

@test "forged: a script is sent to a port it cannot have, and reads its messages" {
	use_workers port_odd echo.sh
	cat >"$T/workers/reads.sh" <<-END
	#!/bin/sh
	touch "$T/out/born"
	until [ -e "$T/out/gate" ]; do sleep 0.05; done
	brood recv -t 10 >"$T/out/got" && brood recv -t 0 >"$T/out/more"
	echo "\$?" >>"$T/out/got"
	END
	chmod 755 "$T/workers/reads.sh"
	places_up
	born sender reads.sh
	wait_until 10 test -e "$T/out/born"
	holds port_odd:bothers "$S"
	on sender brood send "$S" note s hello
	touch "$T/out/gate"
	wait_line "$T/out/got" '^[0-9]'
	run -0 cat "$T/out/got"
	assert_line --index 0 --regexp ' note s hello$'
	assert_line --index 1 7		# nothing more came
}

@test "end: closed, or its owner killed, before, after, just when it is monitored: told once; what is sent vanishes" {
	start
	holds port_ends:closes
	holds port_ends:dies
	holds port_ends:races
	holds port_ends:vanishes
}

@test "end: its owner cannot be reached any more, its monitors are told" {
	local cause='signal 9 (KILL)' owner

	start
	background spawn on sender timeout $((60 * SLOW)) brood --json spawn \
	    --monitor port_ends:loses
	wait_until 20 on sender brood -q whereis loses
	if [ "$PLACES" = one ]; then
		kill -KILL "$(brood --json ps port_ends |
		    jq 'select(.entry == "owner").os_pid')"
	else
		owner=$(for i in 2 3; do host_brood $i --json ps port_ends |
		    jq -r "\"$i\""; done)
		host_kill "$owner"
		cause=noconnection
	fi
	wait_until 30 gone "$BG"
	run -0 jq -r 'select(.event == "down").cause' "$T/spawn.out"
	assert_output "error: $cause"
}
