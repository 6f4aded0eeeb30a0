#!/usr/bin/env bats
# keys.bats - making a key, changing it, and who has OpenSSL.

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

# id_of FILE - the name of the key in it, as docs/security.md makes it.
id_of() {
	local key

	key=$(sed 's/../\\x&/g' "$1")
	# shellcheck disable=SC2059	# the bytes
	printf "brood key id$key" | sha256sum | sed 's/^\(.\{16\}\).*/brood-\1/'
}

# keys FILE... - these are alpha's and beta's keys from now on.
keys() {
	(umask 077 && cat "$@" >"$T/keys.new")
	mv "$T/keys.new" "$T/keys"
	on_both brood reload
}

on_both() {
	local node

	for node in alpha beta; do
		use_run_dir "$node"
		"$@"
	done
}

# uses KEY - the connection that each has with the other.
uses() {
	run -0 on_both brood --json peers
	[ "$(jq -r .key <<<"$output" | sort -u)" = "$1" ] &&
	    [ "$(jq -r .state <<<"$output" | sort -u)" = up ]
}

# Beta's relay comes anew, and with it the connection.
connects_anew() {
	local id

	use_run_dir beta
	id=$(brood --json info | jq -r .id)
	kill -KILL "$(relay_pid)"
	is_another() {
		use_run_dir alpha
		[ "$(brood --json peers |
		    jq -r 'select(.state == "up").id')" != "$id" ] && uses "$1"
	}
	wait_until 10 is_another "$1"
}

@test "rotation: one key for another without a break, peers -v and the log say which one a connection uses" {
	local old new first

	"$GEN" "$T/old"
	"$GEN" "$T/new"
	old=$(id_of "$T/old")
	new=$(id_of "$T/new")
	cp -p "$T/old" "$T/keys"
	use_run_dir alpha
	start_supervisor -o name=alpha -o listen=127.0.0.1:0 \
	    -o key-file="$T/keys"
	first=$(brood --json info | jq -r .listen)
	use_run_dir beta
	start_supervisor -o name=beta -o listen=127.0.0.1:0 \
	    -o key-file="$T/keys" -o known-hosts="$first"
	wait_until 10 uses "$old"
	run -0 brood peers -v
	[[ ${lines[0]} == *' KEY '* && ${lines[1]} == *" $old"* ]]
	[ "$(grep -cE " up: id=.* key=$old\$" "$T/broodd.log")" = 2 ]

	keys "$T/old" "$T/new"			# accepted; the old one dials
	uses "$old"
	connects_anew "$old"
	keys "$T/new" "$T/old"			# the new one dials
	uses "$old"				# what stands keeps its own
	connects_anew "$new"
	keys "$T/new"
	uses "$new"
	connects_anew "$new"
	[ "$(grep -cE " up: id=.* key=$new\$" "$T/broodd.log")" = 4 ]
	refute grep -q "$(cat "$T/new")" "$T/broodd.log"
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
