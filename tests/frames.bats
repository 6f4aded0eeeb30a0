#!/usr/bin/env bats
# frames.bats - what is no frame, or not one's own, ends who wrote it and
# nobody else; guests.bats has those who are not workers.
#
# Each test runs on one supervisor, and on three where this file is linked under
# another name (hosts/hosts.bash): who breaks rules is on sender.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
}
teardown() { hosts_teardown; }

# rude_worker MODE - it breaks that rule, and its cause of death is told.
rude_worker() {
	on watcher background "$1" brood -n "$(name_of sender)" --json \
	    spawn --monitor rude "$1"
	if [[ $1 != first_* ]]; then
		wait_line "$T/$1.out" pid
		on receiver brood send "$(jq -r .pid "$T/$1.out")" go
	fi
	wait "$BG" || true
	CAUSE=$(jq -r 'select(.event == "down").cause' "$T/$1.out")
}
no_process_named() { ! pgrep -f "^$T/workers/$1" >/dev/null; }

@test "bad frames: a worker that writes one, killed with its group and a cause; nobody else notices" {
	local mode rude n=0
	local modes=(too_long forged garbage nodes_op lying_spawn first_sync)

	# Whatever it was is told alike.
	[ "$PLACES" != one ] || modes+=(endless too_short no_length forged_node
	    nobody unknown_op high_op relays_op parents_op short_body long_text
	    lying_name second_hello first_garbage first_version)
	use_workers rude pace fate
	places_up
	pair_across
	for mode in "${modes[@]}"; do
		echo "$mode"
		rude_worker "$mode"
		[[ $CAUSE == "error: bad frame: "?* ]] ||
		    fail "$mode: cause $CAUSE"
		wait_until 5 no_process_named rude
		n=$((n + 1))
		[ "$(on sender stat_of bad_frames)" -eq "$n" ]
	done
	[ "$(grep -c 'bad frame' "$(log_of sender)")" -ge "$n" ]

	# One that is linked to it is told as well.
	rude=$(born sender rude garbage)
	born receiver fate:traps "$rude" "$T/out/trapped"
	is_linked() { [ "$(on sender brood --json info "$1" | jq .links)" = 1 ]; }
	wait_until 5 is_linked "$rude"
	on watcher brood send "$rude" go
	wait_line "$T/out/trapped" \
	    "^exit $(serial_of "$rude") error: bad frame: "

	assert_pair_lives
	[ "$PLACES" = one ] || [ "$(on receiver stat_of bad_frames)" -eq 0 ]
}

@test "frames: one longer than max-message, refused where it is written; the longest that is not arrives" {
	use_workers pace storm
	mkconf <<-END
	[node]
	max-message = 64K
	END
	places_up
	PAIR=$(born receiver pace:echo)
	head -c 70000 /dev/zero | tr '\0' x >"$T/long"
	run ! on sender brood send --stdin "$PAIR" note s <"$T/long"
	assert_output --partial "too large"
	run -0 on receiver brood info "$PAIR"
	# What a message has besides its bytes is less than 100.
	born receiver storm:listener "$T/out/heard"
	born sender storm:ladder "$S" 5 $((65536 - 100))
	wait_line "$T/out/heard" ^heard
	run -0 cat "$T/out/heard"
	assert_output --partial "heard 5 gaps 0 doubles 0 torn 0 after 0 "
}
