#!/usr/bin/env bats
# keys.bats - making a key, and who has OpenSSL.

# shellcheck disable=SC2154	# run sets stderr and stderr_lines

load helper

setup() {
	brood_setup
	GEN=$ROOT/scripts/gen-key
}

# A key and nothing else.
is_key_file() {
	[ "$(wc -c <"$1")" = 65 ] && grep -qxE '[0-9a-f]{64}' "$1"
}

# refused PATTERN ARG... - says why on stderr, prints nothing, fails.
refused() {
	local pattern=$1

	shift
	run -1 --separate-stderr "$GEN" "$@"
	assert_output ""
	[[ $stderr =~ ^gen-key:\ .*$pattern ]] || fail "$stderr"
}

@test "gen-key: a file's name, the key in it with mode 0600, nothing printed" {
	(umask 0 && run -0 --separate-stderr "$GEN" "$T/key" &&
	    assert_output "" && [ -z "$stderr" ])
	is_key_file "$T/key"
	assert_equal "$(stat -c %a "$T/key")" 600
}

@test "gen-key: no name or -, the key on standard output" {
	"$GEN" >"$T/one"
	"$GEN" - >"$T/two"
	is_key_file "$T/one"
	is_key_file "$T/two"
	[ ! -e - ]
}

@test "gen-key: twice, two different keys" {
	"$GEN" "$T/one"
	"$GEN" "$T/two"
	run -1 cmp -s "$T/one" "$T/two"
}

@test "gen-key: a name with blanks and a hyphen in a folder, taken as it is" {
	mkdir "$T/a folder"
	"$GEN" "$T/a folder/-my key"
	is_key_file "$T/a folder/-my key"
}

@test "gen-key: a file that is there, kept as it is" {
	echo mine >"$T/key"
	refused 'is there already' "$T/key"
	assert_equal "$(cat "$T/key")" mine
	: >"$T/empty"
	refused 'is there already' "$T/empty"
	[ ! -s "$T/empty" ]
}

@test "gen-key: a link, a folder, a device, not written to" {
	ln -s "$T/elsewhere" "$T/link"
	refused 'is there already' "$T/link"
	[ ! -e "$T/elsewhere" ]
	refused 'is there already' "$T"
	refused 'is there already' /dev/null
}

@test "gen-key: no such folder, an empty name, says so" {
	refused 'there is no folder' "$T/none/key"
	[ ! -e "$T/none" ]
	refused 'name of the file is empty' ''
	refused 'cannot make' /proc/key
}

@test "gen-key: no room for what it prints, fails" {
	[ -w /dev/full ] || skip "there is no /dev/full"
	full() { "$GEN" >/dev/full; }
	run -1 --separate-stderr full
	assert_equal "$stderr" "gen-key: cannot write to the standard output"
}

@test "gen-key: no room in the file, fails and leaves no file" {
	# Through a pipe: what run keeps in a file would not fit, either.
	short() { (trap '' XFSZ; ulimit -f 0; "$GEN" "$T/key" 2>&1) | cat; }
	run short
	assert_output "gen-key: cannot write $T/key"
	[ ! -e "$T/key" ]
}

@test "gen-key: any other argument, usage and 2; --help, exit 0" {
	run -2 --separate-stderr "$GEN" --foo
	assert_equal "$stderr" "usage: gen-key [FILE]"
	run -2 --separate-stderr "$GEN" "$T/one" "$T/two"
	[ ! -e "$T/one" ]
	run -0 "$GEN" --help
	assert_line --partial 'gen-key [FILE] - '
}

@test "OpenSSL: of the programs only the relay is linked with it" {
	local program linked

	linked=$(for program in "$BROOD_BIN"/* "$BROOD_BIN"/workers/*; do
		[ -f "$program" ] || continue
		! readelf -d "$program" 2>/dev/null |
		    grep -qE 'NEEDED.*lib(ssl|crypto)\.' ||
		    basename "$program"
	    done)
	assert_equal "$linked" relay
}
