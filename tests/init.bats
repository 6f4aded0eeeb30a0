#!/usr/bin/env bats
# What an init sees: notifications, and the background.

load helper

setup() {
	brood_setup
	mkconf </dev/null
}

@test "notify: ready when the socket is there, a reload, the end, each told once in order" {
	background inbox "$TEST_WORKERS/inbox" "$T/notify"
	wait_until 5 test -S "$T/notify"
	chmod 777 "$T/notify"
	NOTIFY_SOCKET=$T/notify start_supervisor
	wait_line "$T/inbox.out" '^READY=1$'
	brood names
	kill -HUP "$SUPERVISOR"
	wait_line "$T/inbox.out" '^RELOADING=1$'
	wait_line "$T/inbox.out" '^MONOTONIC_USEC=[0-9]+$'
	again() { [ "$(grep -c '^READY=1$' "$T/inbox.out")" = 2 ]; }
	wait_until 5 again
	stop_supervisor
	wait_line "$T/inbox.out" '^STOPPING=1$'
	assert_equal "$(grep -v MONOTONIC "$T/inbox.out" | tr '\n' ' ')" \
	    "READY=1 RELOADING=1 READY=1 STOPPING=1 "
}

@test "notify: a watchdog is fed within half its time" {
	background inbox "$TEST_WORKERS/inbox" "$T/notify"
	wait_until 5 test -S "$T/notify"
	chmod 777 "$T/notify"
	NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=400000 start_supervisor
	fed() { [ "$(grep -c '^WATCHDOG=1$' "$T/inbox.out")" -ge 3 ]; }
	wait_until 5 fed
	stop_supervisor
}
