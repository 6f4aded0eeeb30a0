#!/usr/bin/env bats
# libmsg.bats - the calls of msg.h against a real supervisor; unit tests play
# the relay themselves (self, receive, call, entry).

load helper

setup() {
	brood_setup
	use_workers surface far ping
	PATH=$T/workers:$PATH
}

surface() { brood run "$T/workers/surface:$1"; }

# far ENTRY [ARG] - on one node, and with two others.
far() {
	local nodes

	for nodes in 1 3; do
		timeout 60 brood run -N $nodes -o peer-timeout=30s \
		    "$T/workers/far:$1" "${@:2}" || return
	done
}

@test "receive: clauses, predicates, any, every kind of field" {
	run -0 surface receives
}

@test "call: answers, also through another process, time and death" {
	run -0 surface calls
}

@test "monitor: each ref its notice, none after its scope" {
	run -0 surface watches
}

@test "link: trapped exits, unlinked and linked again" {
	run -0 surface links
}

@test "spawn: names, other programs, refusals that say why" {
	run -0 surface spawns
}

@test "flood: two workers send 30 MB to each other before they read" {
	run -0 timeout 60 brood run "$T/workers/surface:floods"
}

@test "pump: a worker with a loop of its own gets everything" {
	run -0 surface loops
}

@test "entry: an unknown one is the cause of death, and says which there are" {
	run ! surface nothing
	[[ $output == *'error: no entry nothing in surface (has: receives, '* ]]
}

@test "entry: arguments that do not fit are the cause of death" {
	run ! brood run "$T/workers/surface:flooder" 1
	[[ $output == *'error: flooder: needs 2 values, has 1'* ]]
}

@test "worker: started by hand it says how to start it" {
	run -100 "$T/workers/ping"
	[[ $output == *'brood run ping'* ]]
}

@test "nodes: who is up, by name and by role; each is told of once" {
	run -0 far lists
	[ "${lines[0]}" = '1 nodes' ]
	[ "${lines[1]}" = '3 nodes' ]
	run -0 far told
}

@test "nodes: a process is written with the name of its node, and found by it" {
	run -0 far texts
}

@test "nodes: spawn, messages and calls are the same here and there" {
	run -0 far talks
}

@test "nodes: deaths, exits and kills are the same here and there" {
	run -0 far deaths
}

@test "nodes: names of processes are the same here and there" {
	run -0 far names
}

@test "call of a function: its result, from node to node, or time is up" {
	run -0 far closures
}

@test "call of a function: one that ends without a result says why" {
	run -0 far closure_dies die
	[ "${lines[0]}" = 'error: no luck' ]
	[ "${lines[1]}" = 'error: no luck' ]
	run -0 far closure_dies exit
	[ "${lines[1]}" = 'exit 3' ]
	run -0 far closure_dies return
	[ "${lines[1]}" = normal ]
}

@test "nodes: one falls silent, the call fails, deaths are told, then the node" {
	local first beta options=(-o peer-timeout=1s -o listen=127.0.0.1:0)

	use_run_dir beta
	start_supervisor -o name=beta -o role=WORKER "${options[@]}"
	first=$(brood --json info | jq -r .listen)
	beta=$SUPERVISOR
	use_run_dir alpha
	start_supervisor -o name=alpha -o known-hosts="$first" "${options[@]}"
	joined() { [ "$(brood --json peers | jq -r .state)" = up ]; }
	wait_until 10 joined
	background spawn timeout 60 brood spawn --monitor far:loses
	wait_until 10 brood -q whereis sleeper@beta
	kill -KILL "$beta"
	wait "$BG"
	grep -q ' normal$' "$T/spawn.out"
	grep -qE '[0-9]+@beta is gone$' "$T/broodd.log"
}
