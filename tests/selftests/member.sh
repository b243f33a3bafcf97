#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Members come and go while the group works: a learner, a voter, the leader itself.
# Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

setup() { make_group; }

lead() { q "$(leader)" "$@"; }

# A command of the leader's on its own seat: on_leader VERB ARGUMENT...
on_leader()
{
	local at

	at=$(leader ${LIVE:-})
	q "$at" member "$1" "demo-$at" "${@:2}"
}

members_are_listed()
{
	local node

	for node in $NODES; do
		[ "$(q "$node" member list "demo-$node" | grep -c voter)" = 3 ]
	done
}

wrong_changes_are_refused()
{
	local at other

	at=$(leader)
	other=$((at % 3 + 1))
	refused 'followed by' q "$at" member
	refused 'takes the name' q "$at" member add "demo-$at"
	refused 'not the id' q "$at" member remove "demo-$at" nobody
	refused 'address' q "$at" member add "demo-$at" 4 nowhere
	refused 'has this id' q "$at" member add "demo-$at" "$other" 10.77.0.9
	refused 'no other member|no member' q "$at" member remove "demo-$at" 9
	refused "on node $at at 10.77.0.$at:7420, which does" q "$other" member remove "demo-$other" "$at"
	refused 'has this address' q "$at" member add "demo-$at" 4 "10.77.0.$other"
	refused 'one family' q "$at" member add "demo-$at" 4 fd00::9
	refused 'unicast' q "$at" member add "demo-$at" 4 224.0.0.1
	members_are_listed
}

a_member_is_removed_and_added()
{
	local at out i

	at=$(leader)
	out=$((at % 3 + 1))
	for i in $(seq 20); do propose "$at" "before $out leaves, $i" >/dev/null; done
	q "$at" member remove "demo-$at" "$out" --timeout "$(seconds 10)s"
	[ "$(q "$at" member list "demo-$at" | grep -c voter)" = 2 ]
	propose "$at" "without $out"
	q "$at" member add "demo-$at" "$out" "10.77.0.$out" --timeout "$(seconds 20)s"
	# What it is sent since counts on from what it was sent before.
	[ "$(drops_of "$out" replay)" = 0 ] || fail "replays: $(get "$out" link.drops)"
	[ "$(q "$at" member list "demo-$at" | grep -c voter)" = 3 ]
	propose "$at" "with $out again"
	logs_equal
	one_leader_per_term
}

shows() { q "$1" status "demo-$1" | tr -s ' \n' '  ' | grep -q "$2"; }

the_leader_is_removed()
{
	local old rest term

	old=$(leader)
	rest=$(others "$old")
	q "$old" member remove "demo-$old" "$old" --timeout "$(seconds 10)s"
	# shellcheck disable=SC2086 # a list
	LIVE=$rest wait_leader $rest
	# shellcheck disable=SC2086 # a list
	propose "$(leader $rest)" "without the old leader"
	# It knows, and stays quiet: no term is raised by it.
	until_ok "$(seconds 10)" "it knows" shows "$old" "was removed .* no member any more"
	term=$(get "${rest%% *}" term)
	sleep "$(seconds 1)"
	[ "$(get "${rest%% *}" term)" = "$term" ] || fail "the removed one disturbs"
	# shellcheck disable=SC2086 # a list
	LIVE=$rest on_leader add "$old" "10.77.0.$old" --timeout "$(seconds 20)s"
	wait_leader
	logs_equal
	one_leader_per_term
}

members_outlive_a_restart()
{
	local at out node

	at=$(leader)
	out=$((at % 3 + 1))
	q "$at" member remove "demo-$at" "$out" --timeout "$(seconds 10)s"
	for node in $NODES; do q "$node" stop "demo-$node"; done
	for node in $NODES; do q "$node" start "demo-$node"; done
	# shellcheck disable=SC2046 # a list
	wait_leader $(others "$out")
	# shellcheck disable=SC2046 # a list
	at=$(leader $(others "$out"))
	[ "$(q "$at" member list "demo-$at" | grep -c voter)" = 2 ]
	q "$at" member add "demo-$at" "$out" "10.77.0.$out" --timeout "$(seconds 20)s"
	logs_equal
}

