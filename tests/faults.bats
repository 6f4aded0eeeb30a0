#!/usr/bin/env bats
# faults.bats - the system refuses what the supervisor asks of it: an error to
# whoever wanted it, the supervisor lives, and afterwards all is as before.

load helper
load words

setup() {
	brood_setup
	! sanitized || skip "a sanitizer has its own allocator"
	mkdir -m 1777 "$T/out"
	mkdir "$T/bin"
	SHIM=$BROOD_BUILD/tests/shim/fault.so
	cp "$BROOD_BIN/broodd" "$BROOD_BIN/brood" "$T/bin"
	export FAULT_FILE=$T/out/fault
	# The relay gets no environment of broodd's.
	cat >"$T/bin/relay" <<-END
	#!/bin/sh
	${RELAY_LIMIT-}
	FAULT_FILE=$FAULT_FILE FAULT_IN=relay LD_PRELOAD=$SHIM \
	    exec $BROOD_BIN/relay "\$@"
	END
	chmod 755 "$T/bin" "$T/bin"/*
	cp "$SHIM" "$T/bin/fault.so"
	PATH=$T/bin:$PATH
}

# start IN - the supervisor, with faults in its parent (broodd) or relay.
start() {
	use_workers pace fate ping echo.sh
	if [ "$1" = broodd ]; then
		sed -i 's/FAULT_IN=relay/FAULT_IN=nobody/' "$T/bin/relay"
		export FAULT_IN=broodd
		LD_PRELOAD=$SHIM start_supervisor
	else
		start_supervisor
	fi
	RELAY=$(relay_pid)
	PARENT=$(parent_pid)
	pair
	# What is opened at first use is open now.
	S=$(spawn ping:ping_server)
	brood kill "$S"
	wait_until 5 children_are 3
	BEFORE=$(descriptors_of_both)
}

# fault WHAT FROM COUNT - from now on; without arguments, no more.
fault() {
	rm -f "$FAULT_FILE" "$FAULT_FILE.done"
	[ $# -eq 0 ] || {
		echo "$*" >"$FAULT_FILE.new"
		chmod 644 "$FAULT_FILE.new"
		mv "$FAULT_FILE.new" "$FAULT_FILE"
	}
}
hit() { [ -s "$FAULT_FILE.done" ]; }

# All three are who they were, everything works; of the pair at most so many
# calls were lost.
assert_well() {
	fault
	[ "$(relay_pid)" = "$RELAY" ] || fail "another relay"
	[ "$(parent_pid)" = "$PARENT" ] || fail "another parent"
	run -0 brood spawn --name again ping:ping_server
	run -0 brood kill again
	assert_pair_lives "${1:-0}"
	wait_until 5 children_are 3
	wait_until 5 descriptors_are "$BEFORE"
}

# refused PATTERN COMMAND... - it ends by itself, with such an error.
refused() {
	local want=$1

	shift
	run timeout $((8 * SLOW)) "$@"
	hit || fail "$*: no fault was met"
	[ "$status" -ne 0 ] || fail "$*: it succeeded"
	[ "$status" -ne 124 ] || fail "$*: no answer"
	[[ $output =~ $want ]] || fail "$*: $output"
}

@test "fork: EAGAIN, an error of the spawn, and the name is free" {
	start broodd
	fault fork 1 1
	refused 'fork|clone' brood spawn --name n ping:ping_server
	run -4 brood whereis n
	assert_well
	fault fork 1 1000
	for _ in {1..20}; do
		refused 'Resource temporarily unavailable' brood spawn ping
	done
	assert_well
}

@test "pipe: EMFILE in the parent, an error of the spawn" {
	start broodd
	fault pipe 1 1
	refused 'Too many open files' brood spawn ping:ping_server
	assert_well
}

@test "descriptors: lost on their way to the parent, an error of the spawn" {
	start broodd
	fault descriptors 1 1
	refused 'Too many open files' brood spawn ping:ping_server
	assert_well
}

@test "socketpair, pipe: EMFILE in the relay, an error of the spawn" {
	start relay
	fault socketpair 1 1
	refused 'Too many open files' brood spawn ping:ping_server
	assert_well
	fault pipe 1 1
	refused 'Too many open files' brood spawn ping:ping_server
	assert_well
}

@test "accept: EMFILE, the caller is turned away, the next one served" {
	start relay
	fault accept 1 1
	run timeout 5 brood ps
	[ "$status" -ne 124 ]
	hit
	fault
	ps_works() { brood ps >/dev/null 2>&1; }
	wait_until 3 ps_works
	assert_well
}

@test "descriptors: a worker's attached stream lost on its way to the relay, its command fails, the next works" {
	start relay
	worker_script attaches <<-'END'
	#!/bin/sh
	while [ ! -e "$1/go" ]; do sleep 0.02; done
	brood self >"$1/first" 2>&1; echo "status $?" >>"$1/first"
	while [ ! -e "$1/on" ]; do sleep 0.02; done
	brood self >"$1/second" 2>&1; echo "status $?" >>"$1/second"
	END
	spawn attaches "$T/out"
	fault descriptors 1 1
	touch "$T/out/go"
	wait_line "$T/out/first" '^status [1-9]'
	hit
	fault
	touch "$T/out/on"
	wait_line "$T/out/second" '^status 0'
	wait_line "$T/out/second" "^$S@"
	assert_well
}

# every_request - one of each kind; how it ends is not asked, that it ends is.
every_request() {
	local status command

	while read -r command; do
		status=0
		# shellcheck disable=SC2086	# words
		timeout 8 $command >"$T/request" 2>&1 </dev/null || status=$?
		[ "$status" -ne 124 ] || fail "$command: no answer"
		[ "$status" -lt 126 ] || fail "$command: $(cat "$T/request")"
	done <<-END
	brood spawn --name n fate:waits
	brood monitor -1 999999
	brood send $PAIR note UB 1 00
	brood register m $PAIR
	brood unregister m
	brood ps
	brood stats
	brood kill n
	END
}

# With the Nth allocation failing, for N up to what all that needs, every third
# unless BROOD_ALLOCATIONS asks for each up to it.
each_allocation() {
	local n most=${BROOD_ALLOCATIONS:-60} met=0 step=3

	[ -z "${BROOD_ALLOCATIONS-}" ] || step=1
	for ((n = 1; n <= most; n += step)); do
		fault memory "$n" 1
		every_request
		! hit || met=$((met + 1))
		[ "$(relay_pid)" = "$RELAY" ] || fail "allocation $n: the relay"
		[ "$(parent_pid)" = "$PARENT" ] || fail "allocation $n: parent"
		fault
		brood kill n 2>/dev/null || true
	done
	echo "$met met"
	[ "$met" -ge $((most / step / 2)) ]
}

# bats test_tags=heavy
@test "memory: each allocation of the relay refused in turn, requests fail and the relay lives" {
	start relay
	each_allocation
	assert_well 100
}

# bats test_tags=heavy
@test "memory: each allocation of the parent refused in turn, requests fail and the parent lives" {
	start broodd
	fault memory 1 1
	run brood spawn ping:ping_server
	each_allocation 12 || true
	[ "$(parent_pid)" = "$PARENT" ]
	assert_well
}

@test "memory: none for a while, all requests fail, all work again" {
	start relay
	fault memory 1 100000
	for _ in {1..5}; do
		run timeout 8 brood spawn ping:ping_server
		[ "$status" -ne 0 ]
		[ "$status" -ne 124 ]
	done
	hit
	assert_well 100000000
}

@test "limit: a relay with few descriptors, spawns and guests refused, who is there goes on" {
	local n refused=0

	sed -i 's/^$/ulimit -n 40/' "$T/bin/relay"
	start relay
	for ((n = 0; n < 30; n++)); do
		run timeout 5 brood spawn fate:waits
		[ "$status" -ne 124 ]
		[ "$status" -eq 0 ] || refused=$((refused + 1))
	done
	[ "$refused" -gt 5 ]
	[[ $output == *"Too many open files"* || $output == *"out of desc"* ]]
	assert_pair_lives
	brood --json ps fate | jq -r '.os_pid' | xargs kill -KILL
	wait_until 5 children_are 3
	assert_well
}
