#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The group forms, elects, commits on every node, and its devices behave as
# <linux/quorum.h> says. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

setup() { make_nodes; }

format_refuses_what_it_does_not_know()
{
	local device

	device=$(disk 1)
	printf 'something of value' | dd of="$device" bs=1 seek=5000 conv=notrunc status=none
	refused 'not empty|holds|--force|unknown' q 1 format "$(conf 1)"
	dd if="$device" bs=1 skip=5000 count=18 status=none | grep -qx 'something of value'
	q 1 format "$(conf 1)" --force
	# A device of ours says what it is.
	refused "holds.*group demo.*node 1" q 1 format "$(conf 1)"
}

format_all()
{
	# The first one was, where the test before this has run.
	[ -z "$SHORT" ] || q 1 format "$(conf 1)"
	q 2 format "$(conf 2)"
	q 3 format "$(conf 3)"
}

one_of_three_elects_nobody()
{
	q 1 up "$(conf 1)"
	[ -c "$(dev 1)" ]
	[ "$(get 1 state)" = running ]
	# A proposal is refused in time, with a reason, and there is no leader.
	refused 'leader' q 1 propose demo-1 --timeout 300ms nobody
	[ "$(get 1 leader commit)" = "$(printf '0\t0')" ] || [ "$(get 1 leader commit)" = "$(printf -- '-\t0')" ]
}

three_elect_a_leader()
{
	local node

	q 2 up "$(conf 2)"
	q 3 up "$(conf 3)"
	wait_leader
	leader
	for node in $NODES; do
		[ "$(get "$node" name group node state)" = "$(printf 'demo-%s\tdemo\t%s\trunning' "$node" "$node")" ]
	done
	[ "$(for node in $NODES; do get "$node" role; done | grep -cx leader)" = 1 ]
}

up_twice_is_fine()
{
	q 1 up "$(conf 1)" | grep -i already
	q 1 list | grep -c demo-1 | grep -qx 1
}

namespaces_see_only_their_own_group()
{
	local node

	for node in $NODES; do
		[ "$(q "$node" --json list | "$BIN/jsonq" '#')" != 0 ]
		q "$node" list | grep -q "demo-$node"
		for other in $(others "$node"); do
			refused . q "$node" status "demo-$other"
		done
	done
	[ -z "$(sw "$QUORUMCTL" list | grep demo || true)" ]
}

propose_on_every_node()
{
	local node index=0 out

	for node in $NODES $NODES; do
		out=$(propose "$node" "from node $node")
		note "node $node: $out"
		[ "${out%% *}" -gt "$index" ]
		index=${out%% *}
	done
	catch_up
	for node in $NODES; do
		q "$node" read "demo-$node" >"$T/read-$node"
		[ "$(wc -l <"$T/read-$node")" = 6 ]
		cmp "$T/read-1" "$T/read-$node"
	done
	[ "$(sort "$T/read-1" | uniq -c | awk '{ print $1 }' | sort -u)" = 2 ]
	logs_equal
}

read_ranges()
{
	local first last

	first=$(q 1 read demo-1 -H | head -1 | cut -d' ' -f1)
	last=$(q 1 read demo-1 --headers | tail -1 | cut -d' ' -f1)
	[ "$(q 1 read demo-1 --from "$last" | wc -l)" = 1 ]
	[ "$(q 1 read demo-1 --from "$first" --count 2 | wc -l)" = 2 ]
	[ "$(q 1 read demo-1 --to "$first" | wc -l)" = 1 ]
	[ "$(q 1 tail demo-1 -n 3)" = "$(q 1 read demo-1 | tail -3)" ]
	[ "$(q 1 --json read demo-1 | "$BIN/jsonq" index origin size | tail -1)" = \
	  "$(printf '%s\t3\t11' "$last")" ]
	[ "$(q 1 read demo-1 --raw --from "$last")" = "from node 3" ]
}

# What one node acknowledged, any other shows at once, without waiting for it.
reads_are_linearizable()
{
	local i node

	for i in $(seq "$(rounds 20 3)"); do
		for node in $NODES; do
			propose "$node" "line $i of $node" >/dev/null
			[ "$(q $((node % 3 + 1)) read "demo-$((node % 3 + 1))" | tail -1)" = \
			  "line $i of $node" ] || fail "node $((node % 3 + 1)) lags behind"
		done
	done
	[ "$(total link.tx-messages.read)" -gt 0 ] || fail "nobody asked the leader"
}

