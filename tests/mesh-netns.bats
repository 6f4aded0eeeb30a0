#!/usr/bin/env bats
# mesh-netns.bats - more than two hosts: who hears of whom, and who may have
# which name.  Under its other name, mesh-proxied.bats, on 127.0.0.1.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
	use_workers storm fate
}
teardown() { hosts_teardown; }

# knows I J... - host I starts, and knows these only.
knows() {
	local host=$1 j known=()

	shift
	for j; do
		known+=("$(host_address "$j")")
	done
	host_start "$host" -o known-hosts="${known[*]}"
}

@test "mesh: two that know a third only, they talk; it dies, they still talk" {
	hosts_bed "$PLACES" 3 -o peer-timeout=2s
	knows 2
	knows 1 2
	knows 3 2
	hosts_joined
	storm 3 1 3 200 200 0 0
	host_kill 2
	wait_until 10 host_is 1 2 down
	wait_until 10 host_is 3 2 down
	storm_flows_on
	# It comes back knowing nobody, and hears of both.
	knows 2
	hosts_joined
	storm_ends
	assert_storm_whole
}

@test "mesh: messages to a process of a host not known yet, none is overtaken" {
	hosts_bed "$PLACES" 3
	knows 2
	knows 3 2
	hosts_joined
	STORM=("$(born 3 storm:left "$T/out/storm.left" 200 200 0 0)")
	knows 1 2
	STORM+=("$(born 1 storm:right "${STORM[0]}" "$T/out/storm.right" \
	    200 200 0 0)")
	STORM_ON=(3 1)
	wait_until 10 storm_flows
	storm_ends
	assert_storm_whole
}

@test "mesh: six that know the first only, all see all" {
	local i

	hosts_bed "$PLACES" 6
	knows 1
	for i in 2 3 4 5 6; do
		knows "$i" 1
	done
	hosts_joined
}

# twin_at I - the incarnation of the one named twin that I is joined with.
twin_at() {
	host_brood "$1" --json peers |
	    jq -r 'select(.node == "twin" and .state == "up").id'
}
id_of() { host_brood "$1" --json info | jq -r .id; }
twin_is() { [ "$(twin_at "$1")" = "$(id_of "$2")" ]; }

@test "names: a newcomer whose name is taken, refused and shown as conflict; it works on, and joins when the other has gone" {
	hosts_bed "$PLACES" 3 -o peer-timeout=2s
	host_start 3
	host_start 1 -o name=twin
	wait_until 10 twin_is 3 1
	host_start 2 -o name=twin
	in_conflict() {
		host_brood 2 --json peers | grep -q '"state":"conflict"'
	}
	wait_until 10 in_conflict
	run -0 host_brood 2 spawn fate:waits
	twin_is 3 1
	run -0 host_brood 3 ping twin
	host_stop 1
	wait_until 30 twin_is 3 2
}

@test "names: two halves that each had one of that name meet, the same one stays everywhere" {
	local small

	hosts_bed "$PLACES" 4 -o peer-timeout=2s
	bed_cut 1 2
	bed_cut 1 4
	bed_cut 3 2
	bed_cut 3 4
	host_start 1 -o name=twin
	host_start 2 -o name=twin
	host_start 3
	host_start 4
	wait_until 10 twin_is 3 1
	wait_until 10 twin_is 4 2
	bed_heal
	hosts_joined 3 4
	small=$(printf '%s\n' "$(id_of 1)" "$(id_of 2)" | sort | head -n 1)
	one_stays() {
		[ "$(twin_at 3) $(twin_at 4)" = "$small $small" ]
	}
	wait_until 30 one_stays
	# And it stays so.
	sleep 3
	one_stays
}
