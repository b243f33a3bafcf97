#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A group whose machine is kv: keys, watches, leases, locks; over restarts and leader
# changes. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

kv() { local node=$1 verb=$2; shift 2; q "$node" kv "$verb" "demo-$node" "$@" --timeout "$(seconds 5)s"; }

digest() { local node=$1; shift; q "$node" --json status "demo-$node" --hash | "$BIN/jsonq" "$@"; }

# All nodes hold the same at the same index.
states_equal()
{
	local node

	for node in $NODES; do digest "$node" index hash sessions bytes >"$T/state-$node"; done
	cmp "$T/state-1" "$T/state-2" && cmp "$T/state-1" "$T/state-3"
}

setup()
{
	local node

	make_nodes
	for node in $NODES; do
		echo "machine = kv" >>"$(conf "$node")"
		q "$node" format "$(conf "$node")" >/dev/null
		q "$node" up "$(conf "$node")"
	done
	wait_leader
}

put_get_delete()
{
	local r1 r2

	r1=$(kv 1 put a one)
	r2=$(kv 2 put a two)
	[ "$r2" -gt "$r1" ]
	for node in $NODES; do [ "$(kv "$node" get a)" = two ]; done
	echo -n "from a pipe" | kv 3 put b
	[ "$(kv 1 get b)" = "from a pipe" ]
	[ "$(q 2 --json kv get demo-2 a | "$BIN/jsonq" key value version create modify)" = \
	  "$(printf 'a\ttwo\t2\t%s\t%s' "$r1" "$r2")" ]
	[ "$(kv 1 get '' --prefix --keys | tr '\n' ' ')" = "a b " ]
	[ "$(kv 1 delete a)" = 1 ]
	refused "there is no a" kv 2 get a
	refused "1 to 1024|at most 1024" kv 1 get "$(printf '%02000d' 0)"
}

# Keys of one range, more than an answer holds; keys of any bytes.
ranges()
{
	local i long

	for i in 1 2 3; do kv "$i" put "r/$i" "$i" >/dev/null; done
	[ "$(kv 1 get r/1 r/3 | tr '\n\t' ' =')" = "r/1=1 r/2=2 " ]
	[ "$(kv 2 get r/ --prefix --keys --limit 2 | tr '\n' ' ')" = "r/1 r/2 " ]
	[ "$(kv 3 get r/ --prefix --count-only)" = 3 ]
	[ "$(kv 1 get r/2 --from-key --keys | tr '\n' ' ')" = "r/2 r/3 " ]
	[ "$(kv 1 put r/1 one --previous | tail -n 1)" = 1 ]
	[ "$(kv 1 delete r/2 r/4 --previous | tr '\n\t' ' =')" = "2 r/2=2 r/3=3 " ]
	# "r\0" comes right behind "r".
	kv 1 put 72 --hex "no NUL" >/dev/null
	kv 1 put 7200 --hex "a NUL" >/dev/null
	[ "$(kv 2 get 7200 --hex)" = "a NUL" ]
	[ "$(kv 2 get 72 --hex --from-key --count-only)" = 3 ]
	# Pages end with keys of the greatest length.
	for i in 1 2 3 4; do
		long=p$(printf '%01023d' "$i")
		head -c 65536 /dev/zero | tr '\0' x | kv 2 put "$long" >/dev/null
	done
	[ "$(kv 3 get p --prefix | wc -l)" = 4 ]
	[ "$(kv 3 get p --prefix --limit 4 --keys | wc -l)" = 4 ]
	[ "$(q 1 --json kv delete demo-1 p --prefix | "$BIN/jsonq" deleted)" = 4 ]
	kv 1 delete r --prefix >/dev/null
}

# Both ends of it are changed together, in one page each, while it is listed.
listings_are_of_one_revision()
{
	local i

	kv 1 put list/0 0 >/dev/null
	for i in 1 2 3; do
		head -c 65536 /dev/zero | tr '\0' x | kv 2 put "list/$i" >/dev/null
	done
	kv 1 put list/9 0 >/dev/null
	service writer bash -c "i=0; while i=\$((i + 1)); do
		printf '\n\nput list/0 %s\nput list/9 %s\n' \$i \$i |
			$QUORUMCTL --netns $NS-2 kv txn demo-2 || exit; done"
	until_ok "$(seconds 10)" "it changes" grep -q SUCCESS "$T/writer"
	for i in 1 2 3 4 5 6; do
		kv 3 get list/ --prefix | cut -c -20 >"$T/list"
		[ "$(wc -l <"$T/list")" = 5 ]
		[ "$(sed -n 's/^list.0.//p' "$T/list")" = "$(sed -n 's/^list.9.//p' "$T/list")" ] ||
			fail "two revisions: $(tr '\n' ' ' <"$T/list")"
	done
	[ "$(kv 3 get list/ --prefix --keys --limit 4 | tr '\n' ' ')" = "list/0 list/1 list/2 list/3 " ]
	service_end writer
	kv 1 delete list/ --prefix >/dev/null
}

