# shellcheck shell=bash
# shellcheck disable=SC2153	# BED_TOOLS and BED_DIR are the caller's
# bed.bash - many "hosts" on one machine, and what can happen between them.
#
#	bed_up KIND N [PREFIX]	a bed of N hosts, numbered from 1
#	bed_down		it is gone; harmless where there is none
#	bed_possible KIND	fails, and says why, where there can be none
#	bed_address I		10.99.0.I, or 127.0.0.1
#	bed_exec I COMMAND...	in that host
#	bed_enter I		to the background: bed_enter 1, then
#				"${BED_ENTER[@]}" COMMAND... &
#
#	bed_cut A B		nothing of A reaches B, nor of B A
#	bed_cut_way FROM TO	one way only
#	bed_cut_syn FROM TO	FROM's new connections to TO do not come about
#	bed_forget A B		the connections of now lead nowhere, silently;
#				new ones are well, as behind a translation of
#				addresses that was restarted
#	bed_heal		none of these four holds any more
#	bed_break I		I's connections on $BED_PORT are broken
#	bed_rate I KBIT		so much a second, each way; 0: what it can
#	bed_path FROM TO MS [JITTER-MS [LOSS-PERCENT]]	FROM and TO: I or *
#
# KIND is one of
#
#	netns		network namespaces on a bridge, which lies in one of its
#			own: nothing touches the namespace all this runs in
#	switched	the same, with vswitch in the bridge's place; the kind
#			that has bed_path with all it can
#	loopback	no root needed: all are 127.0.0.1, and nothing happens
#	proxied		the same, with proxy before each: $BED_DOORS are its
#			ports; for bed_path there is no jitter and no loss
#
# Sourced by tests, and by scripts/hosts.  $BED_TOOLS has the programs of this
# folder, compiled; $BED_DIR is a place for files.

BED_PORT=${BED_PORT:-38813}

bed_address() {
	case $BED_KIND in
	netns | switched) echo "10.99.0.$1" ;;
	*) echo 127.0.0.1 ;;
	esac
}

# bed_enter I - what stands before a command in that host is in BED_ENTER.
bed_enter() {
	case $BED_KIND in
	netns | switched) BED_ENTER=(nsenter "--net=/run/netns/$BED$1" --) ;;
	*) BED_ENTER=(env) ;;
	esac
}

bed_exec() {
	bed_enter "$1"
	shift
	"${BED_ENTER[@]}" "$@"
}

# ---- is it possible? ----

bed_possible() {
	local tool

	case $1 in
	loopback | proxied) return 0 ;;
	esac
	if [ "$(id -u)" != 0 ]; then
		echo "network namespaces need root"
		return 1
	fi
	for tool in ip nft ss tc nsenter; do
		if ! command -v "$tool" >/dev/null; then
			echo "network namespaces need $tool"
			return 1
		fi
	done
	bed_try "bedtry$BASHPID" && return 0
	echo "this machine gives no network namespaces, veths or nftables"
	return 1
}

# One namespace with all that a bed is made of.
bed_try() {
	local status=0

	{
		ip netns add "$1" &&
		    ip -n "$1" link add v0 type veth peer name v1 &&
		    ip -n "$1" link add br0 type bridge &&
		    ip netns exec "$1" nft add table ip bed
	} >/dev/null 2>&1 || status=1
	ip netns del "$1" >/dev/null 2>&1 || true
	return "$status"
}

# ---- up and down ----

bed_up() {
	BED_KIND=$1
	BED_HOSTS=$2
	BED=${3:-bed$$-}
	case $BED_KIND in
	netns | switched) bed_up_namespaces ;;
	proxied) bed_up_proxy ;;
	esac
}

# A card's address, from which a bed knows it: nobody has to ask for it.
bed_mac() { printf '02:00:0a:63:00:%02x' "$1"; }

