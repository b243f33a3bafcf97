#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What one proposal costs, exactly: two datagrams out and two back at the leader,
# one log write on every node of as many sectors as it takes, no flush beside it, and no
# memory. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

N=$(rounds 20 10)

# Indexes, counters and numbers of tags take two bytes each in all that follows.
setup()
{
	local one node

	make_group
	one=$(leader)
	for node in $NODES; do
		client propose -n 14 -j 20 -b 8 -t $((10000 * SCALE)) -p warm "$(dev "$node")" >/dev/null
	done
	until_ok "$(seconds 60)" "counters beyond a byte" counters_are_long "$one"
}

counters_are_long() { [ "$(get "$1" link.tx-datagrams link.rx-datagrams | tr '\t' '\n' | sort -n | head -n 1)" -ge 600 ]; }

# All members hold the whole log, durably: the leader has heard so from each.
all_acknowledged()
{
	local one=$1 node last known matches=()

	for node in $NODES; do
		[ "$node" = "$one" ] || matches+=("member.id=$node.match")
	done
	read -r last known <<<"$(get "$one" last-index commit "${matches[@]}")"
	[ -n "$known" ] || return 1
	for node in $known; do [ "$node" = "$last" ] || return 1; done
}

counters()
{
	local one=$1

	term=$(get "$one" term)
	append=$(get "$one" link.tx-messages.append)
	reply=$(get "$one" link.rx-messages.append-reply)
	bios=$(total store.log-bios)
	sectors=$(($(total store.log-bytes) / 512))
	records=$(total store.log-records)
	flushes=$(total store.flushes)
	hard=$(total store.hard-bios)
	forwarded=$(total runtime.forwarded)
	read -r wire answers <<<"$(payload "$one")"
}

# Bytes of UDP payload the leader has sent, and those it was sent, without heartbeats (48
# of header, 32 of body and 32 of seal each) and their answers (40 of body). All from one
# status, so that none comes in between.
payload()
{
	get "$1" link.tx-bytes link.tx-messages.heartbeat link.rx-bytes \
		link.rx-messages.heartbeat-reply | awk '{ print $1 - 112 * $2, $3 - 120 * $4 }'
}

# propose_one_by_one NODE BYTES: each only when the one before is everywhere, so
# that no two share a write or a datagram.
propose_one_by_one()
{
	local node=$1 bytes=$2 one i

	one=$(leader)
	for i in $(seq "$N"); do
		client propose -b "$bytes" -t $((5000 * SCALE)) -p "cost $i" "$(dev "$node")" >/dev/null
		until_ok "$(seconds 10)" "all members have acknowledged" all_acknowledged "$one"
	done
}

expect()
{
	note "$1: $2, expected $3"
	[ "$2" = "$3" ] || fail "$1 is $2, expected $3"
}

# Datagrams as the kernel counts them, of all nodes, since the values before: four for each
# entry (a follower asks the leader, who answers), the heartbeats and their answers,
# and no heartbeat out of turn.
datagrams_left()
{
	local forwards=$1 udp0=$2 heartbeats0=$3 others0=$4 ms0=$5 udp heartbeats others ms interval=50

	# shellcheck disable=SC2086 # nodes are several
	read -r udp heartbeats others ms < <("$BIN/nodes" wire "$NS" $NODES)
	expect "messages but heartbeats of all nodes" $((others - others0)) $((4 * N + 2 * forwards))
	expect "UDP datagrams of all nodes" $((udp - udp0)) $((4 * N + 2 * forwards + heartbeats - heartbeats0))
	[ "$TIMING" != emulated ] || interval=100
	[ $((heartbeats - heartbeats0)) -le $((4 * ((ms - ms0) / interval + 2))) ] ||
		fail "$((heartbeats - heartbeats0)) heartbeats and answers in $((ms - ms0)) ms"
}

