#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Snapshots: the log is cut by itself and on request, a member that lacks what was
# cut is sent the state, and a restart goes on from it. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

kv() { local node=$1 verb=$2; shift 2; q "$node" kv "$verb" "demo-$node" "$@" --timeout "$(seconds 5)s"; }

# Entries that change no key: load NODE COUNT
load()
{
	seq "$2" | q "$1" propose "demo-$1" --lines --jobs 32 --quiet --timeout "$(seconds 10)s"
}

first() { get "$1" first-index; }
snapshot() { get "$1" snapshot-index; }

above() { [ "$(get "$1" "$2")" -gt "$3" ]; }

setup()
{
	local node

	make_nodes
	for node in $NODES; do
		printf 'machine = kv\nsnapshot = 200\n' >>"$(conf "$node")"
		q "$node" format "$(conf "$node")" >/dev/null
		q "$node" up "$(conf "$node")"
	done
	wait_leader
	[ "$(get 1 snapshot-entries snapshot-index)" = "$(printf '200\t0')" ]
}

on_request()
{
	local from

	from=$(kv 1 put early value)
	catch_up
	q 1 snapshot demo-1
	[ "$(snapshot 1)" -ge 2 ]
	[ "$(kv 1 get early)" = value ]
	# Nothing new: it is there already.
	q 1 snapshot demo-1 >/dev/null
	refused "no group|there is no" q 1 snapshot nobody
	refused "name of a group" q 1 snapshot
}

by_itself_under_load()
{
	local node before

	before=$(get 1 applied)
	load "$(leader)" 500
	catch_up
	for node in $NODES; do
		until_ok "$(seconds 20)" "node $node cuts its log" above "$node" first-index "$before"
		[ "$(kv "$node" get early)" = value ]
	done
	refused "not in the log|Stale|compacted" q 1 read demo-1 --from 1 --count 1
}

a_restart_goes_on()
{
	local node

	kv 1 put late other >/dev/null
	for node in $NODES; do q "$node" down "$(conf "$node")"; done
	for node in $NODES; do q "$node" up "$(conf "$node")"; done
	wait_leader
	for node in $NODES; do
		[ "$(kv "$node" get early)" = value ]
		[ "$(kv "$node" get late)" = other ]
		[ "$(first "$node")" -gt 100 ]
		kv "$node" status | tr -d ' \n' | grep -o '"revision":[0-9]*' >"$T/rev-$node"
	done
	cmp "$T/rev-1" "$T/rev-2"
	cmp "$T/rev-1" "$T/rev-3"
}

run_tests setup on_request by_itself_under_load a_restart_goes_on
