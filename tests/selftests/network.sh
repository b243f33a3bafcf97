#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What networks do: cuts in one direction, links that flap, delay, loss, small MTUs,
# narrow paths, hosts with several addresses, addresses that change, IPv6 alone.
# Topology: lib.sh. QUORUM_SELFTEST_ROUNDS: how often the socket is changed.
# QUORUM_SELFTEST_LONG: more of what loss, order and copies cost.

. "$(dirname -- "$0")/lib.sh"

# The log keeps everything: what is proposed here is more than the usual size.
setup() { MEGABYTES=${QUORUM_SELFTEST_LONG:+200} make_group; }

before_each()
{
	local node

	[ ! -e "$T/muted" ] || for node in $NODES; do voice "$node"; done
	all_up
}

# What the switch sends to a node is lost; what the node sends arrives.
deaf() { sw tc qdisc replace dev "p$1" root netem loss 100%; }

# What the node sends is lost; what is sent to it arrives.
mute()
{
	touch "$T/muted"
	n "$1" tc qdisc replace dev eth0 root netem loss 100%
}
voice() { n "$1" tc qdisc del dev eth0 root 2>/dev/null || true; }

load_begin()
{
	local node

	for node in $NODES; do
		service "load-$1-$node" "$BIN/client" propose -n 0 -w 50 -k -t $((5000 * SCALE)) \
			-p "$1 $node" "$(dev "$node")"
	done
}

# Ends it; what was acknowledged is there once, on all.
load_end()
{
	local node name=$1

	for node in $NODES; do service_end "load-$name-$node"; done
	wait_leader
	logs_equal
	for node in $NODES; do
		sed -i -n "/^[a-z]* [0-9A-Z]* .*$name [0-9] [0-9]* [0-9]*\$/p" "$T/load-$name-$node"
		[ "$(grep -c ^committed "$T/load-$name-$node")" -gt 0 ] ||
			fail "nothing was committed at node $node"
	done
	check_outcomes "$T/log-1" "$T/load-$name"-[123]
	one_leader_per_term
}

# A leader that is not heard loses its followers; one that does not hear steps down. What
# it was given is committed by nobody, or once.
one_way_cut()
{
	cut_leader deaf
	cut_leader mute
}

cut_leader()
{
	local one rest

	one=$(leader)
	rest=$(others "$one")
	"$1" "$one"
	client propose -n 1 -t $((1000 * SCALE)) -p "$1" "$(dev "$one")" >"$T/cut-$1" &
	# shellcheck disable=SC2086 # nodes are several
	until_ok "$(seconds 30)" "the others have another leader" has_other_leader "$one" $rest
	propose "${rest%% *}" "node $one is $1" >/dev/null
	until_ok "$(seconds 30)" "node $one does not lead any more" follows "$one"
	no_loss "$one"
	voice "$one"
	wait_leader
	wait $! || true
	logs_equal
	check_outcomes "$T/log-1" "$T/cut-$1"
	one_leader_per_term
}

follows() { [ "$(get "$1" role)" != leader ]; }

has_other_leader()
{
	local one=$1 seen

	shift
	seen=$(get "$1" leader)
	[ "$seen" != 0 ] && [ "$seen" != "$one" ] && [ "$(get "$2" leader)" = "$seen" ]
}

# A follower's, then the leader's, which is back before it is missed, and after.
flapping_link()
{
	local node rest i

	node=$(others "$(leader)" | cut -d' ' -f1)
	load_begin flap
	for i in $(seq "$(rounds 3 2)"); do
		unplug "$node"
		sleep 0.$((RANDOM % 9 + 1))
		plug "$node"
		sleep 0.$((RANDOM % 9 + 1))
	done
	for i in $(seq "$(rounds 4 2)"); do
		node=$(leader)
		rest=$(others "$node")
		unplug "$node"
		sleep 0.$((RANDOM % 9 + 1))
		# shellcheck disable=SC2086 # nodes are several
		[ $((i % 2)) = 1 ] || until_ok "$(seconds 30)" "the others have another leader" \
			has_other_leader "$node" $rest
		plug "$node"
	done
	load_end flap
}

