#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything ends cleanly at any moment, under load: groups, namespaces, the
# module. Whoever waits is told. Topology: lib.sh.
# QUORUM_SELFTEST_ROUNDS: how many namespaces end under load.

. "$(dirname -- "$0")/lib.sh"

setup() { make_group; }

before_each() { all_up; }

# With a pause of so many ms between two proposals of each: load_start [MS]
load_start()
{
	local node

	for node in $NODES; do
		service "load-$node" "$BIN/client" propose -n 0 -j 2 -w "${1:-20}" -k -t 500 \
			-p load "$(dev "$node")"
	done
	until_ok "$(seconds 20)" "the load commits" grep -q ^committed "$T/load-1"
}

load_end()
{
	local node

	for node in $NODES; do service_end "load-$node"; done
}

# Those who wait at NODE's device, in read, poll and a proposal.
waiters_start()
{
	local node=$1 i

	for i in 1 2 3; do
		service "reader-$i" "$BIN/client" read "$(dev "$node")"
		service "poller-$i" "$BIN/client" poll "$(dev "$node")"
	done
	until_ok "$(seconds 10)" "the readers wait" all_asleep reader-{1,2,3} poller-{1,2,3}
}

# Each has a device open and sleeps.
all_asleep()
{
	local name pid

	for name in "$@"; do
		pid=$(cat "$T/$name.pid")
		readlink "/proc/$pid/fd"/* | grep -q ^/dev/quorum/ || return 1
		grep -q '^State:.*[SD] ' "/proc/$pid/status" || return 1
	done
}

gone() { ! kill -0 "$(cat "$T/$1.pid")" 2>/dev/null; }

# They have been woken, and were told why.
waiters_told()
{
	local errors=$1 name

	for name in reader-{1,2,3} poller-{1,2,3}; do
		until_ok "$(seconds 5)" "$name has ended" gone "$name"
		note "$name: $(tr '\n' ' ' <"$T/$name")"
		grep -qE "^read ($errors)$" "$T/$name" || fail "$name was told: $(cat "$T/$name")"
	done
	grep -q HUP "$T/poller-1" || fail "poll said: $(cat "$T/poller-1")"
}

stop_tells_who_waits()
{
	waiters_start 2
	q 2 stop demo-2
	waiters_told "ESHUTDOWN|ENODEV"
	q 2 start demo-2
	wait_leader
	propose 2 "running again"
}

delete_tells_who_waits()
{
	waiters_start 2
	q 2 down demo-2
	waiters_told "ESHUTDOWN|ENODEV"
	[ ! -e "$(dev 2)" ]
	q 2 up "$(conf 2)"
	wait_leader
	propose 2 "back again"
}

# A file that was open all the time belongs to the group that was deleted.
an_open_file_outlives_its_group()
{
	local device

	device=$(dev 3)
	exec 7<"$device"
	exec 8>"$device"
	q 3 down demo-3
	if dd bs=64K count=1 <&7 >/dev/null 2>"$T/err"; then fail "read from a deleted group"; fi
	grep -qi 'no such device' "$T/err" || fail "$(cat "$T/err")"
	if echo no >&8 2>"$T/err"; then fail "wrote to a deleted group"; fi
	q 3 up "$(conf 3)"
	q 3 wait demo-3 --leader --timeout "$(seconds 30)s"
	# Also not to the new one of the same name.
	if echo no >&8 2>"$T/err"; then fail "an old file reaches a new group"; fi
	exec 7<&- 8>&-
	propose 3 "the new one works"
}

delete_while_proposals_wait()
{
	# Without a majority proposals wait for their timeout.
	q 1 stop demo-1
	q 2 stop demo-2
	service proposer "$BIN/client" propose -n 1 -t $((60000 * SCALE)) "$(dev 3)"
	service writer "$QUORUMCTL" --netns "$NS-3" propose demo-3 \
		--timeout "$((60 * SCALE))s" waiting
	until_ok "$(seconds 10)" "the proposer waits" all_asleep proposer writer
	q 3 down demo-3
	until_ok "$(seconds 5)" "the proposer has ended" gone proposer
	until_ok "$(seconds 5)" "quorumctl propose has ended" gone writer
	note "$(cat "$T/proposer") / $(cat "$T/writer.err")"
	grep -qE '^(refused|unknown) (ENODEV|ESHUTDOWN|ECANCELED)' "$T/proposer" || fail "$(cat "$T/proposer")"
	q 3 up "$(conf 3)"
	q 1 start demo-1
	q 2 start demo-2
	wait_leader
}

refused_while_running()
{
	refused 'running|stop' q 1 delete demo-1
	[ "$(get 1 state)" = running ]
	refused . q 1 start demo-1
	refused . q 1 create "$(conf 1)"
	propose 1 "still there"
}

start_and_stop_under_load()
{
	local i

	load_start
	for i in $(seq "$(rounds 16 4)"); do
		q 2 stop demo-2
		q 2 start demo-2
	done
	wait_leader
	load_end
	propose 2 "after all the stops"
	logs_equal
	one_leader_per_term
}

# A start goes on behind the back of who asked for it: end it at every moment.
stop_while_it_starts()
{
	local i state

	for i in $(seq "$(rounds 12 3)"); do
		q 2 stop demo-2
		n2 "$BIN/netlink_test" begin demo-2
		[ $((i % 3)) = 0 ] || sleep "0.0$((i % 3))"
		q 2 stop demo-2
		state=$(get 2 state)
		[ "$state" = stopped ] || fail "after a stop it is $state"
		[ "$(get 2 error)" = 0 ] || fail "a stop is no error: $(get 2 error)"
		n2 "$BIN/netlink_test" begin demo-2
		refused 'running|starting' n2 "$BIN/netlink_test" begin demo-2
		q 2 down demo-2
		q 2 create "$(conf 2)"
	done
	n2 "$BIN/netlink_test" start demo-2
	wait_leader
	propose 2 "after all the starts"
	logs_equal
}

# Behind the tests of namespaces: `events` of before a reload keeps its namespace.
rmmod_while_it_starts()
{
	[ -e "$T/loaded" ] || return $SKIP
	q 2 stop demo-2
	n2 "$BIN/netlink_test" begin demo-2
	rmmod quorum
	reload
}

make_spare()
{
	[ ! -e "$T/spare-1.conf" ] || return 0
	make_disk spare 16
	print_conf 1 "$(<"$T/disk-spare")" spare 10.77.0. 7500 >"$T/spare-1.conf"
	q 1 format "$T/spare-1.conf"
}

create_and_delete()
{
	local i

	make_spare
	for i in $(seq 25); do
		q 1 up "$T/spare-1.conf" >/dev/null
		q 1 down spare-1 >/dev/null
	done
	for i in $(seq 10); do
		q 1 create "$T/spare-1.conf" >/dev/null
		q 1 delete spare-1 >/dev/null
	done
	[ ! -e /dev/quorum/spare-1 ]
	q 1 fsck "$(cat "$T/disk-spare")"
}

# Two at a time fight for the same name: one wins, nothing breaks.
create_and_delete_at_once()
{
	local i

	make_spare
	for i in 1 2; do
		( for _ in $(seq "$(rounds 20 5)"); do
			q 1 up "$T/spare-1.conf"
			q 1 down spare-1
		done; true ) >/dev/null 2>&1 &
	done
	wait
	q 1 down spare-1 2>/dev/null || true
	q 1 up "$T/spare-1.conf"
	q 1 down spare-1
	[ ! -e /dev/quorum/spare-1 ]
}

the_namespace_goes_under_load()
{
	load_start
	waiters_start 3
	service_end events-3
	ip netns del "$NS-3"
	waiters_told "ESHUTDOWN|ENODEV"
	until_ok "$(seconds 10)" "the device node is gone" test ! -e "$(dev 3)"
	wait_leader 1 2
	propose 1 "without the third" >/dev/null
	load_end
	namespace_again 3
	service events-3 "$QUORUMCTL" --netns "$NS-3" --json events
	wait_leader
	propose 3 "the third is back" >/dev/null
	# Two processors change nothing in what lies in the logs.
	[ -n "$SHORT" ] || logs_equal
	one_leader_per_term
}

# A new namespace, the same disk.
namespace_again()
{
	local node=$1

	ip netns add "$NS-$node"
	n "$node" ip link set lo up
	until_ok "$(seconds 10)" "the old link is gone" link_free "p$node"
	ip -n "$NS-$node" link add eth0 type veth peer name "p$node" netns "$NS-0"
	ip -n "$NS-$node" addr add "10.77.0.$node/24" dev eth0
	ip -n "$NS-$node" link set eth0 up
	sw ip link set "p$node" master br0 up
	q "$node" up "$(conf "$node")"
}

# Again and again, while everybody proposes: the others all the time, and it itself until
# its namespace is gone.
namespaces_go_under_load()
{
	local round rounds before commit node pause=20

	rounds=${QUORUM_SELFTEST_ROUNDS:-4}
	# Nobody cuts this log, and it has room for some 110,000 of these entries.
	[ $((rounds / 5)) -le $pause ] || pause=$((rounds / 5))
	load_start $pause
	service_end load-3
	service_end events-3
	before=$(get 1 commit)
	for round in $(seq "$rounds"); do
		service load-3 "$BIN/client" propose -n 0 -j 2 -w $pause -k -t 500 \
			-p load "$(dev 3)"
		if ! (until_ok "$(seconds 20)" "node 3 commits" grep -q ^committed "$T/load-3"); then
			tail -n 3 "$T/load-3" "$T/load-3.err"
			for node in $NODES; do q "$node" status "demo-$node"; done
			fail "round $round: node 3 commits nothing"
		fi
		ip netns del "$NS-3"
		until_ok "$(seconds 10)" "the device node is gone" test ! -e "$(dev 3)"
		service_end load-3
		namespace_again 3
		[ $((round % 50)) != 0 ] || note "$round rounds"
	done
	service events-3 "$QUORUMCTL" --netns "$NS-3" --json events
	commit=$(get 1 commit)
	note "$rounds namespaces, $((commit - before)) entries meanwhile"
	[ "$commit" -ge $((before + rounds)) ]
	wait_leader
	load_end
	propose 3 "after all of them"
	logs_equal
	one_leader_per_term
}

link_free() { if sw ip link show "$1"; then return 1; fi; }

# A file that is open keeps the module; that is not an error of ours.
rmmod_is_refused_while_files_are_open()
{
	service holder "$BIN/client" hold "$(dev 1)"
	until_ok "$(seconds 10)" "the device is held" all_asleep holder
	[ "$(cat /sys/module/quorum/refcnt)" != 0 ]
	refused 'in use|busy|unavailable' rmmod quorum
	[ "$(get 1 state)" = running ]
	service_end holder
	propose 1 "nothing happened"
}

reload()
{
	local node

	[ ! -d /sys/module/quorum ]
	[ -z "$(ls /dev/quorum 2>/dev/null)" ]
	if [ -n "${QUORUM_MODULE:-}" ]; then insmod "$QUORUM_MODULE"; else modprobe quorum; fi
	for node in $NODES; do
		[ -z "$(q "$node" list | grep demo || true)" ]
		service "events-$node" "$QUORUMCTL" --netns "$NS-$node" --json events
		q "$node" up "$(conf "$node")"
	done
	wait_leader
	propose 1 "loaded again" >/dev/null
}

# Running groups and their traffic do not keep the module.
rmmod_with_running_groups()
{
	local round

	[ -e "$T/loaded" ] || return $SKIP
	for round in 1 2 3; do
		propose 2 "round $round" >/dev/null
		rmmod quorum
		reload
	done
	logs_equal
}

# Proposers come and go; between two of them there is a moment.
rmmod_under_load()
{
	local node round tries

	[ -e "$T/loaded" ] || return $SKIP
	for round in $(seq "$(rounds 3 1)"); do
		for node in $NODES; do
			# shellcheck disable=SC2016 # for the inner shell
			service "shot-$node" sh -c 'while :; do "$@"; done' sh \
				"$BIN/client" propose -n 3 -t 200 -p shot "$(dev "$node")"
		done
		until_ok "$(seconds 20)" "the shots commit" grep -q ^committed "$T/shot-1"
		tries=0
		until rmmod quorum 2>/dev/null; do
			tries=$((tries + 1))
			[ $tries -lt 5000 ] || fail "the module could not be removed in $tries tries"
		done
		note "round $round: removed after $tries refusals"
		for node in $NODES; do service_end "shot-$node"; done
		reload
	done
	logs_equal
}

rmmod_with_a_flood()
{
	[ -e "$T/loaded" ] || return $SKIP
	service flood nsenter --net="/run/netns/$NS-2" "$BIN/flood" -i eth0 -s 10.77.0.2 \
		-d 10.77.0.1 -n 100000000 -w "$(seconds 5)" replay
	until_ok "$(seconds 20)" "the flood runs" flooding
	rmmod quorum
	service_end flood
	reload
}

flooding()
{
	local before

	# What is sent once more is known by its number, and dropped.
	before=$(drops_of 1 replay session)
	sleep 0.2
	[ $(($(drops_of 1 replay session) - before)) -gt 100 ]
}

# Stopping and deleting are one path, and so are one namespace and many.
# shellcheck disable=SC2046 # words
run_tests setup:120 $(full stop_tells_who_waits) delete_tells_who_waits \
	$(full an_open_file_outlives_its_group delete_while_proposals_wait refused_while_running) \
	start_and_stop_under_load:240 stop_while_it_starts:120 $(full create_and_delete:240) \
	create_and_delete_at_once:120 the_namespace_goes_under_load:240 \
	$(full namespaces_go_under_load:240 rmmod_is_refused_while_files_are_open \
	rmmod_with_running_groups:120) rmmod_while_it_starts rmmod_under_load:120 rmmod_with_a_flood
