# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests in this directory: three nodes in one kernel.
#
#      $NS-1            $NS-2            $NS-3          network namespaces
#   ┌──────────┐     ┌──────────┐     ┌──────────┐
#   │  demo-1  │     │  demo-2  │     │  demo-3  │      groups: one, `demo`, with
#   │ /dev/loop│     │ /dev/loop│     │ /dev/loop│      a seat in each namespace
#   │   eth0   │     │   eth0   │     │   eth0   │      10.77.0.N/24, fd77::N/64
#   └────┬─────┘     └────┬─────┘     └────┬─────┘
#   ┌────┴────────────────┴────────────────┴─────┐
#   │   p1               p2               p3     │      $NS-0: cuts (link down) and
#   │                   br0                      │      loss (netem) are made here
#   └────────────────────────────────────────────┘
#
# A test script sources this file, defines functions, and ends with
#	run_tests FUNCTION...
# Each function is one KTAP test, run after `before_each` where there is one (but
# for `setup`). It runs in a subshell with `set -e`: the first
# command that fails fails the test; `return 4` skips it. After each test the
# kernel's log since its start is searched for complaints.
#
# Environment: QUORUM_MODULE (quorum.ko, when it is not loaded yet), QUORUMCTL,
# QUORUM_SELFTEST_BIN (the helper programs, built with make),
# QUORUM_SELFTEST_TIMING (preset), QUORUM_SELFTEST_SCALE (factor of all time
# limits), QUORUM_SELFTEST_SHORT=1 (fewer rounds and tests), QUORUM_SELFTEST_VERBOSE=1,
# QUORUM_SELFTEST_ONLY ("FUNCTION...": these tests, and what sets up and ends),
# QUORUM_SELFTEST_LONG (factor of the tests' time limits, for more rounds),
# QUORUM_SELFTEST_NO_LEAKS=1 (whoever runs this looks for leaks at the end).

set -u
SELF=${0##*/}
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
TOP=$(cd -- "$HERE/../.." && pwd -P)
NS=quorum-$$
T=$(mktemp -d "${TMPDIR:-/tmp}/quorum-selftest.XXXXXX")
SKIP=4
NODES="1 2 3"
SHORT=${QUORUM_SELFTEST_SHORT:-}
QUORUMCTL=${QUORUMCTL:-$(command -v quorumctl || echo "$TOP/build/bin/quorumctl")}
BIN=${QUORUM_SELFTEST_BIN:-$TOP/build/selftests}
PATH=$PATH:/usr/sbin:/sbin
COMPLAINTS='BUG:|WARNING:|KASAN|UBSAN|Oops|Kernel panic|general protection'
COMPLAINTS+='|possible recursive|possible circular|possible irq lock|inconsistent lock'
COMPLAINTS+='|suspicious RCU|unreferenced object|blocked for more|hung task'
COMPLAINTS+='|scheduling while atomic|sleeping function|ODEBUG:|bad unlock balance'
COMPLAINTS+='|workqueue lockup|soft lockup|rcu.*(stall|detected)|refcount_t:|held lock freed'
COMPLAINTS+='|still has locks|unregister_netdevice: waiting|list_(add|del) corruption'
COMPLAINTS+='|Objects remaining|Invalid wait context'

# ---- what kernel is this ----

slow_kernel()
{
	{ zcat /proc/config.gz 2>/dev/null || cat "/boot/config-$(uname -r)" 2>/dev/null; } |
		grep -q '^CONFIG_KASAN=y'
}

if slow_kernel; then
	SCALE=${QUORUM_SELFTEST_SCALE:-10}
	TIMING=${QUORUM_SELFTEST_TIMING:-emulated}
else
	SCALE=${QUORUM_SELFTEST_SCALE:-1}
	TIMING=${QUORUM_SELFTEST_TIMING:-default}
fi

# Seconds, stretched for this kernel.
seconds() { echo $(($1 * SCALE)); }

# The longest election timeout of the preset, in milliseconds.
election_ms()
{
	case $TIMING in
	fast) echo 40 ;; default) echo 300 ;; wan) echo 3000 ;; *) echo 2000 ;;
	esac
}

# $1 rounds, $2 in the short set.
rounds() { if [ -n "$SHORT" ]; then echo "$2"; else echo "$1"; fi; }

