#!/usr/bin/env bats
# shell_worker.bats - a worker in shell is a worker like any other: it sends,
# receives, calls, answers, watches, links and traps by brood.
#
# Each test runs on one supervisor, and on three where this file is linked under
# another name (hosts/hosts.bash): a script, whose first words are the nodes of
# receiver and watcher, is on sender.

load helper
load words
load hosts/hosts

setup() {
	brood_setup
	mkdir -m 1777 "$T/out"
	use_workers echo.sh
	worker_script said <<-'END'
		#!/bin/sh
		exec >"$1" 2>&1
		shift
		exec "$@"
	END
	# Sends what it is told to, from where it is.
	worker_script teller <<-'END'
		#!/bin/sh
		exec brood send "$@"
	END
}
teardown() { hosts_teardown; }

# go NAME [ARG...] - what that script says, and its exit code; its cause of
# death, if it is none, is in $T/cause.
go() {
	local cause

	on watcher brood -n "$(name_of sender)" spawn --monitor said \
	    "$T/out/said" "$T/workers/$1" "$(name_of receiver)" \
	    "$(name_of watcher)" "${@:2}" >"$T/cause"
	cat "$T/out/said"
	cause=$(sed -n 's/^down [^ ]* //p' "$T/cause")
	[ "$cause" = normal ] || return "${cause#exit }"
}

@test "recv: any bytes come back by eval, one line a message" {
	worker_script main <<-'END'
		#!/bin/sh
		nl='
		'
		peer=$(brood -n "$1" spawn echo.sh)
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
	places_up
	run -0 go main
	assert_output passed
}

@test "send: what a script sends arrives in its order, and once" {
	worker_script main <<-'END'
		#!/bin/sh
		reads=$(brood -n "$1" spawn reads)
		i=0
		while [ $((i += 1)) -le 100 ]; do
			brood send "$reads" number i $i
		done
		brood send "$reads" back p "$BROOD_SELF"
		brood recv -t 20 | cut -d' ' -f4-
	END
	worker_script reads <<-'END'
		#!/bin/sh
		numbers=$(brood recv -t 20 --count 100 | cut -d' ' -f4)
		eval "set -- $(brood recv -t 20)"
		brood send "$4" numbers s "$(echo $numbers) $2"
	END
	places_up
	run -0 go main
	assert_output "'$(seq -s' ' 100) back'"
}

@test "recv: a call's FROM is where its answer goes; after its time it goes nowhere" {
	worker_script main <<-'END'
		#!/bin/sh
		pid=$(brood -n "$1" spawn adder)
		brood call -t 20 "$pid" add ii 2 40
		brood call -t 20 "$pid" add ii -5 3
		brood call -t 20 "$pid" stop
		echo "exit $?"
		late=$(brood -n "$2" spawn late)
		brood call -t 0.3 "$late" add
		echo "exit $?"
		brood send "$late" go p "$BROOD_SELF"
		brood recv -t 20
		brood recv -t 0
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
	# What it sends last is behind the answer.
	worker_script late <<-'END'
		#!/bin/sh
		eval "set -- $(brood recv)"
		from=$1
		eval "set -- $(brood recv)"
		brood send "$from" sum
		brood send "$4" done
	END
	places_up
	run -0 go main
	assert_line -n 0 'sum i 42'
	assert_line -n 1 'sum i -2'
	assert_line -n 2 --partial 'ended: exit 4'
	assert_line -n 3 'exit 1'
	assert_line 'exit 7'
	assert_line --regexp "^[0-9]+@[^ ]+ done ''\$"
	[ "$(grep -c '^exit 7$' <<<"$output")" = 2 ]
}

@test "recv: killed before it has printed, or its reader is gone, the next one gets the message" {
	worker_script main <<-'END'
		#!/bin/sh
		dir=$3
		mkfifo "$dir/fifo"
		head -c 1000000 /dev/zero | tr '\0' x >"$dir/value"
		brood -n "$1" spawn big "$BROOD_SELF" "$dir/value" >/dev/null
		brood recv >"$dir/fifo" &
		recv=$!
		exec 9<"$dir/fifo"
		head -c 1000 <&9 >/dev/null	# it is printing
		kill -9 $recv
		wait $recv 2>/dev/null
		exec 9<&-
		brood recv -t 20 | cut -d' ' -f4 | tr -d '\n' | wc -c
		brood recv -t 20 2>/dev/null >/dev/full
		echo "exit $?"
		brood recv -t 20 | cut -d' ' -f2
		brood recv -t 0 || echo "empty"
	END
	worker_script big <<-'END'
		#!/bin/sh
		brood send --stdin "$1" big s <"$2"
		brood send "$1" small
	END
	places_up
	run -0 go main "$T/out"
	assert_output $'1000000\nexit 1\nsmall\nempty'
}

@test "recv: a message for no one else is taken once by five readers" {
	worker_script main <<-'END'
		#!/bin/sh
		for i in 1 2 3 4 5; do
			brood recv -t 20 --count 20 >"$3/got$i" &
		done
		brood -n "$1" spawn numbers "$BROOD_SELF" >/dev/null
		wait
		cat "$3"/got*
	END
	worker_script numbers <<-'END'
		#!/bin/sh
		i=0
		while [ $((i += 1)) -le 100 ]; do
			brood send "$1" number i $i
		done
	END
	places_up
	run -0 go main "$T/out"
	[ "$(cut -d' ' -f4 <<<"$output" | sort -n)" = "$(seq 1 100)" ]
}

