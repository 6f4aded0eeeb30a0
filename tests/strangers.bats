#!/usr/bin/env bats
# strangers.bats - who comes to the port without belonging there: refused with
# a clear word on both sides, within bounds, and the others go on.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
	use_workers storm
}
teardown() { hosts_teardown; }

# why I - what host I says of those who are not up.
why() { host_brood "$1" --json peers | jq -r 'select(.state != "up").why'; }
says() { why "$1" | grep -qiE -- "$2"; }

# keyed I FILE - host I starts, with that key.
keyed() { host_start "$1" -o key-file="$2"; }

# assert_apart I J PATTERN PATTERN - they do not join; each says why, in peers
# -v or in its log.
assert_apart() {
	told() { says "$1" "$2" || grep -qiE -- "$2" "$T/broodd-h$1.log"; }
	wait_until 10 told "$1" "$3"
	wait_until 10 told "$2" "$4"
	[ "$(host_state "$1" "$2")" != up ]
	[ "$(host_state "$2" "$1")" != up ]
}

@test "key: another one, each side says so; the same one, they join" {
	hosts_bed loopback 2
	"$ROOT/scripts/gen-key" "$T/other"
	keyed 1 "$T/key"
	keyed 2 "$T/other"
	assert_apart 1 2 key key
	host_stop 2
	keyed 2 "$T/key"
	hosts_joined
}

@test "key: one by one bit, each side says so" {
	local last

	hosts_bed loopback 2
	keyed 1 "$T/key"
	last=$(tail -c 2 "$T/key" | head -c 1)
	(umask 077 && { head -c 63 "$T/key"
	    printf '%x\n' $((16#$last ^ 1)); } >"$T/other")
	keyed 2 "$T/other"
	assert_apart 1 2 key key
}

@test "key: one has none, each side says so" {
	hosts_bed loopback 2
	keyed 1 "$T/key"
	host_start 2
	assert_apart 1 2 'key|TLS' 'key|TLS'
}

@test "key: a second one is accepted, one after the other changes to it" {
	hosts_bed loopback 2
	"$ROOT/scripts/gen-key" "$T/new"
	(umask 077 && cat "$T/key" "$T/new" >"$T/both" &&
	    cat "$T/new" "$T/key" >"$T/turned")
	keyed 1 "$T/both"
	keyed 2 "$T/turned"
	hosts_joined
	host_stop 1
	keyed 1 "$T/new"
	hosts_joined
}

@test "cluster: another one, each side says so" {
	hosts_bed loopback 2
	host_start 1
	host_start 2 -o cluster=other
	assert_apart 1 2 cluster cluster
}

# port_of I - where it listens.
port_of() { echo "${HOST_PORT[$1]}"; }

# two_with_traffic - two that are joined, and a pair between them.
two_with_traffic() {
	hosts_up loopback 2
	storm 2 1 2 200 200 0 0
	BEFORE=$(at 1 descriptors_of_both)
	RESIDENT=$(resident "$(at 1 relay_pid)")
}

assert_unmoved() {
	as_before() { [ "$(at 1 descriptors_of_both)" = "$BEFORE" ]; }
	wait_until 20 as_before
	sanitized || [ "$(resident "$(at 1 relay_pid)")" -le \
	    $((RESIDENT + 8192)) ]
	storm_flows_on
	storm_ends
	assert_storm_whole
	[ "$(most_of longest)" -le $((2000 * SLOW)) ]
}

@test "strangers: garbage, a line of HTTP, a head of the longest frame, cut off and counted" {
	local i

	two_with_traffic
	head -c 100000 /dev/urandom >"$T/garbage.in"
	printf 'GET / HTTP/1.1\r\nHost: h1\r\n\r\n' >"$T/http.in"
	printf '\xff\xff\xff\xff\x8c' >"$T/long.in"
	for i in garbage http long; do
		"$BED_TOOLS/knock" say 127.0.0.1 "$(port_of 1)" 0 \
		    <"$T/$i.in" >"$T/$i.out"
		grep -q '^ended after' "$T/$i.out"
	done
	assert_unmoved
	[ "$(host_state 1 2)" = up ]
}

@test "strangers: silent ones and one of a byte a time, cut off in seconds" {
	local i ms

	two_with_traffic
	: >"$T/silent.in"
	head -c 4096 /dev/zero >"$T/slow.in"
	for i in silent slow; do
		background "$i" sh -c "exec $BED_TOOLS/knock say 127.0.0.1 \
$(port_of 1) 50 <$T/$i.in"
	done
	for i in silent slow; do
		wait_line "$T/$i.out" '^ended after' 15
		ms=$(sed -n 's/^ended after \([0-9]*\).*/\1/p' "$T/$i.out")
		[ "$ms" -le $((8000 * SLOW)) ]
	done
	assert_unmoved
}

@test "strangers: 2,000 connections that say nothing and come again, the link breaks and is there again" {
	hosts_up proxied 2
	storm 2 1 2 200 200 0 0
	background hold "$BED_TOOLS/knock" hold 127.0.0.1 "$(port_of 1)" 2000
	wait_line "$T/hold.out" ^all 20
	[ "$(descriptors "$(at 1 relay_pid)")" -le 200 ]
	for _ in {1..10}; do
		bed_break 1
		storm_flows_on
	done
	kill "$BG"
	wait_until 5 gone "$BG"
	storm_ends
	assert_storm_whole
}