# These tests are not in the short form: a second processor changes nothing in them.
full() { [ -n "$SHORT" ] || echo "$@"; }

# ---- small things ----

note() { printf '# %s\n' "$*"; }

fail()
{
	printf '# FAILED: %s\n' "$*"
	exit 1
}

skip()
{
	printf '# SKIP %s\n' "$*"
	exit $SKIP
}

# A tenth of a second without a program. The empty process has the shell look after its
# children: one that ended while it was busy would else be there for ever, a zombie.
exec {NEVER}<> <(:)
pause()
{
	read -r -t 0.1 -u "$NEVER" || true
	(:)
}

# Wait until a command succeeds: until_ok SECONDS "what" COMMAND...
until_ok()
{
	local end=$((SECONDS + $1)) what=$2

	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "waited in vain: $what ($*)"
		pause
	done
}

# The file does not hold the words: absent WORDS FILE
absent()
{
	if grep -n -- "$1" "$2"; then fail "'$1' should not be there"; fi
}

# A text matches an extended regular expression, whatever the case of its letters.
says()
{
	local status=0

	shopt -s nocasematch
	[[ $1 =~ $2 ]] || status=1
	shopt -u nocasematch
	return $status
}

# The command must fail and print the words: refused "WORDS" COMMAND...
refused()
{
	local words=$1 out status=0

	shift
	out=$("$@" 2>&1 </dev/null) || status=$?
	printf '%s\n' "$out"
	[ $status -ne 0 ] || fail "was not refused: $*"
	[ $status -le 2 ] || fail "ended with status $status: $*"
	says "$out" "$words" || fail "the refusal does not say '$words': $*"
}

# It is the first of its session, or gone.
own_session()
{
	local pid=$1 stat

	{ read -r stat <"/proc/$pid/stat"; } 2>/dev/null || return 0
	# shellcheck disable=SC2086 # fields: state, parent, group, session
	set -- ${stat##*) }
	[ "$4" = "$pid" ]
}

# A process that lives on after the test that started it: service NAME COMMAND...
# Its output is $T/NAME.
service()
{
	local name=$1 pid

	shift
	setsid "$@" >"$T/$name" 2>"$T/$name.err" </dev/null &
	pid=$!
	echo $pid >"$T/$name.pid"
	echo $pid >>"$T/services"
	# What is still in the test's own process group would end with it.
	until own_session $pid; do read -r -t 0.01 -u "$NEVER" || true; done
}

service_end()
{
	local pid

	read -r pid <"$T/$1.pid"
	kill "$pid" 2>/dev/null || true
	# A child of this shell; where it is not, the loop waits.
	wait "$pid" 2>/dev/null || true
	while kill -0 "$pid" 2>/dev/null; do pause; done
}

# ---- nodes ----

# A command in the network namespace of a node: n NODE COMMAND...
n()
{
	local node=$1

	shift
	nsenter --net="/run/netns/$NS-$node" "$@"
}
n1() { n 1 "$@"; }
n2() { n 2 "$@"; }
n3() { n 3 "$@"; }

# In the namespace of the switch; ip and tc find it themselves.
sw()
{
	local what=$1

	case $what in
	ip | tc) shift; "$what" -n "$NS-0" "$@" ;;
	*) n 0 "$@" ;;
	esac
}

# quorumctl in a node: q NODE ARGUMENT...
q()
{
	local node=$1

	shift
	"$QUORUMCTL" --netns "$NS-$node" "$@"
}

conf() { echo "$T/demo-$1.conf"; }
dev() { echo "/dev/quorum/demo-$1"; }
disk() { echo "$(<"$T/disk-$1")"; }
client() { "$BIN/client" "$@"; }

# Values of a node's status: get NODE PATH...
get() { "$BIN/nodes" get "$NS" "$@"; }

# The sum of a member of the counters over all nodes: total PATH
# shellcheck disable=SC2086 # nodes are several
total() { "$BIN/nodes" total "$NS" "$1" $NODES; }

# Every node (or those given) follows one leader, who is one of them.
wait_leader() { leader "$@" >/dev/null; }

