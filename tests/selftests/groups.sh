#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Many groups of the same nodes at one address: idle ones cost as much as one does, since
# their heartbeats share a datagram, and say by a bit each that they say the same again.
# Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

# With QUORUM_SELFTEST_LONG more than one word holds.
MANY=5
[ -z "${QUORUM_SELFTEST_LONG:-}" ] || MANY=${QUORUM_SELFTEST_GROUPS:-70}
GROUPS_MANY=$(seq -s ' ' -f 'g%.0f' $MANY)
BEATS=$(rounds 10 8)
# Bundles wait for an eighth of it, which a slow kernel needs.
TIMING="heartbeat=400ms election=2s-4s"

setup()
{
	local node

	make_nodes
	make_groups g1
}

# of GROUP NODE PATH...: values of its status there.
of()
{
	local group=$1 node=$2

	shift 2
	q "$node" --json status "$group-$node" | "$BIN/jsonq" "$@"
}

make_groups()
{
	local group node

	for group in "$@"; do
		for node in $NODES; do
			make_disk "$group-$node" 4
			print_conf "$node" "$(disk "$group-$node")" "$group" >"$T/$group-$node.conf"
			q "$node" format "$T/$group-$node.conf" >/dev/null
		done
		for node in $NODES; do q "$node" up "$T/$group-$node.conf"; done
	done
	for group in "$@"; do lead_by_one "$group"; done
}

leader_of() { of "$1" 1 leader; }
led_by_one() { for node in $NODES; do [ "$(of "$1" "$node" leader)" = 1 ] || return 1; done; }

# Node 1 leads it, so that all heartbeats go one way and all answers the other.
lead_by_one()
{
	local group=$1 node end=$((SECONDS + $(seconds 30)))

	until led_by_one "$group"; do
		[ $SECONDS -lt $end ] || fail "node 1 does not lead $group"
		q 1 wait "$group-1" --leader --timeout "$(seconds 10)s" >/dev/null
		node=$(leader_of "$group")
		case $node in
		1) sleep 0.2 ;;
		[23]) q "$node" transfer "$group-$node" 1 || true ;;
		esac
	done
}

# all NODE PATH: of every group there, at one moment.
all()
{
	local group paths=()

	for group in $GROUPS_MANY; do paths+=("name=$group-$1.$2"); done
	q "$1" --json status | "$BIN/jsonq" "${paths[@]}"
}
# Numbers of all groups together.
sum() { all "$1" "$2" | awk '{ for (i = 1; i <= NF; i++) n += $i; print n }'; }

# UDP datagrams that have left a node, and bytes, headers of Ethernet and all.
datagrams()
{
	n "$1" cat /proc/net/snmp | awk '$1 == "Udp:" && $2 ~ /^[0-9]/ { print $5 }'
}
bytes() { n "$1" cat /proc/net/dev | awk '$1 == "eth0:" { print $10 }'; }

beats() { of g1 1 link.tx-messages.heartbeat; }
beaten() { [ "$(beats)" -ge "$1" ]; }
# Node 1 sends each group's heartbeat to two members.
let_beat() { until_ok "$(seconds 30)" "$1 heartbeats" beaten $(($(beats) + 2 * $1)); }

counters() { echo "$(datagrams 1) $(datagrams 2) $(bytes 1) $(beats)"; }

# For each heartbeat of a group: datagrams of the leader and of a member, in hundredths,
# and bytes of the leader.
traffic()
{
	local a b

	a=$(counters)
	let_beat "$BEATS"
	b=$(counters)
	echo "$a $b" | awk '{
		n = ($8 - $4) / 2
		printf "%d %d %d\n", 100 * ($5 - $1) / n, 100 * ($6 - $2) / n, ($7 - $3) / n
	}'
}

# Of two heartbeats of all groups at least one is a repeat, but for that of one group.
repeats()
{
	local before

	before=$(sum 1 link.tx-repeats)
	let_beat 2
	[ $(($(sum 1 link.tx-repeats) - before)) -ge $((2 * (MANY - 1 - ${1:-0}))) ]
}
# repeating [N]: so it is, though N groups are not answered by a member.
repeating() { until_ok "$(seconds 60)" "groups repeat themselves" repeats "$@"; }

# Heartbeats of node 1 that node 2 has not heard, of all groups.
unheard()
{
	local sent heard

	# Those that are sent between the two would seem to be too many.
	for _ in 1 2 3 4 5 6 7 8; do
		sent=$(sum 1 link.tx-messages.heartbeat)
		heard=$(sum 2 link.rx-messages.heartbeat)
		[ "$(sum 1 link.tx-messages.heartbeat)" != "$sent" ] || break
	done
	echo $((sent / 2 - heard))
}

