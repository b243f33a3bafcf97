# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced behind lib.sh by tests whose disks get into trouble: each is a device-mapper
# target, /dev/mapper/$NS-diskN, over the loop device that make_disk has made.

# No udev here to wait for.
export DM_DISABLE_UDEV=1

dm() { dmsetup "$@" --noudevsync; }
target() { echo "$NS-disk$1"; }
loop() { cat "$T/loop-$1"; }
sectors() { blockdev --getsz "$(loop "$1")"; }
linear() { echo "0 $(sectors "$1") linear $(loop "$1") 0"; }

# Lay a target over the disk of a node: over_disk NODE [TABLE]
over_disk()
{
	local node=$1

	command -v dmsetup >/dev/null || skip "there is no dmsetup"
	mv "$T/disk-$node" "$T/loop-$node"
	dm create "$(target "$node")" <<<"${2:-$(linear "$node")}" ||
		skip "there is no such target of the device mapper"
	dm mknodes "$(target "$node")" || true
	echo "/dev/mapper/$(target "$node")" >"$T/disk-$node"
	[ -b "$(disk "$node")" ] || skip "$(disk "$node") is not there"
	print_conf "$node" "$(disk "$node")" >"$(conf "$node")"
}

# Another table, without waiting for what is under way: switch_to NODE TABLE
switch_to()
{
	dm suspend --noflush --nolockfs "$(target "$1")"
	dm load "$(target "$1")" <<<"$2"
	dm resume "$(target "$1")"
}

# Nothing uses the disks any more (lib.sh).
cleanup_disks()
{
	local node

	for node in $NODES; do
		[ -e "$T/loop-$node" ] || continue
		dm remove --force "$(target "$node")"
		losetup -d "$(loop "$node")"
		rm "$T/loop-$node" "$T/disk-$node"
	done
}