# Datagrams overtake each other, and some come twice: nothing is lost, nobody is deposed,
# and what came twice is dropped as such.
out_of_order()
{
	local node before

	for node in $NODES; do
		sw tc qdisc replace dev "p$node" root netem delay 5ms reorder 25% 50% duplicate 5%
	done
	before="$(total link.drops.replay) $(total link.drops.seal) $(total link.drops.session)"
	nobody_elects demo 700 commit_out_of_order
	note "replay, seal, session: $before, then $(total link.drops.replay)"
	[ "$(total link.drops.replay)" -gt "${before%% *}" ]
	[ "$(total link.drops.seal) $(total link.drops.session)" = "${before#* }" ]
}

commit_out_of_order()
{
	# It may be done again.
	local name=order-$RANDOM

	load_begin "$name"
	client propose -n 8 -b 65536 -t $((10000 * SCALE)) -p "large $name" "$(dev "$1")" >"$T/mixed"
	load_end "$name"
	check_outcomes "$T/log-1" "$T/mixed"
	[ "$(grep -c ^committed "$T/mixed")" = 8 ]
}

# as GROUP COMMAND...: a function of lib.sh about the nodes of another group.
as()
{
	local group=$1

	shift
	QUORUM_SELFTEST_GROUP=$group "$@"
}

# begin_group NAME TIMING and end_group NAME: one more, on the spare disks.
begin_group()
{
	local name=$1 node

	for node in near wan; do [ ! -e "$T/$node-3.conf" ] || end_group "$node"; done
	for node in $NODES; do
		TIMING=$2 print_conf "$node" "$(spare "$node")" "$name" 10.77.0. 7421 >"$T/$name-$node.conf"
		q "$node" format --force "$T/$name-$node.conf" >/dev/null
	done
	for node in $NODES; do q "$node" up "$T/$name-$node.conf"; done
	as "$name" wait_leader
}

end_group()
{
	local node

	for node in $NODES; do
		q "$node" down "$T/$1-$node.conf"
		rm "$T/$1-$node.conf"
	done
}

spare()
{
	[ -e "$T/disk-spare-$1" ] || make_disk "spare-$1" 16
	cat "$T/disk-spare-$1"
}

# How long, in milliseconds, the machine stood still at most while it should have woken
# every twentieth of a second; in a file.
watch_the_clock()
{
	local now last=${EPOCHREALTIME/./} most=0

	echo 0 >"$1"
	while :; do
		read -r -t 0.05 -u "$NEVER" || true
		now=${EPOCHREALTIME/./}
		if [ $((now - last)) -gt $most ]; then
			most=$((now - last))
			echo $((most / 1000)) >"$1"
		fi
		last=$now
	done
}

# nobody_elects GROUP MILLISECONDS COMMAND...: one leader and one term before the command
# and after it. A machine that stood still for as long as that makes elections by itself;
# then this is done again.
nobody_elects()
{
	local group=$1 limit=$2 one state clock still node i

	shift 2
	for i in 1 2 3; do
		one=$(as "$group" leader)
		state=$(as "$group" get "$one" term role)
		watch_the_clock "$T/still" &
		clock=$!
		"$@" "$one"
		as "$group" wait_leader
		kill $clock
		still=$(<"$T/still")
		[ "$(as "$group" get "$one" term role)" != "$state" ] || return 0
		note "$state became $(as "$group" get "$one" term role); the machine stood still for $still ms"
		if [ "$still" -lt "$limit" ]; then
			for node in $NODES; do
				"$BIN/jsonq" time-ns name role cause term leader <"$T/events-$node" |
					grep "$group-" | tail -4 | sed "s/^/$node /"
			done
			fail "there was an election"
		fi
	done
	skip "this machine stands still for $still ms"
}