# Beds of shells that were killed, by the number of the shell.
bed_sweep() {
	local name

	for name in $(ip netns list | sed -n 's/^\(bed[0-9]*-[0-9net]*\).*/\1/p')
	do
		name=${name#bed}
		[ -d "/proc/${name%-*}" ] || ip netns del "bed$name" || true
	done
}

bed_up_namespaces() {
	local i

	bed_sweep
	ip netns add "${BED}net"
	ip -n "${BED}net" link set lo up
	[ "$BED_KIND" = switched ] ||
	    ip -n "${BED}net" link add br0 up type bridge
	for ((i = 1; i <= BED_HOSTS; i++)); do
		ip netns add "$BED$i"
		bed_wire "$i" | ip -n "$BED$i" -batch -
		bed_rules | bed_exec "$i" nft -f -
		if [ "$BED_KIND" = netns ]; then
			ip -n "${BED}net" link set "v$i" master br0 up
		else
			ip -n "${BED}net" link set "v$i" up
		fi
	done
	[ "$BED_KIND" = netns ] || bed_up_switch
}

# Neighbours are known for good: a cut must not be one of address resolution,
# nor a loss be longer for its sake.
bed_wire() {
	local j

	cat <<-END
	link set lo up
	link add eth0 address $(bed_mac "$1") type veth peer name v$1 netns ${BED}net
	addr add 10.99.0.$1/24 broadcast + dev eth0
	link set eth0 up
	END
	for ((j = 1; j <= BED_HOSTS; j++)); do
		[ "$j" = "$1" ] || echo "neigh replace 10.99.0.$j" \
		    "lladdr $(bed_mac "$j") nud permanent dev eth0"
	done
}

# What is dropped is dropped where it arrives: its sender must not be told.
bed_rules() {
	cat <<-'END'
	table ip bed {
		set cut { type ipv4_addr; }
		set syn { type ipv4_addr; }
		set forgot {
			type ipv4_addr . inet_service . inet_service;
		}
		chain arrives {
			type filter hook input priority -100;
			ip saddr @cut drop
			ip saddr @syn tcp flags & (syn | ack) == syn drop
			ip saddr . tcp sport . tcp dport @forgot drop
		}
	}
	END
}

# bed_started PROGRAM... - it runs beside the bed, and has said LINE in
# $BED_DIR/bed.out; its pid is $BED_PROGRAM.
bed_started() {
	local line=$1 _

	shift
	"$@" >"$BED_DIR/bed.out" 2>&1 </dev/null 3>&- &
	BED_PROGRAM=$!
	for _ in {1..200}; do
		! grep -qsx "$line" "$BED_DIR/bed.out" || return 0
		kill -0 "$BED_PROGRAM" 2>/dev/null || break
		sleep 0.02
	done
	echo "$*: $(cat "$BED_DIR/bed.out")" >&2
	return 1
}

bed_up_switch() {
	local i ports=()

	for ((i = 1; i <= BED_HOSTS; i++)); do
		ports+=("v$i")
	done
	: >"$BED_DIR/bed.rules"
	bed_started 'rules 1' nsenter --net="/run/netns/${BED}net" -- \
	    "$BED_TOOLS/vswitch" -s "${BED_SEED:-1}" "$BED_DIR/bed.rules" \
	    "${ports[@]}"
}

bed_up_proxy() {
	bed_started ready "$BED_TOOLS/proxy" "$BED_DIR/bed.sock" "$BED_HOSTS"
	mapfile -t BED_DOORS < <(sed -n 's/^[0-9]* //p' "$BED_DIR/bed.out")
	BED_DOORS=(0 "${BED_DOORS[@]}")		# from 1
}

# bed_tell WORD... - a command for the proxy.
bed_tell() {
	local answer

	answer=$("$BED_TOOLS/tell" "$BED_DIR/bed.sock" "$@") && return 0
	echo "bed: $*: $answer" >&2
	return 1
}

bed_down() {
	local i

	if [ -n "${BED_PROGRAM-}" ]; then
		kill "$BED_PROGRAM" 2>/dev/null || true
		wait "$BED_PROGRAM" 2>/dev/null || true
	fi
	case ${BED_KIND-} in
	netns | switched)
		for ((i = 1; i <= BED_HOSTS; i++)); do
			ip netns del "$BED$i" 2>/dev/null || true
		done
		ip netns del "${BED}net" 2>/dev/null || true
		;;
	esac
	unset BED_PROGRAM BED_KIND
}