@test "watch: deaths come by recv, in place, until unwatch" {
	worker_script main <<-'END'
		#!/bin/sh
		a=$(brood -n "$1" spawn echo.sh) b=$(brood -n "$2" spawn echo.sh)
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
	places_up
	run -0 go main
	[[ ${lines[0]} =~ ^[0-9]+@[^\ ]+' note s last'$ ]]
	[[ ${lines[1]} =~ ^[0-9]+@[^\ ]+' down s normal'$ ]]
	[ "${lines[2]}" = empty ]
	[[ ${lines[3]} =~ ^[0-9]+@[^\ ]+' down s noproc'$ ]]
}

@test "link: both end together; unlink; spawn --link" {
	worker_script main <<-'END'
		#!/bin/sh
		a=$(brood -n "$1" spawn linker) b=$(brood -n "$2" spawn linker)
		c=$(brood spawn linker)
		brood send "$a" link p "$b"
		brood call -t 20 "$a" sync
		brood send "$b" link p "$c"
		brood send "$b" unlink p "$c"
		brood call -t 20 "$b" sync
		brood watch "$b" "$c"
		brood send "$a" crash
		brood recv -t 20
		brood call -t 20 "$c" sync
		child=$(brood call -t 20 "$c" spawn s "$1" | cut -d' ' -f3)
		brood watch "$child"
		brood send "$c" die
		brood recv -t 20 --count 2
	END
	worker_script linker <<-'END'
		#!/bin/sh
		while line=$(brood recv); do
			eval "set -- $line"
			case $2 in
			link | unlink)	brood "$2" "$4" ;;
			sync)		brood send "$1" synced ;;
			spawn)		brood send "$1" child p \
					    "$(brood -n "$4" spawn --link linker)" ;;
			crash)		kill -SEGV $$ ;;
			die)		exit 3 ;;
			esac
		done
	END
	places_up
	run -0 go main
	assert_line --regexp \
	    "^[0-9]+@[^ ]+ down s 'linked [0-9]+@[^ ]+: signal 11 \\(SEGV"
	assert_line --regexp "^[0-9]+@[^ ]+ down s 'exit 3'\$"
	assert_line --regexp \
	    "^[0-9]+@[^ ]+ down s 'linked [0-9]+@[^ ]+: exit 3'\$"
	[ "$(grep -c '^synced ' <<<"$output")" = 3 ]
}

@test "trap: on, exits are messages; off, they end it" {
	worker_script main <<-'END'
		#!/bin/sh
		brood trap on
		brood -n "$1" spawn --link ends >/dev/null
		brood recv -t 20
		brood -n "$2" spawn exits "$BROOD_SELF" 'from afar' >/dev/null
		brood recv -t 20
		brood -n "$2" spawn exits "$BROOD_SELF" normal >/dev/null
		brood recv -t 20
		brood trap off
		brood -n "$2" spawn exits "$BROOD_SELF" normal >/dev/null
		brood -n "$2" spawn exits "$BROOD_SELF" 'now it counts'
		sleep 1000
	END
	worker_script ends <<<$'#!/bin/sh\nexit 3'
	worker_script exits <<<$'#!/bin/sh\nexec brood exit "$@"'
	places_up
	run ! go main
	[[ ${lines[0]} =~ ^[0-9]+@[^\ ]+' exit s '"'exit 3'"$ ]]
	[[ ${lines[1]} =~ ^[0-9]+@[^\ ]+' exit s '"'killed by ".*": from afar'"$ ]]
	[[ ${lines[2]} =~ ^[0-9]+@[^\ ]+' exit s ' ]]
	grep -qE '^down .* killed by [0-9]+@[^ ]+: now it counts$' "$T/cause"
}

@test "register: a script names itself and is sent to by name" {
	local me

	worker_script main <<-'END'
		#!/bin/sh
		brood register front "$BROOD_SELF"
		brood whereis "front@$BROOD_NODE"
		brood -n "$1" spawn teller "front@$BROOD_NODE" note s 'by name' \
		    >/dev/null
		brood recv -t 20 | cut -d' ' -f2-
		brood call -t 1 "echo@$1" x || echo "exit $?"
		brood -n "$1" spawn --name echo echo.sh >/dev/null
		brood call -t 20 "echo@$1" p2 p front
		pid=$(brood whereis "echo@$1")
		brood kill "echo@$1"
		brood wait "$pid" 2>/dev/null
		brood whereis "echo@$1" || echo "exit $?"
		brood send "echo@$1" x
	END
	places_up
	run -0 go main
	me=${lines[0]}
	[[ $me =~ ^[0-9]+@"$(name_of sender)"$ ]]
	assert_line -n 1 "note s 'by name'"
	assert_line "p2 p $me"
	[ "$(grep -c '^exit 4$' <<<"$output")" = 2 ]
}