# The node id of the leader, as the nodes given (all) agree. It is one of them: those
# left behind by a leader still name it for an election timeout.
leader()
{
	# shellcheck disable=SC2086,SC2048 # nodes are several
	"$BIN/nodes" leader "$NS" $((60 * SCALE)) ${*:-$NODES} ||
		fail "the nodes do not agree on a leader" >&2
}

others()
{
	local node

	for node in $NODES; do [ "$node" = "$1" ] || printf '%s ' "$node"; done
}

# Propose through a node, print index and term: propose NODE TEXT
propose()
{
	echo "$2" >>"$T/proposed"
	q "$1" propose "demo-$1" --timeout "$(seconds 5)s" "$2"
}

# All nodes (or those given) know everything committed that one of them knows.
catch_up()
{
	# shellcheck disable=SC2086,SC2048 # nodes are several
	"$BIN/nodes" catch-up "$NS" $((60 * SCALE)) ${*:-$NODES} 2>&1 ||
		fail "not all nodes catch up"
}

# A start may know what is committed before it has read its log back.
has_applied()
{
	local applied commit

	read -r applied commit < <(get "$1" applied commit)
	[ "$applied" -ge "$commit" ]
}

# has_reached LEADER NODE INDEX: the leader was told so by the node.
has_reached() { [ "$(get "$1" "member.id=$2.match")" -ge "$3" ]; }

# knows_device NODE MEMBER DEVICE: its configuration says so.
knows_device() { [ "$(get "$1" "member.id=$2.incarnation")" = "$3" ]; }

# answers NODE LEADER: what the leader proposes is acknowledged by the node.
answers()
{
	local index

	index=$(propose "$2" "for node $1 to acknowledge, $EPOCHREALTIME")
	until_ok "$(seconds 20)" "node $1 answers node $2" has_reached "$2" "$1" "${index%% *}"
}

# hears_at NODE MEMBER [ADDRESS]: the node hears it there and not at the address that it was
# told; without one: nowhere else than there.
hears_at()
{
	local at

	at=$(get "$1" "member.id=$2.heard-at.ipv4" "member.id=$2.heard-at.ipv6" | tr -d '\t-')
	[ "$at" = "${3:-}" ]
}

# listen_at NODE ADDRESS|own: where it receives, from the next relink on.
listen_at()
{
	sed -i '/^listen/d' "$(conf "$1")"
	[ "$2" = own ] || echo "listen = $2" >>"$(conf "$1")"
}

# The logs of the nodes are the same, byte by byte as far as the shortest reaches.
logs_equal()
{
	local node first=

	catch_up "$@"
	for node in ${*:-$NODES}; do
		until_ok "$(seconds 30)" "node $node has applied its log" has_applied "$node"
		client log "$(dev "$node")" >"$T/log-$node"
		if [ -z "$first" ]; then
			first=$node
		elif ! cmp -s "$T/log-$first" "$T/log-$node"; then
			diff "$T/log-$first" "$T/log-$node" | head -20 || true
			fail "the logs of node $first and node $node differ"
		fi
	done
	[ -s "$T/log-$first" ] || fail "the log of node $first is empty"
}

# Outcomes of `client propose` against the log: check_outcomes LOG OUTCOMES...
# Committed: exactly once, at that index and term. Refused: never. Unknown: at
# most once. Also: no text twice.
check_outcomes()
{
	local log=$1

	shift
	awk '
	function text(from,  i, s) {
		for (i = from; i <= NF; i++) s = s (i > from ? " " : "") $i
		return s
	}
	FNR == NR {
		t = text(5)
		if (t in at) { print "twice in the log: " t; bad = 1 }
		at[t] = $1 " " $2
		next
	}
	$1 == "committed" {
		t = text(4); n++
		if (!(t in at)) { print "acknowledged and lost: " $0; bad = 1 }
		else if (at[t] != $2 " " $3) { print "acknowledged elsewhere: " $0 ", is at " at[t]; bad = 1 }
	}
	$1 == "refused" { t = text(3); r++; if (t in at) { print "refused and in the log: " $0; bad = 1 } }
	$1 == "unknown" { u++ }
	$1 == "contradiction" { print "failed and committed at once: " $0; bad = 1 }
	END { printf "committed %d, refused %d, unknown %d\n", n, r, u; exit bad }
	' "$log" "$@"
}