# At least so many datagrams wait in the queue before the slow link of a node: waiting NODE COUNT
waiting()
{
	n "$1" tc -s qdisc show dev eth0 | awk -v "least=$2" '$3 == "2:" { there = 1 }
		there && $1 == "backlog" { exit $3 + 0 < least }'
}

# The leader has sent as many heartbeats, or is none any more: beaten NODE COUNT
beaten() { [ "$(get "$1" link.tx-messages.heartbeat)" -ge "$2" ] || follows "$1"; }

# Heartbeats that the nodes have received.
heard()
{
	local node sum=0

	for node in "$@"; do sum=$((sum + $(get "$node" link.rx-messages.heartbeat))); done
	echo $sum
}

nothing_is_under_way() { all_acknowledged "$(leader)"; }

# A link of two hundred datagrams a second, and before it wait more of what is large than it
# takes in an election timeout: what must not wait overtakes them there, and nobody elects,
# not even when all that waited is lost at once. One queue knows priorities, the other flows;
# that drops nothing for its age here, and hardly ever takes two flows for one.
BY_FLOWS="fq_codel flows 65536 target 10s interval 100s"
heartbeats_overtake_what_is_large()
{
	nobody_elects demo 700 overtake_what_is_large pfifo_fast
	nobody_elects demo 700 overtake_what_is_large "$BY_FLOWS"
}

# Flows are told by a hash of ours, whatever the addresses are.
heartbeats_overtake_over_ipv6()
{
	get 1 member.id=1.addr | grep -F fd77:
	nobody_elects demo 700 overtake_what_is_large "$BY_FLOWS"
}

overtake_what_is_large()
{
	local queue=$1 one=$2 name=overtaken-$RANDOM beats before after refused

	refused=$(get "$one" link.tx-errors)
	touch "$T/muted"
	n "$one" ip link set eth0 txqueuelen 10000
	n "$one" tc qdisc replace dev eth0 root handle 1: tbf rate 2400kbit burst 8kb limit 10mb
	# shellcheck disable=SC2086 # words
	n "$one" tc qdisc add dev eth0 parent 1:1 handle 2: $queue
	service "$name" "$BIN/client" propose -n 0 -k -j 16 -b 65536 -t $((10000 * SCALE)) \
		-p "$name" "$(dev "$one")"
	until_ok "$(seconds 10)" "hundreds of datagrams wait" waiting "$one" 600
	# shellcheck disable=SC2046 # nodes are several
	before=$(heard $(others "$one"))
	beats=$(get "$one" link.tx-messages.heartbeat)
	until_ok "$(seconds 10)" "twenty heartbeats to two members" beaten "$one" $((beats + 40))
	# shellcheck disable=SC2046
	after=$(heard $(others "$one"))
	n "$one" tc -s qdisc show dev eth0 | awk '$1 == "backlog" { print "#", $0 }'
	note "$((after - before)) of 40 heartbeats are there," \
		"$(($(get "$one" link.tx-errors) - refused)) large messages were refused"
	if ! follows "$one"; then
		waiting "$one" 600 || fail "few datagrams wait any more"
		[ $((after - before)) -ge 36 ] || fail "heartbeats wait behind what is large"
	fi
	voice "$one"
	service_end "$name"
	until_ok "$(seconds 30)" "all members have acknowledged" nothing_is_under_way
	logs_equal
	check_outcomes "$T/log-1" "$T/$name"
}

# One in twenty datagrams is lost for forty heartbeats, and nobody calls an election. The
# time-outs are to the heartbeat as they are by default, in a kernel that is slow to wake.
# Five percent makes hardly any of them run out in that time (tests/unit lets them, in hours
# that pass in no time); at a member that hears one in four they do, and it asks the others.
no_election_at_five_percent_loss()
{
	begin_group near "heartbeat=200ms election=600ms-1200ms"
	nobody_elects near 200 lose_five_percent
	nobody_elects near 200 let_timeouts_run_out
	end_group near
}

