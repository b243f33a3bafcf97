#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A full log: proposals are refused, elections and changes of the members find room,
# and all goes on once the log can be cut. It cannot at first, since a snapshot takes
# minutes: the part of each device where it goes is slow. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"
. "$HERE/dm.sh"

MEGABYTES=4
# Sectors of the two snapshot areas: from block 12 on, an eighth of the device each.
AREAS=96
AREAS_LENGTH=$((MEGABYTES * 2048 * 2 / 8))
# For each of its writes; the kernel complains of whoever sleeps for a minute.
DELAY_MS=20000

# Snapshot areas that take their time: slow NODE
slow()
{
	local loop end=$((AREAS + AREAS_LENGTH))

	loop=$(loop "$1")
	echo "0 $AREAS linear $loop 0"
	echo "$AREAS $AREAS_LENGTH delay $loop $AREAS 0 $loop $AREAS $DELAY_MS"
	echo "$end $(($(sectors "$1") - end)) linear $loop $end"
}

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
	q 1 kv put demo-1 early value
	# A state of many writes.
	head -c 60000 /dev/zero | tr '\0' y >"$T/large"
	for node in 1 2 3 4 5 6; do
		q 1 kv put demo-1 "large/$node" --timeout "$(seconds 10)s" <"$T/large" >/dev/null
	done
	# Not before: a start asks all of the device for a flush.
	for node in $NODES; do switch_to "$node" "$(slow "$node")"; done
}

# Entries of a size until one is refused, so many at a time: fill NODE BYTES JOBS
fill()
{
	local node=$1 pad

	pad=$(head -c "$2" /dev/zero | tr '\0' x)
	for i in $(seq 500); do echo "bulk $i $pad"; done |
		q "$node" propose "demo-$node" --lines --jobs "$3" --quiet --timeout "$(seconds 10)s"
}

a_full_log_refuses()
{
	local one two

	one=$(leader)
	two=$(others "$one" | cut -d' ' -f1)
	refused "the log is full" fill "$one" 60000 4
	refused "the log is full" fill "$one" 10 4
	# Those under way together are reckoned with more than they take when they are written.
	refused "the log is full" fill "$one" 10 1
	refused "the log is full; nothing was proposed" propose "$one" "one more"
	refused "the log is full; nothing was proposed" propose "$two" "through a follower"
	refused "log is full" q "$one" kv put "demo-$one" late value
	[ "$(get "$one" taking-bytes)" != - ] || fail "no snapshot is being taken"
	[ "$(get "$one" snapshot-index)" = 0 ] || fail "a snapshot was taken"
	# Nobody has failed, and what is there can be read.
	[ "$(q "$two" kv get "demo-$two" early --timeout "$(seconds 10)s")" = value ]
	logs_equal
}

# Each leader has an entry of its own to commit, and each change of the members one.
elections_and_changes_find_room()
{
	local one three i

	for i in 1 2; do
		one=$(leader)
		q "$one" transfer "demo-$one"
		wait_leader
		catch_up
	done
	# This leader's own log may have room for some more.
	refused "the log is full" fill "$(leader)" 10 1
	one=$(leader)
	three=$(others "$one" | cut -d' ' -f2)
	q "$one" member remove "demo-$one" "$three" --timeout "$(seconds 20)s"
	q "$one" member add "demo-$one" "$three" "10.77.0.$three:7420" --timeout "$(seconds 30)s"
	wait_leader
	[ "$(get "$one" commit)" = "$(get "$one" last-index)" ] || fail "not all is committed"
	logs_equal
}

takes_it() { propose "$(leader)" "there is room"; }

it_goes_on_once_the_log_is_cut()
{
	local node

	for node in $NODES; do switch_to "$node" "$(linear "$node")"; done
	# One may be on its way from the leader meanwhile.
	for node in $NODES; do
		until_ok "$(seconds 20)" "node $node takes a snapshot" q "$node" snapshot "demo-$node"
	done
	until_ok "$(seconds 20)" "there is room" takes_it
	[ "$(get 1 first-index)" -gt 10 ] || fail "the log still begins at $(get 1 first-index)"
	[ "$(q 2 kv get demo-2 early --timeout "$(seconds 10)s")" = value ]
}

run_tests setup a_full_log_refuses elections_and_changes_find_room \
	it_goes_on_once_the_log_is_cut
