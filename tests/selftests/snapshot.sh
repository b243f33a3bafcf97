#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Snapshots: the log is cut by itself and on request, a member that lacks what was
# cut is sent the state, and a restart goes on from it. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

kv() { local node=$1 verb=$2; shift 2; q "$node" kv "$verb" "demo-$node" "$@" --timeout "$(seconds 5)s"; }

# Entries that change no key: load NODE COUNT
load()
{
	seq "$2" | q "$1" propose "demo-$1" --lines --jobs 32 --quiet --timeout "$(seconds 10)s"
}

first() { get "$1" first-index; }
snapshot() { get "$1" snapshot-index; }

above() { [ "$(get "$1" "$2")" -gt "$3" ]; }

setup()
{
	local node

	make_nodes
	for node in $NODES; do
		printf 'machine = kv\nsnapshot = 200\n' >>"$(conf "$node")"
		q "$node" format "$(conf "$node")" >/dev/null
		q "$node" up "$(conf "$node")"
	done
	wait_leader
	[ "$(get 1 snapshot-entries snapshot-index)" = "$(printf '200\t0')" ]
}

on_request()
{
	local from

	from=$(kv 1 put early value)
	catch_up
	q 1 snapshot demo-1
	[ "$(snapshot 1)" -ge 2 ]
	[ "$(kv 1 get early)" = value ]
	# Nothing new: it is there already.
	q 1 snapshot demo-1 >/dev/null
	refused "no group|there is no" q 1 snapshot nobody
	refused "name of a group" q 1 snapshot
}

by_itself_under_load()
{
	local node before

	before=$(get 1 applied)
	load "$(leader)" 500
	catch_up
	for node in $NODES; do
		until_ok "$(seconds 20)" "node $node cuts its log" above "$node" first-index "$before"
		[ "$(kv "$node" get early)" = value ]
	done
	refused "not in the log any more" q 1 read demo-1 --from 1 --count 1
}

a_restart_goes_on()
{
	local node

	kv 1 put late other >/dev/null
	for node in $NODES; do q "$node" down "$(conf "$node")"; done
	for node in $NODES; do q "$node" up "$(conf "$node")"; done
	wait_leader
	for node in $NODES; do
		[ "$(kv "$node" get early)" = value ]
		[ "$(kv "$node" get late)" = other ]
		[ "$(first "$node")" -gt 100 ]
		kv "$node" status | tr -d ' \n' | grep -o '"revision":[0-9]*' >"$T/rev-$node"
	done
	cmp "$T/rev-1" "$T/rev-2"
	cmp "$T/rev-1" "$T/rev-3"
}

# Cut a node off, and have the others forget what it lacks: left_behind NODE
left_behind()
{
	local node=$1 one last

	last=$(get "$node" last-index)
	sw ip link set "p$node" down
	# shellcheck disable=SC2046
	wait_leader $(others "$node")
	# shellcheck disable=SC2046
	one=$(leader $(others "$node"))
	head -c 60000 /dev/urandom | base64 -w 0 | head -c 60000 >"$T/large"
	for i in 1 2 3 4 5 6; do kv "$one" put "large/$i" <"$T/large" >/dev/null; done
	load "$one" 300
	for other in $(others "$node"); do
		until_ok "$(seconds 20)" "node $other forgets" above "$other" first-index "$last"
	done
}

dmesg_says() { dmesg | grep -q "$1"; }

messages() { total link.rx-messages.snapshot; }

same_state()
{
	local node value

	catch_up
	for node in $NODES; do
		value=$(kv "$node" get large/6 | cksum)
		[ "$value" = "$( (cat "$T/large"; echo) | cksum)" ] || fail "node $node: $value"
		kv "$node" status | tr -d ' \n' | grep -o '"revision":[0-9]*' >"$T/rev-$node"
	done
	cmp "$T/rev-1" "$T/rev-2"
	cmp "$T/rev-1" "$T/rev-3"
}

finds_rot() { dmesg_says "$1: reading the snapshot of index"; }
finds_or_leads_no_more() { finds_rot "$1" || [ "$(get "$1" role)" != leader ]; }

# The state in NODE's two snapshot areas rots: they are the first quarter of its device.
snapshots_rot()
{
	local at text

	text=$(head -c 60 "$T/large")
	sync -f "$T/$1.img"
	grep -obUa "$text" "$T/$1.img" | cut -d: -f1 | awk '$1 < 16 * 1024 * 1024' >"$T/places"
	[ -s "$T/places" ] || fail "no snapshot on the disk of node $1 holds it"
	while read -r at; do
		# In no text of base64.
		printf '!' | dd of="$T/$1.img" bs=1 seek="$at" conv=notrunc status=none
	done <"$T/places"
	sync -f "$T/$1.img"
}

