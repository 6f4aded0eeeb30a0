#!/usr/bin/env bats
# chat.bats - the chat server, by its clients: each text and each rule on one
# server, transcripts whole.

load helper
load hosts/hosts
load chat

setup() { brood_setup; }
teardown() { hosts_teardown; }

# ---- one server ----

@test "chat: names, one server: asked for, asked again, refused, and free again" {
	one_chat
	connect alice 1
	types alice ''
	reads alice <<<'What is your name?'
	types alice alice
	reads alice <<<'*** alice has connected'
	connect other 1
	types other alice
	reads other <<-END
	The name alice is in use, please choose another
	What is your name?
	END
	types other Alice
	all_read alice other <<<'*** Alice has connected'
	types alice /quit
	ends alice
	reads alice </dev/null
	reads other <<<'*** alice has disconnected'
	join alice 1
	reads other <<<'*** alice has connected'
	types alice 'this is me'
	all_read alice other <<<'<alice>: this is me'
}

@test "chat: lines go to all as they are, blanks and empty ones too" {
	one_chat
	join alice 1
	join bob 1
	reads alice <<<'*** bob has connected'
	types bob 'hello' '  two  blanks ' '' 'a /quit' '	tab'
	all_read alice bob < <(printf '<bob>: %s\n' hello '  two  blanks ' '' \
	    'a /quit' '	tab')
}

@test "chat: /tell, known, unknown, empty, oneself" {
	one_chat
	join alice 1
	join bob 1
	join two 1 'two words'
	reads alice <<-END
	*** bob has connected
	*** two words has connected
	END
	reads bob <<<'*** two words has connected'
	types alice '/tell bob a   b' '  /tell  bob' '/tell alice me' \
	    '/tell carol hi' '/tell two words' '/tell'
	reads bob < <(printf '*alice*: %s\n' 'a b' '')
	reads alice <<-END
	*alice*: me
	carol is not connected.
	two is not connected.
	Unrecognised command: /tell
	END
	types two '/tell bob hi'
	reads bob <<<'*two words*: hi'
}

@test "chat: /kick, of another, of nobody, of oneself; its words" {
	one_chat
	join alice 1
	join bob 1
	join carol 1
	reads alice <<-END
	*** bob has connected
	*** carol has connected
	END
	reads bob <<<'*** carol has connected'
	types alice '/kick bob'
	reads alice <<-END
	*** you kicked bob
	*** bob has disconnected
	END
	reads bob <<<'You have been kicked: by alice'
	ends bob
	reads carol <<<'*** bob has disconnected'
	types alice '/kick bob' '/kick' '/kick a b' ' /foo  bar' '/quit now'
	reads alice <<-END
	*** bob is not connected
	Unrecognised command: /kick
	Unrecognised command: /kick a b
	Unrecognised command:  /foo  bar
	Unrecognised command: /quit now
	END
	types alice '/kick alice'
	reads alice <<<'You have been kicked: by alice'
	ends alice
	reads carol <<<'*** alice has disconnected'
}

@test "chat: what a kicked client had typed behind it is lost" {
	one_chat
	join alice 1
	join bob 1
	reads alice <<<'*** bob has connected'
	printf 'one\n/kick bob\nlost\n' >&"${CHAT_FD[bob]}"
	reads bob <<-END
	<bob>: one
	You have been kicked: by bob
	END
	reads alice <<-END
	<bob>: one
	*** bob has disconnected
	END
	types alice next
	reads alice <<<'<alice>: next'
}

@test "chat: SYSTEM is a name like others" {
	one_chat
	join SYSTEM 1
	join bob 1
	types SYSTEM '/kick bob'
	reads bob <<<'You have been kicked: by SYSTEM'
}

@test "chat: clients that are killed leave, and their name is free" {
	one_chat
	join alice 1
	join bob 1
	reads alice <<<'*** bob has connected'
	kill -KILL "${CHAT_NC[bob]}"
	reads alice <<<'*** bob has disconnected'
	join bob 1
	reads alice <<<'*** bob has connected'
}

# ---- what is typed ----

@test "chat: CR LF ends a line as LF does" {
	one_chat
	join bob 1
	exec {fd}<>/dev/tcp/127.0.0.1/"${CHAT_PORT[1]}"
	printf 'alice\r\nhi\r\n\r\n' >&"$fd"
	reads bob < <(printf '%s\n' '*** alice has connected' '<alice>: hi' \
	    '<alice>: ')
	exec {fd}>&-
	reads bob <<<'*** alice has disconnected'
}

@test "chat: bytes that are no text are shown as question marks" {
	one_chat
	join alice 1
	join bob 1
	reads alice <<<'*** bob has connected'
	printf 'a\0b\033[2J\rc\b\177 gr\374n \303\274 \302\205x\n' \
	    >&"${CHAT_FD[bob]}"
	all_read alice bob <<<'<bob>: a?b?[2J?c?? gr?n ü ?x'
	printf '\r*** alice has disconnected\n' >&"${CHAT_FD[bob]}"
	all_read alice bob <<<'<bob>: ?*** alice has disconnected'
}

@test "chat: a line that is too long is not shown, and its author told" {
	one_chat line=100 name=10
	connect alice 1
	types alice 12345678901
	reads alice <<-END
	The name is too long (at most 10 bytes)
	What is your name?
	END
	types alice alice
	reads alice <<<'*** alice has connected'
	join bob 1
	reads alice <<<'*** bob has connected'
	types bob "$(printf '%0100d' 0)" "$(printf '%0101d' 0)" short
	reads alice <<-END
	<bob>: $(printf '%0100d' 0)
	<bob>: short
	END
	reads bob <<-END
	<bob>: $(printf '%0100d' 0)
	The line is too long (at most 100 bytes)
	<bob>: short
	END
	# Without an end, too, and it takes no memory.
	head -c 10000000 /dev/zero >&"${CHAT_FD[bob]}"
	reads bob <<<'The line is too long (at most 100 bytes)'
	types bob '' again
	all_read alice bob <<<'<bob>: again'
}

