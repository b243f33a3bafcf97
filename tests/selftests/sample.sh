#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# quorum used by another kernel module, tests/sample: it proposes, asks, brings a state
# machine, and goes at any moment. Topology: lib.sh; the group's machine is counter, and
# a group of one node, `tally`, runs the module's own.

. "$(dirname -- "$0")/lib.sh"

SAMPLE=$(dirname -- "${QUORUM_MODULE:-/none/}")/quorum_sample.ko
PARAMETERS=/sys/module/quorum_sample/parameters
# In a namespace of its own /sys is another one.
parameter() { cat "$PARAMETERS/$1"; }
# Propose to a group from the kernel of a node: begin NODE NAME; stop
begin() { n "$1" sh -c "echo '$2' >$PARAMETERS/group"; }
stop() { echo >"$PARAMETERS/group"; }

more_than() { [ "$(parameter "$1")" -gt "$2" ]; }

# More of something than there is now: grows WHAT BY
grows()
{
	local before

	before=$(parameter "$1")
	until_ok "$(seconds 10)" "$2 more $1" more_than "$1" $((before + $2))
}

setup()
{
	local node

	[ -e "$SAMPLE" ] || skip "the sample module is not built for this kernel"
	make_nodes
	insmod "$SAMPLE"
	make_disk tally 8
	NODES=1 print_conf 1 "$(disk tally)" tally 10.77.0. 7421 >"$T/tally-1.conf"
	echo "machine = tally" >>"$T/tally-1.conf"
	for node in $NODES; do
		echo "machine = counter" >>"$(conf "$node")"
		q "$node" format "$(conf "$node")" >/dev/null
		q "$node" up "$(conf "$node")"
	done
	q 1 format "$T/tally-1.conf" >/dev/null
	q 1 up "$T/tally-1.conf"
	wait_leader
}

# A command of the sample is "1", so the counter is the number of them.
it_proposes_and_asks()
{
	local follower

	follower=$(others "$(leader)" | cut -d' ' -f1)
	begin "$follower" "demo-$follower"
	grows committed 100
	grows asked 3
	stop
	note "$(parameter committed) committed, the machine says $(parameter answer)"
	[ "$(parameter refused)" = 0 ]
	[ "$(parameter answer)" -ge "$(parameter committed)" ]
	[ "$(parameter answer)" -le $(($(parameter committed) + $(parameter unknown))) ]
	refused "error|No such" begin 1 nobody
}

a_leader_is_lost()
{
	local old other

	old=$(leader)
	other=$(others "$old" | cut -d' ' -f1)
	begin "$other" "demo-$other"
	grows committed 50
	q "$old" down "$(conf "$old")"
	grows committed 50
	q "$old" up "$(conf "$old")"
	grows committed 50
	stop
	note "$(parameter committed) committed, $(parameter unknown) unknown," \
		"the machine says $(parameter answer)"
	# Nothing twice, nothing lost.
	[ "$(parameter answer)" -ge "$(parameter committed)" ]
	[ "$(parameter answer)" -le $(($(parameter committed) + $(parameter unknown))) ]
	wait_leader
}

# Sessions of libquorum, while the leader is stopped: each command counts once.
sessions_count_once()
{
	local old round

	service sessions "$BIN/sessions" -n 3 -t "$(seconds 30)" "$(dev 1)" "$(dev 2)" "$(dev 3)"
	for round in 1 2; do
		old=$(leader)
		q "$old" stop "demo-$old"
		# shellcheck disable=SC2046
		wait_leader $(others "$old")
		q "$old" start "demo-$old"
		wait_leader
	done
	service_end sessions
	cat "$T/sessions" "$T/sessions.err"
	grep -q "^applied [1-9][0-9]*, unknown 0, refused 0, other 0;" "$T/sessions"
	[ "$(sed 's/.*applied \([0-9]*\),.*/\1/' "$T/sessions")" = \
	  "$(sed 's/.*grew by //' "$T/sessions")" ]
}

# The log, all that was acknowledged, and then what comes next.
it_reads_and_waits()
{
	local node reader least

	node=$(others "$(leader)" | cut -d' ' -f1)
	propose "$node" 1
	least=$(q "$node" --json read "demo-$node" | wc -l)
	n "$node" sh -c "echo demo-$node >$PARAMETERS/read" &
	reader=$!
	# It has read what was there, or is about to: one of these is behind that.
	while kill -0 $reader 2>/dev/null; do
		propose "$(leader)" 1
		sleep 0.2
	done
	wait $reader
	note "$(parameter entries) entries read, $least were there"
	[ "$(parameter entries)" -gt "$least" ]
	[ "$(parameter entries)" -le "$(q "$node" --json read "demo-$node" | wc -l)" ]
	refused "error|No such" n "$node" sh -c "echo nobody >$PARAMETERS/read"
}

its_machine_runs()
{
	begin 1 tally-1
	grows committed 100
	stop
	[ "$(parameter answer)" -gt 100 ]
	# The group needs the machine, the module needs quorum.
	refused "in use" rmmod quorum_sample
	refused "in use" rmmod quorum
	begin 1 tally-1
	grows committed 20
	q 1 down "$T/tally-1.conf"
	grows refused 20
	stop
	rm "$T/tally-1.conf"
}

# With calls under way; once while there is no leader, and they would wait long.
it_goes_at_any_moment()
{
	local round node

	for round in 1 3; do
		begin "$round" "demo-$round"
		grows committed 20
		if [ "$round" = 3 ]; then
			for node in $NODES; do unplug "$node"; done
			grows asked 1
		fi
		rmmod quorum_sample
		insmod "$SAMPLE"
	done
	for node in $NODES; do plug "$node"; done
	wait_leader
}

# The group goes from under it, with its namespace.
a_namespace_ends()
{
	begin 3 demo-3
	grows committed 20
	service_end events-3
	ip netns del "$NS-3"
	until_ok "$(seconds 20)" "the group is gone" [ ! -e "$(dev 3)" ]
	grows refused 20
	rmmod quorum_sample
}

run_tests setup it_proposes_and_asks a_leader_is_lost sessions_count_once it_reads_and_waits \
	its_machine_runs it_goes_at_any_moment a_namespace_ends
