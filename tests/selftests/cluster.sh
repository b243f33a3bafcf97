#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# `scripts/cluster up --netns`: the cluster for people whose kernel can load the
# module, as they use it. It makes its own namespaces; nothing of lib.sh's.

. "$(dirname -- "$0")/lib.sh"

cluster() { "$TOP/scripts/cluster" --dir "$T/cluster" "$@"; }

# quorumctl in a node: at NODE VERB [ARGUMENT...]
at()
{
	local node=$1 verb=$2

	shift 2
	cluster exec "$node" -- quorumctl "$verb" "demo-$node" "$@"
}

setup()
{
	command -v python3 >/dev/null || skip "python3 is not installed"
	refused 'there is no cluster.*up --netns|there is no cluster' cluster exec 1 -- true
	cluster up --netns --timing "$TIMING" 2>&1 | tee "$T/up"
	grep -q 'node 3, group demo-3, is up' "$T/up"
}

it_is_refused_what_it_cannot_do()
{
	refused 'a cluster is in .*down' cluster up --netns
	refused 'there is no node 4; the nodes are 1 to 3' cluster exec 4 -- true
	refused 'kill needs machines' cluster kill 1
	# The status of the command is that of `exec`.
	[ "$(cluster exec 2 -- sh -c 'exit 7' || echo $?)" = 7 ]
}

nodes_agree()
{
	at 1 propose --timeout "$(seconds 10)s" "hello, world"
	[ "$(at 3 read)" = "hello, world" ]
	cluster status | grep -q 'node 2 .*demo.conf'
}

a_cut_node_commits_nothing()
{
	cluster cut 3
	at 1 wait --leader --timeout "$(seconds 30)s"
	refused 'time' at 3 propose --timeout 2s "alone"
	until_ok "$(seconds 30)" "the two commit" at 1 propose --timeout "$(seconds 10)s" "two of three"
	cluster heal
	until_ok "$(seconds 30)" "the third commits again" \
		at 3 propose --timeout "$(seconds 10)s" "three again"
	at 2 read >"$T/read"
	grep -qx "two of three" "$T/read"
	grep -qx "three again" "$T/read"
}

a_bad_network_is_survived()
{
	cluster loss 5
	at 2 propose --timeout "$(seconds 20)s" "lossy"
	cluster delay 20 5
	cluster duplicate 20
	at 2 propose --timeout "$(seconds 20)s" "twice"
	cluster heal
	at 1 read >"$T/read"
	[ "$(grep -cxE 'lossy|twice' "$T/read")" = 2 ]
}

a_node_ends_and_starts()
{
	cluster exec 2 -- quorumctl down demo-2
	at 1 wait --leader --timeout "$(seconds 30)s"
	until_ok "$(seconds 30)" "two commit" at 1 propose --timeout "$(seconds 10)s" "without 2"
	cluster start 2
	at 2 propose --timeout "$(seconds 20)s" "with 2"
	at 2 read | grep -x "without 2"
}

down_leaves_nothing()
{
	local prefix

	prefix=$(sed -n 's/.*"prefix": "\(.*\)".*/\1/p' "$T/cluster/cluster.json")
	[ -n "$prefix" ]
	cluster down
	[ ! -e "$T/cluster" ]
	[ -z "$(ip netns list | grep "$prefix" || true)" ]
	[ -z "$(losetup -n -O BACK-FILE | grep "$T/cluster" || true)" ]
	cluster down
}

run_tests setup:120 it_is_refused_what_it_cannot_do nodes_agree a_cut_node_commits_nothing:120 \
	a_bad_network_is_survived:120 a_node_ends_and_starts down_leaves_nothing
