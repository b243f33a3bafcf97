#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Sealed datagrams: real traffic is recorded and played back changed, late, to others
# and after restarts. It costs a counter each, and never changes a term, a vote or a
# log. Keys are changed under load. Topology: lib.sh.
# QUORUM_SELFTEST_COUNT: see datagrams.sh.

. "$(dirname -- "$0")/lib.sh"

COUNT=$(rounds "${QUORUM_SELFTEST_COUNT:-200}" 100)
ONE_TARGET=${QUORUM_SELFTEST_COUNT:+no}
ONE_TARGET=${ONE_TARGET:-yes}

setup()
{
	local node

	make_group
	for node in $NODES; do
		service "load-$node" "$BIN/client" propose -n 0 -w 50 -k -t $((5000 * SCALE)) \
			-p "load $node" "$(dev "$node")"
	done
	until_ok "$(seconds 20)" "the load commits" grep -q ^committed "$T/load-1"
	# Where entries are answered nobody needs heartbeats, and all is brief: reads do.
	service reads bash -c "while :; do nsenter --net=/run/netns/$NS-1 $QUORUMCTL read demo-1 \
		--count 1 >/dev/null 2>&1; sleep 0.2; done"
}

# Each of them is counted, and none taken.
forged() { EXACT=yes bad forged seal; }
edited() { EXACT=yes bad edited "seal field source short"; }
replayed() { bad replay "replay session"; }
truncated() { bad truncated "short seal length type"; }
# Those without what the receiver knows: it restores that, so their MAC is all they have.
brief_ones()
{
	bad forged seal -B
	bad edited "seal field source short replay" -B
	bad replay replay -B
	bad truncated "short seal" -B
	bad group group -B
	# There is only what is long in bundles.
	bad bundle-replay "version short length field" -B
}
a_flipped_bit()
{
	bad flipped "magic version type short length field cluster group genesis target source seal crc"
}
without_authentication() { bad unsealed "seal short"; }
of_another_cluster() { bad cluster cluster; }
bundles_that_cannot_be() { bad bundle "short field length type replay session seal"; }
replayed_in_bundles() { bad bundle-replay "type replay session seal length"; }
# Words of repeats are not looked at where nothing was taken with them.
words_behind_replays() { bad bundle-words "type replay session"; }
# Of all of that, as fast as this machine goes: none of it is taken.
a_burst_of_all_kinds()
{
	local COUNT=$((COUNT * 40)) ONE_TARGET=yes

	bad any "$EVERY_REASON" -g $((100 * SCALE))
}

# Nothing is answered: nobody has even asked where that address is.
from_no_member()
{
	local node

	bad replay source -o 10.77.0.99
	for node in $NODES; do [ -z "$(n "$node" ip neigh show 10.77.0.99)" ]; done
}

# Each datagram that leaves, comes or is dropped can be watched, with the reason that is
# counted.
datagrams_are_traced()
{
	local tracing=/sys/kernel/tracing COUNT=50 event

	[ -d $tracing/events ] || mount -t tracefs none $tracing 2>/dev/null ||
		skip "there is no tracefs"
	for event in send receive drop; do
		echo 1 >"$tracing/events/quorum_net/quorum_datagram_$event/enable"
	done
	bad forged seal
	echo 0 >$tracing/events/quorum_net/enable
	cat $tracing/trace >"$T/trace"
	grep -q 'quorum_datagram_send: group=.*type=.*len=' "$T/trace"
	grep -q 'quorum_datagram_receive: group=.*type=.*len=' "$T/trace"
	[ "$(grep -c 'quorum_datagram_drop: .*: seal$' "$T/trace")" -ge $((COUNT * 95 / 100)) ]
}

# What node A sent to B, sent to A as if B had: the key of the other direction.
reflected()
{
	local one other before sent state

	one=$(leader)
	other=$(others "$one" | cut -d' ' -f1)
	state=$(get "$one" term vote)
	before=$(drops_of "$one" seal)
	sent=$(n "$other" timeout "$(seconds 60)" "$BIN/flood" -i eth0 -s "10.77.0.$one" \
		-d "10.77.0.$other" -n "$COUNT" -w "$(seconds 2)" -g $((1000 * SCALE)) reflected)
	note "$sent, counted $(($(drops_of "$one" seal) - before)) as seal"
	[ $(($(drops_of "$one" seal) - before)) -ge $((COUNT * 95 / 100)) ]
	[ "$(get "$one" term vote)" = "$state" ]
}

