#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Nodes that come to a group that exists: they name no members and have a device, the
# key and an address. Topology: lib.sh, with a fourth node that no genesis names.

. "$(dirname -- "$0")/lib.sh"

FIRST="1 2 3"
NODES="1 2 3 4"

kv() { local node=$1 verb=$2; shift 2; q "$node" kv "$verb" "demo-$node" "$@" --timeout "$(seconds 5)s"; }

# The configuration of a node that joins: print_joining NODE
print_joining()
{
	cat <<-END
	group    = demo
	name     = demo-$1
	cluster  = $CLUSTER
	node     = $1
	device   = $(disk "$1")
	key      = $T/key
	machine  = kv
	snapshot = 200
	join     = yes
	listen   = 10.77.0.$1
	END
}

voters() { q "$1" member list "demo-$1" | grep -c voter; }

# The group begins anew on devices that are formatted anew.
begin()
{
	local node

	for node in $NODES; do
		q "$node" down "$(conf "$node")" >/dev/null 2>&1 || true
		q "$node" format --force "$(conf "$node")" >/dev/null
	done
	for node in $NODES; do q "$node" up "$(conf "$node")" >/dev/null; done
	wait_leader 1 2 3
}

setup()
{
	local node

	make_network
	make_key
	for node in $NODES; do
		make_disk "$node" 64
		service "events-$node" nsenter --net="/run/netns/$NS-$node" "$QUORUMCTL" --json events
	done
	for node in $FIRST; do
		NODES=$FIRST print_conf "$node" "$(disk "$node")" >"$(conf "$node")"
		printf 'machine = kv\nsnapshot = 200\n' >>"$(conf "$node")"
	done
	print_joining 4 >"$(conf 4)"
	begin
}

wrong_ones_are_refused()
{
	local at

	at=$(leader 1 2 3)
	q 4 status demo-4 | grep -q "waits to be added" || fail "$(q 4 status demo-4)"
	refused "no member of group demo-4: run it on" q 4 member add demo-4 4 10.77.0.4
	sed 's/^join.*/member = 4 10.77.0.4/' "$(conf 4)" >"$T/own.conf"
	refused "join" q 4 up "$T/own.conf"
	# Its state would be another: it is not heard, and never a voter.
	q 4 down "$(conf 4)"
	sed 's/^machine.*/machine = counter/' "$(conf 4)" >"$T/other.conf"
	refused "another member list or timing" q 4 up "$T/other.conf"
	q 4 format --force "$T/other.conf" >/dev/null
	q 4 up "$T/other.conf" >/dev/null
	refused "is not done within" q "$at" member add "demo-$at" 4 10.77.0.4 --timeout "$(seconds 1)s"
	until_ok "$(seconds 10)" "it is not heard" heard_from_elsewhere "$at"
	[ "$(voters "$at")" = 3 ]
	q "$at" member remove "demo-$at" 4 --timeout "$(seconds 10)s"
	q 4 down "$T/other.conf"
}

heard_from_elsewhere() { [ "$(drops_of "$1" genesis)" -gt 0 ]; }

a_node_joins()
{
	local at i refused

	q 4 format --force "$(conf 4)" >/dev/null
	q 4 up "$(conf 4)"
	refused=$(total link.drops.seal)
	at=$(leader 1 2 3)
	for i in $(seq 20); do kv "$at" put "key $i" "before" >/dev/null; done
	q "$at" member add "demo-$at" 4 10.77.0.4 --timeout "$(seconds 20)s"
	[ "$(voters "$at")" = 4 ]
	wait_leader
	kv 4 put late "through the new one"
	[ "$(kv 4 get 'key 7')" = before ]
	[ "$(get 4 join)" = true ]
	# It shows another fingerprint, which brief datagrams do not say but are sealed with.
	[ "$(total link.drops.seal)" = "$refused" ] || fail "$(get "$at" link.drops)"
	# Four voters of whom one is away: without it there would be no majority.
	i=$((at % 3 + 1))
	unplug "$i"
	kv "$at" put without "one of the first"
	plug "$i"
	wait_leader
	one_leader_per_term
}

