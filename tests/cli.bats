#!/usr/bin/env bats
# cli.bats - the command line itself: help, usage, exit codes, what is printed.

load helper

# The verbs, as the help lists them.
verbs() { brood --help | sed -nE 's/^  ([a-z]+) .*/\1/p'; }

# keys FILE - the keys of the JSON object on each line, one blank between.
keys() { jq -r 'keys_unsorted | join(" ")' "$1"; }

# stat_is NAME N - a figure of stats is at least N.
stat_is() {
	[ "$(brood --json stats |
	    jq "select(.name == \"$1\").value")" -ge "$2" ]
}

# said WORKER TEXT - it stands in its log.
said() { brood log "$1" | grep -qF -- "$2"; }

# ---- without a supervisor ----

@test "help: every verb has one, with its usage and its options" {
	local verb

	[ "$(verbs | wc -l)" -gt 25 ]
	for verb in $(verbs); do
		run -0 brood "$verb" --help
		assert_line -n 0 --regexp "^usage: brood $verb( |\$)"
		assert_line 'Options of every verb:'
		run -0 brood help "$verb"
		assert_line -n 0 --regexp "^usage: brood $verb( |\$)"
	done
}

@test "help: every verb and option stands in the manual" {
	local verb word

	for verb in $(verbs); do
		grep -qE "^\.It Cm $verb( |\$)" "$ROOT/man/brood.1"
		for word in $(brood "$verb" --help |
		    sed -nE 's/^ +--([a-z-]+) .*/\1/p'); do
			grep -qE "Fl Fl $word( |\$)" "$ROOT/man/brood.1"
		done
	done
}

@test "help: lines are at most 80 columns wide" {
	local verb

	for verb in $(verbs); do
		brood "$verb" --help
	done >"$T/help"
	run grep -nE '^.{81,}' "$T/help"
	refute_output
}

@test "usage: without a verb the help is shown, exit 2" {
	run -2 brood
	assert_line -n 0 --regexp '^usage: brood '
}

@test "usage: --version, exit 0" {
	run -0 brood --version
	assert_output --regexp '^brood [0-9]+\.[0-9]+'
}

@test "usage: an unknown verb is refused with what may be meant, exit 2" {
	run -2 --separate-stderr brood spwan ping
	[ "$stderr" = "brood: no verb 'spwan'; did you mean spawn?" ]
	run -2 --separate-stderr brood moni 12
	[[ $stderr == *'did you mean monitor?' ]]
	run -2 --separate-stderr brood frobnicate
	[ "$stderr" = "brood: no verb 'frobnicate'; see brood --help" ]
}

@test "usage: wrong options and counts of arguments, exit 2 and the usage" {
	while read -r line; do
		eval "set -- $line"
		run -2 --separate-stderr brood "$@"
		refute_output
		[[ ${stderr_lines[-1]} == 'usage: brood '* ]]
	done <<-END
		--nonsense
		ps --nonsense
		ps -x
		-s
		spawn
		spawn --name
		spawn --name '1x' ping
		send 12
		recv -t x
		recv -t -1
		recv --count x
		recv x
		call 12
		monitor
		trap
		trap maybe
		kill
		kill 1 2
		exit 1 2 3
		signal TERM
		signal NOTHING 12
		register a
		register 1x 12
		unregister
		whereis
		info a b
		names x
		log
		log a b
		log --deaths -f a
		reload x
		check a b
		ping
		ping a b
		ping -t x a
		ping '1x'
		peers x
		-n alpha self
		-n alpha ping alpha
		-n alpha check
		-n alpha recv
		-n alpha trap on
		-n '1x' ping a
	END
}

@test "usage: run and wait end with 125, as their other failures do" {
	run -125 brood run
	run -125 brood run -N x ping
	run -125 brood run -N 2 -o name=a ping
	run -125 brood run -n alpha ping
	run -125 brood run --nonsense ping
	run -125 brood wait
	run -125 brood wait 12 13
	run -125 brood -s "$T/none" wait 12
	run -125 brood run no-such-program
	run -125 brood run ./no-such-folder/x
}