# The leader finds its snapshot damaged as it sends it, and takes another.
one_left_behind_is_sent_it()
{
	local node sent revision last one

	node=$(others "$(leader)" | cut -d' ' -f1)
	revision=$(kv "$node" put before/watch x)
	sent=$(messages)
	left_behind "$node"
	last=$(get "$node" last-index)
	# shellcheck disable=SC2046
	one=$(leader $(others "$node"))
	snapshots_rot "$one"
	sw ip link set "p$node" up
	until_ok "$(seconds 20)" "the leader finds it" finds_or_leads_no_more "$one"
	finds_rot "$one" || skip "an election came in between"
	kv "$one" put after/rot x >/dev/null
	until_ok "$(seconds 60)" "node $node gets it" above "$node" first-index "$last"
	[ "$(messages)" -gt "$sent" ] || fail "no snapshot was sent"
	same_state
	refused "compacted" kv "$node" watch '' --prefix --from "$revision" --count 1
	# It goes on from it, and after a restart as well.
	q "$node" down "$(conf "$node")"
	q "$node" up "$(conf "$node")"
	wait_leader
	same_state
}

# Datagrams are lost, and then all of them, in the middle of it.
cuts_while_it_is_sent()
{
	local node i

	node=$(others "$(leader)" | cut -d' ' -f1)
	left_behind "$node"
	sw tc qdisc add dev "p$node" root netem rate 2mbit loss 5%
	sw ip link set "p$node" up
	for i in 1 2; do
		until_ok "$(seconds 60)" "some of it arrives" above "$node" incoming-stored 0
		sw ip link set "p$node" down
		sleep 0.3
		sw ip link set "p$node" up
	done
	sw tc qdisc del dev "p$node" root
	same_state
}

# Teardown while one is being sent and received.
stops_while_it_is_sent()
{
	local node other

	node=$(others "$(leader)" | cut -d' ' -f1)
	left_behind "$node"
	sw tc qdisc add dev "p$node" root netem rate 2mbit
	sw ip link set "p$node" up
	until_ok "$(seconds 60)" "some of it arrives" above "$node" incoming-stored 0
	q "$node" down "$(conf "$node")"
	q "$node" up "$(conf "$node")"
	until_ok "$(seconds 60)" "some of it arrives" above "$node" incoming-stored 0
	# shellcheck disable=SC2046
	other=$(leader $(others "$node"))
	q "$other" down "$(conf "$other")"
	q "$other" up "$(conf "$other")"
	sw tc qdisc del dev "p$node" root
	wait_leader
	same_state
}

# Teardown while one is being taken, at whatever point.
stops_while_it_is_taken()
{
	local node round

	node=$(others "$(leader)" | cut -d' ' -f1)
	for round in 1 2; do
		kv "$(leader)" put "round/$round" x >/dev/null
		catch_up
		service taking "$QUORUMCTL" --netns "$NS-$node" snapshot "demo-$node"
		[ $((round % 2)) = 0 ] || until_ok "$(seconds 5)" "it begins" taken_or_begun "$node"
		q "$node" down "$(conf "$node")"
		service_end taking
		q "$node" up "$(conf "$node")"
		wait_leader
	done
	same_state
}

taken_or_begun()
{
	[ "$(get "$1" snapshot-index)" = "$(get "$1" applied)" ] || [ "$(get "$1" taking-bytes)" != - ]
}

