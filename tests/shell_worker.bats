#!/usr/bin/env bats
# shell_worker.bats - a worker in shell is a worker like any other: it sends,
# receives, calls, answers, watches, links and traps by brood.

load helper

# Most tests are scripts that `brood run` runs, with what they say as output.
go() { timeout $((50 * SLOW)) brood run "$T/workers/$1" "${@:2}"; }

use_echo() {
	mkdir -p "$T/workers"
	cp "$BROOD_BIN/workers/echo.sh" "$T/workers"
}

@test "recv: any bytes come back by eval, one line a message" {
	use_echo
	worker_script main <<-'END'
		#!/bin/sh
		nl='
		'
		peer=$(brood spawn echo.sh)
		same() {
			want=$(printf '<%s>' "$@"; echo .)
			brood send "$peer" words 'A(s)' $# "$@"
			line=$(brood recv -t 20)
			case $line in *"$nl"*) echo "two lines: $line" ;; esac
			eval "set -- $line"
			[ "$2 $3" = 'words A(s)' ] || echo "lost: $line"
			shift 4
			[ "$(printf '<%s>' "$@"; echo .)" = "$want" ] ||
			    echo "differs: $line"
		}
		same a 'b c' '' ' '
		same "it's" '"' '\' '\\n' '$HOME' '`id`' '$(id)' '*' '~' '#' '!'
		same ';' '&' '|' '>x' '<x' '(' '{a,b}' 'a=b' -n --
		same "a${nl}b" "$nl" "${nl}${nl}" "a${nl}" "${nl}a" "-${nl}%s"
		same "$(printf '\001\002\033[31m\177\377\376\r')" x
		same 1 2 3 4 5 6 7 8 9 "10$nl" 11 "12$nl$nl"
		echo passed
	END
	run -0 go main
	assert_output passed
}

@test "send: what a script sends arrives in its order" {
	worker_script main <<-'END'
		#!/bin/sh
		i=0
		while [ $((i += 1)) -le 100 ]; do
			brood send "$BROOD_SELF" number i $i
		done
		brood recv -t 20 --count 100
		brood recv -t 0
		echo "then $?"
	END
	run -0 go main
	[ "${#lines[@]}" = 101 ]
	[ "$(cut -d' ' -f4 <<<"$output" | head -n 100)" = "$(seq 1 100)" ]
	assert_line -n 100 'then 7'
}

@test "recv: -t 0 takes what is there, and only that" {
	worker_script main <<-'END'
		#!/bin/sh
		i=0
		while [ $((i += 1)) -le 30 ]; do
			brood send "$BROOD_SELF" number i $i
			brood recv -t 0 || echo "missed $i"
			! brood recv -t 0 || echo "twice $i"
		done
		brood recv -t 0.3
		echo "then $?"
	END
	run -0 go main
	[ "$(cut -d' ' -f4 <<<"$output" | head -n 30)" = "$(seq 1 30)" ]
	assert_line -n 30 'then 7'
}

@test "self: commands of a worker are that worker, whoever starts them" {
	worker_script main <<-'END'
		#!/bin/sh
		[ "$(brood self)" = "$BROOD_SELF" ] && echo same
		[ "$(sh -c '(brood self)')" = "$BROOD_SELF" ] && echo same
		brood send "$(setsid brood self)" x
		brood recv -t 20
	END
	run -0 go main
	assert_output $'same\nsame\n2@master x \'\''
}

@test "self: where the descriptor was closed, or with -s, it is a guest" {
	worker_script main <<-'END'
		#!/bin/sh
		(exec 3>&-; brood self)
		(exec 3</dev/null; brood self)
		brood -s "$BROOD_SOCKET" self
		(exec 3>&-; brood recv) 2>&1 || echo "exit $?"
		BROOD_FD=nonsense brood self
	END
	run -0 go main
	refute_output --partial 2@master
	assert_line --regexp '^[0-9]+@master$'
	assert_line 'brood: recv: only inside a worker'
	assert_line 'exit 2'
	[ "${#lines[@]}" = 6 ]
}

@test "recv: a call's FROM is where its answer goes" {
	worker_script main <<-'END'
		#!/bin/sh
		pid=$(brood spawn adder)
		brood call -t 20 "$pid" add ii 2 40
		brood call -t 20 "$pid" add ii -5 3
		brood call -t 20 "$pid" stop
		echo "exit $?"
	END
	worker_script adder <<-'END'
		#!/bin/sh
		while line=$(brood recv); do
			eval "set -- $line"
			case $1 in *'!'*) ;; *) echo "no ref: $1" ;; esac
			[ "$2" = add ] || exit 4
			brood send "$1" sum i $(($4 + $5))
		done
	END
	run -0 --separate-stderr go main
	assert_line 'sum i 42'
	assert_line 'sum i -2'
	assert_line 'exit 1'
	[[ $output == *'ended: exit 4'* ]]
}