# Recorded before the receiver started: it has forgotten what it took, and takes none.
replayed_after_a_restart_of_the_receiver()
{
	local one other before state

	one=$(leader)
	other=$(others "$one" | cut -d' ' -f1)
	record "$one" "$other" -l
	mv "$T/record" "$T/long"
	record "$one" "$other"
	q "$other" stop "demo-$other"
	q "$other" start "demo-$other"
	wait_leader
	state=$(get "$other" term vote)
	before=$(drops_of "$other" session seal)
	n "$one" "$BIN/flood" -L "$T/record" -s "10.77.0.$one" -d "10.77.0.$other" -n "$COUNT" \
		-g $((1000 * SCALE)) replay
	[ $(($(drops_of "$other" session seal) - before)) -ge $((COUNT * 95 / 100)) ] ||
		fail "taken: $(get "$other" link.drops)"
	# What is long says for which life it was made.
	before=$(drops_of "$other" session)
	n "$one" "$BIN/flood" -L "$T/long" -s "10.77.0.$one" -d "10.77.0.$other" -n "$COUNT" \
		-g $((1000 * SCALE)) replay
	[ $(($(drops_of "$other" session) - before)) -ge $((COUNT * 95 / 100)) ] ||
		fail "taken: $(get "$other" link.drops)"
	[ "$(get "$other" term vote)" = "$state" ]
	catch_up
}

# Recorded before the sender started: of an older session.
replayed_after_a_restart_of_the_sender()
{
	local one other before

	one=$(leader)
	other=$(others "$one" | cut -d' ' -f1)
	record "$other" "$one"
	q "$other" stop "demo-$other"
	q "$other" start "demo-$other"
	wait_leader
	catch_up
	before=$(drops_of "$one" replay session seal)
	n "$other" "$BIN/flood" -L "$T/record" -s "10.77.0.$other" -d "10.77.0.$one" -n "$COUNT" \
		-g $((1000 * SCALE)) replay
	[ $(($(drops_of "$one" replay session seal) - before)) -ge $((COUNT * 95 / 100)) ] ||
		fail "taken: $(get "$one" link.drops)"
}

# dropped_more NODE COUNT: it has dropped that many of an earlier life by now.
dropped_more() { [ "$(drops_of "$1" session seal)" -ge "$2" ]; }

# Recorded before both started, and played back while they do: the MAC is right and the
# life it was made for is over, as in what a node says that waits for an answer. That is
# answered all the same, as these two are a majority only together; and what is of an
# older session than what was heard is not answered any more: each answer would be one for
# another life at its receiver.
replayed_while_both_start()
{
	local node one other before heard

	one=$(leader)
	other=$(others "$one" | cut -d' ' -f1)
	record "$other" "$one"
	for node in $NODES; do q "$node" stop "demo-$node"; done
	service flood nsenter --net="/run/netns/$NS-$other" "$BIN/flood" -L "$T/record" \
		-s "10.77.0.$other" -d "10.77.0.$one" -n 1000000000 -g $((1000 * SCALE)) replay
	for node in $one $other; do q "$node" start "demo-$node"; done
	"$BIN/nodes" leader "$NS" "$(seconds 12)" "$one" "$other" ||
		fail "they do not hear each other: $(get "$one" link.drops)"
	propose "$other" "heard through the flood"
	# The leader has something to say to the third, which is not there to say who it is.
	[ $(($(get "$one" link.tx-unready) + $(get "$other" link.tx-unready))) -gt 0 ]
	before=$(drops_of "$one" session seal)
	heard=$(drops_of "$other" session)
	until_ok "$(seconds 30)" "the flood goes on" dropped_more "$one" $((before + 3000))
	heard=$(($(drops_of "$other" session) - heard))
	[ $heard -lt 5 ] || fail "$heard answers to a life that is over"
	service_end flood
	for node in $NODES; do [ "$(get "$node" state)" = running ] || q "$node" start "demo-$node"; done
	catch_up
}