lose_five_percent()
{
	local node one=$1 beats

	for node in $NODES; do sw tc qdisc replace dev "p$node" root netem loss 5%; done
	beats=$(as near get "$one" link.tx-messages.heartbeat)
	until_ok "$(seconds 30)" "forty heartbeats to two members" near_beaten "$one" $((beats + 80))
	for node in $NODES; do no_loss "$node"; done
}

near_beaten() { [ "$(as near get "$1" link.tx-messages.heartbeat)" -ge "$2" ]; }

let_timeouts_run_out()
{
	local one=$1 other asked

	other=$(others "$one" | cut -d' ' -f1)
	asked=$(as near get "$other" link.tx-messages.prevote)
	loss "$other" 75
	until_ok "$(seconds 30)" "two time-outs have run out" near_asked "$other" $((asked + 4))
	no_loss "$other"
}

near_asked() { [ "$(as near get "$1" link.tx-messages.prevote)" -ge "$2" ]; }

# network NETEM-ARGUMENT...: what the switch does to frames on their way to each node.
network()
{
	local node

	for node in $NODES; do
		sw tc qdisc replace dev "p$node" root netem limit 10000 "$@"
	done
}

# Everything the leader sent is everywhere.
all_acknowledged()
{
	local one=$1 last node

	last=$(get "$one" last-index)
	[ "$(get "$one" commit)" = "$last" ] || return 1
	for node in $(others "$one"); do
		[ "$(get "$one" "member.id=$node.match")" = "$last" ] || return 1
	done
}

# Datagrams that the leader has sent, but for heartbeats; messages; and fragments sent again.
sent()
{
	get "$1" link.tx-datagrams link.tx-messages.heartbeat link.tx-messages.append \
		link.fragments-repaired | awk '{ print $1 - $2, $3, $4 }'
}