it_outlives_restarts()
{
	local node at

	for node in $NODES; do q "$node" stop "demo-$node"; done
	for node in $NODES; do q "$node" start "demo-$node"; done
	wait_leader
	at=$(leader)
	[ "$(voters 4)" = 4 ]
	kv 4 put again "after a restart"
	# Its own file is what it was created from, and says so again.
	q 4 down "$(conf 4)"
	q 4 up "$(conf 4)"
	wait_leader
	[ "$(kv 4 get again)" = "after a restart" ]
	# It may lead as well.
	at=$(leader)
	[ "$at" = 4 ] || q "$at" transfer "demo-$at" 4
	wait_leader
	kv 1 put led "by the new one"
	one_leader_per_term
}

shouted_at() { [ "$(drops_of "$1" source)" -gt 1000 ]; }

# What a node was sent before is played back from elsewhere while it knows no member's
# address, and others shout that know no key: it hears the members where they are.
strangers_do_not_keep_it_out()
{
	local at other

	at=$(leader)
	[ "$at" != 4 ] || { q 4 transfer demo-4 1; at=$(leader); }
	other=$(NODES=$FIRST others "$at" | cut -d' ' -f1)
	service record nsenter --net="/run/netns/$NS-4" "$BIN/flood" -i eth0 -s "10.77.0.$at" \
		-d 10.77.0.4 -w "$(seconds 2)" -S "$T/recorded"
	seq 40 | q "$at" propose "demo-$at" --lines --quiet --timeout "$(seconds 10)s"
	until_ok "$(seconds 10)" "something was recorded" test -s "$T/recorded"
	q "$at" member remove "demo-$at" 4 --timeout "$(seconds 10)s"
	q 4 down "$(conf 4)"
	q 4 format --force "$(conf 4)" >/dev/null
	service replay nsenter --net="/run/netns/$NS-$other" "$BIN/flood" -L "$T/recorded" \
		-s "10.77.0.$at" -o 10.77.0.99 -d 10.77.0.4 -n 1000000000 -g $((1000 * SCALE)) replay
	service shout nsenter --net="/run/netns/$NS-$other" "$BIN/flood" -L "$T/recorded" \
		-s "10.77.0.$at" -o 10.77.0.98 -d 10.77.0.4 -n 1000000000 -g $((1000 * SCALE)) from
	q 4 up "$(conf 4)"
	until_ok "$(seconds 10)" "it is shouted at" shouted_at 4
	q "$at" member add "demo-$at" 4 10.77.0.4 --timeout "$(seconds 20)s" ||
		fail "it hears nobody: $(get 4 link.drops)"
	note "dropped meanwhile: $(drops_of 4 source)"
	service_end replay
	service_end shout
	wait_leader
	[ "$(voters 4)" = 4 ]
}

# What the log no longer has it is sent as a snapshot, of a time when no member's
# address was written down.
a_node_joins_through_a_snapshot()
{
	local at

	begin
	at=$(leader 1 2 3)
	kv "$at" put early "before the snapshot"
	seq 300 | q "$at" propose "demo-$at" --lines --jobs 32 --quiet --timeout "$(seconds 10)s"
	q "$at" snapshot "demo-$at"
	until_ok "$(seconds 20)" "the log is cut" cut_short "$at"
	q "$at" member add "demo-$at" 4 10.77.0.4 --timeout "$(seconds 30)s"
	[ "$(get 4 snapshot-index)" -gt 0 ]
	wait_leader
	[ "$(kv 4 get early)" = "before the snapshot" ]
	for node in $NODES; do q "$node" stop "demo-$node"; done
	for node in $NODES; do q "$node" start "demo-$node"; done
	wait_leader
	[ "$(voters 4)" = 4 ]
	[ "$(kv 4 get early)" = "before the snapshot" ]
	kv 4 put last "of all"
}

cut_short() { [ "$(get "$1" first-index)" -gt 1 ]; }

run_tests setup:120 wrong_ones_are_refused a_node_joins it_outlives_restarts \
	strangers_do_not_keep_it_out a_node_joins_through_a_snapshot
