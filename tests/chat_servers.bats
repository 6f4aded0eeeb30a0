#!/usr/bin/env bats
# chat_servers.bats - several chat servers, by their clients: what crosses them,
# what happens when one comes late, dies or stands still.

load helper
load hosts/hosts
load chat

setup() { brood_setup; }
teardown() { hosts_teardown; }

# ---- three servers ----

@test "chat: three servers: texts, names, /tell, /kick across" {
	three_chats
	join alice 1
	join bob 2
	join carol 3
	reads alice <<-END
	*** bob has connected
	*** carol has connected
	END
	reads bob <<<'*** carol has connected'
	types bob '  hi  all '
	all_read alice bob carol <<<'<bob>:   hi  all '
	connect other 3
	types other alice
	reads other <<-END
	The name alice is in use, please choose another
	What is your name?
	END
	hangs_up other
	types alice '/tell carol a  b' '/tell carol' '/tell dave x'
	reads carol < <(printf '*alice*: %s\n' 'a b' '')
	reads alice <<<'dave is not connected.'
	types carol '/kick bob'
	reads carol <<-END
	*** you kicked bob
	*** bob has disconnected
	END
	reads bob <<<'You have been kicked: by carol'
	ends bob
	reads alice <<<'*** bob has disconnected'
	types carol '/kick bob'
	reads carol <<<'*** bob is not connected'
	types alice /quit
	reads carol <<<'*** alice has disconnected'
}

@test "chat: half-closed, another server still answers" {
	local pid

	three_chats linger=1m
	join dave 1
	join bob 2
	reads dave <<<'*** bob has connected'
	pid=$(chat_pid 2)
	kill -STOP "$pid"
	remember "$pid"
	background alice sh -c "printf 'alice\n/kick bob\n' |
	    timeout 30 nc -N 127.0.0.1 ${CHAT_PORT[1]}"
	reads dave <<<'*** alice has connected'
	wait_until 5 half_closed "${CHAT_PORT[1]}"
	# By now its server knows.
	types dave one
	reads dave <<<'<dave>: one'
	types dave two
	reads dave <<<'<dave>: two'
	kill -CONT "$pid"
	# She leaves with her answer; what her server hears of bob may be later.
	wait_until 5 gone "$BG"
	reads_sorted dave <<-END
	*** alice has disconnected
	*** bob has disconnected
	END
	run -0 cat "$T/alice.out"
	output=${output%$'\n*** bob has disconnected'}
	assert_output "$(cat <<-'END'
	What is your name?
	*** alice has connected
	<dave>: one
	<dave>: two
	*** you kicked bob
	END
	)"
}

half_closed() {
	ss -Htn state close-wait "sport = :$1" | grep -q .
}

@test "chat: a server that comes later knows all, and all know it" {
	hosts_up loopback 3
	serve 1
	join alice 1
	serve 2
	join bob 2
	reads alice <<<'*** bob has connected'
	serve 3
	connect carol 3
	types carol bob
	reads carol <<-END
	The name bob is in use, please choose another
	What is your name?
	END
	types carol carol
	all_read alice bob carol <<<'*** carol has connected'
	types carol '/tell alice hi'
	reads alice <<<'*carol*: hi'
	wait_line "$(chat_log 1)" \
	    '[0-9]+@h1 received server info from [0-9]+@h3$'
}

@test "chat: a server is killed, its users leave everywhere; it comes back and learns" {
	three_chats
	join alice 1
	join bob 2
	join dave 2
	join carol 3
	reads alice <<-END
	*** bob has connected
	*** dave has connected
	*** carol has connected
	END
	reads bob <<-END
	*** dave has connected
	*** carol has connected
	END
	kill -KILL "$(chat_pid 2)"
	ends bob
	CHAT_SECONDS=5 all_read alice carol <<-END
	*** bob has disconnected
	*** dave has disconnected
	END
	wait_line "$(chat_log 1)" 'server on [0-9]+@h2 has died$'
	types alice '/tell bob x'
	reads alice <<<'bob is not connected.'
	serve 2
	connect bob 2
	types bob alice
	reads bob <<-END
	The name alice is in use, please choose another
	What is your name?
	END
	types bob bob
	all_read alice carol bob <<<'*** bob has connected'
	types carol hi
	all_read alice carol bob <<<'<carol>: hi'
}

@test "chat: a whole supervisor is killed, the same" {
	three_chats
	join alice 1
	join bob 2
	join carol 3
	reads alice <<-END
	*** bob has connected
	*** carol has connected
	END
	host_kill 2
	CHAT_SECONDS=10 all_read alice carol <<<'*** bob has disconnected'
	CHAT_STARTS[2]=$(chat_ports 2 | wc -l)
	host_start 2
	hosts_joined 1 2 3
	serve 2
	join bob 2
	all_read alice carol <<<'*** bob has connected'
}

@test "chat: under supervision, started with the supervisor, servers find each other" {
	hosts_bed loopback 2
	mkconf <<-END
	[worker chat]
	program = chat
	entry = chat_server
	args = 0 line=20
	ready = msg
	END
	host_start 1
	host_start 2
	hosts_joined
	CHAT_STARTS=(0 1 1)
	wait_until 10 chat_listens 1
	wait_until 10 chat_listens 2
	CHAT_PORT=(0 "$(chat_ports 1)" "$(chat_ports 2)")
	join alice 1
	join bob 2
	reads alice <<<'*** bob has connected'
	types alice "$(printf '%021d' 0)" hi
	reads bob <<<'<alice>: hi'
}

# ---- at the same moment ----