# work ENTRIES JOBS BYTES: what the leader sends for it, in $datagrams.
# No success: there was an election meanwhile.
work()
{
	local entries=$1 jobs=$2 size=$3 one term datagrams0 appends appends0 again again0 begun ms

	one=$(leader)
	term=$(get "$one" term role)
	until_ok "$(seconds 10)" "all members have acknowledged" all_acknowledged "$one"
	read -r datagrams0 appends0 again0 <<<"$(sent "$one")"
	begun=${EPOCHREALTIME/[.,]/}
	client propose -n $((entries / jobs)) -j "$jobs" -b "$size" -t $((10000 * SCALE)) \
		-p "size $size $EPOCHREALTIME" "$(dev "$one")" >"$T/work"
	ms=$(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
	wait_leader
	[ "$(get "$one" term role)" = "$term" ] || return 1
	[ "$(grep -c ^committed "$T/work")" = "$entries" ] || fail "not all were committed"
	until_ok "$(seconds 30)" "all members have acknowledged" all_acknowledged "$one"
	read -r datagrams appends again <<<"$(sent "$one")"
	datagrams=$((datagrams - datagrams0))
	note "$datagrams datagrams, $((appends - appends0)) messages and $((again - again0))" \
		"fragments sent again for $entries entries of $size, $ms ms," \
		"$(total link.repairs-asked) times asked so far"
}

# All that is sent waits for softirqs in one queue of the processor. Whole bursts of three
# nodes do not fit into it, and what it loses is not of the network.
wide_backlog()
{
	local file=/proc/sys/net/core/netdev_max_backlog old

	read -r old <$file
	# shellcheck disable=SC2064 # as it is now
	trap "echo $old >$file" EXIT
	echo 10000 >$file
}

# goodput PERCENT ENTRIES JOBS BYTES NETEM-ARGUMENT...: of what is sent where the network does
# this, so much would have been enough without it. On a full path that is the goodput of one
# as a part of the other; how long it takes depends on this machine, and how many datagrams
# there are does not. Entries are of sizes of which the same always makes as many: of more
# than half a datagram, so that none goes with another. In one of three tries: where this
# machine stands still for longer than datagrams take, they seem to be lost.
goodput()
{
	local percent=$1 load="$2 $3 $4" try node datagrams enough

	shift 4
	wide_backlog
	for try in 1 2 3; do
		# shellcheck disable=SC2086 # three words
		work $load || continue
		enough=$datagrams
		network "$@"
		# shellcheck disable=SC2086
		if work $load && [ $((datagrams * percent)) -le $((enough * 100)) ]; then try=ok; fi
		for node in $NODES; do no_loss "$node"; done
		[ $try != ok ] || break
	done
	logs_equal
	[ $try = ok ] || fail "$enough of $datagrams datagrams are less than $percent percent"
}

# Forty-six datagrams each: four in ten lose one.
large_entries_at_one_percent_loss() { goodput 95 32 4 65536 loss 1%; }
many_large_entries_at_one_percent_loss() { goodput 95 48 16 65536 loss 1%; }
# Of these several go together where many wait, and nearly as many datagrams each time.
middle_entries_at_one_percent_loss() { goodput 95 320 16 4096 loss 1%; }
small_entries_at_one_percent_loss() { goodput 95 600 20 1000 loss 1%; }

# One in four overtakes all that was sent two milliseconds before it.
small_entries_out_of_order() { goodput 80 600 20 1000 delay 2ms reorder 25%; }
large_entries_out_of_order() { goodput 80 48 16 65536 delay 2ms reorder 25%; }

small_entries_twice() { goodput 95 600 20 1000 duplicate 1%; }
large_entries_twice() { goodput 95 48 16 65536 duplicate 1%; }

# So many datagrams of a burst may be in one frame.
frames_of()
{
	local node

	for node in $NODES; do n "$node" ip link set eth0 gso_max_segs "$1"; done
}

# Datagrams of node $1, bursts, and frames of its device.
burst_counters()
{
	get "$1" link.tx-datagrams link.tx-bursts
	# shellcheck disable=SC2016 # for awk
	n "$1" awk '$1 == "eth0:" { print $11 }' /proc/net/dev
}

# What four entries of 64 KiB take at node $1 of each, in $datagrams, $bursts and $frames.
count_bursts()
{
	local before

	before=$(burst_counters "$1" | xargs)
	client propose -n 4 -b 65536 -t $((10000 * SCALE)) -p "burst $EPOCHREALTIME" "$(dev "$1")" \
		>"$T/burst"
	[ "$(grep -c ^committed "$T/burst")" = 4 ] || fail "not all were committed"
	until_ok "$(seconds 30)" "all members have acknowledged" all_acknowledged "$1"
	read -r datagrams bursts frames <<<"$(echo "$before $(burst_counters "$1" | xargs)" |
		awk '{ print $4 - $1, $5 - $2, $6 - $3 }')"
	note "$2: $datagrams datagrams, $bursts bursts, $frames frames"
}

# Eight messages of 46 datagrams each leave in two packets each, and arrive in them where
# nothing on their way is of less. A device that makes no checksums gets them one by one
# (before Linux 6.11), and so does a path where IP may fragment.
large_messages_leave_in_bursts()
{
	local one route datagrams bursts frames

	one=$(leader)
	frames_of 64
	count_bursts "$one" "all of veth"
	[ "$bursts" -ge 16 ] || fail "few leave together"
	[ $((datagrams - frames)) -ge 300 ] || fail "they are cut before the device"
	frames_of 1
	count_bursts "$one" "one at a time"
	[ "$bursts" -ge 16 ] || fail "few leave together"
	[ $((datagrams - frames)) -le 100 ] || fail "the device does not cut"
	frames_of 64
	n "$one" "$BIN/offload" eth0 off
	count_bursts "$one" "no checksums"
	n "$one" "$BIN/offload" eth0 on
	[ "$bursts" != 0 ] || [ $((datagrams - frames)) -le 100 ] || fail "there are bursts"
	route="10.77.0.0/24 dev eth0 proto kernel scope link src 10.77.0.$one"
	# shellcheck disable=SC2086 # words
	n "$one" ip route change $route mtu lock 1500
	# What was known of the path is asked for again within a second.
	sleep 1.2
	count_bursts "$one" "locked MTU"
	[ "$bursts" = 0 ] || fail "they have DF"
	# shellcheck disable=SC2086
	n "$one" ip route change $route
	frames_of 1
	logs_equal
}