# Every entry is what somebody proposed: nothing_else_is_there LOG OUTCOMES...
# Of `propose`, or of a client with these outcomes; each of its jobs may have had one more
# under way when it was ended.
nothing_else_is_there()
{
	local log=$1

	shift
	touch "$T/proposed"
	awk -v log_file="$log" -v proposed="$T/proposed" '
	function text(from,  i, s) {
		for (i = from; i <= NF; i++) s = s (i > from ? " " : "") $i
		return s
	}
	function job(t) { sub(/ [0-9]+$/, "", t); return t }
	function prefix(t) { sub(/ [0-9]+ [0-9]+$/, "", t); return t }
	FILENAME == proposed { known[$0]; next }
	FILENAME != log_file {
		t = text($1 == "committed" ? 4 : 3)
		known[t]
		prefixes[prefix(t)]
		if (!(job(t) in next_one) || $NF >= next_one[job(t)]) next_one[job(t)] = $NF + 1
		next
	}
	{
		t = text(5); n++
		if (t in known) next
		if (t ~ / [0-9]+ [0-9]+$/ && prefix(t) in prefixes && $NF == next_one[job(t)] + 0) {
			under_way++
			next
		}
		print "nobody proposed: " $0; bad = 1
	}
	END { printf "%d entries, %d of them under way at the end of their client\n", n, under_way
	      exit bad || !n }
	' "$T/proposed" "$@" "$log"
}

# One leader at most in every term, from all events so far and the nodes' status.
one_leader_per_term()
{
	local node

	# A node is in several groups, each with terms of its own: demo-1, demo-2 and
	# demo-3 are the seats of one.
	for node in $NODES; do
		"$BIN/jsonq" name role term leader <"$T/events-$node" |
			sed "s/^/$node\t/"
	done | awk -F '\t' '
	{ group = $2; sub(/-[0-9]+$/, "", group) }
	$3 == "leader" && $5 != $1 {
		print "node " $1 " leads " group " but names " $5 " in term " $4; bad = 1
	}
	$4 ~ /^[0-9]+$/ && $5 ~ /^[1-9]/ {
		if (((group, $4) in who) && who[group, $4] != $5) {
			print "two leaders of " group " in term " $4 ": " who[group, $4] " and " $5
			bad = 1
		}
		who[group, $4] = $5; n++
	}
	END { if (!n) { print "no event names a leader"; bad = 1 }; exit bad }'
}

# ---- setting up ----

load_module()
{
	[ -d /sys/module/quorum ] && return
	modprobe -qa libcrc32c libchacha20poly1305 udp_tunnel ip6_udp_tunnel loop veth bridge \
		sch_netem 2>/dev/null || true
	if [ -n "${QUORUM_MODULE:-}" ]; then
		insmod "$QUORUM_MODULE"
	else
		modprobe quorum
	fi
	touch "$T/loaded"
}

build_helpers()
{
	local name

	for name in client jsonq nodes complaints flood middle chardev_test netlink_test \
		offload sessions watch_test; do
		[ -x "$BIN/$name" ] && continue
		note "building the helper programs"
		make -s -C "$HERE" OUTPUT="$T/bin" >&2 || exit 1
		BIN=$T/bin
		break
	done
}

# Frames are of one datagram: what is done to frames would else be done to whole bursts.
make_network()
{
	local node

	for node in 0 $NODES; do echo "netns add $NS-$node"; done | ip -batch -
	{
		echo "link set lo up"
		echo "link add br0 type bridge stp_state 0 forward_delay 0"
		echo "link set br0 up"
		for node in $NODES; do
			echo "link add p$node type veth peer name eth0 netns $NS-$node"
			echo "link set p$node master br0 up"
		done
	} | ip -n "$NS-0" -batch -
	for node in $NODES; do
		ip -n "$NS-$node" -batch - <<-END
		link set lo up
		link set eth0 gso_max_segs 1
		addr add 10.77.0.$node/24 dev eth0
		addr add fd77::$node/64 dev eth0 nodad
		link set eth0 up
		END
	done
}

