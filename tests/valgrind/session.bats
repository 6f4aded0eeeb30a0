#!/usr/bin/env bats
# session.bats - a session of all three processes, a command and a worker under
# valgrind: no wrong access, and nothing lost at an orderly end.

load ../helper

setup() {
	SLOW=$((SLOW * 8))
	brood_setup
	mkdir -m 1777 "$T/vg"		# the relay is another user
	mkdir "$T/bin"
	cp "$BROOD_BIN/broodd" "$T/bin/real"
	cp "$BROOD_BIN/brood" "$T/bin/brood"
	# By a program of its own each: the relay is another user, and cannot
	# write on in a log that was root's before it was executed.
	under_valgrind broodd "$T/bin/real"
	under_valgrind relay "$BROOD_BIN/relay" --track-fds=yes
	PATH=$T/bin:$PATH
}

# under_valgrind NAME PROGRAM [OPTION] - NAME in $T/bin runs it, with the
# processes it forks.  Guard and parent end with descriptors they hold for life;
# the relay, which opens and closes one a process, with none.
under_valgrind() {
	cat >"$T/bin/$1" <<-END
	#!/bin/sh
	exec valgrind -q --vgdb=no --leak-check=full ${3-} \
	    --errors-for-leak-kinds=definite --show-leak-kinds=definite \
	    --log-file=$T/vg/$1.%p $2 "\$@"
	END
	chmod 755 "$T/bin" "$T/bin/$1"
}

# said FILE... - what valgrind says but of system calls it does not know and of
# descriptors that were there before us.
said() {
	awk '/^--[0-9]+-- / || /^==[0-9]+== *$/ || /FILE DESCRIPTORS: / { next }
	    /Open file descriptor/ { first = $0; getline
	    if (/inherited from parent/) next; print FILENAME ": " first }
	    { print FILENAME ": " $0 }' "$@"
}

# Each log exists (something ran under valgrind), and says nothing.
assert_clean() {
	local logs=("$T"/vg/*)

	[ "${#logs[@]}" -ge "$1" ] || fail "${#logs[@]} logs, wanted $1"
	said "${logs[@]}" >"$T/said"
	[ ! -s "$T/said" ] || fail "$(cat "$T/said")"
}

@test "valgrind: guard, parent and relay, clean from start to orderly end" {
	use_workers ping echo.sh
	start_supervisor
	run -0 brood spawn --name server ping:ping_server
	run -0 brood ps
	assert_output --partial ping
	background watch brood monitor -1 server
	wait_line "$T/watch.err" '^watching '
	run -0 brood kill server
	wait_until 10 gone "$BG"
	run -0 brood spawn echo.sh
	run -0 brood call -t 20 "$output" note s hello
	run ! brood spawn nothing_of_that_name
	run -0 brood stats
	stop_supervisor
	assert_clean 3
}

@test "valgrind: brood, clean at the end of a command" {
	start_supervisor
	run -0 valgrind -q --leak-check=full --error-exitcode=99 \
	    --errors-for-leak-kinds=definite "$BROOD_BIN/brood" ps
	run -4 valgrind -q --leak-check=full --error-exitcode=99 \
	    --errors-for-leak-kinds=definite "$BROOD_BIN/brood" whereis nobody
	run -2 valgrind -q --leak-check=full --error-exitcode=99 \
	    --errors-for-leak-kinds=definite "$BROOD_BIN/brood" nonsense
}

@test "valgrind: a worker of libmsg, clean from its first to its last message" {
	use_workers ping
	mv "$T/workers/ping" "$T/ping"
	worker_script ping <<-END
	#!/bin/sh
	exec valgrind -q --leak-check=full --error-exitcode=99 \
	    --errors-for-leak-kinds=definite --log-file=$T/vg/worker.%p \
	    $T/ping "\$@"
	END
	run -0 brood run "$T/workers/ping:master"
	assert_output --partial "pong."
	assert_clean 2
}
