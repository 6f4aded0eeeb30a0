#!/usr/bin/env bats
# run.bats - brood run: a private supervisor, a process, all in one command.

load helper

# The temporary directories of brood run; they are in $TMPDIR, which is $T.
dirs() { find "$T" -maxdepth 1 -name 'brood-run-*'; }

# started NAME - `brood run` of the program NAME in the background, and it has
# said so; $BG is brood, $WORKER what it runs.
started() {
	# What runs in the background of a script ignores INT.
	background run env --default-signal=INT brood run "$T/workers/$1"
	wait_line "$T/run.out" '^started '
	WORKER=$(sed -n 's/^started //p' "$T/run.out")
	remember "$WORKER"
}

sleeper() {
	worker_script sleeper <<-'END'
		#!/bin/sh
		echo "started $$"
		exec sleep 1000
	END
}

@test "run: the lecture's ping, its output and exit 0" {
	run -0 --separate-stderr brood run ping:master
	[ "${lines[0]}" = 'spawning on master' ]
	[[ ${lines[1]} =~ ^'pinging '[0-9]+@master$ ]]
	[[ ${lines[2]} =~ ^'ping received from '[0-9]+@master$ ]]
	[ "${lines[3]}" = pong. ]
	[ "${#lines[@]}" = 4 ]
	[ -z "$stderr" ]
	[ -z "$(dirs)" ]
}

@test "run: the exit code is the process's, 128+N for a signal" {
	worker_script ends <<<$'#!/bin/sh\nexit "$1"'
	worker_script dies <<<$'#!/bin/sh\nkill -"$1" $$'
	for code in 0 1 2 42 100 111 125 255; do
		run -"$code" brood run "$T/workers/ends" "$code"
		refute_output
	done
	run -137 brood run "$T/workers/dies" KILL
	run -143 brood run "$T/workers/dies" TERM
	run -138 brood run "$T/workers/dies" USR1
	[ -z "$(dirs)" ]
}

@test "run: any other cause is 1, and said" {
	run -1 --separate-stderr brood run ping:nonsense
	[ "$stderr" = 'brood: run: ping: error: no entry nonsense in ping'\
' (has: master, ping_server)' ]
	worker_script killed <<-'END'
		#!/bin/sh
		brood kill "$BROOD_SELF"
		exec sleep 1000
	END
	run -1 --separate-stderr brood run "$T/workers/killed"
	[[ $stderr =~ 'killed by '[0-9]+@master ]]
}

@test "run: what cannot be started is said, exit 125" {
	run -125 --separate-stderr brood run nothing
	[[ $stderr == 'brood: run: program nothing: '* ]]
	echo '#!/no/such/interpreter' | worker_script broken
	run -125 --separate-stderr brood run "$T/workers/broken"
	[[ $stderr == 'brood: run: program broken: exec: '* ]]
	run -125 --separate-stderr brood run -o nonsense=1 ping
	[[ $stderr == *'nonsense'*'did not start' ]]
	[ -z "$(dirs)" ]
}

@test "run: output is passed on as it was, of all processes, to the end" {
	worker_script main <<-'END'
		#!/bin/sh
		pid=$(brood spawn child)
		brood monitor -q "$pid"
		seq 1 20000
		printf 'bytes \001\377\t\r "\n\n'
		echo to-stderr >&2
		printf 'no newline'
	END
	worker_script child <<<$'#!/bin/sh\nseq 1 5000 | sed s/^/child/'
	brood run "$T/workers/main" >"$T/out" 2>"$T/err"
	grep -av '^child' "$T/out" | grep -av '^down ' >"$T/mine"
	{ seq 1 20000; printf 'bytes \001\377\t\r "\n\n'; echo to-stderr
	    echo 'no newline'; } | cmp - "$T/mine"
	grep -a '^child' "$T/out" | cmp - <(seq 1 5000 | sed s/^/child/)
	[ ! -s "$T/err" ]
}

@test "run: what others say while they are stopped is passed on, too" {
	worker_script main <<-'END'
		#!/bin/sh
		brood spawn child >/dev/null
		brood recv >/dev/null
	END
	worker_script child <<-'END'
		#!/bin/sh
		trap 'seq 1 1000; echo bye; exit' TERM
		brood send 2 ready
		while :; do sleep 0.1; done
	END
	brood run "$T/workers/main" >"$T/out"
	[ "$(tail -n 1 "$T/out")" = bye ]
	grep -x '[0-9]*' "$T/out" | cmp - <(seq 1 1000)
}

@test "run: lines come at once, not when a buffer is full" {
	worker_script slow <<<$'#!/bin/sh\necho one\nexec sleep 1000'
	background run brood run "$T/workers/slow"
	wait_line "$T/run.out" '^one$'
	kill "$BG"
}

@test "run: a path is the program, its folder the worker directory" {
	worker_script main <<<$'#!/bin/sh\nbrood spawn --monitor other "$@"'
	worker_script other <<<$'#!/bin/sh\necho "other: $*"'
	cd "$T"
	run -0 brood run workers/main a 'b c'
	assert_line 'other: a b c'
	cd workers
	run -0 brood run ./main:entry x
	assert_line 'other: x'
}

@test "run: programs of the installation without a path" {
	run -0 brood run ping_fail:master
	assert_output --regexp \
	    '^process [0-9]+@master died: error: wanted a ping, got a pong$'
}

@test "run: no user is switched, not for root either" {
	worker_script who <<<$'#!/bin/sh\nid -u'
	run -0 brood run "$T/workers/who"
	assert_output "$(id -u)"
}

