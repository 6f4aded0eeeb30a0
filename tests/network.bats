#!/usr/bin/env bats
# network.bats - what only namespaces can show: a network that delays and
# loses, ports under siege, hosts that find each other by themselves.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
	use_workers storm fate
}
teardown() { hosts_teardown; }

assert_never_down() { run ! grep -h ' down: ' "$T"/broodd-h*.log; }

# bats test_tags=heavy
@test "network: 20 ms each way with jitter and 5 % loss, nothing is lost and nobody told" {
	hosts_bed switched 2
	bed_path '*' '*' 20 10 5
	host_start 1
	host_start 2
	hosts_joined
	storm 5 1 2 200 100 0 10000
	storm_over
	assert_storm_whole
	assert_never_down
}

@test "network: 200 ms each way, 16 MB there and back" {
	hosts_bed switched 2
	bed_path '*' '*' 200
	host_start 1
	host_start 2
	hosts_joined
	storm 1 1 2 15000000 0 2 0
	storm_over
	assert_storm_whole
	assert_never_down
}

# bats test_tags=heavy
@test "siege: 10,000 connections that say nothing stand on the port while the link breaks every 50 ms, nothing is lost" {
	local end n=0

	hosts_up netns 3
	storm 20 1 2 200 0 0 0
	# From a host that is nobody to them by now.
	host_stop 3
	bed_enter 3
	background hold "${BED_ENTER[@]}" "$BED_TOOLS/knock" hold 10.99.0.1 \
	    "$BED_PORT" 10000
	wait_line "$T/hold.out" ^all 30
	end=$((SECONDS + ${BROOD_BREAKS:-10}))
	while [ "$SECONDS" -lt "$end" ]; do
		# Those of the two, not the siege's.
		bed_exec 2 ss -K -tn "( sport = :$BED_PORT or" \
		    "dport = :$BED_PORT )" >/dev/null
		n=$((n + 1))
		sleep 0.05
	done
	echo "$n times"
	kill "$BG"
	storm_ends
	assert_storm_whole
	run ! grep -h 'h[12] down: ' "$T"/broodd-h[12].log
}

@test "discovery: broadcast, three that know nobody see each other; one of another cluster is not seen" {
	hosts_bed netns 4 -o discover=broadcast -o known-hosts=
	host_start 1
	host_start 2
	host_start 3
	host_start 4 -o cluster=other
	hosts_joined 1 2 3
	[ -z "$(host_state 1 4)" ]
	[ "$(host_brood 4 --json peers | grep -c '"up"' || true)" -eq 0 ]
}