# With a snapshot the configuration goes from one device of a member to the next, at a node
# that has heard the new one as the leader before: it answers it also then. And what the old
# one said as the leader is known for what it is when that member has left and come back.
another_device_of_the_leader_comes_with_it()
{
	local one other third sent last device before

	other=$(leader)
	third=$((other % 3 + 1))
	one=$((6 - other - third))
	q "$other" member remove "demo-$other" "$third" --timeout "$(seconds 10)s"
	q "$other" member add "demo-$other" "$third" "10.77.0.$third" --learner \
		--timeout "$(seconds 20)s"
	catch_up
	record "$other" "$third" -l
	unplug "$third"
	last=$(get "$third" last-index)
	q "$other" transfer "demo-$other" "$one"
	q "$one" member remove "demo-$one" "$other" --timeout "$(seconds 10)s"
	q "$other" down "$(conf "$other")"
	q "$other" format --force "$(conf "$other")" >/dev/null
	q "$other" up "$(conf "$other")"
	q "$one" member add "demo-$one" "$other" "10.77.0.$other" --timeout "$(seconds 20)s"
	q "$one" transfer "demo-$one" "$other"
	device=$(get "$other" incarnation)
	load "$other" 500
	until_ok "$(seconds 20)" "node $other forgets" above "$other" first-index "$last"
	sent=$(messages)
	plug "$third"
	until_ok "$(seconds 30)" "node $third gets it" above "$third" first-index "$last"
	[ "$(messages)" -gt "$sent" ] || fail "no snapshot was sent"
	knows_device "$third" "$other" "$device" || fail "the snapshot does not name the device"
	answers "$third" "$other"

	q "$other" transfer "demo-$other" "$one"
	q "$one" member remove "demo-$one" "$other" --timeout "$(seconds 10)s"
	q "$one" member add "demo-$one" "$other" "10.77.0.$other" --timeout "$(seconds 20)s"
	catch_up
	before=$(drops_of "$third" replay)
	n "$other" "$BIN/flood" -L "$T/record" -s "10.77.0.$other" -d "10.77.0.$third" -n 200 \
		-g $((1000 * SCALE)) replay
	[ $(($(drops_of "$third" replay) - before)) -ge 190 ] ||
		fail "taken: $(get "$third" link.drops)"
	q "$one" member promote "demo-$one" "$third"
	wait_leader
}

# Another group, whose machine is log: user space hands in the state.
state_of_user_space()
{
	local node last

	for node in $NODES; do
		q "$node" down "$(conf "$node")"
		make_disk "log-$node" 16
		print_conf "$node" "$(disk "log-$node")" plain 10.77.0. 7500 >"$T/plain-$node.conf"
		# A quarter of it stays behind a snapshot, for slow members.
		echo "snapshot = 64" >>"$T/plain-$node.conf"
		q "$node" format "$T/plain-$node.conf" >/dev/null
		q "$node" up "$T/plain-$node.conf"
	done
	q 1 wait plain-1 --leader --timeout "$(seconds 30)s"
	refused "no snapshot" q 1 snapshot plain-1 --read
	refused "takes no snapshots by itself" q 1 snapshot plain-1
	seq 100 | q 1 propose plain-1 --lines --jobs 16 --quiet
	refused "command failed" q 1 snapshot plain-1 -- false
	# What it prints is the snapshot: here a sum, of all up to the index it is told.
	q 1 snapshot plain-1 -- sh -c "$QUORUMCTL read plain-1 --to \$QUORUM_INDEX |
		awk '{ s += \$1 } END { print s }'"
	[ "$(q 1 snapshot plain-1 --read)" = 5050 ]
	last=$(q 1 --json status plain-1 | "$BIN/jsonq" first-index)
	[ "$last" -gt 64 ]
	refused "not in the log any more" q 1 read plain-1 --from 5
	[ "$(q 1 read plain-1 | wc -l)" -gt 0 ]
	[ "$(q 1 read plain-1 | wc -l)" -lt 100 ]
	refused "nothing was applied" q 1 snapshot plain-1 -- true
	# A restart keeps it, and a file that is closed half way gives its own up.
	q 1 propose plain-1 more >/dev/null
	service slow "$QUORUMCTL" --netns "$NS-1" snapshot plain-1 -- \
		sh -c "while kill -0 \$PPID; do sleep 0.2; done"
	until_ok "$(seconds 20)" "it is begun" sh -c \
		"$QUORUMCTL --netns $NS-1 --json status plain-1 | grep -q taking-bytes"
	refused "another one is being handed in" q 1 snapshot plain-1 -- true
	service_end slow
	until_ok "$(seconds 20)" "it is given up" q 1 snapshot plain-1 -- echo mine
	[ "$(q 1 snapshot plain-1 --read)" = mine ]
	# Stopped while one is handed in.
	q 1 propose plain-1 more >/dev/null
	service slow "$QUORUMCTL" --netns "$NS-1" snapshot plain-1 -- \
		sh -c "while kill -0 \$PPID; do sleep 0.2; done"
	until_ok "$(seconds 20)" "it is begun" sh -c \
		"$QUORUMCTL --netns $NS-1 --json status plain-1 | grep -q taking-bytes"
	q 1 down plain-1
	service_end slow
	q 1 up "$T/plain-1.conf"
	[ "$(q 1 snapshot plain-1 --read)" = mine ]
	for node in $NODES; do q "$node" down "plain-$node"; done
}

run_tests setup on_request by_itself_under_load a_restart_goes_on \
	one_left_behind_is_sent_it cuts_while_it_is_sent stops_while_it_is_sent \
	stops_while_it_is_taken another_device_of_the_leader_comes_with_it \
	state_of_user_space