@test "usage: a path is no program; how to declare one is said, exit 2" {
	run -2 --separate-stderr brood spawn /bin/sleep 5
	[[ $stderr == *'/bin/sleep is a path'* ]]
	[[ $stderr == *'[program sleep]'* ]]
	[[ $stderr == *'exec = /'*'/sleep'* ]]
}

@test "usage: recv, watch and others outside a worker, exit 2" {
	local verb

	for verb in recv 'watch 1' 'unwatch 1' 'link 1' 'unlink 1' 'trap on'; do
		# shellcheck disable=SC2086	# verb and argument
		run -2 --separate-stderr brood $verb
		[[ $stderr == *': only inside a worker' ]]
	done
}

@test "supervisor: there is none, exit 6 and where it was looked for" {
	while read -r line; do
		eval "set -- $line"
		run -6 --separate-stderr brood "$@"
		refute_output
		[[ $stderr == *"no supervisor at $BROOD_SOCKET: "* ]]
	done <<-END
		spawn ping
		send 12 x
		call 12 x
		monitor 12
		wait --ready x
		exit 12
		kill 12
		signal TERM 12
		ps
		info
		names
		register a 12
		unregister a
		whereis a
		stats
		peers
		ping a
		events
		log a
		self
		reload
		shutdown
	END
}

@test "supervisor: the socket is that of -s, BROOD_SOCKET, BROOD_RUN_DIR" {
	run -6 --separate-stderr brood -s /nowhere/a ps
	[[ $stderr == *'no supervisor at /nowhere/a: '* ]]
	BROOD_SOCKET=/nowhere/b run -6 --separate-stderr brood ps
	[[ $stderr == *'no supervisor at /nowhere/b: '* ]]
	unset BROOD_SOCKET
	BROOD_RUN_DIR=/nowhere/c run -6 --separate-stderr brood ps
	[[ $stderr == *'no supervisor at /nowhere/c/sock: '* ]]
	run -6 brood -s "/$(printf '%0200d' 0)" ps
}

@test "check: as broodd -n, exit 0 and 100" {
	printf '[node]\nname = alpha\n' >"$T/good.conf"
	printf '[node]\nnonsense = 1\n' >"$T/bad.conf"
	run -0 brood check "$T/good.conf"
	run -0 brood check -v "$T/good.conf"
	assert_line --regexp '^name = alpha'
	run -100 --separate-stderr brood check "$T/bad.conf"
	[[ $stderr == "$T/bad.conf:2: nonsense: "* ]]
}

# ---- with one ----

