#!/usr/bin/env bats
# conf.bats - broodd reads its configuration: -n, -nv, -o, workers.d.
#
# tests/conf/NAME.in is a configuration; NAME.ok is what -nv prints of it, or
# NAME.err the problems that are told.

# shellcheck disable=SC2154	# run sets stderr and stderr_lines

load helper

setup() {
	brood_setup
	cd "$ROOT/tests/conf" || return 1
}

# all_of SUFFIX - the names of the cases that end so.
all_of() { basename -s ".$1" -- *."$1"; }

@test "configuration: of each good file -nv prints what is in force" {
	local name

	for name in $(all_of ok); do
		run -0 --separate-stderr broodd -nv -f "$name.in"
		diff "$name.ok" <(printf '%s\n' "$output")
	done
}

@test "configuration: what -nv prints, read again, prints the same" {
	local name

	for name in $(all_of ok); do
		run -0 --separate-stderr broodd -nv -f "$name.ok"
		diff "$name.ok" <(printf '%s\n' "$output")
	done
}

@test "configuration: of each bad file every problem is told, exit 100" {
	local name

	for name in $(all_of err); do
		run -100 --separate-stderr broodd -n -f "$name.in"
		[ -z "$output" ]
		diff "$name.err" <(printf '%s\n' "${stderr//"$PWD/"/}")
	done
}

@test "configuration: each case has a verdict" {
	local name

	for name in $(all_of in); do
		[ -e "$name.ok" ] || [ -e "$name.err" ]
	done
}

@test "configuration: the shipped sample says what no setting at all says" {
	run -0 --separate-stderr broodd -nv -f "$ROOT/etc/brood.conf"
	diff empty.ok <(printf '%s\n' "$output")
}

@test "configuration: a good file checked with -n, prints nothing" {
	run -0 --separate-stderr broodd -n -f inherit.in
	[ -z "$output" ]
}

@test "configuration: workers.d beside the file, read in name order" {
	mkdir "$T/workers.d"
	printf '[worker main]\nprogram = p\n' >"$T/brood.conf"
	printf '[worker b]\nprogram = p\n' >"$T/workers.d/20-b.conf"
	printf '[worker a]\nprogram = p\n' >"$T/workers.d/30-a.conf"
	printf '[worker c]\nprogram = p\n' >"$T/workers.d/10-c.conf"
	printf 'no configuration\n' >"$T/workers.d/README"
	run -0 --separate-stderr broodd -nv -f "$T/brood.conf"
	[ "$(grep -o 'worker [a-z]*' <<<"$output" | tr '\n' ' ')" = \
	    "worker main worker c worker b worker a " ]
}

@test "configuration: a section in two files, both places are told" {
	mkdir "$T/workers.d"
	printf '\n[worker a]\nprogram = p\n' >"$T/brood.conf"
	printf '[worker a]\nprogram = p\n' >"$T/workers.d/a.conf"
	run -100 --separate-stderr broodd -n -f "$T/brood.conf"
	[ "$stderr" = "$T/workers.d/a.conf:1: [worker a]: stands twice,\
 already at $T/brood.conf:2" ]
}

@test "configuration: -o KEY=VALUE, wins over the file" {
	printf '[node]\nrole = FILE\ncluster = file\n' >"$T/brood.conf"
	run -0 --separate-stderr broodd -nv -f "$T/brood.conf" \
	    -o role=WORKER -o listen=127.0.0.1:0 -o known-hosts="a b"
	grep -qx 'role = WORKER' <<<"$output"
	grep -qx 'cluster = file' <<<"$output"
	grep -qx 'known-hosts = a b' <<<"$output"
}

@test "configuration: a bad -o, told without a line, exit 100" {
	run -100 --separate-stderr broodd -n -f empty.in -o role=1 \
	    -o rolle=X -o role
	[ "${stderr_lines[0]}" = "-o: role: '1' is no name: a letter, then\
 letters, digits, '_', '.' or '-', at most 63" ]
	[ "${stderr_lines[1]}" = "-o: rolle: unknown setting in [node] (did\
 you mean 'role'?)" ]
	[ "${stderr_lines[2]}" = "-o: role: is not KEY=VALUE" ]
}

@test "configuration: a file that is not there, told, exit 100" {
	run -100 --separate-stderr broodd -n -f "$T/none.conf"
	[[ $stderr == *"$T/none.conf: No such file or directory" ]]
}
