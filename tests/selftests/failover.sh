#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Leaders die, links break, nodes restart: nothing acknowledged is lost, no
# minority commits, no term has two leaders. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

setup()
{
	make_group
	propose 1 "the first"
}

before_each() { all_up; }

# A leader other than the one given, as the nodes given see it.
new_leader_instead_of()
{
	local old=$1 node=$2 seen

	seen=$(get "$node" leader)
	[ "$seen" != "$old" ] && [ "$seen" -gt 0 ]
}

leader_is_cut_off()
{
	local old rest node new before

	old=$(leader)
	rest=$(others "$old")
	before=$(get "$old" commit)
	note "the leader is $old"
	unplug "$old"
	for node in $rest; do
		until_ok "$(seconds 20)" "node $node follows a new leader" \
			new_leader_instead_of "$old" "$node"
	done
	# shellcheck disable=SC2086 # a list
	new=$(leader $rest)
	note "the new leader is $new"
	for node in $rest; do propose "$node" "without $old, through $node"; done

	# The old one has stepped down by itself, and says why.
	until_ok "$(seconds 10)" "node $old steps down" test_not_leading "$old"
	note "node $old: $(get "$old" role cause)"
	refused 'leader|time|unknown' q "$old" propose "demo-$old" --timeout 500ms "in the minority"
	[ "$(get "$old" commit)" -le $((before + 1)) ]

	plug "$old"
	until_ok "$(seconds 20)" "node $old follows $new" test_leader "$old" "$new"
	propose "$old" "back again"
	logs_equal
	absent "in the minority" "$T/log-1"
	one_leader_per_term
}

test_leader() { [ "$(get "$1" leader)" = "$2" ]; }
test_not_leading() { [ "$(get "$1" role)" != leader ]; }
test_role_not() { [ "$(get "$1" role)" != "$2" ]; }

# The link loses everything instead of being down: nothing tells the sender.
leader_is_lost_silently()
{
	local old rest node term

	old=$(leader)
	term=$(get "$old" term)
	rest=$(others "$old")
	sw tc qdisc replace dev "p$old" root netem loss 100%
	n "$old" tc qdisc replace dev eth0 root netem loss 100%
	for node in $rest; do
		until_ok "$(seconds 20)" "node $node follows a new leader" \
			new_leader_instead_of "$old" "$node"
	done
	for node in $rest; do propose "$node" "past the silence, through $node"; done
	sw tc qdisc del dev "p$old" root
	n "$old" tc qdisc del dev eth0 root
	wait_leader
	propose "$old" "heard again"
	logs_equal
	[ "$(get "$old" term)" -gt "$term" ]
	one_leader_per_term
}

# A follower that was away must not depose a healthy leader when it returns.
follower_returns_quietly()
{
	local one away term cause i

	one=$(leader)
	away=$(others "$one")
	away=${away%% *}
	term=$(get "$one" term)
	unplug "$away"
	# It tries for some election timeouts; pre-vote keeps its term.
	until_ok "$(seconds 10)" "node $away misses its leader" test_role_not "$away" follower
	for i in 1 2 3; do propose "$one" "while $away is away, $i"; done
	plug "$away"
	until_ok "$(seconds 20)" "node $away follows again" test_leader "$away" "$one"
	[ "$(get "$one" role term)" = "$(printf 'leader\t%s' "$term")" ]
	cause=$(get "$one" cause)
	note "node $one leads since $cause"
	logs_equal
}

# 10 % of everything is lost and the rest late: slower, and correct.
lossy_links()
{
	local node

	for node in $NODES; do
		sw tc qdisc replace dev "p$node" root netem loss 10% delay 5ms 2ms
	done
	for node in $NODES; do
		"$BIN/client" propose -n "$(rounds 60 15)" -t $((10000 * SCALE)) -k -p "lossy $node" \
			"$(dev "$node")" >"$T/lossy-$node" &
	done
	wait
	for node in $NODES; do
		no_loss "$node"
		[ "$(grep -c ^committed "$T/lossy-$node")" -gt 0 ]
	done
	wait_leader
	logs_equal
	check_outcomes "$T/log-1" "$T"/lossy-[123]
	one_leader_per_term
}

# Proposals go on from all nodes while the leader changes again and again.
leaders_change_under_load()
{
	local node round old

	for node in $NODES; do
		service "load-$node" "$BIN/client" propose -n 0 -w 20 -k -t $((5000 * SCALE)) \
			-p "load $node" "$(dev "$node")"
	done
	for round in $(seq "$(rounds 4 1)"); do
		wait_leader
		old=$(leader)
		unplug "$old"
		for node in $(others "$old"); do
			until_ok "$(seconds 30)" "round $round: node $node follows a new leader" \
				new_leader_instead_of "$old" "$node"
		done
		plug "$old"
		until_ok "$(seconds 30)" "round $round: node $old follows" \
			new_leader_instead_of "$old" "$old"
	done
	for node in $NODES; do service_end "load-$node"; done
	wait_leader
	propose 1 "the load has ended"
	logs_equal
	# A line may be cut where the program was ended.
	for node in $NODES; do sed -i -n '/^[a-z]* [0-9A-Z]* .*load [0-9] [0-9]* [0-9]*$/p' "$T/load-$node"; done
	check_outcomes "$T/log-1" "$T"/load-[123]
	one_leader_per_term
}