# Likewise, of both, and from everywhere at once, which moves none of them: each looks for the
# other where it is, too, and finds it there.
replayed_from_everywhere_while_both_start()
{
	local node one other third state

	one=$(leader)
	other=$((one % 3 + 1))
	third=$((6 - one - other))
	record "$one" "$other" -l
	mv "$T/record" "$T/record-$one"
	record "$other" "$one" -l
	mv "$T/record" "$T/record-$other"
	for node in $NODES; do q "$node" stop "demo-$node"; done
	# shellcheck disable=SC2064 # as they are now
	trap "service_end flood-$one; service_end flood-$other" EXIT
	everywhere "$third" "$one" "$other"
	everywhere "$third" "$other" "$one"
	for node in $one $other; do q "$node" start "demo-$node"; done
	"$BIN/nodes" leader "$NS" "$(seconds 12)" "$one" "$other" ||
		fail "they do not hear each other: $(get "$one" link.drops)"
	propose "$other" "heard through replays from everywhere"
	state="$(get "$one" term vote) $(get "$other" term vote)"
	for node in $one $other; do
		until_ok "$(seconds 30)" "the flood goes on" refuses_places "$node" \
			$(($(drops_of "$node" source) + 3000))
	done
	propose "$one" "heard through all of them"
	hears_at "$one" "$other" || fail "a replay has moved node $other"
	hears_at "$other" "$one" || fail "a replay has moved node $one"
	[ "$(get "$one" term vote) $(get "$other" term vote)" = "$state" ]
	service_end "flood-$one"
	service_end "flood-$other"
	q "$third" start "demo-$third"
	catch_up
}

# everywhere AT FROM TO: what one has said, from many addresses, for as long as it takes.
everywhere()
{
	service "flood-$2" nsenter --net="/run/netns/$NS-$1" "$BIN/flood" -L "$T/record-$2" \
		-s "10.77.0.$2" -d "10.77.0.$3" -o 10.77.0.128 -a 64 -n 1000000000 \
		-g $((1000 * SCALE)) replay
}

refuses_places() { [ "$(drops_of "$1" source)" -ge "$2" ]; }

# What a node sends to another gets lost on the way; found NODE OTHER: no more.
astray()
{
	n "$1" ip neigh replace "10.77.0.$2" lladdr 02:00:00:00:00:77 dev eth0 nud permanent
}
found() { n "$1" ip neigh del "10.77.0.$2" dev eth0; }

# For longer than it shows by itself where it is: is_silent NODE MEMBER
is_silent() { [ "$(get "$1" "member.id=$2.contact-ns")" -ge 1100000000 ]; }

# hold FROM TO FILE: keep what gets lost.
hold() { n "$1" "$BIN/flood" -i eth0 -s "10.77.0.$1" -d "10.77.0.$2" -w "$(seconds 2)" -l -S "$3"; }

# elsewhere AT FROM TO FILE ADDRESSES: what was kept, as if its sender were at other addresses.
elsewhere()
{
	n "$1" "$BIN/flood" -L "$4" -s "10.77.0.$2" -d "10.77.0.$3" -o 10.77.0.150 -a "$5" \
		-n $((COUNT * 5)) -g $((1000 * SCALE)) replay
}

# refused_elsewhere AT FROM TO FILE: all of it.
refused_elsewhere()
{
	local before

	before=$(drops_of "$3" source)
	elsewhere "$@" 16
	[ $(($(drops_of "$3" source) - before)) -ge $((COUNT * 5 * 95 / 100)) ] ||
		fail "taken: $(get "$3" link.drops)"
}

