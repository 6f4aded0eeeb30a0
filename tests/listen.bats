#!/usr/bin/env bats
# listen.bats - the address for other nodes, and the key file: opened with
# privileges, kept over a relay's death, exchanged by a reload or not at all.

# shellcheck disable=SC2154	# run sets stderr and stderr_lines

load helper

setup() {
	brood_setup
	KEY=$T/key
	make_key "$KEY"
}

# make_key FILE - as gen-key does.
make_key() {
	(umask 077 && head -c 32 /dev/urandom | od -An -v -tx1 |
	    tr -d ' \n' >"$1" && echo >>"$1")
}

# refused CODE PATTERN OPTION... - broodd does not start with these.
refused() {
	local code=$1 pattern=$2

	shift 2
	run "-$code" --separate-stderr timeout 20 broodd -f "$T/brood.conf" "$@"
	[[ $stderr =~ $pattern ]] || fail "$stderr"
	[ ! -e "$BROOD_SOCKET" ]
}

# What the node says it listens on.
listening() { brood --json info | jq -r .listen; }
port() { local address; address=$(listening); echo "${address##*:}"; }

# accepts PORT - somebody listens there.
accepts() { (exec 9<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
refuses() { ! accepts "$1"; }

# A program that listens on a port of its own, $PORT, of 127.0.0.1.
occupy() {
	use_run_dir other
	start_supervisor -o listen=127.0.0.1:0
	PORT=$(port)
	use_run_dir brood
}

# In a network of its own, where every port is free.
in_network() {
	local command="ip link set lo up && exec \"\$@\""

	unshare -n sh -c "$command" sh true 2>/dev/null ||
	    skip "no network namespace can be made here"
	unshare -n sh -c "$command" sh "$@"
}

# ---- at the start ----

@test "listen: nothing said, no network" {
	start_supervisor
	[ "$(listening)" = none ]
	run -0 ss -Hltnp
	[[ $output != *"pid=$(relay_pid),"* ]]
	[[ $output != *"pid=$(parent_pid),"* ]]
}

@test "listen: port 0, info prints the real one, and it accepts" {
	start_supervisor -o listen=127.0.0.1:0
	[[ $(listening) =~ ^127\.0\.0\.1:[1-9][0-9]*$ ]]
	accepts "$(port)"
	wait_line "$T/broodd.log" "listening: address=$(listening)"
}

@test "listen: localhost, the address of it" {
	start_supervisor -o listen=localhost:0
	[[ $(listening) =~ ^127\.0\.0\.1:[1-9][0-9]*$ ]]
}

@test "listen: after the orderly end, nobody does" {
	local port

	start_supervisor -o listen=127.0.0.1:0
	port=$(port)
	stop_supervisor
	refuses "$port"
	start_supervisor -o "listen=127.0.0.1:$port"
	[ "$(port)" = "$port" ]
}

@test "listen: an address in use, exit 111 names it" {
	occupy
	refused 111 "listen: 127.0.0.1:$PORT: another program listens there" \
	    -o "listen=127.0.0.1:$PORT"
}

@test "listen: an address that is not ours, exit 111 names it" {
	refused 111 'listen: 192.0.2.1:38813: this machine does not have' \
	    -o listen=192.0.2.1:38813 -o key-file="$KEY"
}

@test "listen: in the background with a log file, the reason is on stderr too" {
	occupy
	refused 111 "^broodd: listen: 127.0.0.1:$PORT: another program" \
	    -D -o log="$T/file.log" -o "listen=127.0.0.1:$PORT"
	grep -q "listen: 127.0.0.1:$PORT: another" "$T/file.log"
}

@test "listen: not loopback and no key, exit 100 says how to get one" {
	printf '[node]\n\nlisten = 0.0.0.0:38813\n' | mkconf
	refused 100 "brood.conf:3: listen: 0.0.0.0 is not loopback: a key-file \
is needed, the same on all nodes; scripts/gen-key makes one"
	run -100 --separate-stderr brood check "$T/brood.conf"
	[[ $stderr == *"brood.conf:3: listen: 0.0.0.0 is not loopback: "* ]]
	printf 'key-file = %s\n' "$KEY" >>"$T/brood.conf"
	run -0 brood check "$T/brood.conf"
}

@test "listen: every address, with -nv, reads back the same" {
	run -0 --separate-stderr broodd -nv -o key-file="$KEY" \
	    -o listen='*:38813' -o advertise='[2001:db8::1]' \
	    -o known-hosts='a b:1' -o peer-timeout=2s
	printf '%s\n' "$output" >"$T/again.conf"
	grep -Fqx 'listen = "*:38813"' "$T/again.conf"
	run -0 --separate-stderr broodd -nv -f "$T/again.conf"
	diff "$T/again.conf" <(printf '%s\n' "$output")
}

@test "listen: every address, IPv4 and IPv6 are accepted" {
	cat >"$T/try" <<-'END'
	[ -e /proc/net/if_inet6 ] || exit 0
	broodd -f "$1/brood.conf" -o listen='*:38813' -o key-file="$2" \
	    >>"$1/broodd.log" 2>&1 </dev/null &
	until brood info >/dev/null 2>&1; do sleep 0.05; done
	brood info | grep -qx 'listen: \*:38813' || exit 1
	for address in 127.0.0.1 ::1; do
		(exec 9<>"/dev/tcp/$address/38813") || exit 1
	done
	kill "$!"
	wait
	END
	need_root
	in_network timeout 20 bash "$T/try" "$T" "$KEY"
}

@test "listen: a low port, for root, and the relay that has it is not root" {
	cat >"$T/try" <<-'END'
	broodd -f "$1/brood.conf" -o listen=127.0.0.1:80 \
	    >>"$1/broodd.log" 2>&1 </dev/null &
	until brood info >/dev/null 2>&1; do sleep 0.05; done
	ss -Hltnp | grep -q '127.0.0.1:80 .*"relay"' || exit 1
	relay=$(pgrep -x -P "$(pgrep -P "$!")" relay)
	[ "$(stat -c %u "/proc/$relay")" != 0 ] || exit 1
	kill "$!"
	wait
	END
	need_root
	in_network timeout 20 bash "$T/try" "$T"
}

@test "listen: a low port, for a user, exit 111 says who may" {
	need_root
	[ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ] ||
	    skip "here everybody may use every port"
	mkdir -m 777 "$T/user"
	BROOD_RUN_DIR=$T/user/run run -111 --separate-stderr as_user \
	    broodd -f "$T/brood.conf" -o listen=127.0.0.1:80
	[[ $stderr == *"listen: 127.0.0.1:80: only root may use a port that "* ]]
}

@test "discover: broadcast, two supervisors of one machine share the port" {
	local option=(-o listen=127.0.0.1:0 -o discover=broadcast
	    -o discovery-port=38991)

	start_supervisor "${option[@]}"
	use_run_dir second
	start_supervisor "${option[@]}"
	run -0 ss -Hlun 'sport = :38991'
	[ "${#lines[@]}" -eq 2 ]
}

# ---- the key file ----

@test "key: of the wrong mode, exit 100 says chmod" {
	local mode

	for mode in 0640 0604 0620 0666; do
		chmod "$mode" "$KEY"
		refused 100 "key-file: $KEY: has mode $mode, so others may use \
it: chmod 0600 $KEY" -o key-file="$KEY"
	done
	chmod 0400 "$KEY"
	start_supervisor -o key-file="$KEY"
}

@test "key: not there, a folder, a FIFO, no key in it: exit 100 names it" {
	refused 100 "key-file: $T/none: No such file" -o key-file="$T/none"
	refused 100 "key-file: $T: is not a file" -o key-file="$T"
	mkfifo -m 600 "$T/fifo"
	refused 100 "key-file: $T/fifo: is not a file" -o key-file="$T/fifo"
	(umask 077 && echo secret >"$T/text")
	refused 100 "key-file: $T/text: .*line 1" -o key-file="$T/text"
	[[ $stderr != *secret* ]]
}

@test "key: of another user, exit 100 says whose" {
	need_root
	chown 65534 "$KEY"
	refused 100 "key-file: $KEY: belongs to user 65534" -o key-file="$KEY"
}

@test "key: for the relay alone, by descriptor: it cannot open the file" {
	local relay worker

	need_root
	use_workers ping
	start_supervisor -o listen=127.0.0.1:0 -o key-file="$KEY"
	relay=$(relay_pid)
	[ "$(stat -c %u "/proc/$relay")" != 0 ]
	run ! setpriv --reuid "$(stat -c %u "/proc/$relay")" \
	    --regid "$(stat -c %g "/proc/$relay")" --clear-groups cat "$KEY"
	worker=$(os_pid "$(brood spawn ping:ping_server)")
	run -0 find "/proc/$worker/fd" -lname "$KEY"
	[ -z "$output" ]
	run -0 ss -Hltnp
	[[ $output == *"pid=$relay,"* ]]
	[[ $output != *"pid=$worker,"* ]]
}

# ---- a relay dies ----

another_relay() { brood info >"$T/out" 2>&1 && [ "$(relay_pid)" != "$1" ]; }

@test "listen: the relay is killed, the next one has the same port" {
	local relay port

	start_supervisor -o listen=127.0.0.1:0 -o key-file="$KEY" \
	    -o discover=broadcast -o discovery-port=38992
	relay=$(relay_pid)
	port=$(port)
	kill -KILL "$relay"
	accepts "$port"			# it waits for who comes next
	wait_until 5 another_relay "$relay"
	[ "$(port)" = "$port" ]
	accepts "$port"
}

# ---- a reload ----

# has LINE... - what the configuration says from now on.
has() { printf '%s\n' '[node]' "$@" | mkconf; }

# keeps PATTERN - a reload fails with that, and what was is still so.
keeps() {
	local before after

	before=$(brood --json info | jq -c 'del(.uptime_s)')
	run -1 --separate-stderr brood reload
	[[ $stderr =~ $1 ]] || fail "$stderr"
	[[ $stderr == *'the old configuration stays in force'* ]]
	run -1 --separate-stderr brood reload --dry-run
	[[ $stderr =~ $1 ]] || fail "dry run: $stderr"
	kill -HUP "$SUPERVISOR"
	wait_line "$T/broodd.log" "warn reload: .*$1"
	after=$(brood --json info | jq -c 'del(.uptime_s)')
	[ "$after" = "$before" ] || fail "$before, then $after"
	accepts "$(port)"
}

@test "reload: another address, the old one is given up" {
	local port

	has 'listen = 127.0.0.1:0'
	start_supervisor
	port=$(port)
	has 'listen = 127.0.0.2:0'
	run -0 brood reload --dry-run
	[ "$(port)" = "$port" ]
	accepts "$port"
	run -0 brood reload
	[[ $(listening) == 127.0.0.2:* ]]
	(exec 9<>"/dev/tcp/127.0.0.2/$(port)")
	wait_until 5 refuses "$port"
	has 'listen = none'
	run -0 brood reload
	[ "$(listening)" = none ]
}

@test "reload: the same port on another address, nothing is in the way" {
	local port

	has 'listen = 127.0.0.1:0'
	start_supervisor
	port=$(port)
	has "listen = localhost:$port"
	run -0 brood reload
	[ "$(listening)" = "127.0.0.1:$port" ]
	accepts "$port"
}

@test "reload: nothing changed about it, the port stays" {
	local port relay

	has 'listen = 127.0.0.1:0'
	start_supervisor
	port=$(port)
	has 'listen = 127.0.0.1:0' 'role = OTHER'
	run -0 brood reload
	[ "$(port)" = "$port" ]
	accepts "$port"
	relay=$(relay_pid)
	kill -KILL "$relay"
	wait_until 5 another_relay "$relay"
	[ "$(port)" = "$port" ]
	accepts "$port"
}

@test "reload: an address in use, the old one stays" {
	occupy
	has 'listen = 127.0.0.1:0'
	start_supervisor
	has "listen = 127.0.0.1:$PORT"
	keeps "listen: 127.0.0.1:$PORT: another program listens there"
}

@test "reload: a key file that is refused, the old key stays" {
	has 'listen = 127.0.0.1:0' "key-file = $KEY"
	start_supervisor
	chmod 644 "$KEY"
	keeps "key-file: $KEY: has mode 0644"
	chmod 600 "$KEY"
	echo more >>"$KEY"
	keeps "key-file: $KEY: .*line 2"
	rm "$KEY"
	keeps "key-file: $KEY: No such file"
	make_key "$KEY"
	run -0 brood reload
}

@test "reload: a key file exchanged for another, the new one is read" {
	local old

	has 'listen = 127.0.0.1:0' "key-file = $KEY"
	start_supervisor
	old=$(stat -c %i "$KEY")
	make_key "$KEY.new"
	mv "$KEY.new" "$KEY"
	run -0 find -L "/proc/$(parent_pid)/fd" -inum "$old"
	[ -n "$output" ]
	run -0 brood reload
	run -0 find -L "/proc/$(parent_pid)/fd" -inum "$old"
	[ -z "$output" ]
	run -0 find -L "/proc/$(parent_pid)/fd" -samefile "$KEY"
	[ -n "$output" ]
}

@test "reload: a hundred of them, no descriptor is left over" {
	local before relay n
	local providers=(broadcast static 'broadcast static')

	has 'listen = 127.0.0.1:0' "key-file = $KEY"
	start_supervisor
	relay=$(relay_pid)
	run -0 brood reload
	before="$(descriptors "$(parent_pid)") $(descriptors "$relay")"
	for ((n = 0; n < 100; n++)); do
		has "listen = 127.0.0.$((1 + n % 2)):0" "key-file = $KEY" \
		    "discover = ${providers[n % 3]}" 'discovery-port = 38993'
		kill -HUP "$SUPERVISOR"
		[ $((n % 10)) != 0 ] || run -0 brood reload
	done
	has 'listen = 127.0.0.1:0' "key-file = $KEY"
	run -0 brood reload
	[ "$(relay_pid)" = "$relay" ]
	[[ $(listening) == 127.0.0.1:* ]]
	[ "$(descriptors "$(parent_pid)") $(descriptors "$relay")" = "$before" ]
}
