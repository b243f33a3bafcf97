#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two of three nodes are lost for good, and the third goes on by force: only then, only
# when told so, and without a word to the others. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

setup() { make_group; }

# What `recover` says is to be confirmed: confirmation NODE
confirmation() { q "$1" recover "demo-$1" 2>&1 | sed -n 's/.*--confirm //p'; }

not_while_there_is_a_leader()
{
	local one what

	propose 1 "before"
	catch_up
	one=$(leader)
	what=$(confirmation "$one")
	[ -n "$what" ]
	refused "nothing was changed" q "$one" recover "demo-$one"
	refused "there is a leader" q "$one" recover "demo-$one" --confirm "$what"
	one=$(others "$one" | cut -d' ' -f1)
	refused "there is a leader" q "$one" recover "demo-$one" --confirm "$(confirmation "$one")"
	[ "$(q 1 member list demo-1 | grep -c voter)" = 3 ]
}

two_are_lost()
{
	local node

	propose 1 "the last of three"
	catch_up
	for node in 1 2; do q "$node" down "$(conf "$node")"; done
	refused "leader|committed|unknown|time" q 3 propose demo-3 --timeout "$(seconds 2)s" "alone"
}

only_what_was_seen_is_recovered()
{
	local what

	until_ok "$(seconds 20)" "node 3 follows nobody" test "$(get 3 role)" != leader
	what=$(confirmation 3)
	refused "as they were" q 3 recover demo-3 --confirm "$((${what%%/*} + 1))/${what#*/}"
	refused "as they were" q 3 recover demo-3 --confirm "${what%/*}/77"
	refused "member" q 3 recover demo-3 --keep 9 --confirm "$what"
	refused "confirm takes" q 3 recover demo-3 --confirm 1/2
	refused "keep takes" q 3 recover demo-3 --keep none
	# Node 2 is kept and does not answer: nothing changes.
	refused "not recovered|as they were" q 3 recover demo-3 --keep 2 --confirm "$(confirmation 3)"
	[ "$(q 3 member list demo-3 | grep -c voter)" = 3 ]
}

# An election of its own may change the end of the log between the look and the deed.
recover_3()
{
	q 3 recover demo-3 --confirm "$(confirmation 3)"
}

one_goes_on_by_force()
{
	until_ok "$(seconds 30)" "node 3 goes on" recover_3
	[ "$(q 3 member list demo-3 | grep -c voter)" = 1 ]
	propose 3 "alone, by force"
	q 3 read demo-3 >"$T/read-3"
	grep -q "the last of three" "$T/read-3"
	grep -q "alone, by force" "$T/read-3"
	[ "$(get 3 term)" -ge $((1 << 32)) ]
	grep -q '"type":"recovered"' "$T/events-3" || grep -q '"type": *"recovered"' "$T/events-3"
	# It is in the log, and so outlives a restart.
	q 3 down "$(conf 3)"
	q 3 up "$(conf 3)"
	wait_leader 3
	propose 3 "after a restart"
}

# The two come back all the same: nobody of either side hears the other.
the_lost_do_not_disturb()
{
	local term=$(($(get 3 term)))

	for node in 1 2; do q "$node" up "$(conf "$node")"; done
	wait_leader 1 2
	propose 3 "with the lost about"
	[ "$(get 3 term)" = "$term" ] || fail "they raised the term"
	[ "$(get 1 term)" -lt $((1 << 32)) ] || fail "they heard of it"
	q 3 read demo-3 >"$T/read-3"
	grep -q "with the lost about" "$T/read-3"
}

run_tests setup not_while_there_is_a_leader two_are_lost only_what_was_seen_is_recovered \
	one_goes_on_by_force the_lost_do_not_disturb
