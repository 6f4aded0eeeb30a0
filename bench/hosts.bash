# shellcheck shell=bash
# hosts.bash - supervisors of our own on 127.0.0.1, for bench/hosts and
# bench/mesh.
#
#	hosts_init plain|tls [OPTION...]	a temporary directory; OPTIONs are
#						for every broodd
#	hosts_start I [ROLE]			host I, named hI; it is ready when
#						this returns
#	hosts_joined N				until hosts 1 to N see each other
#	hosts_brood I ARG...			brood at that host
#	hosts_run I PROGRAM ARG...		a worker there: its output, its end
#	hosts_three I				pids: guard, parent, relay
#
# Whatever was started ends with the script.  Errors: exit 1.

BIN=${BIN:-bin}
HOSTS_PID=()

hosts_fail() {
	echo "$*" >&2
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
	*)	hosts_fail "$1: plain or tls?" ;;
	esac
}

hosts_end() {
	local pid

	trap '' INT TERM HUP
	[ ${#HOSTS_PID[@]} -eq 0 ] || kill "${HOSTS_PID[@]}" 2> /dev/null
	for pid in "${HOSTS_PID[@]}"; do
		wait "$pid" 2> /dev/null
	done
	rm -rf "$HOSTS_DIR"
}

hosts_start() {
	local dir=$HOSTS_DIR/h$1 known="" user

	user=$(id -un)
	[ "$1" -eq 1 ] || known=$(< "$HOSTS_DIR/address")
	# As brood run: also as root everything is whoever called.
	printf '[node]\nname = h%s\nrole = %s\nuser = %s\nworker-user = %s\n' \
	    "$1" "${2:-WORKER}" "$user" "$user" > "$dir.conf"
	BROOD_RUN_DIR=$dir setsid "$BIN/broodd" -f "$dir.conf" \
	    -o "known-hosts=$known" "${HOSTS_OPTIONS[@]}" \
	    > "$dir.log" 2>&1 < /dev/null &
	HOSTS_PID[$1]=$!
	until hosts_brood "$1" -q ps > /dev/null 2>&1; do
		kill -0 "${HOSTS_PID[$1]}" 2> /dev/null ||
		    hosts_fail "h$1 did not start: $(tail -n 3 "$dir.log")"
		sleep 0.02
	done
	[ "$1" -ne 1 ] || hosts_brood 1 --json info |
	    sed -n 's/.*"listen":"\([^"]*\)".*/\1/p' > "$HOSTS_DIR/address"
}

hosts_brood() {
	"$BIN/brood" -s "$HOSTS_DIR/h$1/sock" "${@:2}"
}

hosts_joined() {
	local i up tries=0

	for ((i = 1; i <= $1; i++)); do
		while up=$(hosts_brood "$i" --json peers |
		    grep -c '"state":"up"'); [ "$up" -lt $(($1 - 1)) ]; do
			[ $((tries += 1)) -lt 600 ] ||
			    hosts_fail "h$i sees $up of $(($1 - 1)) hosts"
			sleep 0.05
		done
	done
}

# The log of what it says is its output.
hosts_run() {
	local status

	hosts_brood "$1" spawn --monitor "${@:2}" > "$HOSTS_DIR/end" 2>&1
	status=$?
	grep ' out ' "$HOSTS_DIR/h$1.log"
	[ "$status" -eq 0 ] || cat "$HOSTS_DIR/end" "$HOSTS_DIR/h$1.log" >&2
	return "$status"
}