measure()
{
	local node=$1 bytes=$2 left one term append reply bios records flushes hard forwarded wire
	local sectors sectors0 answers answers0 answer wire0 each term0 append0 reply0 bios0 records0
	local flushes0 hard0 forwarded0 forwards=0

	one=$(leader)
	[ "$node" = "$one" ] || forwards=$N
	until_ok "$(seconds 10)" "all members have acknowledged" all_acknowledged "$one"
	counters "$one"
	term0=$term append0=$append reply0=$reply bios0=$bios records0=$records
	flushes0=$flushes hard0=$hard forwarded0=$forwarded wire0=$wire sectors0=$sectors
	answers0=$answers
	# shellcheck disable=SC2086 # nodes are several
	left=$("$BIN/nodes" wire "$NS" $NODES)
	propose_one_by_one "$node" "$bytes"
	counters "$one"
	if [ "$term" != "$term0" ]; then
		skip "an election came in between"
	fi
	expect "APPEND messages sent" $((append - append0)) $((2 * N))
	expect "APPEND_REPLY messages received" $((reply - reply0)) $((2 * N))
	# shellcheck disable=SC2086 # four values
	datagrams_left $forwards $left
	expect "log writes of all nodes" $((bios - bios0)) $((3 * N))
	expect "records of all nodes" $((records - records0)) $((3 * N))
	# A header of 80, 32 before each entry, rounded to sectors (quorum-log(5)).
	expect "sectors of all nodes" $((sectors - sectors0)) $((3 * N * ((80 + 32 + bytes + 511) / 512)))
	expect "flushes" $((flushes - flushes0)) 0
	expect "writes of (term, vote)" $((hard - hard0)) 0
	expect "forwarded" $((forwarded - forwarded0)) "$forwards"
	[ "$forwards" = 0 ] || return 0
	# An APPEND of one entry, brief (format/brief.h): 9, and 5 of lengths, of 18 words:
	# counter 2, sender 1, term 1; index before it 2, its term 1, commit 2, count 1;
	# the entry's term 1, tag 6 (a life 4, a number 2), origin 1, size and type 4; the
	# entry; 16 of MAC.
	each=$((9 + 5 + 2 + 1 + 1 + 2 + 1 + 2 + 1 + 1 + 6 + 1 + 4 + bytes + 16))
	exactly "bytes sent" $((wire - wire0)) "$each" 112
	# Its answer: 9, 5, counter 2, sender 1, term 1; match and verified 2 each; 16 of MAC.
	answer=$((9 + 5 + 2 + 1 + 1 + 2 + 2 + 16))
	exactly "bytes of answers" $((answers - answers0)) "$answer" 120
	note "an entry of $bytes: $((2 * (each + 28) + 2 * (answer + 28))) bytes of IP"
}

# exactly WHAT BYTES EACH HEARTBEAT: for 2 N messages. A heartbeat that left while status
# counted may be in one number and not in the other.
exactly()
{
	note "$1: $2 for $((2 * N)) messages, expected $3 each"
	case $(($2 - 2 * N * $3)) in
	0 | "$4" | "-$4" | "$((2 * $4))" | "-$((2 * $4))") ;;
	*) fail "$1: $2 for $((2 * N)) messages of $3" ;;
	esac
}

# What performance.md counts: (n-1)(S + e + H + 28) + (n-1)(A + 28), at most 850.
proposals_at_the_leader() { measure "$(leader)" 256; }
proposals_at_a_follower() { measure "$(others "$(leader)" | cut -d' ' -f1)" 100; }

# An entry that fills one datagram almost is still one.
nearly_a_datagram() { measure "$(leader)" 1200; }

# Nothing is written, and only heartbeats travel, when nobody proposes.
an_idle_group_writes_nothing()
{
	local one term append reply bios sectors records flushes hard forwarded wire bios0 append0 hard0 beats

	one=$(leader)
	until_ok "$(seconds 10)" "all members have acknowledged" all_acknowledged "$one"
	counters "$one"
	bios0=$bios append0=$append hard0=$hard
	beats=$(get "$one" link.tx-messages.heartbeat)
	until_ok "$(seconds 20)" "twenty heartbeats" beaten "$one" $((beats + 20))
	counters "$one"
	expect "log writes while idle" $((bios - bios0)) 0
	expect "APPEND messages while idle" $((append - append0)) 0
	expect "writes of (term, vote) while idle" $((hard - hard0)) 0
}

