#!/usr/bin/env bats
# attach.bats - commands that a shell worker starts are that worker: what they
# say is its word, and only their own stream can be torn.

load helper

# Most tests are scripts that `brood run` runs, with what they say as output.
go() { timeout $((50 * SLOW)) brood run "$T/workers/$1" "${@:2}"; }

use_echo() {
	mkdir -p "$T/workers"
	cp "$BROOD_BIN/workers/echo.sh" "$T/workers"
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

@test "recv: a worker that uses libmsg reads its mailbox itself, exit 1" {
	use_workers keeps_fd
	run -1 --separate-stderr go keeps_fd
	assert_output \
	    'brood: recv: this worker uses libmsg and reads its mailbox itself'
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