# Words on the device of a node: on_device NODE WORDS
on_device() { sync; grep -qaF -- "$2" "$T/$1.img"; }

# Two nodes with the data and a third that only votes.
a_witness_is_enough_for_two()
{
	local at out other i

	at=$(leader)
	out=$((at % 3 + 1))
	other=$((6 - at - out))
	refused 'go with' q "$at" member remove "demo-$at" "$out" --witness
	refused 'not as both' q "$at" member add "demo-$at" "$out" "10.77.0.$out" --learner --witness
	q "$at" member remove "demo-$at" "$out" --timeout "$(seconds 10)s"
	q "$at" member add "demo-$at" "$out" "10.77.0.$out" --witness --timeout "$(seconds 20)s"
	[ "$(q "$at" member list "demo-$at" | grep -c witness)" = 1 ]
	q "$out" status "demo-$out" | grep -q witness
	for i in $(seq 20); do propose "$at" "not for a witness, $i" >/dev/null; done
	q "$out" wait "demo-$out" --commit "$(get "$at" commit)" --timeout "$(seconds 20)s"
	refused 'is a witness' q "$out" propose "demo-$out" "from a witness"
	refused 'is a witness' q "$out" read "demo-$out"
	refused 'cannot lead' q "$at" transfer "demo-$at" "$out"
	# Lost is the leader; the other one goes on with the witness, also through a restart
	# of that.
	q "$at" down "$(conf "$at")"
	wait_leader "$other" "$out"
	propose "$other" "not for a witness, without $at"
	q "$out" stop "demo-$out"
	q "$out" start "demo-$out"
	wait_leader "$other" "$out"
	propose "$other" "not for a witness, once more"
	refused 'is a witness' q "$out" read "demo-$out"
	on_device "$other" "not for a witness, once more"
	! on_device "$out" "not for a witness" || fail "the witness keeps payload"
	q "$at" up "$(conf "$at")"
	logs_equal "$at" "$other"
	one_leader_per_term
}

# What the group decides by is in its log, and refused where it cannot be.
settings_are_of_the_group()
{
	local at other node

	at=$(leader)
	other=$((at % 3 + 1))
	refused 'share a voter' q "$at" settings "demo-$at" --election-quorum 1
	refused 'share a voter' q "$at" settings "demo-$at" --election-quorum 2 --commit-quorum 1
	refused 'out of its range' q "$at" settings "demo-$at" --heartbeat 30s
	refused "node $at" q "$other" settings "demo-$other" --lease on
	q "$at" settings "demo-$at" --election-quorum 3 --commit-quorum 1 --lease on \
		--priority "$at=7" --timeout "$(seconds 10)s"
	q "$at" settings "demo-$at" --heartbeat 90ms --timeout "$(seconds 10)s"
	catch_up
	for node in $NODES; do
		[ "$(get "$node" settings.election-quorum settings.commit-quorum settings.lease)" = \
			"$(printf '3\t1\t1')" ] || fail "$node: $(q "$node" settings "demo-$node")"
		[ "$(get "$node" settings.heartbeat-us)" = 90000 ]
		q "$node" settings "demo-$node" | grep -q "priority *node $at: 7"
		q "$node" status "demo-$node" | grep -q "heartbeat 90"
	done
	# One is enough to commit, and it takes all to elect.
	for node in $(others "$at"); do q "$node" stop "demo-$node"; done
	propose "$at" "alone, by its quorum"
	for node in $(others "$at"); do q "$node" start "demo-$node"; done
	q "$at" settings "demo-$at" --election-quorum 0 --commit-quorum 0 --lease off \
		--timeout "$(seconds 20)s"
	logs_equal
	one_leader_per_term
}