beaten() { [ "$(get "$1" link.tx-messages.heartbeat)" -ge "$2" ]; }

# Many at once share writes: never more than one per entry and node.
a_burst_shares_writes()
{
	local one bios0 records0 n=200

	one=$(leader)
	bios0=$(total store.log-bios)
	client propose -n $((n / 20)) -j 20 -t $((10000 * SCALE)) -p burst "$(dev "$one")" >"$T/burst"
	[ "$(grep -c ^committed "$T/burst")" = $n ]
	until_ok "$(seconds 10)" "all members have acknowledged" all_acknowledged "$one"
	note "$(($(total store.log-bios) - bios0)) log writes for $n entries on three nodes"
	[ $(($(total store.log-bios) - bios0)) -le $((3 * n)) ]
	logs_equal
}

# ---- memory ----

FAULTS="/sys/kernel/debug/failslab /sys/kernel/debug/fail_page_alloc"
MOST=1000000

# So many of a hundred allocations by the threads of these groups fail, by whatever
# flags: starve PERCENT NAME...
starve()
{
	local percent=$1 name dir task

	shift
	for dir in $FAULTS; do
		[ -w "$dir/probability" ] || skip "there is no fault injection"
		echo 0 >"$dir/probability"
		echo 0 >"$dir/verbose"
		echo Y >"$dir/task-filter"
		echo N >"$dir/ignore-gfp-wait"
		echo 1 >"$dir/interval"
		echo $MOST >"$dir/times"
	done
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
	for name in "$@"; do
		task=$(grep -lsx "quorum/$name" /proc/[0-9]*/comm | cut -d/ -f3)
		echo 1 >"/proc/$task/make-it-fail"
	done
	for dir in $FAULTS; do echo "$percent" >"$dir/probability"; done
}

# How many have failed.
starved()
{
	local dir n=0

	for dir in $FAULTS; do n=$((n + MOST - $(cat "$dir/times"))); done
	echo $n
}

feed()
{
	local dir

	for dir in $FAULTS; do
		echo 0 >"$dir/probability"
		echo N >"$dir/task-filter"
	done
}

# From proposal to answer, alone: the thread that writes the log asks for no memory.
writing_takes_no_memory()
{
	local n=100

	make_disk solo 64
	NODES=1 print_conf 1 "$(disk solo)" solo 10.77.0. 7430 >"$T/solo-1.conf"
	q 1 format "$T/solo-1.conf"
	q 1 up "$T/solo-1.conf"
	q 1 wait solo-1 --leader --timeout "$(seconds 20)s"
	starve 100 solo-1
	seq $n | q 1 propose solo-1 --lines --jobs 4 --quiet --timeout "$(seconds 20)s"
	expect "allocations for $n entries" "$(starved)" 0
	feed
	q 1 down solo-1
}

# Every third piece of memory for datagrams is not to be had: they are late, no more.
commits_go_on_under_memory_pressure()
{
	local n=100 node

	starve 30 demo-1 demo-2 demo-3
	seq $n | q 1 propose demo-1 --lines --jobs 4 --quiet --timeout "$(seconds 30)s"
	note "$(starved) allocations failed while $n entries were committed"
	[ "$(starved)" -gt $n ] || fail "only $(starved) allocations failed"
	feed
	for node in $NODES; do [ "$(get "$node" state)" = running ]; done
	wait_leader
	logs_equal
}

# The answers of `status` about proposals add up.
counters_add_up()
{
	local node

	for node in $NODES; do
		get "$node" runtime.proposals runtime.committed runtime.refused runtime.unknown |
			awk '{ if ($1 != $2 + $3 + $4) { print "proposals " $0; exit 1 } }'
	done
}

run_tests setup:120 proposals_at_the_leader:180 proposals_at_a_follower:180 nearly_a_datagram:180 \
	an_idle_group_writes_nothing a_burst_shares_writes writing_takes_no_memory \
	commits_go_on_under_memory_pressure counters_add_up
