#!/usr/bin/env bats
# shell.bats - a shell worker under load: its commands may be killed at any
# moment, and its messages stay whole, in order, and its own.
#
# Each test runs on one supervisor, and on three where this file is linked under
# another name (hosts/hosts.bash): what is read, is read on receiver.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
}
teardown() { hosts_teardown; }

# bats test_tags=heavy
# bats test_tags=heavy
@test "shell worker: 20 senders and 5 callers at once in it, senders and readers killed at random, whole, in order, fd 3 intact" {
	local reader echo k got sent begun

	# shellcheck disable=SC2016	# the worker's
	worker_script storm <<-'END'
	#!/bin/bash
	# Sender k: so many numbered messages of 1 MiB, one after another.
	dir=$1 echo=$2 reader=$3 n=$4
	sender() {
		local i
		for ((i = 1; i <= n; i++)); do
			echo "$i" >"$dir/begun.$1"
			brood send --stdin "$reader" big iis "$1" "$i" \
			    <"$dir/value" || exit
			echo "$i" >"$dir/sent.$1"
		done
	}
	for k in {1..20}; do
		sender "$k" &
		senders[k]=$!
	done
	for k in {1..5}; do
		brood call -t 60 "$echo" n i "$k" >"$dir/call.$k" 2>&1 &
		callers+=($!)
	done
	# Every third sender's command is killed in the middle of something.
	for k in 1 4 7 10 13 16 19; do
		sleep "0.0$((RANDOM % 10))"
		kill -KILL "${senders[k]}" $(pgrep -P "${senders[k]}")
	done 2>/dev/null
	wait "${callers[@]}"
	wait "${senders[@]}" 2>/dev/null
	brood send "$reader" last
	# It hears, too.
	brood recv -t 60
	brood self >"$dir/self"
	END
	# shellcheck disable=SC2016
	worker_script reader <<-'END'
	#!/bin/bash
	got=$1/got
	while line=$(brood recv -t 60); do
		eval "set -- $line"
		[ "$2" != last ] || break
		echo "$4 $5 ${#6}"
	done >"$got"
	# To whoever said that it was the last.
	brood send "$1" heard
	END
	use_workers echo.sh
	places_up
	head -c $((1 << 20)) /dev/zero | tr '\0' x >"$T/out/value"
	echo=$(born watcher echo.sh)
	reader=$(born receiver reader "$T/out")
	born sender storm "$T/out" "$echo" "$reader" \
	    "$([ "$PLACES" = one ] && echo 3 || echo 2)"
	wait_line "$T/out/self" "^$(serial_of "$S")@" 100

	# Whole, in order from each, what was sent, and at most what was begun.
	for k in {1..20}; do
		awk -v k="$k" '$1 == k { if ($2 != ++n || $3 != 1048576)
		    print "sender " k ": number " $2 " of " $3 }' \
		    "$T/out/got" >"$T/wrong"
		[ ! -s "$T/wrong" ] || fail "$(cat "$T/wrong")"
		got=$(grep -c "^$k " "$T/out/got" || true)
		sent=$(cat "$T/out/sent.$k" 2>/dev/null || echo 0)
		begun=$(cat "$T/out/begun.$k" 2>/dev/null || echo 0)
		echo "sender $k: sent $sent, begun $begun, got $got"
		[ "$got" -ge "$sent" ]
		[ "$got" -le "$begun" ]
	done
	for k in {1..5}; do
		assert_equal "$(cat "$T/out/call.$k")" "n i $k"
	done
}

@test "shell worker: readers killed at random, each message printed, none lost" {
	# shellcheck disable=SC2016	# the worker's
	worker_script reads <<-'END'
	#!/bin/bash
	while :; do
		brood recv >"$1/line" 2>/dev/null &
		if [ $((RANDOM % 2)) -eq 0 ]; then
			sleep "0.00$((RANDOM % 9))"
			kill -KILL $!
		fi 2>/dev/null
		wait $! 2>/dev/null
		cat "$1/line" >>"$1/got"
		! grep -q ' last ' "$1/line" || break
	done
	touch "$1/done"
	END
	# shellcheck disable=SC2016
	worker_script writes <<-'END'
	#!/bin/bash
	for i in {1..60}; do
		brood send "$1" n i "$i"
	done
	brood send "$1" last
	END
	places_up
	born receiver reads "$T/out"
	born sender writes "$S"
	wait_until 60 test -e "$T/out/done"
	# One whose reader died between printing and saying so comes again,
	# in its place; nothing is lost, nothing out of order.
	# shellcheck disable=SC2016	# the words of awk
	run -0 awk '$2 == "n" { if ($4 != n && $4 != n + 1)
	    print "after " n ": " $4; n = $4 } END { print n }' "$T/out/got"
	assert_output 60
}

@test "shell worker: its queue above the mark, senders wait, nothing is dropped" {
	local i

	# shellcheck disable=SC2016	# the worker's
	worker_script slow <<-'END'
	#!/bin/sh
	got=$1/got
	while [ ! -e "$1/go" ]; do sleep 0.05; done
	while line=$(brood recv); do
		eval "set -- $line"
		[ "$2" != last ] || exit 0
		echo "$4 ${#5}" >>"$got"
	done
	END
	mkconf <<-END
	[node]
	high-mark = 256K
	low-mark = 64K
	link-window = 256K
	END
	places_up
	born receiver slow "$T/out"
	head -c 100000 /dev/zero | tr '\0' x >"$T/text"
	(
		for i in {1..30}; do
			on sender brood send --stdin "$S" n is "$i" <"$T/text"
			echo "$i" >>"$T/sent"
		done
		on sender brood send "$S" last
	) >/dev/null 2>&1 3>&- &
	remember $!
	stands() { [ "$(stat_of queued_bytes)" -ge $((256 << 10)) ]; }
	wait_until 10 on receiver stands
	# The mark, and the one message that passed it; as much again on its
	# way from another node.
	[ "$(on receiver stat_of queued_bytes)" -le $(((256 << 10) + 110000)) ]
	[ "$(wc -l <"$T/sent")" -le "$([ "$PLACES" = one ] && echo 4 || echo 8)" ]
	on watcher observe watch "$S"
	touch "$T/out/go"
	wait_line "$T/watch.out" '^down .* normal$' 30
	[ "$(wc -l <"$T/sent")" -eq 30 ]
	run -0 cat "$T/out/got"
	assert_output "$(seq 30 | sed 's/$/ 100000/')"
}