@test "run: a plain user can, in a place of his own" {
	need_root
	worker_script who <<<$'#!/bin/sh\nid -u'
	mkdir "$T/his" && chown 65534 "$T/his"
	TMPDIR=$T/his run -0 as_user "$BROOD_BIN/brood" run "$T/workers/who"
	assert_output 65534
	[ -z "$(ls "$T/his")" ]
}

@test "run: the environment of another supervisor has no effect" {
	start_supervisor
	worker_script main <<-'END'
		#!/bin/sh
		echo "$BROOD_NODE $BROOD_ROLE"
		brood whereis outer 2>/dev/null || echo nobody
	END
	brood spawn --name outer echo.sh
	BROOD_FD=3 BROOD_SELF=7@x NOTIFY_SOCKET=/nowhere \
	    run -0 --separate-stderr brood run "$T/workers/main"
	assert_output $'master MASTER\nnobody'
}

@test "run: inside a worker it is a supervisor of its own" {
	worker_script outer <<-'END'
		#!/bin/sh
		brood run "$(dirname "$BROOD_TEST")/inner" "$BROOD_SELF"
		echo "ended $?"
	END
	worker_script inner <<<$'#!/bin/sh\necho "in: $1"; exit 9'
	sed -i "s|\$(dirname \"\$BROOD_TEST\")|$T/workers|" "$T/workers/outer"
	run -0 brood run "$T/workers/outer"
	assert_line --regexp '^in: [0-9]+@master$'
	assert_line 'ended 9'
}

@test "run: INT, TERM, HUP stop everything, and it ends by them" {
	local signal

	sleeper
	for signal in INT:130 TERM:143 HUP:129; do
		started sleeper
		kill -"${signal%:*}" "$BG"
		wait_until 10 gone "$BG"
		run -"${signal#*:}" wait "$BG"
		gone "$WORKER"
		[ -z "$(dirs)" ]
		rm "$T/run.out"
	done
}

@test "run: HUP and INT that were ignored before are ignored, as by nohup" {
	sleeper
	background run env --ignore-signal=HUP,INT brood run \
	    "$T/workers/sleeper"
	wait_line "$T/run.out" '^started '
	kill -HUP "$BG"
	kill -INT "$BG"
	brood -s "$(dirs)/master/sock" ps sleeper
	kill -TERM "$BG"
	wait_until 10 gone "$BG"
	run -143 wait "$BG"
}

@test "run: a second signal does not wait for who does not listen" {
	worker_script deaf <<-'END'
		#!/bin/sh
		trap '' TERM
		echo "started $$"
		while :; do sleep 1; done
	END
	started deaf
	# Two that come as one are one.
	interrupted() { kill -INT "$BG"; gone "$BG"; }
	wait_until 3 interrupted
	wait_until 4 gone "$WORKER"
	[ -z "$(dirs)" ]
}

@test "run: brood is killed, its supervisor and all below go" {
	sleeper
	started sleeper
	kill -KILL "$BG"
	wait_until 10 gone "$WORKER"
	wait_until 10 nothing_of "$T"
	run -1 pgrep -f "$(dirs)/master/brood.conf"
}

@test "run: the supervisor is killed, exit 125 and nothing is left" {
	sleeper
	started sleeper
	kill -KILL "$(pgrep -x -P "$BG" broodd)"
	wait_until 10 gone "$BG"
	run -125 wait "$BG"
	wait_until 10 gone "$WORKER"
	grep -q 'brood: run: the supervisor closed the connection' "$T/run.err"
	[ -z "$(dirs)" ]
}

@test "run: who reads no more ends it, as any writer to a pipe" {
	worker_script endless <<<$'#!/bin/sh\nwhile echo y; do :; done'
	run -0 bash -c "brood run '$T/workers/endless' | head -n 3
	    echo \${PIPESTATUS[0]}"
	assert_output $'y\ny\ny\n141'
	[ -z "$(dirs)" ]
	run -125 --separate-stderr bash -c \
	    "brood run '$T/workers/endless' >/dev/full"
	[[ $stderr == *'No space left on device'* ]]
	[ -z "$(dirs)" ]
}

@test "run: -N 1 is this; fewer or more than 64 are refused, exit 125" {
	run -0 brood run -N 1 ping:master
	run -125 --separate-stderr brood run -N 0 ping:master
	[[ ${stderr_lines[0]} == "brood: run: '0' is too small" ]]
	run -125 --separate-stderr brood run -N 65 ping:master
	[[ ${stderr_lines[0]} == "brood: run: '65' is too large" ]]
}

@test "run: -o sets what broodd -o sets, -v shows what it said" {
	worker_script who <<<$'#!/bin/sh\necho "$BROOD_NODE"'
	run -0 --separate-stderr brood run -v -o name=other \
	    -o role=X "$T/workers/who"
	assert_output other
	[[ $stderr == *'node=other'* ]]
}

@test "run: ten at once do not meet" {
	local i

	worker_script who <<<$'#!/bin/sh\necho "$1 $BROOD_SOCKET"; exit "$1"'
	for i in 1 2 3 4 5 6 7 8 9 10; do
		background "run$i" brood run "$T/workers/who" "$i"
		eval "bg$i=$BG"
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		eval "BG=\$bg$i"
		wait_until 30 gone "$BG"
		run -"$i" wait "$BG"
	done
	[ "$(cat "$T"/run*.out | cut -d' ' -f2 | sort -u | wc -l)" = 10 ]
	[ -z "$(dirs)" ]
}