@test "recv: killed before it has printed, the next one gets the message" {
	worker_script main <<-'END'
		#!/bin/sh
		dir=$1
		mkfifo "$dir/fifo"
		head -c 1000000 /dev/zero | tr '\0' x |
		    brood send --stdin "$BROOD_SELF" big s
		brood send "$BROOD_SELF" small
		brood recv >"$dir/fifo" &
		recv=$!
		exec 9<"$dir/fifo"
		head -c 1000 <&9 >/dev/null	# it is printing
		kill -9 $recv
		wait $recv 2>/dev/null
		exec 9<&-
		brood recv -t 20 | wc -c
		brood recv -t 20
		brood recv -t 0 || echo "empty"
	END
	mkdir -m 777 "$T/place"
	run -0 go main "$T/place"
	assert_line -n 0 '1000016'
	assert_line -n 1 "2@master small ''"
	assert_line -n 2 empty
}

@test "recv: its reader is gone, the next one gets the message" {
	worker_script main <<-'END'
		#!/bin/sh
		brood send "$BROOD_SELF" one
		brood recv 2>/dev/null >/dev/full
		echo "exit $?"
		brood recv -t 20
	END
	run -0 go main
	assert_output $'exit 1\n2@master one \'\''
}

@test "recv: a message for no one else is taken once by five readers" {
	worker_script main <<-'END'
		#!/bin/sh
		for i in 1 2 3 4 5; do
			brood recv -t 20 --count 20 >"$1/got$i" &
		done
		i=0
		while [ $((i += 1)) -le 100 ]; do
			brood send "$BROOD_SELF" number i $i
		done
		wait
		cat "$1"/got*
	END
	mkdir -m 777 "$T/place"
	run -0 go main "$T/place"
	[ "$(cut -d' ' -f4 <<<"$output" | sort -n)" = "$(seq 1 100)" ]
}

@test "recv: a worker that uses libmsg reads its mailbox itself, exit 1" {
	use_workers keeps_fd
	run -1 --separate-stderr go keeps_fd
	assert_output \
	    'brood: recv: this worker uses libmsg and reads its mailbox itself'
}

@test "watch: deaths come by recv, in place, until unwatch" {
	worker_script main <<-'END'
		#!/bin/sh
		a=$(brood spawn echo.sh) b=$(brood spawn echo.sh)
		brood watch "$a" "$b"
		brood watch "$b"
		brood unwatch "$b"
		brood send "$b" stop
		brood wait "$b" 2>/dev/null
		brood send "$a" note s last
		brood send "$a" stop
		brood recv -t 20 --count 2
		brood recv -t 0 || echo empty
		brood watch "$a"
		brood recv -t 20
	END
	use_echo
	run -0 go main
	[[ ${lines[0]} =~ ^[0-9]+@master' note s last'$ ]]
	[[ ${lines[1]} =~ ^[0-9]+@master' down s normal'$ ]]
	[ "${lines[2]}" = empty ]
	[[ ${lines[3]} =~ ^[0-9]+@master' down s noproc'$ ]]
}

@test "link: both end together; unlink; spawn --link" {
	worker_script main <<-'END'
		#!/bin/sh
		a=$(brood spawn linker 1) b=$(brood spawn linker 2)
		c=$(brood spawn linker 3)
		brood send "$a" link p "$b"
		brood send "$b" link p "$c"
		brood send "$b" unlink p "$c"
		brood call -t 20 "$b" sync
		brood watch "$b" "$c"
		brood signal SEGV "$a"
		brood recv -t 20
		brood call -t 20 "$c" sync
		brood send "$c" die
		brood recv -t 20
	END
	worker_script linker <<-'END'
		#!/bin/sh
		while line=$(brood recv); do
			eval "set -- $line"
			case $2 in
			link | unlink)	brood "$2" "$4" ;;
			sync)		brood send "$1" synced ;;
			die)		child=$(brood spawn --link linker 4)
					brood monitor -q "$child" >&2 &
					exit 3 ;;
			esac
		done
	END
	run -0 go main
	assert_line --regexp \
	    "^[0-9]+@master down s 'linked [0-9]+@master: signal 11 \\(SEGV"
	assert_line --regexp "^[0-9]+@master down s 'exit 3'\$"
	[ "$(grep -c '^synced ' <<<"$output")" = 2 ]
}

@test "trap: on, exits are messages; off, they end it" {
	worker_script main <<-'END'
		#!/bin/sh
		brood trap on
		a=$(brood spawn --link ends)
		brood recv -t 20
		brood exit "$BROOD_SELF" 'from myself'
		brood recv -t 20
		brood exit "$BROOD_SELF" normal
		brood recv -t 20
		brood trap off
		brood exit "$BROOD_SELF" 'now it counts'
		sleep 1000
	END
	worker_script ends <<<$'#!/bin/sh\nexit 3'
	run -1 --separate-stderr go main
	[[ ${lines[0]} =~ ^[0-9]+@master' exit s '"'exit 3'"$ ]]
	[[ ${lines[1]} =~ ^2@master' exit s '"'killed by 2@master: from" ]]
	[[ ${lines[2]} =~ ^2@master' exit s ' ]]
	[[ $stderr == *'killed by 2@master: now it counts' ]]
}