leadership_moves()
{
	local old new

	old=$(leader)
	new=$((old % 3 + 1))
	refused "on node $old at 10.77.0.$old:7420, which does" q "$new" transfer "demo-$new"
	refused 'member' q "$old" transfer "demo-$old" 9
	refused 'member' q "$old" transfer "demo-$old" "$old"
	refused 'not the id' q "$old" transfer "demo-$old" nobody
	q "$old" transfer "demo-$old" "$new" | grep "node $new leads"
	[ "$(leader)" = "$new" ]
	propose "$old" "led by $new"
	q "$new" transfer "demo-$new" | grep -E 'node [1-3] leads'
	wait_leader
	propose "$old" "moved again"
	grep -q transferred "$T/events-$old"
}

proposals_from_a_pipe()
{
	local i

	for i in $(seq 20); do echo "line $i"; done | q 2 propose demo-2 --lines >"$T/lines"
	[ "$(wc -l <"$T/lines")" = 20 ]
	[ "$(cut -d' ' -f1 "$T/lines")" = "$(cut -d' ' -f1 "$T/lines" | sort -n)" ]
	printf 'whole\nstdin\n' | q 3 propose demo-3
	catch_up
	[ "$(q 1 tail demo-1 -n 1 | head -1)" = whole ]
	for i in $(seq 40); do echo "jobs $i"; done | q 1 propose demo-1 --lines --jobs 8 >"$T/lines"
	[ "$(wc -l <"$T/lines")" = 40 ]
	logs_equal
}

tail_follows()
{
	service tail "$QUORUMCTL" --netns "$NS-2" tail demo-2 -n 0 -f
	# `tail` is following once it shows something: propose until it does.
	local i=0
	until [ -s "$T/tail" ]; do
		propose 1 "probe $i" >/dev/null
		i=$((i + 1))
		[ $i -lt 100 ] || fail "tail -f shows nothing"
	done
	for i in $(seq 10); do propose 3 "followed $i" >/dev/null; done
	until_ok "$(seconds 10)" "tail -f shows the last one" grep -qx 'followed 10' "$T/tail"
	[ "$(grep -c followed "$T/tail")" = 10 ]
	service_end tail
}

wait_returns()
{
	local commit

	commit=$(get 1 commit)
	q 1 wait demo-1 --commit "$commit" --timeout 1s
	refused 'time' q 1 wait demo-1 --commit $((commit + 1000)) --timeout 200ms
	service wait "$QUORUMCTL" --netns "$NS-1" wait demo-1 \
		--commit $((commit + 1)) --timeout "$(seconds 20)s"
	propose 1 "go on" >/dev/null
	until_ok "$(seconds 10)" "wait --commit returns" test ! -e "/proc/$(cat "$T/wait.pid")"
}

character_device()
{
	"$BIN/chardev_test" -s "$SCALE" "$(dev 1)" "$(dev 2)" "$(dev 3)" | sed 's/^/    /'
	[ "${PIPESTATUS[0]}" = 0 ]
}

write_and_read_with_plain_tools()
{
	printf 'plain echo' >"$(dev 2)"
	catch_up
	dd if="$(dev 3)" bs=128K count=1000 iflag=nonblock status=none 2>/dev/null |
		grep -aq 'plain echo'
	[ "$(q 3 tail demo-3 -n 1)" = "plain echo" ]
}

device_permissions_are_the_users()
{
	local me="setpriv --reuid 65534 --regid 65534 --clear-groups"

	command -v setpriv >/dev/null || return $SKIP
	refused 'permission|denied' $me "$BIN/client" log "$(dev 1)"
	chmod 666 "$(dev 1)"
	printf 'from nobody' | $me "$BIN/client" write "$(dev 1)"
	chmod 660 "$(dev 1)"
	[ "$(q 1 tail demo-1 -n 1)" = "from nobody" ]
}