# To another address and back, for good: a change of the members later, and a restart.
a_member_moves()
{
	local at out

	at=$(leader)
	out=$((at % 3 + 1))
	n "$out" ip addr add "10.77.0.10$out/24" dev eth0
	refused 'takes the name' q "$at" member move "demo-$at" "$out"
	refused 'no other member' q "$at" member move "demo-$at" 9 10.77.0.9
	refused 'has this address' q "$at" member move "demo-$at" "$out" "10.77.0.$at"
	sed "s/10.77.0.$out:/10.77.0.10$out:/" "$(conf "$out")" >"$T/moved.conf"
	q "$out" relink "$T/moved.conf"
	q "$at" member move "demo-$at" "$out" "10.77.0.10$out" --timeout "$(seconds 20)s"
	propose "$out" "from elsewhere"
	q "$at" member remove "demo-$at" "$out" --timeout "$(seconds 20)s"
	q "$at" member add "demo-$at" "$out" "10.77.0.10$out" --timeout "$(seconds 20)s"
	q "$out" stop "demo-$out"
	q "$out" start "demo-$out"
	wait_leader
	logs_equal
	q "$out" relink "$(conf "$out")"
	# shellcheck disable=SC2046 # a list
	at=$(leader $(others "$out"))
	q "$at" member move "demo-$at" "$out" "10.77.0.$out" --timeout "$(seconds 20)s"
	propose "$out" "from where it was"
	n "$out" ip addr del "10.77.0.10$out/24" dev eth0
	one_leader_per_term
}

# asks NODE COUNT: it has taken so many questions of others whether they would be elected.
asks() { [ "$(get "$1" link.rx-messages.prevote)" -ge "$2" ]; }

# asks_on NODE: it takes some more of them.
asks_on()
{
	until_ok "$(seconds 20)" "node $1 is asked" asks "$1" \
		$(($(get "$1" link.rx-messages.prevote) + 3))
}

# moves NODE there|back: to its other address, or from that, without a word to the others.
moves()
{
	local to=10.77.0.$1

	[ "$2" = back ] || to=10.77.0.10$1
	n "$1" ip addr replace "$to/24" dev eth0
	sed "s/10.77.0.$1:/$to:/" "$(conf "$1")" >"$T/moved.conf"
	q "$1" relink "$T/moved.conf"
}

# A follower was away while a member was elsewhere, came back and leads: of what it is sent, the
# first says that the leader is where it is not, and the end of that comes in another message.
who_was_away_reads_of_old_places()
{
	local at out third

	third=$(leader)
	at=$((third % 3 + 1))
	out=$((6 - third - at))
	q "$out" stop "demo-$out"
	moves "$at" there
	q "$third" member move "demo-$third" "$at" "10.77.0.10$at" --timeout "$(seconds 20)s"
	"$BIN/client" propose -n 2 -b 65536 -k -t $((10000 * SCALE)) -p "large, elsewhere" \
		"$(dev "$third")" >"$T/elsewhere"
	moves "$at" back
	third=$(leader "$third" "$at")
	q "$third" member move "demo-$third" "$at" "10.77.0.$at" --timeout "$(seconds 20)s"
	n "$at" ip addr del "10.77.0.10$at/24" dev eth0
	propose "$third" "back again"
	[ "$third" = "$at" ] || q "$third" transfer "demo-$third" "$at"
	wait_leader "$third" "$at"
	q "$out" start "demo-$out"
	wait_leader
	propose "$out" "after all of that"
	logs_equal
	hears_at "$out" "$at" || fail "it is not heard where it is told to be"
	one_leader_per_term
}

