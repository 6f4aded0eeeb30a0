# shellcheck shell=bash
# hosts.bash - supervisors of our own on 127.0.0.1, without any privilege.
#
#	hosts_init plain|tls [OPTION...]
#			a temporary directory, with tls a key; OPTIONs are for
#			every broodd
#	hosts_start I [OPTION...]
#			host I, named hI, is being started; it dials host 1, or
#			$HOSTS_DOOR
#	hosts_up I	until it is ready
#	hosts_joined N	until hosts 1 to N see each other
#	hosts_address I	where it listens
#	hosts_three I	its pids: guard, parent, relay
#	hosts_brood I ARG...
#			brood there
#	hosts_run I PROGRAM ARG...
#			a worker there: its output, its end
#
# Run from the root of the tree.  What was started ends with the script.
# Errors: exit 1.

HOSTS_BIN=${BIN:-bin}
HOSTS_PID=()		# the guards
HOSTS_DOOR=""
HOSTS_STOPPED=()	# what may have been stopped

hosts_fail() {
	echo "${0##*/}: $*" >&2
	exit 1
}

hosts_init() {
	HOSTS_DIR=$(mktemp -d /tmp/brood-bench.XXXXXX) || exit 1
	chmod 755 "$HOSTS_DIR"
	trap hosts_end EXIT
	trap 'exit 1' INT TERM HUP
	HOSTS_OPTIONS=(-o listen=127.0.0.1:0 "${@:2}")
	case $1 in
	plain)	;;
	tls)	(umask 077 && od -An -v -tx1 -N32 /dev/urandom |
		    tr -d ' \n' > "$HOSTS_DIR/key" && echo >> "$HOSTS_DIR/key")
		HOSTS_OPTIONS+=(-o "key-file=$HOSTS_DIR/key") ;;
	*)	hosts_fail "$1: plain or tls is wanted" ;;
	esac
}

hosts_end() {
	local pid

	trap '' INT TERM HUP
	kill -TERM "${HOSTS_PID[@]}" 2> /dev/null
	kill -CONT "${HOSTS_STOPPED[@]}" 2> /dev/null
	for pid in "${HOSTS_PID[@]}"; do
		wait "$pid" 2> /dev/null
	done
	rm -rf "$HOSTS_DIR"
}

hosts_start() {
	local dir=$HOSTS_DIR/h$1 role=WORKER known=$HOSTS_DOOR user

	if [ "$1" -eq 1 ]; then
		role=MASTER
	elif [ -z "$known" ]; then
		known=$(hosts_address 1)
	fi
	# As brood run: also for root everything runs as whoever called.
	user=$(id -un)
	printf '[node]\nname = h%s\nrole = %s\nuser = %s\nworker-user = %s\n' \
	    "$1" "$role" "$user" "$user" > "$dir.conf"
	BROOD_RUN_DIR=$dir setsid "$HOSTS_BIN/broodd" -f "$dir.conf" \
	    -o "known-hosts=$known" "${HOSTS_OPTIONS[@]}" "${@:2}" \
	    > "$dir.log" 2>&1 < /dev/null &
	HOSTS_PID[$1]=$!
}

hosts_up() {
	until hosts_brood "$1" ps > /dev/null 2>&1; do
		kill -0 "${HOSTS_PID[$1]}" 2> /dev/null || hosts_fail \
		    "h$1 did not start: $(tail -n 3 "$HOSTS_DIR/h$1.log")"
		sleep 0.02
	done
}

hosts_brood() {
	"$HOSTS_BIN/brood" -s "$HOSTS_DIR/h$1/sock" "${@:2}"
}

hosts_address() {
	hosts_brood "$1" --json info |
	    sed -n 's/.*"listen":"\([^"]*\)".*/\1/p'
}

hosts_three() {
	local parent

	parent=$(pgrep -P "${HOSTS_PID[$1]}") &&
	    echo "${HOSTS_PID[$1]} $parent $(pgrep -P "$parent" -x relay)"
}

hosts_joined() {
	local i n tries=0

	for ((i = 1; i <= $1; i++)); do
		while n=$(hosts_brood "$i" --json peers 2> /dev/null |
		    grep -c '"state":"up"'); [ "$n" -lt $(($1 - 1)) ]; do
			[ $((tries += 1)) -lt 400 ] ||
			    hosts_fail "h$i sees $n of $(($1 - 1)) hosts"
			sleep 0.05
		done
	done
}

# What it prints is in the log, behind ' out '.
hosts_run() {
	local status

	hosts_brood "$1" spawn --monitor "${@:2}" > "$HOSTS_DIR/end" 2>&1
	status=$?
	grep ' out ' "$HOSTS_DIR/h$1.log"
	if [ "$status" -ne 0 ]; then
		cat "$HOSTS_DIR/end" >&2
		grep -v ' out ' "$HOSTS_DIR"/h?.log | tail -n 5 >&2
		tail -n 1 "$HOSTS_DIR/end" >&2
	fi
	return "$status"
}
