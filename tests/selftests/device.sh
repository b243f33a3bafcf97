#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Trouble with the device: errors, a device that hangs or goes, damage that is found
# beside the work, and sectors that cannot be read. Each disk is a device-mapper target over the loop device.
# Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"
. "$HERE/dm.sh"

breaks() { switch_to "$1" "0 $(sectors "$1") error"; }
works() { switch_to "$1" "$(linear "$1")"; }
hangs() { dm suspend --noflush --nolockfs "$(target "$1")"; }

setup()
{
	local node

	make_nodes
	for node in $NODES; do
		over_disk "$node"
		echo 'machine = kv' >>"$(conf "$node")"
		q "$node" format "$(conf "$node")"
	done
	for node in $NODES; do q "$node" up "$(conf "$node")"; done
	wait_leader
}

has_failed() { [ "$(get "$1" state)" = failed ]; }
is_whole() { [ "$(get "$1" state)" = running ]; }

# Stop what failed, start it on a good device, and see the same log as the others'.
comes_back()
{
	works "$1"
	q "$1" down "demo-$1"
	"$QUORUMCTL" fsck "$(disk "$1")" >"$T/fsck" || [ $? = 1 ] || fail "$(cat "$T/fsck")"
	q "$1" up "$(conf "$1")"
	wait_leader
	propose "$(leader)" "node $1 is back" >/dev/null
	logs_equal
}

# What was acknowledged so far is in the log of a node: acknowledged NODE TEXT
acknowledged()
{
	client log "$(dev "$1")" >"$T/log"
	grep -q "$2" "$T/log" || fail "'$2' is not in the log of node $1"
}

# A write that fails is final: the member answers nothing any more and can be looked
# at; the others go on.
a_follower_s_write_fails()
{
	local one node

	one=$(leader)
	node=$(others "$one" | cut -d' ' -f1)
	breaks "$node"
	propose "$one" "while $node is broken" >/dev/null
	until_ok "$(seconds 20)" "node $node has failed" has_failed "$node"
	q "$node" status "demo-$node" | tee "$T/status"
	grep -q "a write or flush of its log failed" "$T/status"
	refused "failed|not running|error" propose "$node" "to a failed member"
	propose "$one" "the others go on" >/dev/null
	acknowledged "$one" "the others go on"
	comes_back "$node"
	acknowledged "$node" "while $node is broken"
}

the_leader_s_write_fails()
{
	local one rest

	one=$(leader)
	rest=$(others "$one")
	propose "$one" "before $one breaks" >/dev/null
	breaks "$one"
	propose "$one" "as $one breaks" >/dev/null 2>&1 || true
	until_ok "$(seconds 20)" "node $one has failed" has_failed "$one"
	# shellcheck disable=SC2086  # two nodes
	wait_leader $rest
	propose "${rest%% *}" "after $one broke" >/dev/null
	acknowledged "${rest%% *}" "before $one breaks"
	comes_back "$one"
}

# Nothing comes back from the device: no error, and no answer.
steps_down() { [ "$(get "$1" role)" != leader ]; }

the_leader_s_device_hangs()
{
	local one rest two term

	one=$(leader)
	rest=$(others "$one")
	two=${rest%% *}
	propose "$one" "before $one hangs" >/dev/null
	term=$(get "$one" term)
	hangs "$one"
	service stuck nsenter --net="/run/netns/$NS-$one" "$QUORUMCTL" propose "demo-$one" \
		--timeout "$(seconds 10)s" "while $one hangs"
	until_ok "$(seconds 20)" "node $one leads no more" steps_down "$one"
	[ "$(get "$one" cause)" = store-slow ] || fail "node $one says '$(get "$one" cause)'"
	# shellcheck disable=SC2086  # two nodes
	wait_leader $rest
	# One election timeout each; the exact one is in raft_scenario_test.c.
	[ "$(get "$two" term)" -le $((term + 2)) ] || fail "from term $term to $(get "$two" term)"
	propose "$two" "the others have another leader" >/dev/null
	acknowledged "$two" "before $one hangs"
	dm resume "$(target "$one")"
	service_end stuck
	until_ok "$(seconds 20)" "node $one goes on" is_whole "$one"
	wait_leader
	propose "$(leader)" "all are there" >/dev/null
	logs_equal
	acknowledged "$one" "the others have another leader"
}