@test "json: every verb that shows something prints objects with their keys" {
	local pid

	mkconf <<<$'[node]\nname = alpha\nrole = MASTER'
	worker_script talker <<-'END'
		#!/bin/sh
		printf 'say "%s"\n' "$1"
		read -r x <&3
	END
	start_supervisor
	run -0 brood --json spawn --name tom talker 'a\b'
	pid=$(jq -r .pid <<<"$output")
	[[ $pid =~ ^[0-9]+@alpha#[0-9a-f]{16}$ ]]

	brood --json ps >"$T/ps"
	[ "$(keys "$T/ps")" = "pid os_pid name program entry user state\
 uptime_s mailbox queued_bytes monitors links" ]
	[ "$(jq -c '[.pid, .name, .program]' "$T/ps")" = \
	    "[\"$pid\",\"tom\",\"talker\"]" ]
	[ "$(jq -r '.os_pid | type' "$T/ps")" = number ]
	same() { diff <(jq 'del(.uptime_s)') <(jq 'del(.uptime_s)' "$1"); }
	brood ps --json tom | same "$T/ps"
	brood --json info tom | same "$T/ps"
	brood --json info "$pid" | same "$T/ps"

	brood --json info >"$T/node"
	[ "$(keys "$T/node")" = "node id role cluster listen advertise version\
 uptime_s" ]
	[ "$(jq -r '"\(.node) \(.role) \(.listen)"' "$T/node")" = \
	    "alpha MASTER none" ]
	[ "$(jq -r .id "$T/node")" = "${pid#*#}" ]

	brood --json names >"$T/names"
	[ "$(jq -c . "$T/names")" = "{\"name\":\"tom\",\"pid\":\"$pid\"}" ]
	brood --json whereis tom | cmp - "$T/names"
	brood --json self | jq -e '.pid | startswith("")'
	brood --json stats >"$T/stats"
	[ "$(keys "$T/stats" | sort -u)" = "name value help" ]
	[ "$(jq -s 'map(.value | type) | unique | .[]' -r "$T/stats")" = \
	    number ]

	wait_until 10 said tom say
	brood --json log tom >"$T/log"
	[ "$(jq -r .line "$T/log")" = 'say "a\b"' ]
	[ "$(keys "$T/log")" = "worker pid line" ]

	background events brood --json events
	background monitor brood --json monitor tom
	wait_line "$T/monitor.err" "^watching ${pid%#*}\$"
	run -0 brood --json signal KILL tom
	[ "$(jq -r .pid <<<"$output")" = "$pid" ]
	wait_line "$T/monitor.out" down
	wait_line "$T/events.out" death
	[ "$(keys "$T/monitor.out")" = "time event pid worker node cause" ]
	[ "$(jq -r '"\(.pid) \(.cause)"' "$T/monitor.out")" = \
	    "$pid signal 9 (KILL)" ]
	[ "$(jq -r 'select(.event == "death") | "\(.pid) \(.cause)"' \
	    "$T/events.out")" = "$pid signal 9 (KILL)" ]
	keys "$T/events.out" | grep -qx "time event pid worker node cause"

	brood --json log --deaths talker >"$T/deaths"
	[ "$(keys "$T/deaths")" = "time pid worker cause uptime_s lines" ]
	[ "$(jq -c .lines "$T/deaths")" = '["say \"a\\b\""]' ]
	brood --json reload --dry-run | jq -e '.change == "="' >/dev/null
}

@test "tables: columns are aligned, pids short, with -v in full" {
	mkconf <<<$'[node]\nname = alpha'
	start_supervisor
	brood spawn --name a-rather-long-name echo.sh
	brood spawn --name b echo.sh
	run -0 brood ps
	assert_line -n 0 --regexp '^PID  +NAME  +PROGRAM  +ENTRY  +STATE'
	[ "${#lines[@]}" = 3 ]
	# Every column begins where its title does.
	local at=${lines[0]%%PROGRAM*}
	[ "${lines[1]:${#at}:7}" = echo.sh ]
	[ "${lines[2]:${#at}:7}" = echo.sh ]
	refute_output --partial '#'
	run -0 brood -v ps b
	assert_output --regexp '@alpha#[0-9a-f]{16} '
	run -0 brood info b
	assert_line 'name: b'
	assert_line --regexp '^pid: [0-9]+@alpha$'
	run -0 brood info
	assert_line 'node: alpha'
}

@test "exit codes: no such process, name, program or node, exit 4" {
	mkconf <<<$'[node]\nname = alpha'
	start_supervisor
	while read -r line; do
		eval "set -- $line"
		run -4 --separate-stderr brood "$@"
		refute_output
		[[ $stderr == 'brood: '* ]]
	done <<-END
		call 4711 x
		call nobody x
		kill 4711
		kill nobody
		exit 4711
		exit 12@beta
		info 4711
		info nobody
		ps nobody
		signal TERM nobody
		whereis nobody
		monitor nobody
		monitor nobody@beta
		register a 4711
		register a nobody
		unregister nobody
		spawn nothing-of-that-name
		send 12 x p 12@beta
		send x@beta x
		send 12 x p nobody
		-n beta ps
		spawn -n beta ping
	END
	run -0 brood -n alpha ps
	run -0 brood whereis "$(brood spawn --name tom echo.sh >/dev/null
	    echo tom@alpha)"
}

@test "exit codes: a name that is taken, exit 1, and by whom" {
	local pid

	mkconf <<<$'[node]\nname = alpha'
	start_supervisor
	pid=$(brood spawn --name tom echo.sh)
	run -1 --separate-stderr brood spawn --name tom echo.sh
	[[ $stderr == *"taken by $pid" ]]
	run -1 --separate-stderr brood register tom "$(brood spawn echo.sh)"
	[[ $stderr == *"taken by $pid" ]]
	brood unregister tom
	run -4 brood whereis tom
}

@test "exit codes: a control socket of another user, exit 5" {
	need_root
	start_supervisor
	chmod 755 "$T/run" "$BROOD_RUN_DIR"
	run -5 --separate-stderr as_user "$BROOD_BIN/brood" ps
	[[ $stderr == *'Permission denied' ]]
}

@test "exit codes: no answer in time, exit 7" {
	start_supervisor
	worker_script deaf <<<$'#!/bin/sh\nread -r x <&3'
	use_run_dir two
	start_supervisor
	brood spawn --name deaf deaf
	run -7 brood call -t 0.2 deaf x
	run -7 brood wait -t 0.2 --down deaf
	run -125 brood wait -t 0.2 deaf
}

@test "send: ends when the node has it, also when nobody is there" {
	start_supervisor
	run -0 brood send 4711 note s hello
	run -0 brood send nobody note s hello
	refute_output
}

@test "send: values that do not fit their format are said, exit 2" {
	start_supervisor
	run -2 --separate-stderr brood send 1 note i abc
	[[ $stderr == *"value 1 ('abc'): not a number"* ]]
	run -2 --separate-stderr brood send 1 note si a
	[[ $stderr == *'needs 2 values, has 1'* ]]
	run -2 --separate-stderr brood send 1 note 'A(A(i))' 0
	run -2 --separate-stderr brood send 1 'no te'
	run -2 --separate-stderr brood send --stdin 1 note i 5 </dev/null
	[[ $stderr == *'must be s or B'* ]]
	run -1 --separate-stderr brood send --stdin 1 note s < <(printf 'a\0b')
	[[ $stderr == *NUL* ]]
}

@test "send: what is larger than max-message is refused, exit 1" {
	start_supervisor -o max-message=64K
	head -c 65000 /dev/zero | brood send --stdin 1 note B
	run -1 --separate-stderr brood send --stdin 1 note B \
	    < <(head -c 66000 /dev/zero)
	[[ $stderr == *'too large'* ]]
	run -1 brood send --stdin 1 note B </dev/zero
}

@test "call: the answer is printed, quoted; a callee that dies, exit 1" {
	mkconf <<<$'[node]\nname = alpha'
	worker_script dies <<-'END'
		#!/bin/sh
		brood recv >/dev/null
		exit 3
	END
	use_workers echo.sh
	start_supervisor
	brood spawn --name echo echo.sh
	brood spawn --name dies dies
	run -0 brood call -t 10 echo note 'sBA(i)b' "it's" 00ff 2 -1 7 true
	assert_output "note 'sBA(i)b' 'it'\\''s' 00ff 2 -1 7 true"
	run -0 brood --json call -t 10 echo note s 'a"b'
	[ "$(jq -c '[.type, .format, .values]' <<<"$output")" = \
	    '["note","s",["a\"b"]]' ]
	run -1 --separate-stderr brood call -t 10 dies x
	[ "$stderr" = 'brood: call: dies ended: exit 3' ]
}

@test "monitor: watching, then a line per death; -1 by the first" {
	local a b

	mkconf <<<$'[node]\nname = alpha'
	start_supervisor
	a=$(brood spawn echo.sh) b=$(brood spawn echo.sh)
	background both brood monitor "$a" "$b"
	background one brood monitor -1 "$b" "$a"
	wait_line "$T/both.err" "^watching $b\$"
	wait_line "$T/one.err" "^watching $a\$"
	[ "$(cat "$T/both.err")" = "watching $a"$'\n'"watching $b" ]
	brood send "$a" stop
	wait_until 10 gone "$BG"
	run -0 wait "$BG"
	[ "$(cat "$T/one.out")" = "down $a normal" ]
	brood signal SEGV "$b"
	wait_line "$T/both.out" SEGV
	[ "$(cat "$T/both.out")" = "down $a normal
down $b signal 11 (SEGV)" ]
	run -1 --separate-stderr brood monitor -1 "$a"
	[ "$output" = "down $a noproc" ]
	# Told while the pid of a name is asked for.
	brood spawn --name c echo.sh
	run -1 --separate-stderr brood monitor -1 "$a" c
	[ "$output" = "down $a noproc" ]
}

@test "spawn: --monitor stays until the end and prints it" {
	mkconf <<<$'[node]\nname = alpha'
	worker_script ends <<<$'#!/bin/sh\nexit "$1"'
	start_supervisor
	run -1 brood spawn --monitor ends 3
	[[ ${lines[0]} =~ ^[0-9]+@alpha$ ]]
	[ "${lines[1]}" = "down ${lines[0]} exit 3" ]
	run -0 brood spawn --monitor ends 0
	[ "${lines[1]}" = "down ${lines[0]} normal" ]
	run -2 brood spawn --link ends 0
}

@test "spawn: arguments reach the program as they are" {
	worker_script args <<<$'#!/bin/sh\nprintf "<%s>" "$@"; echo'
	start_supervisor
	brood spawn --monitor args -n '' 'a b' "\$x" --help "it's" >/dev/null
	[ "$(brood log args)" = "<-n><><a b><\$x><--help><it's>" ]
}

@test "wait: the exit code is the process's; other causes are 1" {
	worker_script ends <<<$'#!/bin/sh\nread -r x <&3; exit "$1"'
	worker_script exits <<<$'#!/bin/sh\nbrood recv >/dev/null\nexit "$1"'
	start_supervisor
	while read -r code how; do
		brood spawn --name w exits 42 >/dev/null
		background wait brood wait w
		wait_until 10 stat_is monitors 1
		$how
		wait_until 10 gone "$BG"
		run -"$code" wait "$BG"
	done <<-END
		42 brood send w go
		137 brood signal KILL w
		143 brood signal TERM w
		1 brood kill w
		1 brood exit w because
	END
	run -1 --separate-stderr brood wait 4711
	[[ $stderr == *noproc ]]
	run -125 brood wait nobody
}

@test "exit: the text is the cause, without one who did it" {
	local pid

	mkconf <<<$'[node]\nname = alpha'
	start_supervisor
	pid=$(brood spawn --name a echo.sh)
	background a brood monitor a
	wait_line "$T/a.err" watching
	brood exit a 'because  of me'
	wait_line "$T/a.out" down
	grep -qE "^down $pid killed by [0-9]+@alpha: because  of me\$" \
	    "$T/a.out"
	brood spawn --name b echo.sh
	background b brood monitor b
	wait_line "$T/b.err" watching
	brood exit b normal		# ignored
	brood exit b
	wait_line "$T/b.out" down
	grep -qE '^down [0-9]+@alpha killed by [0-9]+@alpha$' "$T/b.out"
}

@test "log: the last lines, with -f what comes, with --deaths the ends" {
	worker_script says <<-'END'
		#!/bin/sh
		for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "line $i"; done
		brood recv >/dev/null
		echo more
		brood recv >/dev/null
		exit 3
	END
	start_supervisor
	brood spawn --name says says
	wait_until 10 said says 'line 12'
	[ "$(brood log says | wc -l)" = 10 ]
	[ "$(brood log --lines 2 says)" = $'line 11\nline 12' ]
	[ "$(brood log --lines 100 says | wc -l)" = 12 ]
	brood -v log --lines 1 says | grep -qE '^[0-9]+@.* says: line 12$'
	background follow brood log -f --lines 1 says
	wait_line "$T/follow.out" '^line 12$'
	brood send says go
	wait_line "$T/follow.out" '^more$'
	[ "$(cat "$T/follow.out")" = $'line 12\nmore' ]
	background monitor brood monitor says
	wait_line "$T/monitor.err" watching
	brood send says go
	wait_line "$T/monitor.out" down
	run -0 brood log --deaths says
	assert_line -n 0 --regexp ' after [0-9]+s: exit 3$'
	[ "${lines[-1]}" = $'\tmore' ]
}

@test "tables: control characters of others do not reach a terminal" {
	start_supervisor
	brood spawn --name a echo.sh
	background monitor brood monitor a
	wait_line "$T/monitor.err" watching
	brood exit a $'x\033[31m\ny'
	wait_line "$T/monitor.out" down
	grep -qF 'x\x1b[31m y' "$T/monitor.out"
	run -0 brood log --deaths echo.sh
	refute_output --partial $'\033'
	assert_line -n 0 --partial 'x\x1b[31m y'
}

@test "events: a line per start and death, six words and the cause" {
	start_supervisor
	background events brood events
	wait_until 10 stat_is guests_now 2
	brood spawn --monitor ping:nope >/dev/null || true
	wait_line "$T/events.out" ' death '
	grep -qE '^[0-9TZ:.-]+ death [0-9]+@[^ ]+ [^ ]+ [^ ]+ error: no entry' \
	    "$T/events.out"
}

@test "wait: --ready and --down follow a worker's state" {
	mkconf <<-'END'
		[worker tom]
		program = echo.sh
		restart = temporary
	END
	start_supervisor
	run -0 brood wait -t 10 --ready tom
	run -7 brood wait -t 0.2 --down tom
	background down brood wait --down tom
	wait_until 10 stat_is guests_now 2
	brood send tom stop
	wait_until 10 gone "$BG"
	run -0 wait "$BG"
}

@test "reload: + - ~ =, and a bad file changes nothing, exit 1" {
	mkconf <<-'END'
		[program a]
		exec = /bin/true
		[program b]
		exec = /bin/true
		[program c]
		exec = /bin/true
	END
	start_supervisor
	mkconf <<-'END'
		[program b]
		exec = /bin/false
		[program c]
		exec = /bin/true
		[program d]
		exec = /bin/true
	END
	run -0 brood reload --dry-run
	assert_line -- '- program a'
	assert_line -- '~ program b'
	assert_line -- '= program c'
	assert_line -- '+ program d'
	run -0 brood reload
	assert_line -- '+ program d'
	run -0 brood reload
	assert_line -- '= program d'
	mkconf <<<'nonsense'
	run -1 --separate-stderr brood reload
	[[ ${stderr_lines[0]} == "$T/brood.conf:1: "* ]]
	run -0 brood ps
}

@test "shutdown: returns when the supervisor is gone" {
	start_supervisor
	brood spawn echo.sh
	run -0 brood shutdown
	run -6 brood ps
	wait_until 10 gone "$SUPERVISOR"
}

@test "supervisor: it ends while we wait, exit 6" {
	local pid

	start_supervisor
	pid=$(brood spawn echo.sh)
	background monitor brood events
	wait_until 10 stat_is guests_now 2
	kill -KILL "$(relay_pid)"
	wait_until 10 gone "$BG"
	run -6 wait "$BG"
	[ "$(cat "$T/monitor.err")" = \
	    'brood: events: the supervisor closed the connection' ]
}

@test "output: a full disk is an error, exit 1" {
	start_supervisor
	run -1 --separate-stderr bash -c 'brood ps --help >/dev/full'
	run -1 --separate-stderr bash -c 'brood info >/dev/full'
	[[ $stderr == *'standard output: No space left on device' ]]
}