# A member moves and leads from there; who was away believes that it is where it was, and hears
# it all the same. Then nobody is told that it is back: they say where they hear it.
who_was_away_finds_the_leader()
{
	local at out third node

	third=$(leader)
	at=$((third % 3 + 1))
	out=$((6 - third - at))
	q "$out" stop "demo-$out"
	moves "$at" there
	q "$third" member move "demo-$third" "$at" "10.77.0.10$at" --timeout "$(seconds 20)s"
	n "$at" ip addr del "10.77.0.$at/24" dev eth0
	# The other address was made as a second one of the first.
	n "$at" ip addr replace "10.77.0.10$at/24" dev eth0
	leads "$at" "$third"
	q "$out" start "demo-$out"
	wait_leader
	propose "$out" "from who was away"
	logs_equal
	hears_at "$out" "$at" || fail "it is not heard where it is told to be"

	q "$out" stop "demo-$out"
	moves "$at" back
	leads "$at" "$third"
	q "$out" start "demo-$out"
	leads "$at" "$third" "$out"
	propose "$out" "where nobody was told"
	for node in "$third" "$out"; do
		until_ok "$(seconds 20)" "node $node hears it there" \
			hears_leader "$node" "$at" "10.77.0.$at"
		shows "$node" " ago, at 10.77.0.$at:7420"
	done
	third=$(leader)
	q "$third" member move "demo-$third" "$at" "10.77.0.$at" --timeout "$(seconds 20)s"
	catch_up
	for node in $(others "$at"); do
		until_ok "$(seconds 10)" "node $node is told" hears_at "$node" "$at"
		! shows "$node" " ago, at " || fail "it shows another place still"
	done
	n "$at" ip addr del "10.77.0.10$at/24" dev eth0
	n "$at" ip addr replace "10.77.0.$at/24" dev eth0
	logs_equal
	one_leader_per_term
}

# A leader has another device and another address: a learner that was away believes in the old
# ones, and hears of the new ones from nobody else.
who_was_away_finds_another_device()
{
	local at out third device

	third=$(leader)
	at=$((third % 3 + 1))
	out=$((6 - third - at))
	device=$(get "$at" incarnation)
	q "$third" member remove "demo-$third" "$out" --timeout "$(seconds 10)s"
	q "$third" member add "demo-$third" "$out" "10.77.0.$out" --learner --timeout "$(seconds 20)s"
	until_ok "$(seconds 20)" "it knows the device" knows_device "$out" "$at" "$device"
	q "$out" stop "demo-$out"
	q "$third" member remove "demo-$third" "$at" --timeout "$(seconds 10)s"
	q "$at" down "$(conf "$at")"
	q "$at" format --force "$(conf "$at")" >/dev/null
	n "$at" ip addr add "10.77.0.10$at/24" dev eth0
	sed "s/10.77.0.$at:/10.77.0.10$at:/" "$(conf "$at")" >"$T/moved.conf"
	q "$at" up "$T/moved.conf"
	q "$third" member add "demo-$third" "$at" "10.77.0.10$at" --timeout "$(seconds 20)s"
	leads "$at" "$third"
	device=$(get "$at" incarnation)
	q "$out" start "demo-$out"
	until_ok "$(seconds 30)" "it knows the other device" knows_device "$out" "$at" "$device"
	answers "$out" "$at"
	hears_at "$out" "$at" || fail "it is not heard where it is told to be"
	q "$at" member promote "demo-$at" "$out" --timeout "$(seconds 10)s"
	moves "$at" back
	third=$(leader)
	q "$third" member move "demo-$third" "$at" "10.77.0.$at" --timeout "$(seconds 20)s"
	catch_up
	n "$at" ip addr del "10.77.0.10$at/24" dev eth0
	logs_equal
	one_leader_per_term
}

# Who was away sends from where it was then, and the leader, which it does not know, was told
# where it is since: neither has been heard by the other, and each hears a stranger.
who_was_away_hears_a_new_leader()
{
	local at out third

	third=$(leader)
	at=$((third % 3 + 1))
	out=$((6 - third - at))
	q "$third" member remove "demo-$third" "$out" --timeout "$(seconds 10)s"
	q "$out" down "$(conf "$out")"
	n "$out" ip addr add "10.77.0.10$out/24" dev eth0
	listen_at "$out" 0.0.0.0
	q "$out" up "$(conf "$out")"
	q "$third" member add "demo-$third" "$out" "10.77.0.10$out" --learner --timeout "$(seconds 20)s"
	q "$third" member remove "demo-$third" "$at" --timeout "$(seconds 10)s"
	until_ok "$(seconds 20)" "it knows two members" has_members "$out" 2
	q "$out" stop "demo-$out"
	q "$third" member move "demo-$third" "$out" "10.77.0.$out" --timeout "$(seconds 20)s"
	q "$third" member add "demo-$third" "$at" "10.77.0.$at" --timeout "$(seconds 20)s"
	leads "$at" "$third"
	q "$out" start "demo-$out"
	until_ok "$(seconds 20)" "it knows three members" has_members "$out" 3
	answers "$out" "$at"
	q "$at" member promote "demo-$at" "$out" --timeout "$(seconds 10)s"
	q "$out" down "$(conf "$out")"
	n "$out" ip addr del "10.77.0.10$out/24" dev eth0
	listen_at "$out" own
	q "$out" up "$(conf "$out")"
	wait_leader
	logs_equal
	one_leader_per_term
}

