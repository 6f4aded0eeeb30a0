#!/usr/bin/env bats
# bed.bats - the beds that the tests of many hosts lie in: what they say happens
# to the network happens, and only that.

load helper
load hosts/hosts

setup() { brood_setup; }
teardown() {
	brood_teardown
	bed_down
}

# knock_on I NAME ARG... - knock.c in that host, in the background.
knock_on() {
	bed_enter "$1"
	background "$2" "${BED_ENTER[@]}" "$BED_TOOLS/knock" "${@:3}"
}

# namespaces KIND - three hosts; 2 and 3 echo.
namespaces() {
	local i why

	why=$(bed_possible "$1") || skip "$why"
	BED_DIR=$T
	bed_up "$1" 3
	for i in 2 3; do
		knock_on "$i" "serve$i" serve "10.99.0.$i" 38813
		wait_line "$T/serve$i.out" ^listening
	done
}

# ask FROM TO - a new connection comes about, and an answer back.
ask() { bed_exec "$1" "$BED_TOOLS/knock" ask "10.99.0.$2" 38813 1000; }
asked_in_vain() { ! bed_exec "$1" "$BED_TOOLS/knock" ask "10.99.0.$2" 38813 300; }

# beats - one connection from 1 to 2, on which something comes and goes.
beats() {
	knock_on 1 beat beat 10.99.0.2 38813 10
	wait_line "$T/beat.out" '^3$'
}
beaten() { wc -l <"$T/beat.out"; }
beats_on() {
	local before

	before=$(beaten)
	more_beats() { [ "$(beaten)" -gt $((before + 3)) ]; }
	wait_until 10 more_beats
}
beats_no_more() {
	local before

	# What was under way may still come.  Both times are of absence: there
	# is no condition to wait for.
	sleep 0.1
	before=$(beaten)
	sleep 0.3
	[ "$(beaten)" -eq "$before" ]
}

# assert_network - what every bed of namespaces can do.
assert_network() {
	local cut rate

	ask 1 2
	ask 2 3
	ip link show | grep -c . >"$T/links"
	beats
	for cut in 'bed_cut 1 2' 'bed_cut_way 1 2' 'bed_cut_way 2 1'; do
		$cut
		beats_no_more
		asked_in_vain 1 2
		ask 1 3
		bed_heal
		beats_on
	done
	bed_cut_syn 1 2
	asked_in_vain 1 2
	ask 3 2
	beats_on
	bed_heal
	ask 1 2
	bed_forget 1 2
	beats_no_more
	ask 1 2
	bed_heal
	beats_on
	bed_break 1
	wait_line "$T/beat.out" '^broken: '
	ask 1 2
	bed_rate 1 8000
	rate=$(bed_exec 1 "$BED_TOOLS/knock" pour 10.99.0.2 38813 2)
	[ "${rate#MB/s }" -le 2 ]
	bed_rate 1 0
	rate=$(bed_exec 1 "$BED_TOOLS/knock" pour 10.99.0.2 38813 50)
	[ "${rate#MB/s }" -ge 10 ]
	# Nothing of all this is to be seen from outside.
	ip link show | grep -c . | diff - "$T/links"
}

@test "bed: namespaces on a bridge; cut, one way, SYNs, forgotten, broken, slow, and healed" {
	namespaces netns
	assert_network
}

@test "bed: namespaces on the switch of our own, the same" {
	namespaces switched
	assert_network
}

@test "bed: the switch delays, with jitter and in order, and loses" {
	local began took

	namespaces switched
	bed_path '*' '*' 50 10
	began=${EPOCHREALTIME/./}
	ask 1 2
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	echo "$took ms"
	[ "$took" -ge 200 ]		# two there, two back
	ask 3 2
	bed_path 1 2 0 0 100
	bed_path 2 1 0 0 0
	asked_in_vain 1 2
	ask 3 2
	bed_path '*' '*' 0 0 5
	run -0 bed_exec 1 "$BED_TOOLS/knock" pour 10.99.0.2 38813 3
	kill -TERM "$BED_PROGRAM"
	wait_line "$T/bed.out" 'lost [1-9]'
}