two_groups_share_an_endpoint()
{
	local node

	for node in $NODES; do
		make_disk "other-$node" 16
		print_conf "$node" "$(cat "$T/disk-other-$node")" other >"$T/other-$node.conf"
		q "$node" format "$T/other-$node.conf"
		q "$node" up "$T/other-$node.conf"
	done
	for node in $NODES; do
		q "$node" wait "other-$node" --leader --timeout "$(seconds 30)s"
	done
	q 2 propose other-2 --timeout "$(seconds 5)s" "in the other group"
	propose 2 "in the first group"
	[ "$(q 2 read other-2)" = "in the other group" ]
	[ "$(q 2 tail demo-2 -n 1)" = "in the first group" ]
	[ "$(q 2 list | grep -cE 'demo-2|other-2')" = 2 ]
	for node in $NODES; do q "$node" down "other-$node"; done
	[ ! -e /dev/quorum/other-1 ]
	propose 3 "the first one goes on"
}

over_ipv6()
{
	local node

	[ -e /proc/net/if_inet6 ] || return $SKIP
	for node in $NODES; do
		make_disk "six-$node" 16
		print_conf "$node" "$(cat "$T/disk-six-$node")" six fd77:: 7421 >"$T/six-$node.conf"
		q "$node" format "$T/six-$node.conf"
		q "$node" up "$T/six-$node.conf"
	done
	for node in $NODES; do
		q "$node" wait "six-$node" --leader --timeout "$(seconds 30)s"
	done
	for node in $NODES; do
		head -c 65536 /dev/zero | tr '\0' "$node" |
			q "$node" propose "six-$node" --timeout "$(seconds 10)s"
	done
	[ "$(q 1 read six-1 --raw --count 1 | wc -c)" = 65536 ]
	for node in $NODES; do q "$node" down "six-$node"; done
}

status_explains_itself()
{
	local node one

	one=$(leader)
	for node in $NODES; do
		q "$node" status "demo-$node" >"$T/status"
		sed 's/^/# /' "$T/status"
		grep -qi "leader" "$T/status"
		grep -q "10.77.0.$one" "$T/status"
	done
	[ "$(get "$one" role leader state)" = "$(printf 'leader\t%s\trunning' "$one")" ]
	# The leader knows its members: all of them caught up, lately heard of.
	for node in $(others "$one"); do
		[ "$(get "$one" "member.id=$node.match")" = "$(get "$one" last-index)" ]
	done
}

events_tell_the_story()
{
	local node

	for node in $NODES; do
		[ -s "$T/events-$node" ] || fail "no events: $(cat "$T/events-$node.err")"
		"$BIN/jsonq" name seq type <"$T/events-$node" | grep "^demo-$node" |
			awk -F'\t' 'NR > 1 && $2 != last + 1 { print "gap after " last; exit 1 } { last = $2 }'
	done
	one_leader_per_term
}

down_and_up_again()
{
	local node before

	before=$(client log "$(dev 1)" | cksum)
	for node in $NODES; do q "$node" down "demo-$node"; done
	ls /dev/quorum >"$T/nodes" 2>/dev/null || true
	[ ! -s "$T/nodes" ] || fail "still there: $(cat "$T/nodes")"
	for node in $NODES; do q "$node" up "$(conf "$node")"; done
	wait_leader
	propose 1 "after the restart"
	[ "$(client log "$(dev 1)" | sed '$d' | cksum)" = "$before" ]
	logs_equal
	for node in $NODES; do
		[ "$(get "$node" verdict)" = clean ] || fail "verdict $(get "$node" verdict)"
	done
}

dump_and_fsck()
{
	local node

	for node in $NODES; do q "$node" down "demo-$node"; done
	for node in $NODES; do
		q "$node" fsck "$(disk "$node")" || fail "fsck: status $?"
		q "$node" dump "$(disk "$node")" >"$T/dump"
		grep -q demo "$T/dump"
	done
}

# shellcheck disable=SC2046 # words
run_tests setup $(full format_refuses_what_it_does_not_know) format_all \
	one_of_three_elects_nobody three_elect_a_leader \
	$(full up_twice_is_fine namespaces_see_only_their_own_group) propose_on_every_node \
	$(full read_ranges) reads_are_linearizable proposals_from_a_pipe tail_follows \
	$(full wait_returns) leadership_moves character_device:300 \
	$(full write_and_read_with_plain_tools device_permissions_are_the_users) \
	two_groups_share_an_endpoint over_ipv6 $(full status_explains_itself events_tell_the_story) \
	down_and_up_again $(full dump_and_fsck)