idle_traffic_does_not_grow()
{
	local one many group said heard deaf

	lead_by_one g1
	one=$(traffic)
	[ "$(of g1 1 link.tx-bundles)" = 0 ] || fail "one group alone has bundles"
	# shellcheck disable=SC2086 # a list
	make_groups ${GROUPS_MANY#g1 }
	repeating
	said=$(sum 1 link.tx-repeats)
	heard=$(sum 2 link.rx-repeats)
	deaf=$(unheard)
	many=$(traffic)
	said=$(($(sum 1 link.tx-repeats) - said))
	heard=$(($(sum 2 link.rx-repeats) - heard))
	deaf=$(($(unheard) - deaf))
	note "for a heartbeat of one group: datagrams of the leader, of a member (hundredths)," \
		"bytes of the leader: $one; of $MANY groups: $many;" \
		"$said repeats were sent to two, $heard heard by one, $deaf heartbeats were not"
	[ "$(of g1 1 link.tx-bundles)" -gt 0 ]
	# Those that come late need another datagram now and then.
	echo "$one $many" | awk '{ exit !($4 <= 1.5 * $1 && $5 <= 1.5 * $2 && $6 <= 2 * $3) }' ||
		fail "there is more traffic"
	[ "$said" -ge $((BEATS * (MANY - 1))) ] || fail "few repeats were sent"
	[ "$heard" -ge $((BEATS * (MANY - 1) / 2)) ] || fail "few repeats were heard"
	# Some are on their way while they are counted; and where the machine stands still for
	# longer than a heartbeat, a repeat is refused, and the next one comes in full.
	[ "$deaf" -le $((MANY + heard / 20)) ] || fail "not all heartbeats were heard"
	for group in $GROUPS_MANY; do
		[ "$(leader_of "$group")" = 1 ] || fail "$group has another leader now"
	done
}

# The heartbeats of a group that a member lacks come in full, and nothing leans on them.
what_one_lacks_spoils_nothing()
{
	local before deaf beats heard lost

	q 2 stop g2-2
	before=$(sum 1 term)
	repeating 1
	deaf=$(unheard)
	beats=$(of g2 1 link.tx-messages.heartbeat)
	heard=$(sum 2 link.rx-repeats)
	let_beat "$BEATS"
	heard=$(($(sum 2 link.rx-repeats) - heard))
	lost=$(($(unheard) - deaf))
	# Those of g2 are, for sure.
	lost=$((lost - ($(of g2 1 link.tx-messages.heartbeat) - beats) / 2))
	q 2 start g2-2
	note "in $BEATS rounds of the others $heard repeats were heard, $lost heartbeats were not"
	# Where they are spoiled they are said in full for some rounds, and then refused again.
	[ "$heard" -ge $((BEATS * (MANY - 2) / 2)) ] || fail "others do not repeat themselves"
	[ $lost -le $((2 * MANY)) ] || fail "others are not heard either"
	[ "$(sum 1 term)" = "$before" ] || fail "there was an election"
}

# Between nodes 1 and 2 sits somebody who reads and changes what goes to node 2.
changed_repeats_are_refused()
{
	local kind kinds="lose bit mac index late twice slot" seals terms lost

	mkfifo "$T/kinds"
	for kind in 1 2; do sw ip link set p$kind type bridge_slave isolated on; done
	service middle bash -c "exec nsenter --net=/run/netns/$NS-0 '$BIN/middle' -a p1 -b p2 \
		-d 10.77.0.2 <>'$T/kinds'"
	terms=$(all 1 term)
	repeating
	lost=$(unheard)
	for kind in $kinds; do
		until_ok "$(seconds 20)" "groups repeat themselves" more_repeats "$(sum 2 link.rx-repeats)"
		seals=$(of g1 2 link.drops.seal)
		echo $kind >"$T/kinds"
		until_ok "$(seconds 20)" "$kind" grep -q "^changed $kind" "$T/middle"
		[ $kind = lose ] || until_ok "$(seconds 10)" "$kind is refused" more_seals "$seals"
	done
	repeating
	lost=$(($(unheard) - lost))
	note "$kinds: $(of g1 2 link.drops.seal) refused, $lost heartbeats not heard"
	# Each time those that were repeated, at least one; once or twice.
	[ $lost -ge 7 ] || fail "not all of it was refused"
	[ $lost -le $((7 * 2 * MANY)) ] || fail "many were not heard"
	service_end middle
	for kind in 1 2; do sw ip link set p$kind type bridge_slave isolated off; done
	[ "$(all 1 term)" = "$terms" ] || fail "terms were $terms, are $(all 1 term)"
	repeating
}

more_repeats() { [ "$(sum 2 link.rx-repeats)" -gt "$1" ]; }
more_seals() { [ "$(of g1 2 link.drops.seal)" -gt "$1" ]; }

# change "NODE..." SED-OPTION...: so the configurations of two groups change there.
change()
{
	local group node nodes=$1

	shift
	for group in g3 g2; do
		for node in $nodes; do
			sed -i "$@" "$T/$group-$node.conf"
			q "$node" relink "$T/$group-$node.conf"
		done
	done
}

# with_keys "NODE..." FILE [FILE2]: what is sealed, and what else is read.
with_keys() { change "$1" -e '/^key2/d' -e "s|^key .*|key = $2${3:+\nkey2 = $3}|"; }

# Of all groups at a node: seals refused, where a word counts for each of them; repeats heard.
seals_and_repeats()
{
	local group paths=()

	for group in $GROUPS_MANY; do
		paths+=("name=$group-$1.link.drops.seal" "name=$group-$1.link.rx-repeats")
	done
	q "$1" --json status | "$BIN/jsonq" "${paths[@]}" |
		awk '{ for (i = 1; i < NF; i += 2) { a += $i; b += $(i + 1) } } END { print a, b }'
}

# Nothing is refused any more, what groups repeat is heard, and the answer is a repeat.
repeats_are_taken()
{
	local before after

	before="$(seals_and_repeats 1) $(seals_and_repeats 2)"
	let_beat 2
	after="$(seals_and_repeats 1) $(seals_and_repeats 2)"
	# Of each endpoint one is said in full.
	echo "$before $after" | awk -v least=$((2 * (MANY - 2) - 1)) \
		'{ exit !($5 == $1 && $7 == $3 && $6 >= $2 + least && $8 >= $4 + least) }'
}
taken() { until_ok "$(seconds 10)" "repeats are taken" repeats_are_taken; }

refused_seals() { echo "$(seals_and_repeats 1) $(seals_and_repeats 2)" | awk '{ print $1 + $3 }'; }

# What is repeated was said with a key that is another one now, for some of a word.
keys_change_between_repeats()
{
	local terms seals

	"$QUORUMCTL" genkey "$T/new.key"
	terms=$(all 1 term)
	seals=$(refused_seals)
	with_keys "$NODES" "$T/key" "$T/new.key"
	with_keys 1 "$T/new.key" "$T/key"
	taken
	with_keys "2 3" "$T/new.key"
	taken
	with_keys 1 "$T/new.key"
	taken
	seals=$(($(refused_seals) - seals))
	note "$seals refusals at two of the nodes"
	# One word may have come too late.
	[ $seals -le $((MANY * (MANY - 1))) ] || fail "words were refused"
	[ "$(all 1 term)" = "$terms" ] || fail "terms were $terms, are $(all 1 term)"
}

# move NODES PORT: they listen there, and all are told.
move() { change "$NODES" "s|^\(member *= [$1] .*\):[0-9]*\$|\1:$2|"; }

# Two groups have another port at the leader, and other slots, which are those of others at the
# first port. The members follow, and all go back.
addresses_change_between_repeats()
{
	local terms

	terms=$(all 1 term)
	move 1 7421
	taken
	move 23 7421
	taken
	move 123 7420
	taken
	[ "$(all 1 term)" = "$terms" ] || fail "terms were $terms, are $(all 1 term)"
}

# What somebody waits for does not wait, whatever else there is to send.
every_group_commits()
{
	local group node

	for group in $GROUPS_MANY; do
		for node in $NODES; do
			q "$node" propose "$group-$node" --timeout "$(seconds 5)s" "at $node" >/dev/null
		done
	done
	for node in $NODES; do
		[ "$(of g1 "$node" link.drops.{type,length,field,short} | tr '\t' ' ')" = "0 0 0 0" ] ||
			fail "bundles hold what they should not: $(of g1 "$node" link.drops)"
	done
}

# What one group has sent, said to be of another: of the same nodes, at the same address,
# with the same key.
crossed_datagrams_are_refused()
{
	local group before after state count=100

	for group in g1 g2; do
		service "load-$group" "$BIN/client" propose -n 0 -w 20 -k -t $((5000 * SCALE)) \
			-p "load $group" "/dev/quorum/$group-1"
	done
	until_ok "$(seconds 20)" "the load commits" grep -q ^committed "$T/load-g2"
	state=$(states)
	before=$(seals)
	n 1 timeout "$(seconds 60)" "$BIN/flood" -i eth0 -s 10.77.0.1 -d 10.77.0.2 -n $count \
		-w "$(seconds 2)" -g $((1000 * SCALE)) crossed
	after=$(seals)
	for group in g1 g2; do service_end "load-$group"; done
	note "$count crossed, counted $((after - before)) as seal"
	[ $((after - before)) -ge $((count * 95 / 100)) ] || fail "taken: $(of g2 2 link.drops)"
	[ "$(states)" = "$state" ] || fail "was $state, is $(states)"
	for group in g1 g2; do
		q 2 propose "$group-2" --timeout "$(seconds 5)s" "after what was crossed" >/dev/null
		sed -i -n '/^[a-z]* [0-9A-Z]* .*load g[12] [0-9]* [0-9]*$/p' "$T/load-$group"
		client log "/dev/quorum/$group-2" >"$T/log-$group"
		check_outcomes "$T/log-$group" "$T/load-$group"
	done
	absent 'load g1' "$T/log-g2"
	absent 'load g2' "$T/log-g1"
}

states() { echo "$(of g1 2 term vote leader) $(of g2 2 term vote leader)"; }
seals() { echo $(($(of g1 2 link.drops.seal) + $(of g2 2 link.drops.seal))); }

# What the nodes have refused of the groups, for whatever reason.
refused_of()
{
	local group node

	for group in "$@"; do
		for node in $NODES; do of "$group" "$node" link.drops; done
	done
}

# A group of the same name in another cluster has the same number, and brief datagrams say
# no more: who has the key takes them, and to the other one they are nothing.
two_clusters_at_one_address()
{
	local node group before

	"$QUORUMCTL" genkey "$T/twin.key"
	for node in $NODES; do
		make_disk "twin-$node" 4
		CLUSTER=0e1f2a3b-4c5d-4e6f-8a9b-acbdcedff001 \
			print_conf "$node" "$(disk "twin-$node")" g1 |
			sed "s/^name .*/name = twin-$node/; s|^key .*|key = $T/twin.key|" \
				>"$T/twin-$node.conf"
		q "$node" format "$T/twin-$node.conf" >/dev/null
	done
	for node in $NODES; do q "$node" up "$T/twin-$node.conf"; done
	for group in g1 twin; do
		lead_by_one "$group"
		for node in $NODES; do
			q "$node" propose "$group-$node" --timeout "$(seconds 5)s" "node $node begins" >/dev/null
		done
	done
	before=$(refused_of g1 twin)
	for group in g1 twin; do
		service "load-$group" "$BIN/client" propose -n 0 -w 10 -k -t $((5000 * SCALE)) \
			-p "in $group" "/dev/quorum/$group-1"
		# One way the entries, the other way the answers; it fails where none is brief.
		record 1 2 -B
		record 2 1 -B
		service_end "load-$group"
	done
	[ "$(refused_of g1 twin)" = "$before" ] || fail "$(refused_of g1 twin) in place of $before"
	for group in g1 twin; do
		q 2 propose "$group-2" --timeout "$(seconds 5)s" "both go on" >/dev/null
		sed -i -n '/^[a-z]* [0-9A-Z]* .*in [a-z0-9]* [0-9]* [0-9]*$/p' "$T/load-$group"
		client log "/dev/quorum/$group-2" >"$T/log-$group"
		check_outcomes "$T/log-$group" "$T/load-$group"
	done
	absent 'in g1' "$T/log-twin"
	absent 'in twin' "$T/log-g1"
	for node in $NODES; do q "$node" down "twin-$node"; done
}

# Others go on when one comes, goes, or loses a member.
groups_come_and_go()
{
	local i group term

	term=$(of g2 1 term)
	for i in $(seq "$(rounds 5 2)"); do
		q 1 stop g1-1
		q 2 stop g3-2
		q 1 start g1-1
		q 2 start g3-2
	done
	for group in ${GROUPS_MANY#g1 g2 g3 }; do
		[ "$(leader_of "$group")" = 1 ] || fail "$group has another leader now"
	done
	[ "$(of g2 1 term)" = "$term" ] || fail "there was an election in g2"
	q 1 wait g1-1 --leader --timeout "$(seconds 30)s" >/dev/null
	q 2 wait g3-2 --leader --timeout "$(seconds 30)s" >/dev/null
	every_group_commits
}

run_tests setup:120 idle_traffic_does_not_grow:180 every_group_commits \
	what_one_lacks_spoils_nothing changed_repeats_are_refused:120 \
	keys_change_between_repeats addresses_change_between_repeats \
	crossed_datagrams_are_refused:90 two_clusters_at_one_address:90 groups_come_and_go:120