@test "bed: a bed that is down leaves no namespace" {
	local kind

	why=$(bed_possible netns) || skip "$why"
	BED_DIR=$T
	for kind in netns switched; do
		bed_up "$kind" 2
		ip netns list | grep -q "^${BED}net"
		bed_down
		run ! grep "^$BED" <<<"$(ip netns list)"
	done
}

# dials NAME ARG... - knock.c as the relay of host 1, two levels below a guard:
# it begins when the proxy knows whose it is.
dials() {
	[ -e "$T/relay" ] || cp "$BED_TOOLS/knock" "$T/relay"
	rm -f "$T/go"
	mkfifo "$T/go"
	# shellcheck disable=SC2016	# the shells' own
	background "$1" bash -c 'read -r _ <"$0"; ("$@" & wait) & wait' \
	    "$T/go" "$T/relay" "${@:2}"
	bed_tell host 1 0 "$BG"
	echo go >"$T/go"
	wait_until 5 grandchild
	remember "$(pgrep -P "$BG")" "$(grandchild)"
}
grandchild() { pgrep -x -P "$(pgrep -P "$BG" | head -n 1)" relay; }

@test "bed: proxies; cut, one way, new ones, forgotten, reset, refused, slow, and healed" {
	local cut door took

	BED_DIR=$T
	bed_up proxied 2
	knock_on 2 serve serve 127.0.0.1 0
	wait_line "$T/serve.out" ^listening
	door=${BED_DOORS[2]}
	stranger() { "$BED_TOOLS/knock" ask 127.0.0.1 "$door" 500; }
	run -1 stranger			# nobody is behind it yet
	bed_tell host 2 "$(sed 's/.* //' "$T/serve.out")" 0
	stranger
	dials beat beat 127.0.0.1 "$door" 10
	beats_on
	for cut in 'bed_cut 1 2' 'bed_cut_way 1 2' 'bed_cut_way 2 1'; do
		$cut
		beats_no_more
		stranger		# he is not host 1
		bed_heal
		beats_on
	done
	bed_path 1 2 100
	# A rate is counted over a time.
	sleep 0.2
	took=$(beaten)
	sleep 0.5
	[ "$(beaten)" -le $((took + 4)) ]
	bed_heal
	beats_on
	[ "$(count 1 2)" -eq 1 ]
	bed_forget 1 2
	beats_no_more
	bed_heal
	beats_no_more			# those are lost for good
	dials again beat 127.0.0.1 "$door" 10
	wait_line "$T/again.out" '^3$'
	bed_break 1
	wait_line "$T/again.out" '^broken: '
	bed_cut_syn 1 2
	dials none beat 127.0.0.1 "$door" 10
	stranger
	sleep 0.3			# absence, again
	[ ! -s "$T/none.out" ]
	bed_tell refuse 2
	run -1 stranger
	assert_output 'Connection refused'
	bed_tell admit 2
	stranger
}
count() { "$BED_TOOLS/tell" "$T/bed.sock" count "$@"; }

# ---- scripts/hosts stands on a bed, too ----

# hosts_script KIND - three of them, reached as it says, and gone with it.
hosts_script() {
	local line

	background hosts "$ROOT/scripts/hosts" "--$1" 3
	wait_line "$T/hosts.out" 'ends all of it' 30
	cd "$ROOT" || return 1
	line=$(sed -n 's/^h2  *//p' "$T/hosts.out")
	# shellcheck disable=SC2086	# words
	run -0 $line
	assert_line --regexp '^h1 +MASTER +up '
	assert_line --regexp '^h3 +WORKER +up '
	kill -TERM "$BG"
	wait_until 20 gone "$BG"
	run -0 find "$T" -maxdepth 1 -name 'brood-hosts*'
	refute_output
	nothing_of "$T"
}

@test "scripts/hosts: on loopback, reached as it says, and nothing is left" {
	hosts_script loopback
}

@test "scripts/hosts: in namespaces, the same" {
	local why

	why=$(bed_possible netns) || skip "$why"
	hosts_script netns
	run ! grep "^bed$BG-" <<<"$(ip netns list)"
}

@test "scripts/hosts: bad usage, exit 2; --help, exit 0" {
	run -2 "$ROOT/scripts/hosts" --nonsense
	run -2 "$ROOT/scripts/hosts" 0
	run -0 "$ROOT/scripts/hosts" --help
	assert_line --partial 'usage: scripts/hosts'
}
