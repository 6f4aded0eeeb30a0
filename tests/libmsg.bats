#!/usr/bin/env bats
# libmsg.bats - the calls of msg.h against real supervisors; unit tests play
# the relay themselves (self, receive, call, entry).
#
# Each test runs on one supervisor, and on three where this file is linked under
# another name (hosts/hosts.bash): who makes the calls is on sender.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	use_workers surface bonds far ping
}
teardown() { hosts_teardown; }

start() { places_up -o peer-timeout=30s; }

# begin PROGRAM ENTRY [ARG...] - it runs on sender.
begin() {
	on watcher background "$2" brood -n "$(name_of sender)" spawn \
	    --monitor "$1:$2" "${@:3}"
	BEGUN+=("$BG:$2")
}

# all_well - whatever was begun ends normally.
all_well() {
	local one

	for one in "${BEGUN[@]}"; do
		wait "${one%:*}" || fail "${one#*:}: $(cat "$T/${one#*:}".*)"
	done
	BEGUN=()
}

# matters PROGRAM ENTRY... - these, all at once.
matters() {
	local entry

	for entry in "${@:2}"; do
		begin "$1" "$entry" "$(name_of receiver)" "$(name_of watcher)"
	done
	all_well
}

@test "messages: clauses, predicates, every kind of field, a loop of one's own" {
	start
	matters surface receives loops
}

@test "messages: two send to one, in order and nothing twice; of any size up to max-message; two floods" {
	start
	matters surface orders sizes floods
}

@test "calls: answers, also through another process, time and death; a late answer is dropped" {
	start
	matters surface calls late
}

@test "deaths: each monitor its notice, none after its scope; exits are trapped, unlinked ones do not come" {
	start
	matters bonds watches links
}

@test "spawn: options hold before its first instruction, refusals say why; names are found, taken, free again" {
	start
	matters bonds spawns options names
}

@test "spawn: whereis_or_spawn of one name by two at once, one process" {
	start
	matters bonds races
}

# What far says on sender, an entry a matter of its own.
said() { on sender brood log far | grep -qx "$1"; }

@test "nodes: who is up, by name and by role; each is told of once" {
	start
	begin far lists
	begin far told
	begin far texts
	all_well
	wait_until 5 said "$([ "$PLACES" = one ] && echo 1 || echo 3) nodes"
}

@test "nodes: spawn, calls, deaths, exits, kills, names are the same here and there" {
	start
	begin far talks
	begin far deaths
	begin far names
	all_well
}

@test "call of a function: its result, from node to node, or time is up" {
	start
	begin far closures
	all_well
}

@test "call of a function: one that ends without a result says why" {
	local how cause

	start
	while read -r how cause; do
		begin far closure_dies "$how"
		all_well
		wait_until 5 said "$cause"
	done <<-'END'
	die error: no luck
	exit exit 3
	return normal
	END
}
