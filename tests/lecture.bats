#!/usr/bin/env bats
# lecture.bats - the lecture's programs over many nodes: what is seen of each is
# a promise.

load helper

setup() { brood_setup; }

@test "ping_multi: one ping for each WORKER, all pongs are received" {
	run -0 --separate-stderr timeout 60 brood run -N 4 ping_multi:master
	for worker in worker1 worker2 worker3; do
		assert_line "spawning on $worker"
		assert_line --regexp "^pinging [0-9]+@$worker\$"
	done
	[ "$(grep -cE '^ping received from [0-9]+@master$' <<<"$output")" = 3 ]
	# What other nodes say may come later.
	assert_line 'All pongs successfully received'
	[ "${#lines[@]}" = 10 ]
	[ -z "$stderr" ]
}

@test "ping_multi: without a WORKER there is nobody to ping" {
	run -0 brood run ping_multi:master
	assert_output 'All pongs successfully received'
}

# by_channels PROGRAM LINES - what is seen of a ping for each of three WORKERs.
by_channels() {
	run -0 --separate-stderr timeout 60 brood run -N 4 "$1:master"
	for worker in worker1 worker2 worker3; do
		assert_line "spawning on $worker"
		assert_line --regexp "^pinging [0-9]+@$worker\$"
	done
	[ "$(grep -cE '^ping received from [0-9]+@master$' <<<"$output")" = 3 ]
	assert_line 'All pongs successfully received'
	[ "${#lines[@]}" = "$2" ]
	[ -z "$stderr" ]
	run -0 brood run "$1:master"
	assert_output 'All pongs successfully received'
}

@test "ping_channel: each pong comes on the channel that its ping carried" {
	by_channels ping_channel 10
}

@test "ping_channel_merge: all pongs are received from one port" {
	by_channels ping_channel_merge 13
}

@test "ping_channel_spawn: each server is pinged through the port it is born with" {
	by_channels ping_channel_spawn 10
}

@test "ping_fail: the server dies on another node, the master is told" {
	run -0 --separate-stderr timeout 60 brood run -N 2 ping_fail:master
	[[ $output =~ ^'process '[0-9]+'@worker1 died: error: wanted a ping, '\
'got a pong'$ ]]
	[ -z "$stderr" ]
}

@test "spin: nodes that wait busily pass messages on all the same" {
	run -0 timeout 60 brood run -N 3 -o spin=200us ping_multi:master
	assert_line 'All pongs successfully received'
}