# A block device of MEGABYTES backed by a file: make_disk NAME MEGABYTES
make_disk()
{
	truncate -s "${2}M" "$T/$1.img"
	losetup -f --show "$T/$1.img" >"$T/disk-$1" || skip "there are no loop devices"
	[ -b "$(<"$T/disk-$1")" ] || skip "$(<"$T/disk-$1") is not there"
}

# `none`: without authentication.
AUTH=key

# The secret of the cluster of all nodes.
make_key() { [ -e "$T/key" ] || "$QUORUMCTL" genkey "$T/key"; }

CLUSTER=5f0c1ef6-7a55-4c43-9d0c-2d3e8f1b7a10

# The configuration of a node: print_conf NODE DEVICE [GROUP [ADDRESS-PREFIX PORT]]
print_conf()
{
	local node=$1 device=$2 group=${3:-demo} prefix=${4:-10.77.0.} port=${5:-7420} member

	printf '%-8s = %s\n' group "$group" name "$group-$node" cluster "$CLUSTER" node "$node" \
		device "$device" timing "$TIMING"
	for member in $NODES; do
		case $prefix in
		*:*) echo "member   = $member [$prefix$member]:$port" ;;
		*) echo "member   = $member $prefix$member:$port" ;;
		esac
	done
	if [ "$AUTH" = none ]; then echo "auth     = none"; else echo "key      = $T/key"; fi
}

# Network, disks (of $MEGABYTES), configurations; nothing formatted, nothing running.
make_nodes()
{
	local node

	make_network
	make_key
	for node in $NODES; do
		make_disk "$node" "${MEGABYTES:-64}"
		print_conf "$node" "$(<"$T/disk-$node")" >"$T/demo-$node.conf"
		service "events-$node" "$QUORUMCTL" --netns "$NS-$node" --json events
	done
}

# What most tests start from: the group runs and has a leader.
make_group()
{
	local node

	make_nodes
	for node in $NODES; do q "$node" format "$T/demo-$node.conf"; done
	for node in $NODES; do q "$node" up "$T/demo-$node.conf"; done
	wait_leader
}

# Whatever a failed test left behind: no faults, all groups up, a leader.
all_up()
{
	local node

	for node in $NODES; do echo "link set p$node up"; done | ip -n "$NS-0" -batch -
	for node in $NODES; do echo "qdisc del dev p$node root"; done |
		tc -n "$NS-0" -force -batch - 2>/dev/null || true
	# shellcheck disable=SC2086 # nodes are several
	"$BIN/nodes" running "$NS" $NODES 2>/dev/null ||
		for node in $NODES; do q "$node" up "$T/demo-$node.conf" >/dev/null; done
	wait_leader
}

# ---- faults ----

unplug() { sw ip link set "p$1" down; }
plug() { sw ip link set "p$1" up; }
loss() { sw tc qdisc replace dev "p$1" root netem loss "$2%"; }
no_loss() { sw tc qdisc del dev "p$1" root 2>/dev/null || true; }

# ---- hostile datagrams ----

EVERY_REASON="short magic version crc type length field cluster group genesis target source"
EVERY_REASON+=" incarnation queue fragment timeout seal session replay"

# Datagrams a node dropped for these reasons: drops_of NODE REASON...
drops_of()
{
	local node=$1

	shift
	"$BIN/nodes" sum "$NS" "$node" "${@/#/link.drops.}"
}

