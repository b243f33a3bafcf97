#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Power cuts of running members: each disk is a null_blk with a volatile cache, and loses
# what was not flushed or written through when its power goes. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

CONFIGFS=/sys/kernel/config
DISKS=$CONFIGFS/nullb

power() { echo "$2" >"$DISKS/$NS-$1/power"; }

# Its number, and with it the name, may be another each time: power_on NODE
power_on()
{
	power "$1" 1
	echo "/dev/nullb$(cat "$DISKS/$NS-$1/index")" >"$T/disk-$1"
	[ -b "$(disk "$1")" ] || echo "/dev/$NS-$1" >"$T/disk-$1"
	[ -b "$(disk "$1")" ] || skip "null_blk has no device node"
	print_conf "$1" "$(disk "$1")" >"$(conf "$1")"
	printf 'machine = kv\nsnapshot = 64\n' >>"$(conf "$1")"
}

# lib.sh
cleanup_disks()
{
	local node

	for node in $NODES; do
		[ ! -d "$DISKS/$NS-$node" ] || { power "$node" 0; rmdir "$DISKS/$NS-$node"; }
		rm -f "$T/disk-$node"
	done
}

setup()
{
	local node

	modprobe -q null_blk nr_devices=0 2>/dev/null || true
	mountpoint -q $CONFIGFS || mount -n -t configfs none $CONFIGFS ||
		skip "there is no configfs"
	[ -d $DISKS ] || skip "there is no null_blk"
	make_network
	make_key
	for node in $NODES; do
		mkdir "$DISKS/$NS-$node"
		for value in memory_backed=1 size=16 blocksize=512 cache_size=8; do
			echo "${value#*=}" >"$DISKS/$NS-$node/${value%=*}"
		done
		power_on "$node"
	done
}

# This is a device that forgets: else the rest shows nothing.
the_cache_is_volatile()
{
	local dev

	dev=$(disk 1)
	printf 'kept' | dd of="$dev" bs=4096 seek=1 conv=sync oflag=direct,dsync status=none
	printf 'lost' | dd of="$dev" bs=4096 seek=2 conv=sync oflag=direct status=none
	dd if="$dev" bs=4096 skip=2 count=1 iflag=direct status=none | grep -q lost
	power 1 0
	power_on 1
	dev=$(disk 1)
	dd if="$dev" bs=4096 skip=1 count=1 iflag=direct status=none | grep -q kept
	if dd if="$dev" bs=4096 skip=2 count=1 iflag=direct status=none | grep -q lost; then
		fail "this device forgets nothing"
	fi
	dd if=/dev/zero of="$dev" bs=4096 seek=1 count=1 oflag=direct,dsync status=none
}

members_start()
{
	local node

	for node in $NODES; do q "$node" format "$(conf "$node")"; done
	for node in $NODES; do q "$node" up "$(conf "$node")"; done
	wait_leader
}

# Put one number after the other until $T/stop is there; $T/put: the last acknowledged.
put_numbers()
{
	local i node

	i=$(cat "$T/put")
	while [ ! -e "$T/stop" ]; do
		i=$((i + 1))
		for node in $NODES; do
			q "$node" kv put "demo-$node" number $i --timeout "$(seconds 2)s" \
				>/dev/null 2>&1 || continue
			echo $i >"$T/put.new"
			mv "$T/put.new" "$T/put"
			break
		done
	done
}

# cut NODE...: while numbers are put and much else goes into the log
cut_power()
{
	local node feeder put

	rm -f "$T/stop"
	[ -e "$T/put" ] || echo 0 >"$T/put"
	put_numbers &
	feeder=$!
	seq 150 | q 1 propose demo-1 --lines --jobs 8 --quiet --timeout "$(seconds 10)s" || true
	put=$(cat "$T/put")
	until_ok "$(seconds 20)" "numbers are put" put_beyond $((put + 1))
	for node in "$@"; do power "$node" 0; done
	until_ok "$(seconds 20)" "nothing is under way" put_is_over "$#"
	touch "$T/stop"
	wait "$feeder"
	for node in "$@"; do
		q "$node" down "demo-$node"
		power_on "$node"
		"$QUORUMCTL" fsck "$(disk "$node")" >"$T/fsck" || [ $? = 1 ] ||
			fail "$(cat "$T/fsck")"
	done
	for node in "$@"; do q "$node" up "$(conf "$node")"; done
	wait_leader
}

put_beyond() { [ "$(cat "$T/put")" -gt "$1" ]; }

# With a majority left it goes on; without one, who was asked last has failed.
put_is_over()
{
	local node

	[ "$1" -gt 1 ] || return 0
	for node in $NODES; do [ "$(get "$node" state)" != failed ] || return 0; done
	return 1
}

nothing_is_lost()
{
	local node number

	catch_up
	number=$(q 1 kv get demo-1 number --timeout "$(seconds 10)s")
	[ "$number" -ge "$(cat "$T/put")" ] || fail "$(cat "$T/put") was acknowledged, $number is there"
	echo "$number" >"$T/put"
	for node in $NODES; do
		[ "$(get "$node" state)" = running ]
		[ "$(q "$node" kv get "demo-$node" number --timeout "$(seconds 10)s")" = "$number" ]
	done
}

one_member_loses_power()
{
	local one

	one=$(leader)
	cut_power "$one"
	nothing_is_lost
	cut_power "$(others "$(leader)" | cut -d' ' -f1)"
	nothing_is_lost
}

all_lose_power_at_once()
{
	local i

	for i in $(seq "$(rounds 2 1)"); do
		# shellcheck disable=SC2086  # three nodes
		cut_power $NODES
		nothing_is_lost
	done
	[ "$(get 1 snapshot-index)" -gt 64 ] || fail "node 1 has taken no snapshot"
}

run_tests setup the_cache_is_volatile members_start:90 one_member_loses_power:90 \
	all_lose_power_at_once:90