# has_members NODE COUNT: as the node knows
has_members() { [ "$(q "$1" member list "demo-$1" | grep -c ':7420')" = "$2" ]; }

# hears_leader NODE LEADER [ADDRESS]: it is heard there, as the leader.
hears_leader()
{
	leads "$2" "$1"
	hears_at "$1" "$2" "${3:-}"
}

# A leader that is heard elsewhere starts again where it was, and knows nothing of that.
who_comes_back_is_heard()
{
	local at third out

	at=$(leader)
	third=$((at % 3 + 1))
	out=$((6 - third - at))
	q "$out" stop "demo-$out"
	moves "$at" there
	until_ok "$(seconds 20)" "it is found" hears_leader "$third" "$at" "10.77.0.10$at"
	propose "$third" "one is elsewhere"
	q "$at" down "$(conf "$at")"
	q "$at" up "$(conf "$at")"
	until_ok "$(seconds 20)" "it is found again" hears_leader "$third" "$at"
	propose "$third" "it is back"
	q "$out" start "demo-$out"
	n "$at" ip addr del "10.77.0.10$at/24" dev eth0
	wait_leader
	logs_equal
	one_leader_per_term
}

# strays NODE there|back: its address becomes another one, without a word to itself either.
strays()
{
	local from=10.77.0.$1 to=10.77.0.10$1

	[ "$2" = there ] || { to=$from; from=10.77.0.10$1; }
	n "$1" ip addr add "$to/24" dev eth0
	n "$1" ip addr del "$from/24" dev eth0
	# The other address was made as a second one of the first.
	n "$1" ip addr replace "$to/24" dev eth0
}

# Two are heard elsewhere by each other, and both come back at one moment: what they say goes
# where nobody is, until they ask where they were told to be.
both_come_back_at_once()
{
	local at out third node

	at=$(leader)
	out=$((at % 3 + 1))
	third=$((6 - at - out))
	q "$third" stop "demo-$third"
	for node in "$at" "$out"; do
		q "$node" down "$(conf "$node")"
		listen_at "$node" 0.0.0.0
		q "$node" up "$(conf "$node")"
	done
	wait_leader "$at" "$out"
	strays "$at" there
	until_ok "$(seconds 20)" "it is found" hears_at "$out" "$at" "10.77.0.10$at"
	strays "$out" there
	until_ok "$(seconds 20)" "it is found, too" hears_at "$at" "$out" "10.77.0.10$out"
	propose "$out" "both are elsewhere"
	for node in "$at" "$out"; do
		unplug "$node"
		strays "$node" back
	done
	plug "$at"
	plug "$out"
	until_ok "$(seconds 20)" "one is heard" hears_at "$at" "$out"
	until_ok "$(seconds 20)" "the other one is heard" hears_at "$out" "$at"
	wait_leader "$at" "$out"
	propose "$at" "both are back"
	for node in "$at" "$out"; do
		q "$node" down "$(conf "$node")"
		listen_at "$node" own
		q "$node" up "$(conf "$node")"
	done
	q "$third" start "demo-$third"
	wait_leader
	logs_equal
	one_leader_per_term
}

# leads NODE OTHER...: of these it leads, or is made to.
leads()
{
	local one

	one=$(leader "$@")
	[ "$one" = "$1" ] || q "$one" transfer "demo-$one" "$1"
	wait_leader "$@"
}

