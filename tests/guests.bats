#!/usr/bin/env bats
# guests.bats - a guest that breaks the rules of the wire is cut off, and so is
# one that says nothing; nobody else notices.

load helper
load words

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
}

@test "bad frames: a guest that writes one, its connection is closed and nobody else notices" {
	local mode

	use_workers pace
	start_supervisor
	pair
	for mode in too_long endless too_short no_length forged forged_node \
	    nobody garbage unknown_op high_op relays_op parents_op nodes_op \
	    short_body long_text lying_name lying_spawn second_hello first_sync \
	    first_garbage first_version; do
		echo "$mode"
		run -0 timeout 4 "$TEST_WORKERS/rude" -g "$BROOD_SOCKET" "$mode"
		run -0 brood ps
	done
	assert_pair_lives
}

@test "guests: one that says nothing, or half a word, cut off after 5 s" {
	local mode ms

	start_supervisor
	background whole "$TEST_WORKERS/rude" -g "$BROOD_SOCKET" first_nothing
	background half "$TEST_WORKERS/rude" -g "$BROOD_SOCKET" first_half
	for mode in whole half; do
		wait_line "$T/$mode.out" '^ended' 10
		ms=$(grep -o '[0-9]*' "$T/$mode.out")
		[ "$ms" -ge 4900 ]
		[ "$ms" -le $((6000 * SLOW)) ]
	done
	run -0 brood ps
}

# assert_silence - while the silent sit there commands work at once, the pair
# goes on, and all the silent are cut off in time.
assert_silence() {
	local _

	for _ in {1..20}; do
		timeout $((2 * SLOW)) brood ps >/dev/null
	done
	assert_pair_lives
	all_ended() { [ "$(grep -c ^ended "$T/silent.out")" -eq "$1" ]; }
	wait_until 15 all_ended "$1"
	[ "$(stat_of guests_now)" -le 1 ]
	wait_until 5 descriptors_are "$2"
	sanitized || [ "$(longest_ms)" -lt 500 ]
}

@test "guests: 2,000 silent ones of this user, cut off, and nobody kept out" {
	local before

	use_workers pace
	start_supervisor
	pair
	before=$(descriptors_of_both)
	background silent "$TEST_WORKERS/silent" "$BROOD_SOCKET" 2000
	wait_line "$T/silent.out" ^connected 20
	assert_silence 1 "$before"
}

@test "guests: 2,000 silent ones of 16 users, cut off, and nobody kept out" {
	local before

	need_root
	use_workers pace
	start_supervisor
	pair
	before=$(descriptors_of_both)
	chmod 711 "$T/run" "$BROOD_RUN_DIR"
	chmod 666 "$BROOD_SOCKET"
	cp "$TEST_WORKERS/silent" "$T/silent"
	chmod 755 "$T/silent"
	background silent "$T/silent" "$BROOD_SOCKET" 2000 16
	all_connected() { [ "$(grep -c ^connected "$T/silent.out")" -eq 16 ]; }
	wait_until 20 all_connected
	assert_silence 16 "$before"
}