# A stop waits for the device, and nobody waits with it: no request, nor all of netlink.
is_stopping() { [ "$(get "$1" state)" = stopping ]; }

a_group_is_stopped_while_its_device_hangs()
{
	local node verb down up

	node=$(others "$(leader)" | cut -d' ' -f1)
	hangs "$node"
	n "$node" timeout "$(seconds 10)" "$BIN/netlink_test" stop "demo-$node"
	until_ok "$(seconds 20)" "node $node is stopping" is_stopping "$node"
	q "$node" status "demo-$node" | tee "$T/status"
	grep -q "stopping: it waits" "$T/status"
	for verb in begin del; do
		refused "EBUSY.*is stopping" n "$node" "$BIN/netlink_test" "$verb" "demo-$node"
	done
	refused "is stopping" q "$node" transfer "demo-$node"
	refused "is stopping" timeout "$(seconds 10)" "$QUORUMCTL" --netns "$NS-$node" relink \
		"$(conf "$node")"
	q "$node" down "demo-$node" &
	down=$!
	is_stopping "$node"
	dm resume "$(target "$node")"
	wait $down
	q "$node" up "$(conf "$node")"
	# Whoever brings it up waits for the end of who stops it.
	hangs "$node"
	n "$node" "$BIN/netlink_test" stop "demo-$node"
	until_ok "$(seconds 20)" "node $node is stopping" is_stopping "$node"
	q "$node" up "$(conf "$node")" &
	up=$!
	is_stopping "$node"
	dm resume "$(target "$node")"
	wait $up
	wait_leader
	propose "$(leader)" "node $node was stopped" >/dev/null
	logs_equal
}

# Nothing is acknowledged there, so all that is sent stays under way: behind the first few
# small entries share datagrams.  The other member may be sent each in one of its own.
a_hung_member_is_sent_few_datagrams()
{
	local one node term append n=200

	one=$(leader)
	node=$(others "$one" | cut -d' ' -f1)
	term=$(get "$one" term)
	append=$(get "$one" link.tx-messages.append)
	hangs "$node"
	client propose -n $((n / 8)) -j 8 -t $((10000 * SCALE)) -p gather "$(dev "$one")" \
		>"$T/gather"
	append=$(($(get "$one" link.tx-messages.append) - append))
	dm resume "$(target "$node")"
	[ "$(grep -c ^committed "$T/gather")" = $n ]
	[ "$(get "$one" term)" = "$term" ] || skip "an election came in between"
	note "$append APPEND messages for $n entries to two members"
	[ "$append" -le $((n + n / 4)) ]
	logs_equal
}

# Pulled out while in use: everything fails from then on.
a_device_vanishes()
{
	local one node

	one=$(leader)
	node=$(others "$one" | cut -d' ' -f2)
	dm remove --force "$(target "$node")" 2>/dev/null || true
	propose "$one" "while the disk of $node is gone" >/dev/null
	until_ok "$(seconds 20)" "node $node has failed" has_failed "$node"
	propose "$one" "two of three are enough" >/dev/null
	q "$node" down "demo-$node"
	dm info "$(target "$node")" >/dev/null 2>&1 ||
		dm create "$(target "$node")" --table "$(linear "$node")"
	works "$node"
	q "$node" up "$(conf "$node")"
	wait_leader
	logs_equal
	acknowledged "$node" "two of three are enough"
}

# ---- dm-flakey: writes that go astray ----

# As if the power went: what the device says it has written from now on is nowhere.
forgets() { switch_to "$1" "0 $(sectors "$1") flakey $(loop "$1") 0 0 1000000 1 drop_writes"; }

# Of each write that reaches so far, byte $2 becomes an X.
garbles()
{
	switch_to "$1" "0 $(sectors "$1") flakey $(loop "$1") 0 0 1000000 \
		5 corrupt_bio_byte $2 w 88 0"
}