# Held back, and played from elsewhere: when newer ones were taken it moves nobody. What
# is newer does, until its sender is heard again where it is.
held_back_and_played_elsewhere()
{
	local one other third

	one=$(leader)
	other=$((one % 3 + 1))
	third=$((6 - one - other))
	# shellcheck disable=SC2064 # as they are now
	trap "found $one $other 2>/dev/null || true" EXIT
	astray "$one" "$other"
	hold "$one" "$other" "$T/late"
	found "$one" "$other"
	answers "$other" "$one"
	astray "$one" "$other"
	hold "$one" "$other" "$T/fresh"
	until_ok "$(seconds 10)" "nothing is heard" is_silent "$other" "$one"
	refused_elsewhere "$third" "$one" "$other" "$T/late"
	hears_at "$other" "$one" || fail "what is late has moved the leader"
	elsewhere "$third" "$one" "$other" "$T/fresh" 1
	until_ok "$(seconds 10)" "what is new shows where it came from" \
		hears_at "$other" "$one" 10.77.0.150
	found "$one" "$other"
	until_ok "$(seconds 10)" "the leader is heard where it is" hears_at "$other" "$one"
	answers "$other" "$one"
	catch_up
}

# Recorded before its sender was removed: when it is added back, that is the past.
replayed_after_its_sender_was_removed()
{
	local one other before

	one=$(leader)
	other=$(others "$one" | cut -d' ' -f1)
	record "$other" "$one"
	q "$one" member remove "demo-$one" "$other" --timeout "$(seconds 10)s"
	q "$one" member add "demo-$one" "$other" "10.77.0.$other" --timeout "$(seconds 20)s"
	catch_up
	before=$(drops_of "$one" replay)
	n "$other" "$BIN/flood" -L "$T/record" -s "10.77.0.$other" -d "10.77.0.$one" -n "$COUNT" \
		-g $((1000 * SCALE)) replay
	[ $(($(drops_of "$one" replay) - before)) -ge $((COUNT * 95 / 100)) ] ||
		fail "taken: $(get "$one" link.drops)"
}

# with_keys FILE FILE2: all nodes, one after the other.
with_keys()
{
	local node

	for node in $NODES; do
		sed -i '/^key/d' "$(conf "$node")"
		printf 'key = %s\n%s\n' "$1" "${2:+key2 = $2}" >>"$(conf "$node")"
		q "$node" relink "$(conf "$node")"
	done
}

# A new key while entries commit: nothing is lost, and no datagram is refused.
keys_change_under_load()
{
	local before

	before=$(total link.drops.seal)
	"$QUORUMCTL" genkey "$T/new"
	with_keys "$T/key" "$T/new"
	with_keys "$T/new" "$T/key"
	with_keys "$T/new"
	propose 1 "sealed with the new key"
	catch_up
	[ "$(total link.drops.seal)" = "$before" ] || fail "datagrams were refused on the way"
	no_key_is_told
}

no_key_is_told()
{
	q 1 --json status demo-1 >"$T/told"
	absent "$(cat "$T/new")" "$T/told"
	absent '"key' "$T/told"
}

# refuses NODE BEFORE: it has refused more seals than that.
refuses() { [ "$(drops_of "$1" seal)" -gt "$2" ]; }

# Who kept the old key is alone, and heard again with the new one.
who_has_another_key_is_not_heard()
{
	local one other before

	one=$(leader)
	other=$(others "$one" | cut -d' ' -f1)
	before=$(drops_of "$one" seal)
	sed -i "s|^key = .*|key = $T/key|" "$(conf "$other")"
	q "$other" relink "$(conf "$other")"
	until_ok "$(seconds 20)" "its datagrams are refused" refuses "$one" "$before"
	sed -i "s|^key = .*|key = $T/new|" "$(conf "$other")"
	q "$other" relink "$(conf "$other")"
	propose "$other" "heard again"
	catch_up
}