@test "chat: one name on two servers at once: who was first keeps it, the other reads why" {
	CHAT_OPTIONS=(-o peer-timeout=1m)
	three_chats
	join carol 3
	connect alice 1
	connect other 2
	# What the first server says does not get out.
	kill -STOP "$(at 1 relay_pid)"
	types alice bob
	reads alice <<<'*** bob has connected'
	types other bob
	reads other <<<'*** bob has connected'
	reads carol <<<'*** bob has connected'
	types other early
	all_read other carol <<<'<bob>: early'
	kill -CONT "$(at 1 relay_pid)"
	reads other <<<'You have been kicked: by SYSTEM'
	ends other
	# The server of the first showed nothing of the second.
	reads alice <<<'<bob>: early'
	reads carol <<-END
	*** bob has disconnected
	*** bob has connected
	END
	types carol '/tell bob it is you'
	reads alice <<<'*carol*: it is you'
	types carol '/kick bob'
	reads alice <<<'You have been kicked: by carol'
	reads carol <<-END
	*** you kicked bob
	*** bob has disconnected
	END
}

@test "chat: a kick that comes late does not hit who has the name by then" {
	CHAT_OPTIONS=(-o peer-timeout=1m)
	three_chats
	join alice 1
	join bob 2
	join carol 3
	reads alice <<-END
	*** bob has connected
	*** carol has connected
	END
	kill -STOP "$(at 1 relay_pid)"
	types alice '/kick bob'
	types bob /quit
	ends bob
	reads carol <<<'*** bob has disconnected'
	join bob 2
	reads carol <<<'*** bob has connected'
	kill -CONT "$(at 1 relay_pid)"
	reads alice <<-END
	*** bob has disconnected
	*** bob has connected
	*** bob is not connected
	END
	types bob 'still here'
	all_read alice bob carol <<<'<bob>: still here'
}

# ---- a server that is stalled ----

# Alice talks until her server has given up the stopped one.
chat_floods() {
	local i

	for ((i = 0; i < 100; i++)); do
		printf 'flood %04000d\n' {1..5} >&"${CHAT_FD[alice]}"
		sleep 0.05
		! grep -q 'is stalled' "$(chat_log 1)" || return 0
	done
	return 1
}

@test "chat: a stopped server does not stop the others; it is given up, and comes back" {
	local pid began

	hosts_up loopback 3 -o high-mark=64K -o low-mark=16K
	serve 1 stall-size=64K
	serve 2 stall-size=64K
	serve 3 stall-size=64K
	join alice 1
	join bob 2
	join carol 3
	reads alice <<-END
	*** bob has connected
	*** carol has connected
	END
	reads bob <<<'*** carol has connected'
	pid=$(chat_pid 2)
	kill -STOP "$pid"
	remember "$pid"
	# At once, and while it is choked, and when it is given up.
	began=${EPOCHREALTIME/./}
	types alice one
	reads carol <<<'<alice>: one'
	[ $((${EPOCHREALTIME/./} - began)) -lt $((1000000 * SLOW)) ]
	chat_floods
	skips_to alice '*** bob has disconnected'
	began=${EPOCHREALTIME/./}
	types carol two
	skips_to alice '<carol>: two'
	[ $((${EPOCHREALTIME/./} - began)) -lt $((1000000 * SLOW)) ]

	kill -CONT "$pid"
	skips_to alice '*** bob has connected'
	types carol three
	skips_to bob '<carol>: three'
	skips_to carol '<carol>: three'
	skips_to alice '<carol>: three'
	types bob 'back again'
	all_read alice bob carol <<<'<bob>: back again'
	types bob '/tell alice hi'
	reads alice <<<'*bob*: hi'
	types alice '/kick bob'
	reads bob <<<'You have been kicked: by alice'
}

# ---- many ----

@test "chat: 200 clients on 3 servers, 50 lines each: each sees each line once, in its author's order" {
	three_chats
	run -0 timeout $((100 * SLOW)) "$BED_TOOLS/chorus" 200 50 \
	    "${CHAT_PORT[1]}" "${CHAT_PORT[2]}" "${CHAT_PORT[3]}"
	assert_output '2000000 lines, each once and in order'
}

# ---- brood run ----

# Four ports in a row that nobody has.
free_ports() {
	local port tries

	for tries in {1..50}; do
		port=$((20000 + (RANDOM * 4) % 12000))
		[ -n "$(ss -Htan "sport >= :$port and sport <= :$((port + 3))")" ] ||
		    break
	done
	echo "$port"
}

@test "chat: brood run -N 3 chat:master PORT: a server on each node, on ports in a row" {
	local port

	port=$(free_ports)
	background run brood run -N 3 chat:master "$port" address=127.0.0.1
	wait_line "$T/run.out" "^Listening on port $port\$"
	wait_line "$T/run.out" "^Listening on port $((port + 1))\$"
	wait_line "$T/run.out" "^Listening on port $((port + 2))\$"
	grep -qx 'spawning on worker1' "$T/run.out"
	grep -qx 'spawning on worker2' "$T/run.out"
	BED_KIND=loopback
	CHAT_PORT=("$port" $((port + 1)) $((port + 2)))
	join alice 0
	join bob 1
	join carol 2
	reads alice <<-END
	*** bob has connected
	*** carol has connected
	END
	types carol hi
	reads alice <<<'<carol>: hi'
	wait_line "$T/run.out" \
	    '^Accepted connection from 127\.0\.0\.1: [0-9]+$'
	kill -TERM "$BG" 2>/dev/null || true
}