a_node_restarts_from_its_disk()
{
	local one node term i

	one=$(leader)
	node=$(others "$one")
	node=${node%% *}
	term=$(get "$node" term)
	q "$node" stop "demo-$node"
	[ "$(get "$node" state)" = stopped ]
	refused 'stopped|start' q "$node" propose "demo-$node" "to a stopped group"
	for i in $(seq 10); do propose "$one" "while $node was down, $i" >/dev/null; done
	q "$node" start "demo-$node"
	q "$node" wait "demo-$node" --leader --timeout "$(seconds 20)s"
	[ "$(get "$node" term)" -ge "$term" ]
	propose "$node" "from the restarted node"
	logs_equal
	[ "$(get "$one" role)" = leader ] || note "the leader changed meanwhile"
}

the_leader_stops_cleanly()
{
	local old rest

	old=$(leader)
	rest=$(others "$old")
	q "$old" stop "demo-$old"
	for node in $rest; do
		until_ok "$(seconds 20)" "a new leader" new_leader_instead_of "$old" "$node"
	done
	# shellcheck disable=SC2086 # a list
	propose "$(leader $rest)" "after a clean stop"
	q "$old" start "demo-$old"
	wait_leader
	logs_equal
	one_leader_per_term
}

all_restart()
{
	local node terms

	catch_up
	terms=$(for node in $NODES; do get "$node" term; done | sort -n | tail -1)
	client log "$(dev 1)" >"$T/before"
	for node in $NODES; do q "$node" stop "demo-$node"; done
	for node in $NODES; do q "$node" start "demo-$node"; done
	wait_leader
	propose 2 "all came back"
	logs_equal
	head -n "$(wc -l <"$T/before")" "$T/log-1" | cmp - "$T/before"
	[ "$(get 1 term)" -ge "$terms" ]
	one_leader_per_term
}

a_minority_commits_nothing()
{
	local one left stopped commit started node

	one=$(leader)
	left=$(others "$one")
	left=${left%% *}
	stopped=$(others "$left")
	catch_up
	for node in $stopped; do q "$node" stop "demo-$node"; done
	commit=$(get "$left" commit)
	started=$SECONDS
	refused 'leader|time|unknown' q "$left" propose "demo-$left" --timeout 2s "to a minority"
	"$BIN/client" propose -n 1 -t 1000 -p minority "$(dev "$left")" && fail "committed by one of three"
	[ $((SECONDS - started)) -le $(($(seconds 5) + 3)) ] || fail "took $((SECONDS - started)) s"
	# Not later either: longer than an election would take.
	until_ok "$(seconds 20)" "the last node gives up on its leader" test_leader_unknown "$left"
	[ "$(get "$left" commit)" = "$commit" ]
	refused 'no leader.*--stale' q "$left" read "demo-$left" --timeout 1s
	q "$left" read "demo-$left" --stale >"$T/stale"
	absent minority "$T/stale"
	client log "$(dev "$left")" >"$T/log"
	absent minority "$T/log"

	# One more, and it goes on without help.
	node=${stopped%% *}
	q "$node" start "demo-$node"
	wait_leader "$left" "$node"
	propose "$left" "two of three"
	node=${stopped#* }
	q "${node% }" start "demo-${node% }"
	wait_leader
	propose 3 "three of three"
	logs_equal
	one_leader_per_term
}

test_leader_unknown() { [ "$(get "$1" leader)" = 0 ] || [ "$(get "$1" leader)" = - ]; }

# A follower that missed a lot, large entries too, is brought up to date.
a_long_way_behind()
{
	local one away

	one=$(leader)
	away=$(others "$one")
	away=${away%% *}
	unplug "$away"
	"$BIN/client" propose -n "$(rounds 300 60)" -j 4 -t $((5000 * SCALE)) -p small "$(dev "$one")" |
		tail -1
	"$BIN/client" propose -n "$(rounds 30 6)" -b 60000 -t $((5000 * SCALE)) -p large "$(dev "$one")" |
		tail -1
	plug "$away"
	until_ok "$(seconds 20)" "node $away has a leader" new_leader_instead_of x "$away"
	logs_equal
}

run_tests setup:120 leader_is_cut_off leader_is_lost_silently follower_returns_quietly \
	lossy_links:120 leaders_change_under_load:180 a_node_restarts_from_its_disk \
	the_leader_stops_cleanly all_restart a_minority_commits_nothing a_long_way_behind:120