relink_refuses()
{
	sed 's|^key.*|auth = none|' "$(conf 1)" >"$T/none.conf"
	refused "auth" q 1 relink "$T/none.conf"
	sed 's|^member *= 3 .*|member = 3 10.77.0.2|' "$(conf 1)" >"$T/same.conf"
	refused "same address" q 1 relink "$T/same.conf"
	sed 's|^timing.*|timing = wan|' "$(conf 1)" >"$T/timing.conf"
	refused "timing" q 1 relink "$T/timing.conf"
	# Members come before the address to listen on: what was not refused is told as it is.
	sed 's|^member *= 3 .*|member = 3 10.77.0.33|' "$(conf 1)" >"$T/half.conf"
	echo "listen = 10.99.0.1" >>"$T/half.conf"
	refused "not one of this network namespace" q 1 relink "$T/half.conf"
	get 1 member.id=3.addr | grep -F 10.77.0.33
	q 1 relink "$(conf 1)"
	get 1 member.id=3.addr | grep -Fv 10.77.0.33
}

# with_auth AUTH NODE...: which is settled at the start.
with_auth()
{
	local node auth=$1

	shift
	for node in "$@"; do
		q "$node" down "$(conf "$node")"
		sed -i '/^auth/d' "$(conf "$node")"
		echo "auth = $auth" >>"$(conf "$node")"
	done
	for node in "$@"; do q "$node" up "$(conf "$node")"; done
}

# Words that many entries hold, in what the leader sends to another one.
words_on_the_wire()
{
	local one other

	wait_leader
	one=$(leader)
	other=$(others "$one" | cut -d' ' -f1)
	service words "$BIN/client" propose -n 0 -w 20 -k -t $((5000 * SCALE)) \
		-p "a word in the open" "$(dev "$one")"
	until_ok "$(seconds 20)" "the words commit" grep -q ^committed "$T/words"
	record "$one" "$other"
	service_end words
	grep -ac "a word in the open" "$T/record" || true
}

# What a device said that is the member's no more shows nobody where the member is, unless its
# own has been silent for ten seconds: old_device_elsewhere AT FROM TO
old_device_elsewhere()
{
	local begun=$SECONDS

	# shellcheck disable=SC2064 # as they are now
	trap "found $2 $3 2>/dev/null || true" EXIT
	astray "$2" "$3"
	until_ok "$(seconds 10)" "nothing is heard" is_silent "$3" "$2"
	refused_elsewhere "$1" "$2" "$3" "$T/held"
	hears_at "$3" "$2" || [ $((SECONDS - begun)) -ge 9 ] || fail "the old device has moved it"
	found "$2" "$3"
	answers "$3" "$2"
}

# A learner that was away hears of a member's new device from nobody but that device, as it
# leads, and answers it, also when it has the configuration that names it. What the old one
# said as the leader before is the past, also when the member has left and come back. And
# what was held back then is taken, once, but it is not the old one that is answered then.
a_leader_has_another_device()
{
	local one other third node before device

	for node in $NODES; do service_end "load-$node"; done
	other=$(leader)
	third=$((other % 3 + 1))
	one=$((6 - other - third))
	q "$other" member remove "demo-$other" "$third" --timeout "$(seconds 10)s"
	q "$other" member add "demo-$other" "$third" "10.77.0.$third" --learner \
		--timeout "$(seconds 20)s"
	# Brief ones are another device's MAC only: what is past is told of long ones.
	record "$other" "$third" -l
	service load "$BIN/client" propose -n 0 -w 20 -k -t $((5000 * SCALE)) -p load "$(dev "$one")"
	unplug "$third"
	n "$other" "$BIN/flood" -i eth0 -s "10.77.0.$other" -d "10.77.0.$third" \
		-w "$(seconds 1)" -S "$T/held"
	service_end load
	q "$other" transfer "demo-$other" "$one"
	q "$one" member remove "demo-$one" "$other" --timeout "$(seconds 10)s"
	q "$other" down "$(conf "$other")"
	q "$other" format --force "$(conf "$other")" >/dev/null
	q "$other" up "$(conf "$other")"
	q "$one" member add "demo-$one" "$other" "10.77.0.$other" --timeout "$(seconds 20)s"
	q "$one" transfer "demo-$one" "$other"
	device=$(get "$other" incarnation)
	plug "$third"
	until_ok "$(seconds 20)" "node $third is told of the device" \
		knows_device "$third" "$other" "$device"
	answers "$third" "$other"
	old_device_elsewhere "$one" "$other" "$third"

	q "$other" transfer "demo-$other" "$one"
	q "$one" member remove "demo-$one" "$other" --timeout "$(seconds 10)s"
	q "$one" member add "demo-$one" "$other" "10.77.0.$other" --timeout "$(seconds 20)s"
	catch_up
	before=$(drops_of "$third" replay)
	n "$other" "$BIN/flood" -L "$T/record" -s "10.77.0.$other" -d "10.77.0.$third" \
		-n "$COUNT" -g $((1000 * SCALE)) replay
	[ $(($(drops_of "$third" replay) - before)) -ge $((COUNT * 95 / 100)) ] ||
		fail "taken: $(get "$third" link.drops)"
	n "$other" "$BIN/flood" -L "$T/held" -s "10.77.0.$other" -d "10.77.0.$third" \
		-n "$COUNT" -g $((1000 * SCALE)) replay
	q "$one" transfer "demo-$one" "$other"
	answers "$third" "$other"
	q "$other" member promote "demo-$other" "$third"
	logs_equal
	one_leader_per_term
}