# All that was durable by then is there. What was acknowledged later is not, nobody can
# know, and the leader gives it again.
writes_are_dropped()
{
	local one node term vote last

	one=$(leader)
	node=$(others "$one" | cut -d' ' -f1)
	propose "$one" "before $node forgets" >/dev/null
	catch_up
	read -r term vote last < <(get "$node" term vote last-index)
	forgets "$node"
	propose "$one" "while $node forgets" >/dev/null
	catch_up
	q "$node" down "demo-$node"
	works "$node"
	"$QUORUMCTL" fsck "$(disk "$node")" >"$T/fsck" || [ $? = 1 ] || fail "$(cat "$T/fsck")"
	grep "^term $term, vote $vote," "$T/fsck" || fail "$term, $vote: $(cat "$T/fsck")"
	grep "last index $last of" "$T/fsck" || fail "$last: $(cat "$T/fsck")"
	q "$node" up "$(conf "$node")"
	wait_leader
	logs_equal
	acknowledged "$node" "while $node forgets"
}

# Checksums find it, what lies behind vouches for it, and the leader gives it back.
garbled_writes_heal()
{
	local one node before status=0 pad

	one=$(leader)
	node=$(others "$one" | cut -d' ' -f1)
	before=$(heals "$node")
	pad=$(head -c 2000 /dev/zero | tr '\0' x)
	# Terms and votes are written in one sector: they stay as they are.
	garbles "$node" 600
	for i in 1 2 3; do propose "$one" "garbled $i $pad" >/dev/null; done
	catch_up
	works "$node"
	for i in 1 2; do propose "$one" "behind the garbled $i" >/dev/null; catch_up; done
	q "$node" down "demo-$node"
	"$QUORUMCTL" fsck "$(disk "$node")" >"$T/fsck" || status=$?
	[ $status = 4 ] || fail "fsck ends with $status: $(cat "$T/fsck")"
	q "$node" up "$(conf "$node")"
	until_ok "$(seconds 30)" "node $node is whole again" above heals "$node" "$before"
	[ "$(get "$node" verdict)" = corrupt ]
	wait_leader
	logs_equal
	acknowledged "$node" "garbled 2 $pad"
}

# ---- checkpoints, and damage that is found beside the work ----

from_checkpoint() { dmesg | grep -c "demo-$1: the log was read from its checkpoint" || true; }
heals() { dmesg | grep -c "demo-$1: the log is whole again" || true; }
above() { [ "$("$1" "$2")" -gt "$3" ]; }

# Flip a byte of what was proposed, on the disk: damage NODE TEXT
damage()
{
	local at

	sync -f "$T/$1.img"
	at=$(grep -obUa "$2" "$T/$1.img" | head -n 1 | cut -d: -f1)
	[ -n "$at" ] || fail "'$2' is not on the disk of node $1"
	printf 'X' | dd of="$T/$1.img" bs=1 seek="$at" conv=notrunc status=none
	sync -f "$T/$1.img"
}

# Once for all tests: more than is read as a whole, and more than stays in memory.
bulk()
{
	local one pad

	[ ! -e "$T/bulk" ] || return 0
	one=$(leader)
	q "$one" kv put "demo-$one" early value
	pad=$(head -c 60000 /dev/zero | tr '\0' x)
	for i in $(seq 220); do echo "bulk $i $pad"; done |
		q "$one" propose "demo-$one" --lines --jobs 16 --quiet --timeout "$(seconds 20)s"
	catch_up
	touch "$T/bulk"
}

a_restart_reads_the_tail()
{
	local node before

	bulk
	node=$(others "$(leader)" | cut -d' ' -f1)
	before=$(from_checkpoint "$node")
	q "$node" down "demo-$node"
	q "$node" up "$(conf "$node")"
	wait_leader
	[ "$(from_checkpoint "$node")" -gt "$before" ] || fail "node $node read all of its log"
	# What lies before it is there when it is asked for.
	propose "$(leader)" "after the restart" >/dev/null
	logs_equal
	[ "$(q "$node" kv get "demo-$node" early --timeout "$(seconds 20)s")" = value ]
}

damage_before_the_checkpoint_heals()
{
	local node before

	bulk
	node=$(others "$(leader)" | cut -d' ' -f1)
	before=$(heals "$node")
	q "$node" down "demo-$node"
	damage "$node" "bulk 7 x"
	q "$node" up "$(conf "$node")"
	until_ok "$(seconds 30)" "node $node is whole again" above heals "$node" "$before"
	wait_leader
	logs_equal
	acknowledged "$node" "bulk 7 x"
}