# ---- what can happen ----

# bed_drop SET FROM TO - what of FROM arrives at TO and is of that set.
bed_drop() {
	bed_exec "$3" nft add element ip bed "$1" "{ 10.99.0.$2 }"
}

# bed_cannot WHAT - on beds on which nothing happens.
bed_cannot() {
	echo "bed: a $BED_KIND bed has no $1" >&2
	return 1
}

bed_cut_way() {
	case $BED_KIND in
	proxied) bed_tell way "$1" "$2" ;;
	loopback) bed_cannot cuts ;;
	*) bed_drop cut "$1" "$2" ;;
	esac
}

bed_cut() {
	case $BED_KIND in
	proxied) bed_tell cut "$1" "$2" ;;
	*)
		bed_cut_way "$1" "$2"
		bed_cut_way "$2" "$1"
		;;
	esac
}

bed_cut_syn() {
	case $BED_KIND in
	proxied) bed_tell syn "$1" "$2" ;;
	loopback) bed_cannot cuts ;;
	*) bed_drop syn "$1" "$2" ;;
	esac
}

# The connections between two, as "A's port B's port" lines.
bed_connections() {
	bed_exec "$1" ss -Htn state connected dst "10.99.0.$2" |
	    sed -nE 's/.*[0-9]:([0-9]+) +[0-9.]+:([0-9]+).*/\1 \2/p'
}

bed_forget() {
	local mine theirs

	case $BED_KIND in
	proxied)
		bed_tell forget "$1" "$2"
		return ;;
	loopback)
		bed_cannot translation
		return ;;
	esac
	bed_connections "$1" "$2" | while read -r mine theirs; do
		bed_exec "$2" nft add element ip bed forgot \
		    "{ 10.99.0.$1 . $mine . $theirs }"
		bed_exec "$1" nft add element ip bed forgot \
		    "{ 10.99.0.$2 . $theirs . $mine }"
	done
}

bed_heal() {
	local i

	case $BED_KIND in
	proxied) bed_tell heal ;;
	netns | switched)
		for ((i = 1; i <= BED_HOSTS; i++)); do
			printf 'flush set ip bed %s\n' cut syn forgot |
			    bed_exec "$i" nft -f -
		done ;;
	esac
}

bed_break() {
	case $BED_KIND in
	proxied) bed_tell reset "$1" '*' ;;
	loopback) bed_cannot breaks ;;
	*)
		bed_exec "$1" ss -K -tn "( sport = :$BED_PORT or" \
		    "dport = :$BED_PORT )" >/dev/null ;;
	esac
}

# On both ends of the host's cable.
bed_rate() {
	local at

	case $BED_KIND in
	proxied)
		bed_tell rate "$1" '*' "$2"
		return ;;
	loopback)
		bed_cannot rates
		return ;;
	esac
	for at in "$BED$1 eth0" "${BED}net v$1"; do
		if [ "$2" = 0 ]; then
			tc -n "${at% *}" qdisc del dev "${at#* }" root \
			    2>/dev/null || true
		else
			tc -n "${at% *}" qdisc replace dev "${at#* }" root \
			    tbf rate "${2}kbit" burst 64kb latency 100ms
		fi
	done
}

# Losses are of single packets, not of the 64 KiB that a card would cut up.
bed_path() {
	local i readings segments=65535

	case $BED_KIND in
	proxied)
		bed_tell delay "$1" "$2" "$3"
		return ;;
	loopback | netns)
		bed_cannot paths
		return ;;
	esac
	[ "${5:-0}" = 0 ] || segments=1
	for ((i = 1; i <= BED_HOSTS; i++)); do
		ip -n "$BED$i" link set eth0 gso_max_segs "$segments"
	done
	readings=$(grep -c ^rules "$BED_DIR/bed.out")
	echo "$1 $2 $3 ${4:-0} ${5:-0}" >>"$BED_DIR/bed.rules"
	kill -HUP "$BED_PROGRAM"
	while [ "$(grep -c ^rules "$BED_DIR/bed.out")" -eq "$readings" ]; do
		kill -0 "$BED_PROGRAM"
		sleep 0.01
	done
}