# Without the group a node says what it has, and says that it is just that.
stale_is_said_and_local()
{
	local out

	out=$(others "$(leader)" | cut -d' ' -f1)
	kv 1 put s old >/dev/null
	[ "$(kv "$out" get s)" = old ]
	unplug "$out"
	kv "$(others "$out" | cut -d' ' -f1)" put s new >/dev/null
	[ "$(q "$out" kv get "demo-$out" s --stale 2>"$T/stale")" = old ]
	grep -q "stale: .*at revision" "$T/stale"
	[ "$(q "$out" --json kv status "demo-$out" --stale | "$BIN/jsonq" stale)" = true ]
	refused "no leader|no answer" q "$out" kv get "demo-$out" s --timeout 2s
	plug "$out"
	wait_leader
	[ "$(kv "$out" get s 2>"$T/stale")" = new ]
	[ ! -s "$T/stale" ]
}

transactions()
{
	local text='mod("t") = 0

put t "first line\nsecond"
get t --count-only

get t
del t --prev-kv
'

	[ "$(printf '%s' "$text" | kv 1 txn | tr '\n' ' ')" = "SUCCESS OK 1 " ]
	[ "$(kv 2 get t | wc -l)" = 2 ]
	kv 2 put t other >/dev/null
	[ "$(printf '%s' "$text" | kv 3 txn | tr '\n\t' ' =')" = "FAILURE t=other 1 t=other " ]
	refused "there is no t" kv 1 get t
	printf '%s' "$text" | q 1 --json kv txn demo-1 | tr -d ' ' |
		grep -q '"succeeded":true.*"type":"put".*"type":"get","count":1'
	# Nothing is done by halves.
	printf 'version(t) > 0\n\ndel t\nput u x --lease=12345\n' | kv 1 txn 2>"$T/txn" &&
		fail "a lease that does not exist"
	grep -q "there is no such lease; nothing was changed" "$T/txn"
	[ "$(kv 1 delete t)" = 1 ]
}

conditions()
{
	kv 1 create lock me
	refused "already" kv 2 create lock you
	refused "does not hold" kv 3 cas lock you other
	kv 3 cas lock me you
	[ "$(kv 1 get lock)" = you ]
}

large_values()
{
	head -c 65536 /dev/zero | tr '\0' x | kv 2 put large
	[ "$(kv 3 get large | wc -c)" = 65537 ]
	kv 1 delete large
}

watch_sees_all_in_order()
{
	local from i

	from=$(kv 1 put w/0 0)
	service watch "$QUORUMCTL" --netns "$NS-3" kv watch demo-3 w/ --prefix \
		--from "$from" --count 21
	for i in $(seq 20); do kv $((1 + i % 2)) put "w/$i" "$i" >/dev/null; done
	until_ok "$(seconds 20)" "21 events" sh -c "[ \$(wc -l <$T/watch) = 21 ]"
	[ "$(cut -f3 "$T/watch" | tr '\n' ' ')" = "$(seq -f 'w/%g' 0 20 | tr '\n' ' ')" ]
	[ "$(cut -f1 "$T/watch")" = "$(cut -f1 "$T/watch" | sort -nu)" ]
	kv 1 compact "$from"
	refused "compacted" kv 1 watch w/ --prefix --from "$from" --count 1
}

# By the ioctl, and a listener that history leaves behind.
watches_by_poll()
{
	"$BIN/watch_test" -s "$SCALE" "$(dev 2)" | sed 's/^/    /'
	[ "${PIPESTATUS[0]}" = 0 ]
	service behind "$QUORUMCTL" --netns "$NS-1" kv watch demo-1 w/ --prefix --from "$(kv 1 put w/0 1)"
	until_ok "$(seconds 10)" "it listens" grep -q w/0 "$T/behind"
	kill -STOP "$(cat "$T/behind.pid")"
	kv 1 put w/1 missed >/dev/null
	kv 1 compact "$(kv 1 put w/2 missed)"
	kill -CONT "$(cat "$T/behind.pid")"
	until_ok "$(seconds 10)" "it is told" grep -q compacted "$T/behind.err"
	[ "$(wc -l <"$T/behind")" = 1 ]
}

leases_end()
{
	local lease

	lease=$(kv 1 grant "$(seconds 1)s")
	kv 2 put leased x --lease "$lease" >/dev/null
	# A new leader, whose clock says something else, gives it its whole time again.
	q "$(leader)" transfer "demo-$(leader)" >/dev/null
	[ "$(kv 3 get leased)" = x ]
	until_ok "$(seconds 20)" "the key goes with its lease" sh -c \
		"! $QUORUMCTL --netns $NS-1 kv get demo-1 leased"
	refused "no such lease" kv 1 put leased y --lease "$lease"
	lease=$(q 1 --json kv grant demo-1 1h | "$BIN/jsonq" lease)
	[ "$(q 2 --json kv keepalive demo-2 "$lease" | "$BIN/jsonq" lease ttl-ms)" = \
	  "$(printf '%s\t3600000' "$lease")" ]
	[ "$(q 3 --json kv leases demo-3 | "$BIN/jsonq" lease renewals keys)" = \
	  "$(printf '%s\t1\t0' "$lease")" ]
	kv 1 revoke "$lease"
}