@test "chat: a client that hangs up after typing gets what it is owed" {
	one_chat
	join bob 1
	run -0 timeout 10 nc -N 127.0.0.1 "${CHAT_PORT[1]}" <<-END
	alice
	hello
	/tell bob psst
	/kick nobody
	the end
	END
	assert_output "$(cat <<-'END'
	What is your name?
	*** alice has connected
	<alice>: hello
	*** nobody is not connected
	<alice>: the end
	END
	)"
	reads bob <<-END
	*** alice has connected
	<alice>: hello
	*alice*: psst
	<alice>: the end
	*** alice has disconnected
	END
	# The last line needs no end.
	printf 'carol\nwithout an end' | timeout 10 nc -N 127.0.0.1 \
	    "${CHAT_PORT[1]}"
	reads bob <<-END
	*** carol has connected
	<carol>: without an end
	*** carol has disconnected
	END
}

# ---- limits ----

@test "chat: a client that does not read is disconnected, with the reason; others are not stopped" {
	local i

	one_chat queue=16K
	join alice 1
	join bob 1
	reads alice <<<'*** bob has connected'
	kill -STOP "${CHAT_NC[bob]}"
	# More than the kernel's buffers take.
	for ((i = 0; i < 400; i++)); do
		printf '/tell bob %04000d\n' {1..10} >&"${CHAT_FD[alice]}"
		! chat_has alice '*** bob has disconnected' || break
	done
	types alice 'still here'
	skips_to alice '<alice>: still here'
	grep -qx '\*\*\* bob has disconnected' "$T/alice.shown"
	kill -CONT "${CHAT_NC[bob]}"
	# Not everything: what the kernel had, one whole line, and why.
	wait_line "$T/bob.shown" '^You have been disconnected: too slow$'
	ends bob
	[ "$(grep -cvE '^(What is|\*\*\* bob has|\*alice\*: 0*[0-9]+$|You have)' \
	    "$T/bob.shown")" = 0 ]
}

@test "chat: clients beyond the limit are told so, and room is made by leaving" {
	one_chat clients=2
	join alice 1
	join bob 1
	reads alice <<<'*** bob has connected'
	run -0 timeout 10 nc 127.0.0.1 "${CHAT_PORT[1]}" </dev/null
	assert_output 'The server is full, please try again later'
	types bob /quit
	reads alice <<<'*** bob has disconnected'
	ends bob
	join carol 1
}

@test "chat: without descriptors clients are told so, and those there are served" {
	local i

	mkconf <<-END
	[program chat]
	exec = $BROOD_BIN/workers/chat
	rlimit-nofile = 24
	END
	one_chat
	join alice 1
	for i in {1..30}; do
		background "c$i" socat -u "TCP:127.0.0.1:${CHAT_PORT[1]}" -
	done
	full() { grep -qs 'The server is full' "$T"/c*.out; }
	wait_until 10 full
	types alice hi
	reads alice <<<'<alice>: hi'
	[ "$(grep -c 'accept: Too many open files' "$(chat_log 1)")" -le 3 ]
}

@test "chat: IPv4 and IPv6, all addresses or one" {
	grep -qs ' lo$' /proc/net/if_inet6 || skip "no IPv6 here"
	one_chat
	run -0 timeout 5 nc -N 127.0.0.1 "${CHAT_PORT[1]}" <<<'four'
	assert_line '*** four has connected'
	run -0 timeout 5 nc -N ::1 "${CHAT_PORT[1]}" <<<'six'
	assert_line '*** six has connected'
	wait_line "$(chat_log 1)" 'Accepted connection from 127\.0\.0\.1: [0-9]+$'
	wait_line "$(chat_log 1)" 'Accepted connection from ::1: [0-9]+$'
	host_brood 1 kill chat
	serve 1 address=::1
	run -1 timeout 5 nc -N 127.0.0.1 "${CHAT_PORT[1]}" <<<'four'
	run -0 timeout 5 nc -N ::1 "${CHAT_PORT[1]}" <<<'six'
	assert_line '*** six has connected'
}

@test "chat: a port in use is said, exit 111; wrong words are, exit 100" {
	one_chat
	background second brood -s "$T/run/h1/sock" spawn --monitor \
	    chat:chat_server "${CHAT_PORT[1]}"
	wait_line "$T/second.out" '^down .* exit 111$'
	wait_line "$(chat_log 1)" "chat: port ${CHAT_PORT[1]}: Address already in use"
	background third brood -s "$T/run/h1/sock" spawn --monitor \
	    chat:chat_server 0 lines=7
	wait_line "$T/third.out" '^down .* exit 100$'
	wait_line "$(chat_log 1)" 'chat: lines=7: unknown setting'
	background fourth brood -s "$T/run/h1/sock" spawn --monitor \
	    chat:chat_server 0
	wait_line "$T/fourth.out" '^down .* exit 111$'
	wait_line "$(chat_log 1)" 'chat: the name chat is not to be had'
}

@test "chat: SIGTERM, clients are told and closed, the end is normal" {
	one_chat
	join alice 1
	join bob 1
	reads alice <<<'*** bob has connected'
	background watch brood -s "$T/run/h1/sock" monitor -1 chat
	wait_line "$T/watch.err" watching
	kill -TERM "$(chat_pid 1)"
	all_read alice bob \
	    <<<'You have been disconnected: the server is going down'
	ends alice
	ends bob
	wait_line "$T/watch.out" '^down .* normal$'
}