secret_datagrams_show_nothing()
{
	local node one other before bursts

	[ "$(words_on_the_wire)" -gt 0 ] || fail "nothing was recorded"
	one=$(leader)
	other=$(others "$one" | cut -d' ' -f1)
	cp "$T/record" "$T/open"
	# shellcheck disable=SC2086 # a list
	with_auth secret $NODES
	[ "$(words_on_the_wire)" = 0 ] || fail "the words are there to read"
	# What is open, brief or not, is not heard any more.
	grep -aqP 'RQ\x04' "$T/open" || fail "no brief datagram was recorded"
	before=$(drops_of "$other" seal source)
	n "$one" "$BIN/flood" -L "$T/open" -s "10.77.0.$one" -d "10.77.0.$other" -n "$COUNT" \
		-g $((1000 * SCALE)) replay
	[ $(($(drops_of "$other" seal source) - before)) -ge $((COUNT * 95 / 100)) ] ||
		fail "taken: $(get "$other" link.drops)"
	q 1 status demo-1 | grep -q ', secret'
	# In fragments, too, and each has a seal of its own in a burst of them.
	bursts=$(total link.tx-bursts)
	head -c 40000 /dev/urandom >"$T/large"
	for node in $NODES; do q "$node" propose "demo-$node" <"$T/large"; done
	logs_equal
	[ "$(total link.tx-bursts)" -ge $((bursts + 6)) ] || fail "there are no bursts"
}

secret_datagrams_cannot_be_changed()
{
	local COUNT=50 node

	node=$(leader)
	service load "$BIN/client" propose -n 0 -w 50 -k -t $((5000 * SCALE)) -p load "$(dev "$node")"
	bad edited "seal field source replay"
	bad replay "replay session"
	bad truncated "short seal length type"
	service_end load
}

# Who is not secret is not heard by those who are, nor believed.
the_open_and_the_secret_do_not_mix()
{
	local one other before

	one=$(leader)
	other=$(others "$one" | cut -d' ' -f1)
	before=$(drops_of "$one" seal)
	with_auth key "$other"
	until_ok "$(seconds 20)" "its datagrams are refused" refuses "$one" "$before"
	with_auth secret "$other"
	wait_leader
	propose "$other" "heard again"
	logs_equal
	one_leader_per_term
}

everything_was_kept()
{
	local node

	service_end reads
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

run_tests setup:120 forged edited replayed truncated brief_ones:120 a_flipped_bit \
	without_authentication of_another_cluster bundles_that_cannot_be replayed_in_bundles \
	words_behind_replays a_burst_of_all_kinds from_no_member datagrams_are_traced reflected \
	replayed_after_a_restart_of_the_receiver \
	replayed_after_a_restart_of_the_sender replayed_while_both_start \
	replayed_from_everywhere_while_both_start held_back_and_played_elsewhere \
	replayed_after_its_sender_was_removed keys_change_under_load \
	who_has_another_key_is_not_heard relink_refuses everything_was_kept \
	a_leader_has_another_device \
	secret_datagrams_show_nothing secret_datagrams_cannot_be_changed \
	the_open_and_the_secret_do_not_mix
