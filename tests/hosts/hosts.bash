# shellcheck shell=bash
# shellcheck disable=SC2153	# BED_DOORS comes from bed.bash
# hosts.bash - supervisors on the hosts of a bed, for tests:
#
#	load helper
#	load hosts/hosts
#
#	setup() { brood_setup; }
#	teardown() { hosts_teardown; }
#
#	@test "session: cut for less than peer-timeout, nothing is lost" {
#		hosts_up netns 2 -o peer-timeout=2s
#		...
#		bed_cut 1 2
#
#	hosts_up KIND N [OPTION...]	a bed (bed.bash) and on each host a
#					supervisor; all see each other when it
#					returns.  Where there can be no such bed
#					the test is skipped
#	hosts_bed KIND N [OPTION...]	the same without starting them
#	host_start I [OPTION...]	it is ready when this returns
#	hosts_joined [I...]		until all those that run, or these, see
#					each other
#	host_stop I [SIGNAL]		in order
#	host_kill I			SIGKILL: guard, parent, relay, all workers
#	host_freeze I [relay]		SIGSTOP of all of it, or of the relay
#	host_thaw I
#	host_brood I ARG...		brood there
#	at I COMMAND...			what helper.bash and words.bash have, for
#					the supervisor of that host
#	host_state I J			what I's peers say of J: up, suspect, down,
#					conflict; nothing if it is not known
#	host_address I			where it listens, as known-hosts takes it
#
# Host I has the name hI, the run directory $T/run/hI, the log $T/broodd-hI.log
# and the configuration $T/hI.conf, if that exists, else mkconf's.  OPTIONs are
# broodd's; those of hosts_up hold for every start of all of them.  On
# namespaces there is a key, $T/key.

. "${BASH_SOURCE[0]%/*}/bed.bash"

BED_TOOLS=$BROOD_BUILD/tests/hosts
HOST_PID=()		# the guards
HOST_PORT=()		# what they listen on, once known: it stays theirs
HOST_FROZEN=()
HOST_OPTIONS=()
HOST_BEFORE=()		# words before broodd, as use_shim sets them

# ---- all of them ----

hosts_bed() {
	local why

	why=$(bed_possible "$1") || skip "$why"
	BED_DIR=$T
	bed_up "$1" "$2"
	HOST_OPTIONS=("${@:3}")
	"$ROOT/scripts/gen-key" "$T/key"
}

hosts_up() {
	local i

	hosts_bed "$@"
	for ((i = 1; i <= BED_HOSTS; i++)); do
		host_start "$i"
	done
	hosts_joined
}

hosts_teardown() {
	local i status=0

	for i in "${!HOST_FROZEN[@]}"; do
		host_thaw "$i"
	done
	# Whatever a test that failed has left stopped.
	for i in $(hosts_running); do
		# shellcheck disable=SC2046	# numbers
		kill -CONT $(host_three "$i") 2>/dev/null || true
	done
	brood_teardown || status=1
	bed_down
	return "$status"
}

hosts_running() {
	local i

	for i in "${!HOST_PID[@]}"; do
		gone "${HOST_PID[i]}" || echo "$i"
	done
}

hosts_joined() {
	# shellcheck disable=SC2046	# numbers
	[ $# -gt 0 ] || set -- $(hosts_running)
	if ! wait_until 15 hosts_see "$@"; then
		for i; do
			echo "host $i:"
			host_brood "$i" peers || true
		done
		return 1
	fi
}

hosts_see() {
	local i j ups

	for i; do
		ups=" $(host_brood "$i" --json peers 2>/dev/null |
		    jq -r 'select(.state == "up").node' | tr '\n' ' ')"
		for j; do
			[ "$i" = "$j" ] || [[ $ups == *" h$j "* ]] || return 1
		done
	done
}

# ---- one of them ----

at() {
	local host=$1 SUPERVISOR=${HOST_PID[$1]-}
	local -x BROOD_RUN_DIR=$T/run/h$1 BROOD_SOCKET=$T/run/h$1/sock

	shift
	"$@"
}

host_brood() {
	local host=$1

	shift
	brood -s "$T/run/h$host/sock" "$@"
}

host_start() {
	local host=$1 j options known=() before=("${HOST_BEFORE[@]}")
	local -x BROOD_RUN_DIR=$T/run/h$1 BROOD_SOCKET=$T/run/h$1/sock

	for ((j = 1; j <= BED_HOSTS; j++)); do
		[ "$j" = "$1" ] || known+=("$(host_address "$j")")
	done
	options=(-o "name=h$1" -o "listen=$(bed_address "$1"):$(host_port "$1")"
	    -o "known-hosts=${known[*]}")
	case $BED_KIND in
	netns | switched) options+=(-o "key-file=$T/key") ;;
	proxied)
		options+=(-o "advertise=$(host_address "$1")")
		# The proxy knows whose it is before it dials.
		# shellcheck disable=SC2016	# that shell's own
		before+=(sh -c '"$0" "$1" host "$2" 0 $$ >/dev/null; shift 2; exec "$@"'
		    "$BED_TOOLS/tell" "$T/bed.sock" "$1") ;;
	esac
	shift
	bed_enter "$host"
	supervise "$T/broodd-h$host.log" "${before[@]}" "${BED_ENTER[@]}" \
	    broodd "${options[@]}" "${HOST_OPTIONS[@]}" "$@"
	HOST_PID[host]=$SUPERVISOR
	HOST_PORT[host]=$(brood --json info | jq -r .listen)
	HOST_PORT[host]=${HOST_PORT[host]##*:}
	[ "$BED_KIND" != proxied ] || bed_tell host "$host" \
	    "${HOST_PORT[host]}" "$SUPERVISOR"
}

