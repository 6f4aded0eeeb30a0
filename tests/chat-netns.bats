#!/usr/bin/env bats
# chat-netns.bats - chat servers on hosts whose network is cut and healed.

load helper
load hosts/hosts
load chat

setup() { brood_setup; }
teardown() { hosts_teardown; }

chats() {
	hosts_up netns 3 -o peer-timeout=2s
	serve 1
	serve 2
	serve 3
}

# partition A B... - A is cut off from each.
partition() {
	local other

	for other in "${@:2}"; do
		bed_cut "$1" "$other"
	done
}

@test "chat: a partition: each side sees the other's users leave; healed, they come again, nothing is doubled" {
	chats
	join alice 1
	join bob 2
	join carol 3
	reads alice <<-END
	*** bob has connected
	*** carol has connected
	END
	reads bob <<<'*** carol has connected'
	partition 3 1 2
	all_read alice bob <<<'*** carol has disconnected'
	CHAT_SECONDS=20 skips_to carol '*** bob has disconnected'
	types carol alone
	reads carol <<<'<carol>: alone'
	types alice 'two of us'
	all_read alice bob <<<'<alice>: two of us'
	bed_heal
	CHAT_SECONDS=20 all_read alice bob <<<'*** carol has connected'
	CHAT_SECONDS=20 skips_to carol '*** bob has connected'
	wait_until 10 grep -q 'alice has connected' "$T/carol.shown"
	skips carol
	types carol 'all of us'
	all_read alice bob carol <<<'<carol>: all of us'
	types alice again
	all_read alice bob carol <<<'<alice>: again'
}

# skips NAME - what was shown up to now is read; by then it has all come.
skips() {
	types "$1" "/tell $1 up to here"
	skips_to "$1" "*$1*: up to here"
}

@test "chat: one name on both sides of a partition: healed, who was first keeps it, everywhere" {
	chats
	join alice 1
	join dave 3
	reads alice <<<'*** dave has connected'
	partition 3 1 2
	CHAT_SECONDS=20 reads alice <<<'*** dave has disconnected'
	CHAT_SECONDS=20 reads dave <<<'*** alice has disconnected'
	join first 1 bob
	join second 3 bob
	reads alice <<<'*** bob has connected'
	reads dave <<<'*** bob has connected'
	bed_heal
	CHAT_SECONDS=20 skips_to second 'You have been kicked: by SYSTEM'
	ends second
	CHAT_SECONDS=20 reads alice <<<'*** dave has connected'
	# First, second and dave met in any order; bob is the one of alice.
	CHAT_SECONDS=20 skips_to dave '*** alice has connected'
	wait_until 10 changed_hands
	skips dave
	reads first <<<'*** dave has connected'
	types dave '/tell bob it is you'
	reads first <<<'*dave*: it is you'
	connect other 2
	types other bob
	reads other <<-END
	The name bob is in use, please choose another
	What is your name?
	END
}

changed_hands() {
	[ "$(grep -c 'bob has connected' "$T/dave.shown")" = 2 ] &&
	    [ "$(grep -c 'bob has disconnected' "$T/dave.shown")" = 1 ]
}

@test "chat: the first of a name has left before the network heals: the other keeps it" {
	chats
	join alice 1
	join dave 3
	reads alice <<<'*** dave has connected'
	partition 3 1 2
	CHAT_SECONDS=20 reads alice <<<'*** dave has disconnected'
	CHAT_SECONDS=20 reads dave <<<'*** alice has disconnected'
	join first 1 bob
	join second 3 bob
	reads alice <<<'*** bob has connected'
	types first /quit
	ends first
	reads alice <<<'*** bob has disconnected'
	bed_heal
	CHAT_SECONDS=20 skips_to second '*** alice has connected'
	CHAT_SECONDS=20 skips_to alice '*** bob has connected'
	types alice '/tell bob still you'
	skips_to second '*alice*: still you'
}

@test "chat: two servers that do not reach each other, and a third that reaches both: one bob there at a time" {
	chats
	join carol 2
	bed_cut 1 3
	# Each of the two has lost the other when it says so.
	wait_line "$(chat_log 1)" 'server on [0-9]+@h3 has died' 20
	wait_line "$(chat_log 3)" 'server on [0-9]+@h1 has died' 20
	join first 1 bob
	reads carol <<<'*** bob has connected'
	connect other 3
	types other bob
	skips_to other '*** bob has connected'
	types carol '/tell bob first'
	reads first <<<'*carol*: first'
	types first /quit
	ends first
	CHAT_SECONDS=20 reads carol <<-END
	*** bob has disconnected
	*** bob has connected
	END
	types carol '/tell bob second'
	skips_to other '*carol*: second'
}

@test "chat: a connection between hosts that breaks shows nothing to anybody" {
	local i

	chats
	join alice 1
	join bob 2
	reads alice <<<'*** bob has connected'
	for i in {1..20}; do
		types alice "line $i"
		bed_break 1
		sleep 0.02
	done
	all_read alice bob < <(printf '<alice>: line %d\n' {1..20})
}