one_holder_at_a_time()
{
	local i

	for i in 1 2 3; do
		service "lock-$i" "$QUORUMCTL" --netns "$NS-$i" lock "demo-$i/x" \
			--ttl "$(seconds 2)s" -- sh -c \
			"echo in \$QUORUM_TOKEN >>$T/held; sleep 0.3; echo out >>$T/held"
	done
	until_ok "$(seconds 40)" "three holders" sh -c "[ \$(grep -c out $T/held) = 3 ]"
	# Never two at once, and tokens only grow.
	[ "$(cut -d' ' -f1 "$T/held" | tr '\n' ' ')" = "in out in out in out " ]
	[ "$(awk '/in/ { print $2 }' "$T/held")" = "$(awk '/in/ { print $2 }' "$T/held" | sort -nu)" ]
}

holds() { [ "$(wc -l <"$T/$1")" = 1 ]; }

# The first of two is killed, and the other one takes over when its lease has ended.
elections_go_on()
{
	local i first second

	for i in 1 2; do
		service "elect-$i" "$QUORUMCTL" --netns "$NS-$i" elect "demo-$i/e" --ttl 2s \
			--value "candidate $i"
		[ "$i" = 2 ] || until_ok "$(seconds 10)" "one is elected" holds elect-1
	done
	first=$(cat "$T/elect-1")
	[ "$(kv 3 get elect/e)" = "candidate 1" ]
	kill -KILL "$(cat "$T/elect-1.pid")"
	until_ok "$(seconds 10)" "the other one takes over" holds elect-2
	second=$(cat "$T/elect-2")
	[ "$second" -gt "$first" ] || fail "tokens $first, $second"
	service_end elect-2
	until_ok "$(seconds 5)" "it has let go" sh -c \
		"! $QUORUMCTL --netns $NS-3 kv get demo-3 elect/e"
}

# How it ends whatever ends quorumctl is tested in userspace/tests/guard_test.c.
a_command_ends_with_its_holder()
{
	service holder "$QUORUMCTL" --netns "$NS-1" lock demo-1/h --ttl 3s -- sh -c \
		"setsid sleep 98765 & echo \$QUORUM_TOKEN; exec sleep 98765"
	until_ok "$(seconds 10)" "it runs" holds holder
	kill -KILL "$(cat "$T/holder.pid")"
	until_ok "$(seconds 5)" "all of it has ended" sh -c "! pgrep -f 'sleep 9876[5]'"
	[ "$(q 2 lock demo-2/h --wait "$(seconds 10)s" -- sh -c "echo \$QUORUM_TOKEN")" -gt \
	  "$(cat "$T/holder")" ]
}

state_survives()
{
	local old node

	old=$(leader)
	kv "$old" put before 1 >/dev/null
	q "$old" down "$(conf "$old")"
	node=$(others "$old" | cut -d' ' -f1)
	# shellcheck disable=SC2046
	wait_leader $(others "$old")
	kv "$node" put after 2 >/dev/null
	q "$old" up "$(conf "$old")"
	wait_leader
	[ "$(kv "$old" get before)" = 1 ]
	[ "$(kv "$old" get after)" = 2 ]
	# All of them down: everything comes from the devices.
	for node in $NODES; do q "$node" down "$(conf "$node")"; done
	for node in $NODES; do q "$node" up "$(conf "$node")"; done
	wait_leader
	for node in $NODES; do
		[ "$(kv "$node" get before)" = 1 ]
		kv "$node" status | tr -d ' \n' | grep -o '"revision":[0-9]*' >"$T/rev-$node"
	done
	cmp "$T/rev-1" "$T/rev-2"
	cmp "$T/rev-1" "$T/rev-3"
	until_ok "$(seconds 20)" "equal hashes at one index" states_equal
	old=$(digest 1 hash)
	kv 1 put after 3 >/dev/null
	[ "$(digest 1 hash)" != "$old" ]
	[ "$(digest 1 sessions bytes)" = "$(printf '0\t%s' "$(digest 1 bytes)")" ]
}

machines_must_agree()
{
	sed 's/machine = kv/machine = counter/' "$(conf 1)" >"$T/other-1.conf"
	q 1 down "$(conf 1)"
	refused "machine|member list|timing" q 1 up "$T/other-1.conf"
	q 1 delete demo-1 2>/dev/null || true
	q 1 up "$(conf 1)"
	wait_leader
}

run_tests setup put_get_delete ranges listings_are_of_one_revision stale_is_said_and_local \
	transactions conditions large_values watch_sees_all_in_order watches_by_poll leases_end \
	one_holder_at_a_time elections_go_on a_command_ends_with_its_holder state_survives \
	machines_must_agree