host_port() {
	case $BED_KIND in
	netns | switched) echo "$BED_PORT" ;;
	*) echo "${HOST_PORT[$1]:-0}" ;;
	esac
}

# Empty while only the system knows the port: who starts later knows it, and
# one of two is enough.
host_address() {
	case $BED_KIND in
	netns | switched) echo "$(bed_address "$1"):$BED_PORT" ;;
	proxied) echo "127.0.0.1:${BED_DOORS[$1]}" ;;
	loopback) echo "${HOST_PORT[$1]:+127.0.0.1:${HOST_PORT[$1]}}" ;;
	esac
}

host_stop() {
	at "$1" stop_supervisor "${2:-TERM}"
	unset "HOST_PID[$1]"
}

# The supervisor's three, the guard first.
host_three() {
	echo "${HOST_PID[$1]}"
	at "$1" parent_pid
	at "$1" relay_pid
}

# None of the three may see another go first: then it would end in order.
host_kill() {
	local three below

	three=$(host_three "$1")
	below=$(processes_of "$T/run/h$1")
	# shellcheck disable=SC2086	# numbers
	kill -STOP $three
	# shellcheck disable=SC2086
	kill -KILL $three $below 2>/dev/null || true
	wait_until 5 gone "${HOST_PID[$1]}"
	rm -f "$T/run/h$1/sock"
	unset "HOST_PID[$1]" "HOST_FROZEN[$1]"
}

host_freeze() {
	HOST_FROZEN[$1]=$(at "$1" relay_pid)
	[ "${2-}" = relay ] ||
	    HOST_FROZEN[$1]="$(host_three "$1") $(processes_of "$T/run/h$1")"
	# shellcheck disable=SC2086	# numbers
	kill -STOP ${HOST_FROZEN[$1]}
}

host_thaw() {
	# shellcheck disable=SC2086	# numbers
	kill -CONT ${HOST_FROZEN[$1]} 2>/dev/null || true
	unset "HOST_FROZEN[$1]"
}

host_state() {
	host_brood "$1" --json peers |
	    jq -r "select(.node == \"h$2\").state"
}

# host_is I J STATE - for wait_until.
host_is() { [ "$(host_state "$1" "$2")" = "$3" ]; }

# use_shim NAME [VAR=VALUE...] - the supervisors that are started from here on
# have tests/shim/NAME.c preloaded, in all their three processes.
use_shim() {
	local shim=$T/bin/$1.so

	! sanitized || skip "a sanitizer wants to be loaded first"
	mkdir "$T/bin"
	cp "$BROOD_BIN/broodd" "$BROOD_BIN/brood" \
	    "$BROOD_BUILD/tests/shim/$1.so" "$T/bin"
	# The relay gets no environment of broodd's.
	cat >"$T/bin/relay" <<-END
	#!/bin/sh
	exec env ${*:2} LD_PRELOAD=$shim $BROOD_BIN/relay "\$@"
	END
	chmod 755 "$T/bin" "$T/bin"/*
	PATH=$T/bin:$PATH
	HOST_BEFORE=(env "LD_PRELOAD=$shim" "${@:2}")
}

# ---- places: the same test on one supervisor and on three ----
#
#	on sender spawn fate:waits
#
# A test file whose name (a link's, too) ends with -KIND runs on a bed of that
# kind, and its titles say so: what is said to be on sender, on receiver and on
# watcher is on three nodes.  Under another name all three are one.

case ${BATS_TEST_FILENAME-} in
*-loopback.bats) PLACES=loopback ;;
*-proxied.bats)	PLACES=proxied ;;
*-netns.bats)	PLACES=netns ;;
*)		PLACES=one ;;
esac
[ "$PLACES" = one ] || BATS_TEST_NAME_PREFIX="$PLACES: "

# places_up [OPTION...] - instead of start_supervisor.  The sender's node is
# MASTER, the other two are WORKER.
places_up() {
	if [ "$PLACES" = one ]; then
		supervise "$T/broodd.log" "${HOST_BEFORE[@]}" broodd \
		    -o role=MASTER "$@"
		return
	fi
	hosts_bed "$PLACES" 3 "$@"
	host_start 1 -o role=MASTER
	host_start 2 -o role=WORKER
	host_start 3 -o role=WORKER
	hosts_joined
}

on() {
	local place=$1

	shift
	case $PLACES.$place in
	*.[0-9]*)	at "$place" "$@" ;;
	one.*)		"$@" ;;
	*.sender)	at 1 "$@" ;;
	*.receiver)	at 2 "$@" ;;
	*.watcher)	at 3 "$@" ;;
	*)		fail "$place is no place" ;;
	esac
}

on_each() {
	local place

	for place in sender receiver watcher; do
		on "$place" "$@"
		[ "$PLACES" != one ] || break
	done
}

# born PLACE ARG... - brood spawn there; the pid in full, which means the same
# everywhere, in $S too.
born() {
	S=$(on "$1" brood -v spawn "${@:2}")
	echo "$S"
}

# The node of a place: alpha#INCARNATION, what stands behind the @ of a pid in
# full; and its name.
node_of() { on "$1" brood --json info | jq -r '"\(.node)#\(.id)"'; }
name_of() { on "$1" brood --json info | jq -r .node; }

log_of() {
	case $PLACES in
	one)	echo "$T/broodd.log" ;;
	*)	echo "$T/broodd-$(name_of "$1").log" ;;
	esac
}

serial_of() { echo "${1%%@*}"; }	# 12
short_of() { echo "${1%%#*}"; }		# 12@alpha