# A disk that rots under a member that runs, seen when somebody reads there.
damage_read_back_heals()
{
	local node before

	bulk
	node=$(leader)
	before=$(heals "$node")
	damage "$node" "bulk 9 x"
	client log "$(dev "$node")" >"$T/log" 2>&1 || true
	until_ok "$(seconds 30)" "node $node is whole again" above heals "$node" "$before"
	wait_leader
	logs_equal
	acknowledged "$node" "bulk 9 x"
}

# ---- sectors that cannot be read: dm-dust; a write makes them good again ----

dusty()
{
	switch_to "$1" "0 $(sectors "$1") dust $(cat "$T/loop-$1") 0 512"
	dm message "$(target "$1")" 0 enable
}

# bad_sectors NODE SECTOR...
bad_sectors()
{
	local node=$1 sector

	shift
	for sector; do dm message "$(target "$node")" 0 addbadblock "$sector"; done
}

bad_left() { dm message "$(target "$1")" 0 countbadblocks; }
bad_all_gone() { bad_left "$1" | grep -q 'countbadblocks: 0 '; }

# The sector in which it says: sector_of NODE TEXT
sector_of()
{
	local at

	at=$(grep -obUa "$2" "$T/$1.img" | head -n 1 | cut -d: -f1)
	[ -n "$at" ] || fail "'$2' is not on the disk of node $1" >&2
	echo $((at / 512))
}

# At a start: a record of the log's tail, the first superblock, and the whole first
# mirror of term and vote.
bad_sectors_heal_at_a_start()
{
	local node before status=0

	bulk
	node=$(others "$(leader)" | cut -d' ' -f1)
	before=$(heals "$node")
	q "$node" down "demo-$node"
	sync -f "$T/$node.img"
	dusty "$node"
	bad_sectors "$node" 0 32 64 "$(sector_of "$node" "bulk 212 x")"
	"$QUORUMCTL" fsck "$(disk "$node")" >"$T/fsck" || status=$?
	[ $status = 4 ] || fail "fsck ends with $status: $(cat "$T/fsck")"
	q "$node" up "$(conf "$node")"
	until_ok "$(seconds 30)" "node $node is whole again" above heals "$node" "$before"
	until_ok "$(seconds 30)" "all sectors are written" bad_all_gone "$node"
	wait_leader
	logs_equal
	acknowledged "$node" "bulk 212 x"
}

a_bad_sector_read_back_heals()
{
	local node before

	bulk
	node=$(leader)
	before=$(heals "$node")
	sync -f "$T/$node.img"
	dusty "$node"
	bad_sectors "$node" "$(sector_of "$node" "bulk 20 x")"
	client log "$(dev "$node")" >"$T/log" 2>&1 || true
	until_ok "$(seconds 30)" "node $node is whole again" above heals "$node" "$before"
	until_ok "$(seconds 30)" "the sector is written" bad_all_gone "$node"
	wait_leader
	logs_equal
	acknowledged "$node" "bulk 20 x"
}

# Without any copy there is nothing to go by, and it says so.
both_copies_unreadable_is_said()
{
	local node last

	node=$(others "$(leader)" | cut -d' ' -f1)
	last=$(($(sectors "$node") - 8))
	q "$node" down "demo-$node"
	dusty "$node"
	bad_sectors "$node" 0 $last
	refused "no copy of the superblock can be read" q "$node" up "$(conf "$node")"
	dm message "$(target "$node")" 0 clearbadblocks
	bad_sectors "$node" 32 64 $((last - 88)) $((last - 56))
	refused "term and vote cannot be read" q "$node" up "$(conf "$node")"
	dm message "$(target "$node")" 0 clearbadblocks
	q "$node" up "$(conf "$node")"
	wait_leader
	logs_equal
}

run_tests setup:120 a_follower_s_write_fails the_leader_s_write_fails \
	the_leader_s_device_hangs a_group_is_stopped_while_its_device_hangs \
	a_hung_member_is_sent_few_datagrams a_device_vanishes \
	writes_are_dropped garbled_writes_heal \
	a_restart_reads_the_tail:90 \
	damage_before_the_checkpoint_heals:90 damage_read_back_heals:90 \
	bad_sectors_heal_at_a_start:90 a_bad_sector_read_back_heals:90 \
	both_copies_unreadable_is_said
