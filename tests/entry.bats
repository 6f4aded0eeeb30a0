#!/usr/bin/env bats
# entry.bats - how a worker of libmsg begins, and what becomes of it when there
# is nothing to run, or nobody left to speak with.

load helper

setup() {
	brood_setup
	use_workers surface far ping
	PATH=$T/workers:$PATH
}

surface() { brood run "$T/workers/surface:$1"; }

@test "entry: an unknown one is the cause of death, and says which there are" {
	run ! surface nothing
	[[ $output == *'error: no entry nothing in surface (has: receives, '* ]]
}

@test "entry: arguments that do not fit are the cause of death" {
	run ! brood run "$T/workers/surface:flooder" 1
	[[ $output == *'error: flooder: needs 2 values, has 1'* ]]
}

@test "worker: started by hand it says how to start it" {
	run -100 "$T/workers/ping"
	[[ $output == *'brood run ping'* ]]
}

@test "nodes: one falls silent, the call fails, deaths are told, then the node" {
	local first beta options=(-o peer-timeout=1s -o listen=127.0.0.1:0)

	use_run_dir beta
	start_supervisor -o name=beta -o role=WORKER "${options[@]}"
	first=$(brood --json info | jq -r .listen)
	beta=$SUPERVISOR
	use_run_dir alpha
	start_supervisor -o name=alpha -o known-hosts="$first" "${options[@]}"
	joined() { [ "$(brood --json peers | jq -r .state)" = up ]; }
	wait_until 10 joined
	background spawn timeout 60 brood spawn --monitor far:loses
	wait_until 10 brood -q whereis sleeper@beta
	kill -KILL "$beta"
	wait "$BG"
	grep -q ' normal$' "$T/spawn.out"
	grep -qE '[0-9]+@beta is gone$' "$T/broodd.log"
}
