#!/usr/bin/env bats
# libmsg.bats - the calls of msg.h against a real supervisor; unit tests play
# the relay themselves (self, receive, call, entry).

load helper

setup() {
	brood_setup
	use_workers surface ping
	PATH=$T/workers:$PATH
}

surface() { brood run "$T/workers/surface:$1"; }

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
