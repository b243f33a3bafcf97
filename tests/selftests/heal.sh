#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Damage to something acknowledged: the member finds it, does not vote, gets it
# from the leader, and all logs are the same again. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

setup()
{
	local i

	make_group
	for i in $(seq 12); do propose "$(leader)" "acknowledged entry $i" >/dev/null; done
	catch_up
}

# Flip a byte of what was proposed, in the image of a node that is stopped.
damage()
{
	local node=$1 text=$2 at

	sync -f "$T/$node.img"
	at=$(grep -obUa "$text" "$T/$node.img" | head -n 1 | cut -d: -f1)
	[ -n "$at" ] || fail "'$text' is not on the disk of node $node"
	printf 'X' | dd of="$T/$node.img" bs=1 seek="$at" conv=notrunc status=none
	sync -f "$T/$node.img"
}

# heal NODE TEXT: stop, damage, start, and see it healed
heal()
{
	local node=$1 text=$2 status=0 mark

	q "$node" down "demo-$node"
	damage "$node" "$text"
	"$QUORUMCTL" fsck "$(disk "$node")" >"$T/fsck" || status=$?
	[ $status = 4 ] || fail "fsck ends with $status: $(cat "$T/fsck")"
	mark=$(dmesg | grep -c "demo-$node: the log is whole again" || true)
	q "$node" up "$(conf "$node")"
	until_ok "$(seconds 60)" "node $node is whole again" healed "$node" "$mark"
	q "$node" status "demo-$node" | tr -s ' \n' ' ' >"$T/status"
	grep -q "last found corrupt" "$T/status" || fail "$(cat "$T/status")"
	wait_leader
	propose "$(leader)" "after the damage of $node" >/dev/null
	logs_equal
	q "$node" down "demo-$node"
	"$QUORUMCTL" fsck "$(disk "$node")" >"$T/fsck" || fail "$(cat "$T/fsck")"
	q "$node" up "$(conf "$node")"
	wait_leader
	logs_equal
}

healed()
{
	[ "$(dmesg | grep -c "demo-$1: the log is whole again")" -gt "$2" ]
}

a_follower_heals()
{
	local one

	one=$(others "$(leader)")
	heal "${one%% *}" "acknowledged entry 5"
}

the_leader_heals()
{
	heal "$(leader)" "acknowledged entry 7"
}

# Two copies of one entry of three are gone: the third member has it.
two_members_heal()
{
	local one node

	one=$(leader)
	for node in $NODES; do q "$node" down "demo-$node"; done
	for node in $(others "$one"); do damage "$node" "acknowledged entry 9"; done
	for node in $NODES; do q "$node" up "$(conf "$node")"; done
	wait_leader
	until_ok "$(seconds 60)" "all logs are whole" all_whole
	logs_equal
}

# One entry is damaged on all members: that is what is said, the log in front of it is
# there, and the group goes on behind it.
damage_on_all_members_is_told()
{
	local node mark text

	# Each in a record of its own.
	for text in "in front of the loss" "the first of the lost" "another of the lost"; do
		propose "$(leader)" "$text" >/dev/null
		catch_up
	done
	mark=$(dmesg | grep -c "and nobody has them" || true)
	for node in $NODES; do q "$node" down "demo-$node"; done
	for node in $NODES; do damage "$node" "the first of the lost"; done
	for node in $NODES; do q "$node" up "$(conf "$node")"; done
	wait_leader
	[ "$(dmesg | grep -c "and nobody has them")" -gt "$mark" ] || fail "nothing is said of the loss"
	propose "$(leader)" "after the loss" >/dev/null
	logs_equal
	client log "$(dev 1)" >"$T/log"
	grep -q "in front of the loss" "$T/log"
	grep -q "after the loss" "$T/log"
	if grep "of the lost" "$T/log"; then fail "an entry is there behind one that is lost"; fi
}

# `tail = suspect`: the disk as it was while the group ran, as after a power cut.
a_tail_is_doubted()
{
	local node mark

	node=$(others "$(leader)" | cut -d' ' -f1)
	catch_up
	sync -f "$T/$node.img"
	cp --sparse=always "$T/$node.img" "$T/cut.img"
	mark=$(dmesg | grep -c "demo-$node: the log is whole again" || true)
	q "$node" down "demo-$node"
	echo 'tail = suspect' >>"$(conf "$node")"
	# A clean stop leaves nothing to doubt.
	q "$node" up "$(conf "$node")"
	wait_leader
	! healed "$node" "$mark" || fail "a clean stop makes a suspect"
	[ "$(get "$node" tail-suspect)" = true ]
	q "$node" down "demo-$node"
	dd if="$T/cut.img" of="$T/$node.img" bs=1M conv=notrunc status=none
	sync -f "$T/$node.img"
	q "$node" up "$(conf "$node")"
	until_ok "$(seconds 30)" "the tail of node $node is confirmed" healed "$node" "$mark"
	wait_leader
	logs_equal
}

all_whole()
{
	local node last=

	last=$(get "$(leader)" last-index)
	for node in $NODES; do [ "$(get "$node" last-index)" = "$last" ] || return 1; done
}

run_tests setup:120 a_follower_heals:180 the_leader_heals:180 \
	two_members_heal:180 a_tail_is_doubted damage_on_all_members_is_told