# Entries of 64 KiB in datagrams of 1,280 bytes: cut up by us, never by IP.
smallest_mtu()
{
	local node made bursts

	for node in $NODES; do
		n "$node" ip link set eth0 mtu 1280
		n "$node" ip -6 addr replace "fd77::$node/64" dev eth0 nodad
	done
	made=$(fragments)
	bursts=$(total link.tx-bursts)
	# What was known of the path is asked for again within a second.
	sleep 1.2
	client propose -n 3 -b 65536 -t $((10000 * SCALE)) \
		-p "small $EPOCHREALTIME" "$(dev "$(leader)")" >"$T/small"
	[ "$(grep -c ^committed "$T/small")" = 3 ]
	logs_equal
	[ "$(fragments)" = "$made" ] || fail "IP had to fragment"
	[ "$(total link.tx-bursts)" -ge $((bursts + 12)) ] || fail "there are no bursts"
	for node in $NODES; do n "$node" ip link set eth0 mtu 1500; done
}

fragments()
{
	local node

	for node in $NODES; do n "$node" cat /proc/net/snmp /proc/net/snmp6; done |
		awk '$1 == "Ip:" && $2 ~ /^[0-9]/ { sum += $NF }
		     $1 == "Ip6FragCreates" { sum += $2 } END { print sum }'
}

# move NODE ADDRESS: the node has another address, and all are told, one by one.
move()
{
	local node

	for node in $NODES; do
		sed -i "s|^member *= $1 .*|member = $1 $2|" "$(conf "$node")"
		q "$node" relink "$(conf "$node")"
	done
}

an_address_changes_under_load()
{
	local one

	one=$(leader)
	load_begin move
	n "$one" ip addr add "10.77.0.1$one/24" dev eth0
	move "$one" "10.77.0.1$one"
	wait_leader
	propose "$one" "from another address" >/dev/null
	n "$one" ip addr del "10.77.0.$one/24" dev eth0
	# The other address was made as a second one of the first.
	n "$one" ip addr replace "10.77.0.1$one/24" dev eth0
	propose "$one" "and the old one is gone" >/dev/null
	n "$one" ip addr add "10.77.0.$one/24" dev eth0
	move "$one" "10.77.0.$one"
	load_end move
}

# Another port, another socket, and back, again and again.
the_socket_changes_under_load()
{
	local one i

	one=$(leader)
	load_begin socket
	for i in $(seq "$(rounds "${QUORUM_SELFTEST_ROUNDS:-8}" 6)"); do
		move "$one" "10.77.0.$one:$((7420 + i % 2))"
		[ $((i % 50)) != 0 ] || note "$i changes"
	done
	move "$one" "10.77.0.$one:7420"
	load_end socket
}

# The leader hears all where they were told to be, and is heard there by all.
heard_in_place()
{
	local one node

	one=$(leader)
	for node in $(others "$one"); do
		hears_at "$one" "$node" || return 1
		hears_at "$node" "$one" || return 1
	done
}

