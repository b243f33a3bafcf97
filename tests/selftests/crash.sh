#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Power cuts at every write: dm-log-writes records the device of one node of three
# under load, with elections, snapshots, cuts of the log, stops and starts; afterwards
# the log of writes is replayed to every point, and recovered there
# (tests/crash/replay.c). Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"
. "$HERE/dm.sh"

MEGABYTES=8

# What node 1 must never lose again: durable on its own disk, and committed.
keep()
{
	local durable commit

	read -r durable commit < <(get 1 durable-index commit)
	[ "$durable" -lt "$commit" ] || durable=$commit
	dm message "$(target 1)" 0 mark "keep=$durable"
}

setup()
{
	local node

	make_nodes
	make_disk writes 1024
	over_disk 1 "0 $((MEGABYTES * 2048)) log-writes $(disk 1) $(disk writes)"
	for node in $NODES; do
		printf 'machine = kv\nsnapshot = 64\n' >>"$(conf "$node")"
		q "$node" format "$(conf "$node")"
	done
	for node in $NODES; do q "$node" up "$(conf "$node")"; done
	wait_leader
	keep
}

load()
{
	seq "$2" | q "$1" propose "demo-$1" --lines --jobs 8 --quiet --timeout "$(seconds 10)s" || true
}

elections_snapshots_and_stops()
{
	local one two round

	for round in $(seq "$(rounds 4 2)"); do
		one=$(leader)
		load "$one" 40
		keep
		# What only the leader has is cut off when it is back.
		two=$(others "$one")
		case $round in
		1)
			# It happens on the disk that is recorded.
			[ "$one" = 1 ] || q "$one" transfer "demo-$one" 1
			wait_leader
			one=$(leader)
			two=$(others "$one")
			unplug "$one"
			service "lost-$round" nsenter --net="/run/netns/$NS-$one" "$QUORUMCTL" propose \
				"demo-$one" --timeout 2s "lost $round"
			# shellcheck disable=SC2086  # two nodes
			wait_leader $two
			load "${two%% *}" 20
			plug "$one"
			wait_leader
			service_end "lost-$round"
			;;
		2 | 4)
			q 1 down demo-1
			load "$(leader 2 3)" 100
			q 1 up "$(conf 1)"
			wait_leader
			;;
		*) q "$one" transfer "demo-$one" ;;
		esac
		catch_up
		keep
	done
	[ "$(get 1 snapshot-index)" -gt 64 ] || fail "node 1 has taken no snapshot"
	q 1 down demo-1
}

every_power_cut_is_survived()
{
	local out

	dm remove "$(target 1)"
	sync -f "$T/writes.img"
	out=$("$BIN/replay" "$(disk writes)" $((MEGABYTES << 20)) 5000) || fail "$out"
	printf '    # %s\n' "$out"
}

run_tests setup:120 elections_snapshots_and_stops:120 every_power_cut_is_survived:120