@test "register: a script names itself and is sent to by name" {
	worker_script main <<-'END'
		#!/bin/sh
		brood register front "$BROOD_SELF"
		brood whereis front@master
		brood send front note s 'by name'
		brood recv -t 20
		brood call -t 1 echo x || echo "exit $?"
		brood spawn --name echo echo.sh
		brood call -t 20 echo p2 p front
	END
	use_echo
	run -0 go main
	assert_line -n 0 2@master
	assert_line -n 1 "2@master note s 'by name'"
	assert_line 'exit 4'
	assert_line 'p2 p 2@master'
}

@test "attach: twenty senders of 1 MiB, five callers and a reader at once" {
	worker_script main <<-'END'
		#!/bin/sh
		dir=$1
		peer=$(brood spawn echo.sh)
		head -c 524288 /dev/urandom | od -An -v -tx1 | tr -d ' \n' \
		    >"$dir/value"
		{ cat "$dir/value"; echo; } >"$dir/line"
		brood recv -t 100 --count 20 >"$dir/got" &
		reader=$!
		pids=
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
			brood send --stdin "$BROOD_SELF" big is $i \
			    <"$dir/value" &
			pids="$pids $!"
		done
		for i in 1 2 3 4 5; do
			brood call -t 100 "$peer" n i $i >"$dir/call$i" &
			pids="$pids $!"
		done
		# shellcheck disable=SC2086
		wait $pids $reader
		cat "$dir"/call*
		cut -d' ' -f4 "$dir/got" | sort -n | tr '\n' ' '; echo
		cut -d' ' -f5 "$dir/got" | sort -u | cmp - "$dir/line" &&
		    echo whole
	END
	use_echo
	mkdir -m 777 "$T/place"
	run -0 go main "$T/place"
	assert_output "$(for i in 1 2 3 4 5; do echo "n i $i"; done
	    seq 1 20 | tr '\n' ' '; echo; echo whole)"
}

@test "attach: senders killed in the middle tear only their own stream" {
	worker_script main <<-'END'
		#!/bin/sh
		dir=$1 i=0
		while [ $((i += 1)) -le 40 ]; do
			brood send --stdin "$BROOD_SELF" big is $i \
			    <"$dir/value" &
			[ $((i % 2)) = 0 ] || kill -9 $!
			brood send "$BROOD_SELF" after i $i
		done 2>/dev/null
		wait
		brood send "$BROOD_SELF" last
		while line=$(brood recv -t 60); do
			eval "set -- $line"
			case $2 in
			last)	break ;;
			after)	echo "after $4" ;;
			big)	echo "big $4 ${#5}" ;;
			esac
		done
		brood self
	END
	mkdir -m 777 "$T/place"
	head -c 1000000 /dev/zero | tr '\0' y >"$T/place/value"
	run -0 go main "$T/place"
	[ "$(grep '^after' <<<"$output")" = "$(seq 1 40 | sed 's/^/after /')" ]
	# Those that were not killed all came; what came is whole.
	[ "$(grep -c '^big [0-9]*[02468] 1000000$' <<<"$output")" = 20 ]
	run grep '^big' <<<"$output"
	refute_line --regexp '^big [0-9]+ [0-9]{1,6}$'
	refute_line --regexp '^big [0-9]+ [0-9]{8,}$'
}

@test "attach: the worker ends, what its commands wait for ends too" {
	mkconf <<<$'[node]\nname = alpha'
	worker_script main <<-'END'
		#!/bin/sh
		setsid brood recv >/dev/null 2>"$1/err" &
		echo $! >"$1/pid"
		exec sleep 1000
	END
	mkdir -m 777 "$T/place"
	start_supervisor
	brood spawn --name main main "$T/place"
	wait_until 10 test -s "$T/place/pid"
	remember "$(cat "$T/place/pid")"
	brood kill main
	wait_until 10 gone "$(cat "$T/place/pid")"
}

@test "control: a worker of another user may look but not stop, exit 5" {
	need_root
	worker_script main <<-'END'
		#!/bin/sh
		for verb in shutdown reload "signal TERM main"; do
			brood $verb
			echo "exit $?"
		done
		brood info | head -n 1
		brood recv
	END
	start_supervisor
	brood spawn main >/dev/null
	wait_until 10 eval 'brood log main | grep -q ^node'
	run -0 brood log main
	[ "$(grep -c '^exit 5$' <<<"$output")" = 3 ]
}