# bad KIND "REASONS" [FLOOD-OPTION...]: send it at the leader and at a follower, or
# at one of both where ONE_TARGET is yes;
# the counters of the reasons grow by as many (nearly, unless EXACT is yes), term and vote
# stay, and commits go on. NET: how addresses begin; LEAST: how many of a hundred are counted.
bad()
{
	local kind=$1 reasons=$2 one target targets from before after state sent commit least count

	shift 2
	one=$(leader)
	targets="$one $(others "$one" | cut -d' ' -f1)"
	if [ "${ONE_TARGET:-}" = yes ]; then
		# shellcheck disable=SC2086 # two words
		targets=$(printf '%s\n' $targets | shuf -n 1)
	fi
	for target in $targets; do
		from=$(others "$target" | cut -d' ' -f1)
		[ "$target" = "$one" ] || from=$one
		state=$(get "$target" term vote incarnation)
		commit=$(get "$target" commit)
		# shellcheck disable=SC2086 # reasons are several
		before=$(drops_of "$target" $reasons)
		sent=$(n "$from" timeout $((60 * SCALE * ${QUORUM_SELFTEST_LONG:-1})) \
			"$BIN/flood" -i eth0 \
			-s "${NET:-10.77.0.}$from" -d "${NET:-10.77.0.}$target" -n "$COUNT" \
			-r "$RANDOM" -w "$(seconds 2)" -g $((1000 * SCALE)) \
			"$@" "$kind")
		sent=${sent#sent }
		count=${sent%% *}
		echo "$count" >>"$T/sent"
		q "$target" wait "demo-$target" --commit $((commit + 3)) --timeout "$(seconds 20)s" ||
			fail "$kind: node $target commits no more"
		# shellcheck disable=SC2086
		after=$(drops_of "$target" $reasons)
		note "$kind at node $target: sent $sent, counted $((after - before)) as $reasons"
		least=$((count * ${LEAST:-95} / 100))
		[ "${EXACT:-}" != yes ] || least=$count
		[ -z "$reasons" ] || [ $((after - before)) -ge "$least" ] ||
			fail "$kind: $((after - before)) of $sent were counted: $(get "$target" link.drops)"
		[ "$(get "$target" term vote incarnation)" = "$state" ] ||
			fail "$kind: was $state, is $(get "$target" term vote incarnation)"
		[ "$(get "$target" state)" = running ]
	done
}

# record FROM TO: keep some of what one sends to the other.
record()
{
	local from=$1 to=$2

	shift 2
	n "$to" "$BIN/flood" -i eth0 -s "10.77.0.$from" -d "10.77.0.$to" -w "$(seconds 2)" \
		-S "$T/record" "$@"
}

# ---- running ----

cleanup()
{
	local pid name file

	set +e
	trap '' INT TERM
	[ -z "${running:-}" ] || kill -KILL -- "-$running" 2>/dev/null
	if [ -f "$T/services" ]; then
		while read -r pid; do kill -KILL "$pid" 2>/dev/null; done <"$T/services"
	fi
	for name in $NODES; do
		[ -e "/run/netns/$NS-$name" ] || continue
		for file in "$T"/*-"$name".conf; do
			[ -e "$file" ] && [ -d /sys/module/quorum ] &&
				timeout -k 5 $((20 * SCALE)) "$QUORUMCTL" --netns "$NS-$name" \
					down "$file" >/dev/null 2>&1
		done
		ip netns del "$NS-$name" 2>/dev/null
	done
	[ -e "/run/netns/$NS-0" ] && ip netns del "$NS-0"
	if declare -F cleanup_disks >/dev/null; then cleanup_disks; fi
	for file in "$T"/disk-*; do
		[ -e "$file" ] && losetup -d "$(<"$file")" 2>/dev/null && rm -f "$file"
	done
}

finish()
{
	local status=$?

	cleanup >/dev/null 2>&1
	[ -z "${QUORUM_SELFTEST_KEEP:-}" ] && rm -rf "$T"
	exit $status
}

mark_log() { printf 'quorum-selftest: %s %s\n' "$NS" "$1" >/dev/kmsg; }

# The kernel's complaints since a mark.
complaints_since() { "$BIN/complaints" "quorum-selftest: $NS $1" "$COMPLAINTS"; }

# Run one test function in a process group of its own, with a limit in time.
run_one()
{
	local name=$1 limit=$2 status=0 sleeper ended

	set -m
	(
		set +m
		set -eE
		trap 'printf "# line %s of %s: %s\n" "$LINENO" "${BASH_SOURCE[0]##*/}" "$BASH_COMMAND" >&2' ERR
		if [ "$name" != setup ] && declare -F before_each >/dev/null; then before_each; fi
		"$name"
	) >"$T/out" 2>&1 </dev/null &
	running=$!
	( read -r -t "$limit" -u "$NEVER" ) >/dev/null 2>&1 &
	sleeper=$!
	set +m
	wait -n -p ended "$running" "$sleeper" || status=$?
	if [ "$ended" = "$sleeper" ]; then
		echo "# took longer than $limit s" >>"$T/out"
		echo t >/proc/sysrq-trigger 2>/dev/null || true
		status=1
	fi
	kill -KILL -- "-$running" "-$sleeper" 2>/dev/null || true
	wait "$running" "$sleeper" 2>/dev/null || true
	running=
	return $status
}

