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
assert_never_down_but() {
	run ! grep -hE "node (h[^${1#h}]) down: " "$T"/broodd-h[12].log
}

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

# ---- DNS ----

# name_server I LINE... - one on host I, of a zone of these lines; who starts
# from here on asks it alone.
name_server() {
	local host=$1

	shift
	zone "$@"
	bed_enter "$host"
	background dns "${BED_ENTER[@]}" "$BED_TOOLS/dns_server" \
	    "10.99.0.$host" 53 "$T/zone"
	wait_line "$T/dns.out" ^ready
	DNS=$BG
	echo "nameserver 10.99.0.$host" >"$T/resolv.conf"
	# shellcheck disable=SC2016	# that shell's own
	HOST_BEFORE=(unshare -m sh -c
	    'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$T/resolv.conf")
	"${HOST_BEFORE[@]}" true 2>/dev/null ||
	    skip "no mount namespace can be made here"
}

# zone LINE... - its records from now on.
zone() {
	printf '%s\n' "$@" >"$T/zone.new"
	mv "$T/zone.new" "$T/zone"
}

@test "discovery: dns, addresses of a name are found, those that come later too, and none is cut that goes" {
	hosts_bed netns 4 -o discover=dns -o known-hosts= \
	    -o dns-name=nodes.test -o dns-interval=1s
	name_server 4 'nodes.test A 10.99.0.1'
	host_start 1
	host_start 2
	host_start 3
	hosts_joined 1 2 3
	host_stop 3
	zone 'nodes.test A 10.99.0.3'
	host_start 3
	hosts_joined 1 2 3
	zone 'nodes.test NONE'
	wait_line "$T/broodd-h1.log" 'dns: name=nodes.test addresses=0'
	hosts_see 1 2 3
	assert_never_down_but h3
}

@test "discovery: dns, SRV records bring the port, AAAA records the way over IPv6" {
	[ -e /proc/net/if_inet6 ] || skip "there is no IPv6 here"
	hosts_bed netns 3 -o discover=dns -o known-hosts= -o dns-interval=1s
	local i
	for i in 1 2; do
		bed_exec "$i" ip addr add "fd00::$i/64" dev eth0 nodad
	done
	name_server 3 '_brood._tcp.test SRV 4001 h1.test' \
	    'h1.test AAAA fd00::1'
	host_start 1 -o listen='[fd00::1]:4001' -o dns-name=_none._tcp.test
	host_start 2 -o listen='[fd00::2]:4001' -o dns-name=_brood._tcp.test
	hosts_joined 1 2
	[ "$(host_brood 2 --json peers | jq -r 'select(.state == "up").address')" \
	    = '[fd00::1]:4001' ]
}

@test "discovery: dns, a name server that is silent holds up nobody" {
	hosts_bed netns 3 -o dns-name=nodes.test -o dns-interval=1s \
	    -o discover='static dns'
	name_server 3 'nodes.test HANG'
	host_start 1 -o known-hosts='10.99.0.2 silent.test'
	host_start 2 -o known-hosts='10.99.0.1 silent.test'
	hosts_joined 1 2
	storm 1 1 2 200 200 0 0
	kill -STOP "$DNS"
	# By now more than one question has been under way.
	sleep 2
	storm_flows_on
	storm_ends
	assert_storm_whole
	[ "$(most_of longest)" -le $((1500 * SLOW)) ]
	# As it speaks again, it is heard.
	zone 'nodes.test A 10.99.0.9'
	kill -CONT "$DNS"
	found() { host_brood 1 peers | grep -q '10\.99\.0\.9'; }
	wait_until 20 found
	assert_never_down
}