# Who was removed and does not know goes on to ask, and is listened to as a guest: where it
# is, also when it moves, and whatever the members are told of each other meanwhile.
a_guest_moves()
{
	local at out third before

	at=$(leader)
	out=$((at % 3 + 1))
	third=$((6 - at - out))
	unplug "$out"
	q "$at" member remove "demo-$at" "$out" --timeout "$(seconds 10)s"
	# The leader that removed it would tell it.
	q "$at" transfer "demo-$at" "$third"
	wait_leader "$at" "$third"
	plug "$out"
	asks_on "$third"
	moves "$out" there
	asks_on "$third"
	before=$(drops_of "$third" source)
	asks_on "$third"
	[ "$(drops_of "$third" source)" = "$before" ] || fail "refused: $(get "$third" link.drops)"
	# Where a guest is, is no member's place; and the members' file may name it still.
	sed "s/10.77.0.$at:/10.77.0.10$out:/" "$(conf "$third")" >"$T/there.conf"
	q "$third" relink "$T/there.conf"
	{ cat "$(conf "$third")"; echo "listen = 127.0.0.1"; } >"$T/elsewhere.conf"
	q "$third" relink "$T/elsewhere.conf"
	q "$third" relink "$(conf "$third")"
	asks_on "$third"
	propose "$third" "beside a guest"
	q "$out" relink "$(conf "$out")"
	asks_on "$third"
	n "$out" ip addr del "10.77.0.10$out/24" dev eth0
	q "$third" member add "demo-$third" "$out" "10.77.0.$out" --timeout "$(seconds 20)s"
	wait_leader
	propose "$out" "a guest no more"
	logs_equal
	one_leader_per_term
}

spoken() { [ "$(drops_of "$1" incarnation)" -gt "$2" ]; }

# Its votes and its log are gone: it counts for nothing until it is replaced, also
# with members that were started again since; then it catches up and votes.
a_wiped_node_is_replaced()
{
	local at out third before

	at=$(leader)
	out=$((at % 3 + 1))
	third=$((6 - at - out))
	# Its device is written down once it has shown one.
	q "$at" member remove "demo-$at" "$out" --timeout "$(seconds 10)s"
	q "$at" member add "demo-$at" "$out" "10.77.0.$out" --timeout "$(seconds 20)s"
	propose "$at" "before $out is wiped"
	refused 'no other device' q "$at" member replace "demo-$at" "$third"
	refused 'takes the name' q "$at" member replace "demo-$at" "$third" "$out"
	q "$out" down "$(conf "$out")"
	q "$out" format --force "$(conf "$out")" >/dev/null
	q "$third" stop "demo-$third"
	q "$at" stop "demo-$at"
	q "$out" up "$(conf "$out")"
	q "$at" start "demo-$at"
	# It is asked, and what it says is not heard.
	before=$(drops_of "$at" incarnation)
	until_ok "$(seconds 15)" "the wiped one speaks" spoken "$at" $((before + 5))
	[ "$(get "$at" leader)" = 0 ] || fail "a wiped node has voted"
	q "$third" start "demo-$third"
	wait_leader "$at" "$third"
	at=$(leader "$at" "$third")
	until_ok "$(seconds 10)" "it is told of" shows "$at" "member replace demo-$at $out"
	[ "$(get "$out" leader)" = 0 ] || fail "it is told what others are told"
	q "$at" member replace "demo-$at" "$out" --timeout "$(seconds 30)s"
	[ "$(q "$at" member list "demo-$at" | grep -c voter)" = 3 ]
	wait_leader
	propose "$out" "with its new device"
	logs_equal
	third=$((6 - at - out))
	q "$third" stop "demo-$third"
	propose "$at" "with the vote of the new device"
	q "$third" start "demo-$third"
	wait_leader
	logs_equal
	one_leader_per_term
}

run_tests setup:120 members_are_listed wrong_changes_are_refused a_member_is_removed_and_added \
	the_leader_is_removed members_outlive_a_restart settings_are_of_the_group \
	a_member_moves who_was_away_reads_of_old_places who_was_away_finds_the_leader \
	who_was_away_finds_another_device who_was_away_hears_a_new_leader \
	who_comes_back_is_heard both_come_back_at_once \
	a_wiped_node_is_replaced a_guest_moves a_witness_is_enough_for_two