# shellcheck disable=SC2001
show_output()
{
	local nested

	if [ "$1" = 0 ] && [ -z "${QUORUM_SELFTEST_VERBOSE:-}" ]; then
		nested=$(<"$T/out")
		case $nested in *"    "*) grep '^    ' "$T/out" || true ;; esac
	else
		sed 's/^\([^# ]\)/# \1/' "$T/out"
	fi
}

no_leaks()
{
	local leaks=/sys/kernel/debug/kmemleak

	[ -w $leaks ] || return $SKIP
	# kmemleak judges nothing that is younger than five seconds.
	echo scan >$leaks
	sleep 6
	echo scan >$leaks
	if grep -q . $leaks; then
		head -60 $leaks
		echo clear >$leaks
		return 1
	fi
}

all_gone()
{
	local name

	cleanup
	for name in $NODES; do
		[ ! -e "/dev/quorum/demo-$name" ] || fail "/dev/quorum/demo-$name is still there"
	done
	until_ok "$(seconds 10)" "nobody uses the module" grep -qx 0 /sys/module/quorum/refcnt
	if [ -e "$T/loaded" ]; then
		rmmod quorum
		[ ! -e /dev/quorum ] || [ -z "$(ls /dev/quorum)" ] || fail "/dev/quorum is not empty"
	fi
}

# Those of the tests that QUORUM_SELFTEST_ONLY names, or all.
chosen()
{
	local test

	for test in "$@"; do
		case " setup ${QUORUM_SELFTEST_ONLY:-${test%%:*}} " in
		*" ${test%%:*} "*) echo "$test" ;;
		esac
	done
}

# run_tests FUNCTION...: a function may be followed by :SECONDS, its limit.
run_tests()
{
	local count i=0 test name limit status failed=0 started

	# shellcheck disable=SC2046 # words without blanks
	set -- $(chosen "$@") all_gone
	[ -n "${QUORUM_SELFTEST_NO_LEAKS:-}" ] || set -- "$@" no_leaks
	count=$#

	trap finish EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	echo "KTAP version 1"
	if [ "$(id -u)" != 0 ]; then
		echo "1..0 # SKIP needs root"
		exit $SKIP
	fi
	if ! load_module 2>"$T/out"; then
		sed 's/^/# /' "$T/out"
		echo "1..0 # SKIP the module cannot be loaded"
		exit $SKIP
	fi
	build_helpers
	[ -x "$QUORUMCTL" ] || { echo "1..0 # SKIP quorumctl is not built"; exit $SKIP; }
	echo "1..$count"
	for test in "$@"; do
		case $test in all_gone) unset -f before_each ;; esac
		i=$((i + 1))
		name=${test%%:*}
		limit=$((60 * SCALE))
		[ "$name" = "$test" ] || limit=$((${test##*:} * SCALE))
		limit=$((limit * ${QUORUM_SELFTEST_LONG:-1}))
		mark_log "$i $name"
		started=$SECONDS
		# Not in a condition: `set -e` would be dead in all of it.
		run_one "$name" "$limit"
		status=$?
		complaints_since "$i $name" >"$T/complaints" 2>&1
		if [ -s "$T/complaints" ]; then
			{ echo "the kernel complains:"; cat "$T/complaints"; } >>"$T/out"
			status=1
		fi
		show_output $status
		name="${name//_/ } ($((SECONDS - started)) s)"
		case $status in
		0) echo "ok $i $name" ;;
		"$SKIP") echo "ok $i $name # SKIP $(sed -n 's/^# SKIP //p' "$T/out")" ;;
		*) echo "not ok $i $name"; failed=$((failed + 1)) ;;
		esac
		if [ $failed -gt 0 ] && [ "${test%%:*}" = setup ]; then
			echo "Bail out! the set-up failed"
			exit 1
		fi
	done
	[ ! -e "$T/sent" ] ||
		echo "# $SELF: $(awk '{ n += $1 } END { print n }' "$T/sent") hostile datagrams were sent"
	echo "# $SELF: $((count - failed)) passed, $failed failed"
	[ $failed = 0 ]
	exit
}
