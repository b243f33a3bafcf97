#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a network may bring: truncated, random, flipped, foreign and replayed
# datagrams, with checksums made right where that takes them further. They cost a
# counter each and change nothing. Without authentication, so that what is made up
# gets as far as it can; with it see wire_auth.sh. Topology: lib.sh.
# QUORUM_SELFTEST_COUNT: datagrams of each kind, then at the leader and a follower, and 40
# times as many in one burst; with 25000 a million of each.

. "$(dirname -- "$0")/lib.sh"

COUNT=$(rounds "${QUORUM_SELFTEST_COUNT:-500}" 200)
ONE_TARGET=${QUORUM_SELFTEST_COUNT:+no}
ONE_TARGET=${ONE_TARGET:-yes}

setup()
{
	local node

	AUTH=none
	make_group
	# So that all kinds of real datagrams are there to be changed.
	for node in $NODES; do
		service "load-$node" "$BIN/client" propose -n 0 -w 50 -k -t $((5000 * SCALE)) \
			-p "load $node" "$(dev "$node")"
	done
	until_ok "$(seconds 20)" "the load commits" grep -q ^committed "$T/load-1"
}

truncated() { bad truncated "short crc"; }
truncated_with_a_right_checksum() { bad truncated-sealed "short length field queue"; }
longer_than_it_says() { bad longer "length queue"; }
random_bytes() { bad random "short magic version type crc length"; }
a_flipped_bit() { bad flipped "magic version crc type short length"; }
wrong_magic() { bad magic magic; }
wrong_version() { bad version version; }
wrong_checksum() { bad crc crc; }
wrong_type() { bad type type; }
another_cluster() { bad cluster "cluster"; }
another_group() { bad group "group"; }
other_members_or_timing() { bad genesis genesis; }
for_another_node() { bad target target; }
from_another_node() { bad from "source field"; }
from_no_member() { bad replay source -o 10.77.0.99; }
from_another_device() { bad incarnation incarnation; }
an_append_that_lies() { bad append "length field short queue"; }
fragments_that_cannot_be() { bad fragment "field length short fragment queue"; }
fragments_without_the_rest() { bad orphan "fragment timeout queue"; }
oversized() { bad oversized "length source short crc"; }

# Real ones, again and again, late and out of order: taken, and harmless.
replayed() { bad replay ""; }

# Of all of that, as fast as this machine goes. Some of it is right and taken.
a_burst_of_all_kinds()
{
	local COUNT=$((COUNT * 40)) ONE_TARGET=yes LEAST=75

	bad any "$EVERY_REASON" -g $((100 * SCALE))
}

# Real ones, while the loop does not get its processor: what there is no room for is dropped.
more_than_there_is_room_for()
{
	local one from loop softirqs before many count=4000

	one=$(leader)
	from=$(others "$one" | cut -d' ' -f1)
	record "$from" "$one"
	loop=$(pgrep -x "quorum/demo-$one")
	softirqs=$(pgrep -x ksoftirqd/0)
	before=$(drops_of "$one" queue)
	# All on one processor, and the loop has the lowest priority of those in real time.
	taskset -p -c 0 "$loop"
	chrt -f -p 60 "$softirqs"
	n "$from" chrt -f 50 taskset -c 0 "$BIN/flood" -L "$T/record" -s "10.77.0.$from" \
		-d "10.77.0.$one" -n $count -g 0 replay
	many=$(($(drops_of "$one" queue) - before))
	chrt -o -p 0 "$softirqs"
	taskset -p -c "0-$(($(nproc --all) - 1))" "$loop"
	note "of $count $many were too many"
	[ $many -gt 0 ] || fail "there is room for all"
	wait_leader
	propose "$one" "there is room again"
	catch_up
}

# Each counter of what can be wrong with what nobody has sealed has moved by now.
every_reason_was_met()
{
	local node reason count i never=

	for node in $NODES; do
		# shellcheck disable=SC2046,SC2086 # words
		get "$node" $(printf 'link.drops.%s ' $EVERY_REASON)
	done | tee "$T/reasons"
	i=0
	for reason in $EVERY_REASON; do
		i=$((i + 1))
		count=$(awk -v i=$i '{ n += $i } END { print n }' "$T/reasons")
		note "$reason: $count"
		case $reason in seal | session) continue ;; esac
		[ "$count" -gt 0 ] || never+=" $reason"
	done
	[ -z "$never" ] || fail "never counted:$never"
}

everything_was_kept()
{
	local node

	for node in $NODES; do service_end "load-$node"; done
	wait_leader
	propose 1 "after all of that"
	logs_equal
	for node in $NODES; do
		sed -i -n '/^[a-z]* [0-9A-Z]* .*load [0-9] [0-9]* [0-9]*$/p' "$T/load-$node"
	done
	check_outcomes "$T/log-1" "$T"/load-[123]
	nothing_else_is_there "$T/log-1" "$T"/load-[123]
	one_leader_per_term
}

# 64 KiB entries in 45 fragments each, one in a hundred datagrams lost or late.
large_entries_over_lossy_links()
{
	local node

	for node in $NODES; do
		sw tc qdisc replace dev "p$node" root netem loss 1% delay 2ms 1ms duplicate 1%
	done
	for node in $NODES; do
		"$BIN/client" propose -n "$(rounds 15 4)" -b 65536 -k -t $((10000 * SCALE)) \
			-p "large $node" "$(dev "$node")" >"$T/large-$node" &
	done
	wait
	for node in $NODES; do
		no_loss "$node"
		[ "$(grep -c ^committed "$T/large-$node")" -gt 0 ]
	done
	logs_equal
	check_outcomes "$T/log-1" "$T"/large-[123]
}

run_tests setup:120 truncated truncated_with_a_right_checksum longer_than_it_says random_bytes \
	a_flipped_bit wrong_magic wrong_version wrong_checksum wrong_type another_cluster \
	another_group other_members_or_timing for_another_node from_another_node from_no_member \
	from_another_device an_append_that_lies fragments_that_cannot_be fragments_without_the_rest \
	oversized replayed a_burst_of_all_kinds more_than_there_is_room_for everything_was_kept \
	large_entries_over_lossy_links:120 every_reason_was_met