# A node is told by an address of its second interface and is reached, and answers, through
# the first, whose address the route would choose. It is not heard by that one.
# multi_homed HERE THERE BITS ANY: address prefixes, bits of an address, the wildcard.
multi_homed()
{
	local here=$1 there=$2 bits=$3 any=$4 one node

	one=$(leader)
	[ -e "$T/uplink-$one" ] ||
		ip -n "$NS-$one" link add eth1 type veth peer name "q$one" netns "$NS-0"
	touch "$T/uplink-$one"
	sw ip link set "q$one" master br0 up
	n "$one" ip link set eth1 up
	n "$one" ip addr add "$there$one/$bits" dev eth1 $NODAD
	for node in $(others "$one"); do
		n "$node" ip route add "$there$one/$bits" via "$here$one"
	done
	# With the same port the wildcard and what is there already would be in each other's way.
	listen_at "$one" "$any:7421"
	move "$one" "$(with_port "$there$one" 7421)"
	wait_leader
	catch_up
	for node in $NODES; do propose "$node" "listening at $any, from $node" >/dev/null; done
	logs_equal
	until_ok "$(seconds 10)" "it answers from where it was told to be" heard_in_place
	narrow_by_source "$here" "$there" "$bits" "$one"
}

# The address that a node sends from is routed by itself, and fewer bytes pass there: what is
# large is cut to that, and IP has nothing to cut.
narrow_by_source()
{
	local here=$1 there=$2 bits=$3 one=$4 family=-4 node made

	case $here in *:*) family=-6 ;; esac
	for node in $(others "$one"); do
		n "$one" ip route add "$here$node/$bits" dev eth0 mtu 1300 table 100
	done
	n "$one" ip $family rule add from "$there$one" table 100
	# What was known of the path is asked for again within a second.
	sleep 1.2
	made=$(fragments)
	large_both_ways "$one"
	[ "$(fragments)" = "$made" ] || fail "IP had to fragment"
	n "$one" ip $family rule del from "$there$one" table 100
	n "$one" ip $family route flush table 100
}

# with_port ADDRESS PORT
with_port()
{
	case $1 in
	*:*) echo "[$1]:$2" ;;
	*) echo "$1:$2" ;;
	esac
}

several_addresses() { NODAD='' multi_homed 10.77.0. 10.78.0. 32 0.0.0.0; }
several_addresses_ipv6() { NODAD=nodad multi_homed fd77:: fd78:: 128 '[::]'; }

# Between a node and the others is a router, and behind it, both ways, 1,400 bytes pass.
# Its words are heeded: what was cut too large is lost, then nothing is, and IP has nothing to cut.
# narrow_path HERE THERE BITS NET: address prefixes, bits of an address and of a network.
narrow_path()
{
	local here=$1 there=$2 bits=$3 net=$4 one other node made bursts

	one=$(leader)
	other=$(others "$one" | cut -d' ' -f1)
	for node in $NODES; do listen_at "$node" own; done
	# shellcheck disable=SC2016 # for the inner shell
	sw sh -c 'for file in ipv4/ip_forward ipv6/conf/all/forwarding; do
		echo 1 >"/proc/sys/net/$file"; done'
	sw ip link set "p$one" nomaster
	# The router gets bursts whole.
	frames_of 64
	sw ip addr add "${here}254/$net" dev br0 $NODAD
	sw ip addr add "${there}254/$net" dev "p$one" $NODAD
	sw ip route add "$there$one/$bits" dev "p$one" mtu lock 1400
	n "$one" ip addr del "$here$one/$net" dev eth0
	n "$one" ip addr add "$there$one/$net" dev eth0 $NODAD
	for node in $(others "$one"); do
		sw ip route add "$here$node/$bits" dev br0 mtu lock 1400
		n "$one" ip route replace "$here$node/$bits" via "${there}254"
		n "$node" ip route replace "$there$one/$bits" via "${here}254"
	done
	move "$one" "$(with_port "$there$one" 7420)"
	wait_leader
	large_both_ways "$one" "$other"
	# The leader sends to all, all others to the leader.
	[ "$(leader)" = "$one" ] || other=$(leader)
	n "$one" ip route get "$here$other" | grep -q 'mtu 1400' || fail "node $one has not learned"
	n "$other" ip route get "$there$one" | grep -q 'mtu 1400' || fail "node $other has not learned"
	# What was known of the path is asked for again within a second.
	sleep 1.2
	made=$(fragments)
	bursts=$(total link.tx-bursts)
	large_both_ways "$one" "$other"
	[ "$(fragments)" = "$made" ] || fail "IP had to fragment"
	[ "$(total link.tx-bursts)" -ge $((bursts + 8)) ] || fail "there are no bursts"
	frames_of 1
}

