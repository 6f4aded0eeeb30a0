# shellcheck shell=bash
# chat.bash - chat servers and their clients, for tests:
#
#	load helper
#	load hosts/hosts
#	load chat
#
#	serve I [WORD...]	a chat server on host I; its port is CHAT_PORT[I]
#	join NAME I [AS]	a client of it, that gives its name, or AS; it
#				has been let in when this returns
#	connect NAME I [NC...]	one that says nothing yet, with its prompt
#	types NAME LINE...	its lines
#	hangs_up NAME		no more comes from it
#	reads NAME		exactly what is on standard input, and nothing
#				else, is what it was shown since the last time
#	skips_to NAME LINE	until it is shown that; all up to here is read
#	ends NAME		its connection has been closed
#
# A client is nc; what it is shown is in $T/NAME.shown, what was read already
# is counted in CHAT_READ.

declare -gA CHAT_FD CHAT_NC CHAT_AT CHAT_READ
declare -ga CHAT_PORT=() CHAT_STARTS=() CHAT_OPTIONS=()

# The log of host I says what its servers print.
chat_log() { echo "$T/broodd-h$1.log"; }

chat_ports() {
	sed -n 's/.*Listening on port \([0-9]*\)$/\1/p' "$(chat_log "$1")"
}

chat_listens() {
	[ "$(chat_ports "$1" | wc -l)" -ge "${CHAT_STARTS[$1]}" ]
}

serve() {
	local host=$1

	shift
	CHAT_STARTS[host]=$((${CHAT_STARTS[host]:-0} + 1))
	host_brood "$host" spawn --name chat chat:chat_server 0 "$@" >/dev/null
	wait_until 10 chat_listens "$host"
	CHAT_PORT[host]=$(chat_ports "$host" | tail -n 1)
}

# one_chat [WORD...], three_chats [WORD...] - hosts with a server each, their
# supervisors with CHAT_OPTIONS.
one_chat() {
	hosts_up loopback 1
	serve 1 "$@"
}

three_chats() {
	hosts_up loopback 3 "${CHAT_OPTIONS[@]}"
	serve 1 "$@"
	serve 2 "$@"
	serve 3 "$@"
}

# What stands before a client's command is in BED_ENTER.
connect() {
	local name=$1 host=$2 fd

	shift 2
	[ -z "${CHAT_FD[$name]-}" ] || hangs_up "$name"
	rm -f "$T/$name.typed"
	mkfifo "$T/$name.typed"
	bed_enter "$host"
	# Opened both ways, opening waits for nobody.
	exec {fd}<>"$T/$name.typed"
	"${BED_ENTER[@]}" nc "$@" "$(chat_address "$host")" \
	    "${CHAT_PORT[host]}" <"$T/$name.typed" >"$T/$name.shown" \
	    2>"$T/$name.err" 3>&- {fd}>&- &
	CHAT_NC[$name]=$!
	remember "$!"
	exec {CHAT_OUT}>"$T/$name.typed"
	exec {fd}>&-
	CHAT_FD[$name]=$CHAT_OUT
	CHAT_AT[$name]=$host
	CHAT_READ[$name]=0
	reads "$name" <<<'What is your name?'
}

chat_address() {
	case $BED_KIND in
	netns | switched) bed_address "$1" ;;
	*) echo 127.0.0.1 ;;
	esac
}

join() {
	connect "$1" "$2"
	types "$1" "${3-$1}"
	reads "$1" <<<"*** ${3-$1} has connected"
}

types() {
	local name=$1 line

	shift
	for line; do
		printf '%s\n' "$line" >&"${CHAT_FD[$name]}"
	done
}

hangs_up() {
	local fd=${CHAT_FD[$1]}

	exec {fd}>&-
	unset "CHAT_FD[$1]"
}

chat_unread() { tail -c "+$((CHAT_READ[$1] + 1))" "$T/$1.shown"; }

# Shorter is not yet, anything else is wrong at once.
chat_arrived() {
	[ "$(stat -c %s "$T/$1.shown")" -ge $((CHAT_READ[$1] + $2)) ]
}

reads() {
	local name=$1 order=${2:-cat}

	cat >"$T/$name.wanted"
	wait_until "${CHAT_SECONDS:-10}" chat_arrived "$name" \
	    "$(stat -c %s "$T/$name.wanted")" || true
	chat_unread "$name" | "$order" >"$T/$name.got"
	if ! diff "$T/$name.wanted" "$T/$name.got" >"$T/$name.diff"; then
		echo "$name is not shown (<), or is shown instead (>):"
		cat "$T/$name.diff"
		return 1
	fi
	CHAT_READ[$name]=$(stat -c %s "$T/$name.shown")
}

# The same, where lines come in no certain order; they are wanted sorted.
reads_sorted() { reads "$1" sort; }

# all_read NAME... - each of them reads the same.
all_read() {
	local name

	cat >"$T/all.wanted"
	for name; do
		reads "$name" <"$T/all.wanted"
	done
}

# It stands somewhere in what is not read yet, and ends what is.
skips_to() {
	wait_until "${CHAT_SECONDS:-10}" chat_has "$1" "$2"
	CHAT_READ[$1]=$(stat -c %s "$T/$1.shown")
}

chat_has() { chat_unread "$1" | grep -aqxF -- "$2"; }

# nc itself goes on until what is typed ends.
ends() {
	wait_until 10 chat_closed "$1"
	hangs_up "$1"
	kill "${CHAT_NC[$1]}" 2>/dev/null || true
}

chat_closed() {
	! bed_exec "${CHAT_AT[$1]}" ss -Htnp state established |
	    grep -q "pid=${CHAT_NC[$1]},"
}

# The kernel's number of the server on host I.
chat_pid() { host_brood "$1" --json info chat | jq -r .os_pid; }