# Proposals at a follower go to the leader whole.
large_both_ways()
{
	local node

	for node in "$@"; do
		client propose -n 1 -b 65536 -t $((10000 * SCALE)) \
			-p "large $EPOCHREALTIME" "$(dev "$node")" >"$T/large"
		grep -q ^committed "$T/large"
	done
	logs_equal
}

a_narrow_path_ipv6() { NODAD=nodad narrow_path fd77:: fd79:: 128 64; }
a_narrow_path() { NODAD='' narrow_path 10.77.0. 10.79.0. 32 24; }

# 300 ms each way, and one in a hundred lost: the preset `wan` bears it.
far_apart()
{
	local node

	for node in $NODES; do sw tc qdisc replace dev "p$node" root netem delay 300ms loss 1%; done
	begin_group wan wan
	nobody_elects wan 700 commit_far_apart
	end_group wan
}

# Some through each node at once.
commit_far_apart()
{
	local name=far-$RANDOM node pids=''

	for node in $NODES; do
		printf "$name-$node-%s\n" 1 2 3 4 |
			q "$node" propose "wan-$node" --lines --jobs 2 --quiet --timeout "$(seconds 20)s" &
		pids+=" $!"
	done
	for node in $pids; do wait "$node"; done
	as wan catch_up
	for node in $NODES; do
		q "$node" read "wan-$node" | grep -x "$name-.*" | sort >"$T/far"
		printf '%s\n' "$name"-{1,2,3}-{1,2,3,4} | cmp - "$T/far"
	done
}

ipv6_alone()
{
	local node

	for node in $NODES; do
		q "$node" down "$(conf "$node")"
		# Where the test before has left a router.
		sw ip link set "p$node" master br0
		n "$node" ip -4 addr flush dev eth0
		print_conf "$node" "$(disk "$node")" demo fd77:: >"$(conf "$node")"
	done
	for node in $NODES; do q "$node" up "$(conf "$node")"; done
	wait_leader
	smallest_mtu
}

# wire_auth.sh says more of what each is met by.
attacked_over_ipv6()
{
	local NET=fd77:: COUNT=100 ONE_TARGET=yes node

	load_begin six
	bad forged seal
	bad replay "replay session"
	bad replay source -o fd77::99
	for node in $NODES; do [ -z "$(n "$node" ip neigh show fd77::99)" ]; done
	load_end six
}

run_tests setup:120 one_way_cut:90 flapping_link:90 out_of_order:90 \
	large_messages_leave_in_bursts:90 \
	heartbeats_overtake_what_is_large:180 no_election_at_five_percent_loss:90 \
	large_entries_at_one_percent_loss:300 small_entries_at_one_percent_loss:300 \
	small_entries_out_of_order:300 smallest_mtu \
	an_address_changes_under_load:90 the_socket_changes_under_load:120 far_apart:120 \
	several_addresses a_narrow_path ipv6_alone heartbeats_overtake_over_ipv6:120 \
	attacked_over_ipv6:90 \
	several_addresses_ipv6 a_narrow_path_ipv6 \
	${QUORUM_SELFTEST_LONG:+many_large_entries_at_one_percent_loss:300 \
		middle_entries_at_one_percent_loss:300 large_entries_out_of_order:300 \
		small_entries_twice:300 large_entries_twice:300}
