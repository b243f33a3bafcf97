#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything wrong a person can ask for: refused with its own error and a sentence,
# and nothing has changed. Topology: lib.sh.

. "$(dirname -- "$0")/lib.sh"

setup()
{
	make_group
	propose 1 "before all this" >/dev/null
	make_disk spare 16
}

spare() { cat "$T/disk-spare"; }

wipe() { dd if=/dev/zero of="$1" bs=1M count=16 conv=notrunc,fsync status=none; }

# Groups and their states, and the log: what no refused request may change.
state_of_all()
{
	# shellcheck disable=SC2086 # nodes are several
	"$BIN/nodes" groups "$NS" $NODES
	echo /dev/quorum/*
}

# A configuration like that of node 1, but for the spare disk and a name of its
# own; then whatever the sed script says: conf_with FILE SED
conf_with()
{
	print_conf 1 "$(spare)" "${3:-wrong}" 10.77.0. 7500 | sed "$2" >"$T/$1.conf"
	echo "$T/$1.conf"
}

# no_change COMMAND...: run it, then compare.
no_change()
{
	state_of_all >"$T/state-before"
	"$@"
	state_of_all >"$T/state-after"
	diff "$T/state-before" "$T/state-after" || fail "this changed something: $*"
}

# ---- configuration files: FILE:LINE and what is expected ----

# conf_refused LINE "WORDS" SED
conf_refused()
{
	local line=$1 words=$2 file

	file=$(conf_with wrong "$3")
	refused "wrong.conf:${line:+$line:} .*($words)" q 1 "${4:-up}" "$file"
}

bad_configuration_files()
{
	no_change all_bad_configuration_files
	# None of them touched the disk.
	cmp -n 16777216 "$(spare)" /dev/zero
}

# Lines: 1 group, 2 name, 3 cluster, 4 node, 5 device, 6 timing, 7-9 members.
all_bad_configuration_files()
{
	local verb

	# All who read such a file read it alike.
	for verb in format create up; do conf_refused 1 'name' '1s/wrong/wr ong/' $verb; done
	conf_refused 1 'name' '1s/wrong/.wrong/'
	conf_refused 1 'name|longer' '1s/wrong/x234567890123456789012345678901x/'
	conf_refused 1 'no value' '1s/wrong//'
	conf_refused 2 'name' '2s/wrong/wr\/ong/'
	conf_refused 2 'twice' '2s/name /group/'
	conf_refused 2 'no key' '2s/name /nome /'
	conf_refused 2 'KEY = VALUE|form' '2s/=/:/'
	conf_refused 3 'UUID' '3s/5f0c/zzzz/'
	conf_refused 3 'UUID' '3s/-7a55//'
	conf_refused 3 'UUID' '3s/= .*/= 00000000-0000-0000-0000-000000000000/'
	conf_refused 4 'number' '4s/1/0/'
	conf_refused 4 'number' '4s/1/4294967296/'
	conf_refused 4 'number' '4s/1/one/'
	conf_refused 5 'absolute' '5s/= .*/= loop7/'
	conf_refused 6 'timing' '6s/= .*/= quick/'
	conf_refused 6 'heartbeat|two' '6s/= .*/= heartbeat=100ms election=150ms-300ms/'
	conf_refused 6 'longest|shortest' '6s/= .*/= heartbeat=10ms election=300ms-150ms/'
	conf_refused 6 'duration' '6s/= .*/= heartbeat=soon election=150ms-300ms/'
	conf_refused 6 'both|needs' '6s/= .*/= heartbeat=50ms/'
	conf_refused 6 '60s|range' '6s/= .*/= heartbeat=50ms election=1s-61s/'
	conf_refused 6 'heartbeat|0.5' '6s/= .*/= heartbeat=499us election=150ms-300ms/'
	conf_refused 7 'number' '7s/= 1/= 0/'
	conf_refused 8 'twice' '8s/= 2/= 1/'
	conf_refused 8 'address' '8s/10.77.0.2/10.77.0.256/'
	conf_refused 8 'address' '8s/:7500/:0/'
	conf_refused 8 'address' '8s/:7500/:65536/'
	conf_refused 8 'address' '8s/:7500/:port/'
	conf_refused 8 'address|reach' '8s/10.77.0.2/0.0.0.0/'
	conf_refused 8 'address|reach' '8s/10.77.0.2/[::]/'
	conf_refused 8 'voter' '8s/$/ observer/'
	conf_refused 8 'ADDRESS' '8s/= 2 .*/= 2/'
	conf_refused 23 'at most 16' '9r '<(for i in $(seq 4 17); do echo "member = $i 10.77.0.$i"; done)
	conf_refused 10 'absolute' '10s/= .*/= key/'
	conf_refused 10 'neither' '10s/key.*/auth = maybe/'
	# shellcheck disable=SC2016 # a line of sed
	conf_refused '' 'choose one' '10a auth = none'
	conf_refused '' 'missing' 10d
	conf_refused '' 'not among|member' '4s/1/4/'
	conf_refused '' 'voter' '7,9s/$/ learner/'
	conf_refused '' 'missing' 5d
	conf_refused '' 'missing|member' 7,9d
	refused 'no such' q 1 up "$T/nothing.conf"
	refused 'no such' q 1 up nothing
}

# ---- devices ----

# start_refused ERRNO "WORDS": the group `wrong`, as the file says, cannot start.
start_refused()
{
	local errno=$1 words=$2 file=$T/wrong.conf out

	refused "$words" q 1 up "$file"
	# `up` leaves nothing behind; made by hand it stays, stopped.
	[ -z "$(q 1 list | grep wrong || true)" ]
	q 1 create "$file"
	out=$(n1 "$BIN/netlink_test" start wrong-1) && fail "it has started"
	note "$out"
	[ "${out%% *}" = "$errno" ] || fail "is ${out%% *}, expected $errno"
	[ "$(q 1 --json status wrong-1 | "$BIN/jsonq" state)" = stopped ]
	q 1 delete wrong-1
}

not_formatted()
{
	wipe "$(spare)"
	conf_with wrong '' >/dev/null
	no_change start_refused ENODATA 'format'
}

holds_something_else()
{
	wipe "$(spare)"
	dd if=/dev/urandom of="$(spare)" bs=64K count=16 conv=notrunc,fsync status=none
	conf_with wrong '' >/dev/null
	no_change start_refused EMEDIUMTYPE 'else|not|format'
	wipe "$(spare)"
}

of_another_cluster()
{
	q 1 format --force "$(conf_with other '3s/5f0c1ef6/00000001/')"
	conf_with wrong '' >/dev/null
	no_change start_refused EXDEV 'cluster'
}

of_another_group()
{
	q 1 format --force "$(conf_with other '1s/wrong/other/')"
	conf_with wrong '' >/dev/null
	no_change start_refused ENXIO 'group'
}

of_another_node()
{
	q 1 format --force "$(conf_with other '4s/1/2/')"
	conf_with wrong '' >/dev/null
	no_change start_refused EADDRNOTAVAIL 'node'
}

of_another_member_list()
{
	q 1 format --force "$(conf_with other 9d)"
	conf_with wrong '' >/dev/null
	no_change start_refused ESTALE 'member|timing'
}

of_another_timing()
{
	q 1 format --force "$(conf_with other '6s/= .*/= heartbeat=77ms election=1s-2s/')"
	conf_with wrong '' >/dev/null
	no_change start_refused ESTALE 'member|timing'
}

too_small()
{
	truncate -s 256K "$T/small.img"
	losetup -f --show "$T/small.img" >"$T/disk-small"
	conf_with wrong "5s|= .*|= $(cat "$T/disk-small")|" >/dev/null
	no_change refused 'bytes|small|least' q 1 format "$T/wrong.conf"
	cmp -n 262144 "$(cat "$T/disk-small")" /dev/zero
}

# Formatted, then cut short.
too_small_by_now()
{
	q 1 format --force "$(conf_with wrong '')"
	losetup -d "$(spare)"
	truncate -s 8M "$T/spare.img"
	losetup -f --show "$T/spare.img" >"$T/disk-spare"
	conf_with wrong '' >/dev/null
	no_change start_refused ENOSPC 'small|size|shrunk|bytes'
	losetup -d "$(spare)"
	truncate -s 16M "$T/spare.img"
	losetup -f --show "$T/spare.img" >"$T/disk-spare"
	wipe "$(spare)"
}

in_use()
{
	# By a running group, by somebody else.
	conf_with wrong "5s|= .*|= $(disk 1)|" >/dev/null
	no_change refused 'in use|busy' q 1 format --force "$T/wrong.conf"
	no_change start_refused EBUSY 'in use|busy'
	wipe "$(spare)"
	q 1 format "$(conf_with wrong '')"
	service taker "$BIN/client" take "$(spare)"
	until_ok "$(seconds 10)" "the disk is taken" grep -q taken "$T/taker"
	no_change start_refused EBUSY 'in use|busy'
	service_end taker
}

not_a_block_device()
{
	truncate -s 16M "$T/plain"
	conf_with wrong "5s|= .*|= $T/plain|" >/dev/null
	no_change start_refused ENOTBLK 'block device'
	conf_with wrong '5s|= .*|= /dev/null|' >/dev/null
	no_change start_refused ENOTBLK 'block device'
	conf_with wrong "5s|= .*|= $T|" >/dev/null
	no_change start_refused ENOTBLK 'block device'
}

no_such_device()
{
	conf_with wrong '5s|= .*|= /dev/nothing|' >/dev/null
	refused 'no device|no such' q 1 format "$T/wrong.conf"
	no_change start_refused 'ENODEV' 'no such|no device|not there'
}

read_only_device()
{
	wipe "$(spare)"
	q 1 format "$(conf_with wrong '')"
	blockdev --setro "$(spare)"
	no_change start_refused EROFS 'read-only|read only'
	blockdev --setrw "$(spare)"
}

# ---- network ----

address_of_another_host()
{
	wipe "$(spare)"
	conf_with wrong '7s/10.77.0.1/10.99.0.1/' >/dev/null
	q 1 format "$T/wrong.conf"
	no_change start_refused EADDRNOTAVAIL 'address'
}

two_members_at_one_address()
{
	wipe "$(spare)"
	q 1 format "$(conf_with wrong '8s/10.77.0.2/10.77.0.3/')"
	no_change start_refused ENOTUNIQ 'same address'
}

address_in_use()
{
	wipe "$(spare)"
	q 1 format "$(conf_with wrong '')"
	service taker nsenter --net="/run/netns/$NS-1" "$BIN/client" bind 10.77.0.1:7500
	until_ok "$(seconds 10)" "the port is taken" grep -q taken "$T/taker"
	no_change start_refused EADDRINUSE 'in use|taken'
	service_end taker
}

# The same group twice in one namespace: a second seat cannot share the address.
the_same_group_twice()
{
	wipe "$(spare)"
	print_conf 1 "$(spare)" | sed 's/^name .*/name = again/' >"$T/again-1.conf"
	q 1 format "$T/again-1.conf"
	no_change refused 'already|exist|serves|group' q 1 up "$T/again-1.conf"
}

# ---- proposals and names ----

bad_proposals()
{
	no_change all_bad_proposals
}

all_bad_proposals()
{
	local last

	last=$(get 1 last-index)
	refused 'empty|0 bytes|nothing' q 1 propose demo-1 ''
	refused 'empty|0 bytes|nothing' q 1 propose demo-1
	head -c 67585 /dev/zero >"$T/large"
	if q 1 propose demo-1 <"$T/large" >"$T/out-large" 2>&1; then fail "64 KiB and one byte"; fi
	cat "$T/out-large"
	grep -qiE '67584|66 KiB|too (large|long|big)|larger' "$T/out-large"
	refused 'no.*group|no such|there is no' q 1 propose nobody text
	refused 'duration|timeout' q 1 propose demo-1 --timeout soon text
	[ "$(get 1 last-index)" = "$last" ]
}

unknown_groups()
{
	no_change all_unknown_groups
}

all_unknown_groups()
{
	local verb

	for verb in start stop delete status read tail down; do
		refused 'no.*group|no such|there is no|not found' q 1 $verb nobody
	done
	refused 'no.*group|no such|there is no|not found' q 1 wait nobody --leader --timeout 1s
	# Of another namespace.
	for verb in start stop delete status down; do
		refused 'no.*group|no such|there is no|not found' q 1 $verb demo-2
	done
	[ "$(n1 "$BIN/netlink_test" stop demo-2 | cut -d' ' -f1)" = ENOENT ]
}

usage_errors()
{
	local words status

	for words in "frobnicate" "status --nonsense" "read demo-1 --count some" "propose" "up" \
		"read demo-1 extra" "wait demo-1 --commit many"; do
		status=0
		q 1 $words >"$T/usage" 2>&1 </dev/null || status=$?
		note "$words: $(head -1 "$T/usage")"
		[ $status = 2 ] || fail "'$words' ended with status $status, expected 2"
	done
	for words in format up down create start stop delete status list propose read tail events \
		wait dump fsck genid version help; do
		q 1 $words --help >"$T/usage" || fail "$words --help: status $?"
		grep -qi usage "$T/usage"
	done
}

# ---- privilege ----

without_privilege()
{
	no_change all_without_privilege
}

all_without_privilege()
{
	local me="setpriv --reuid 65534 --regid 65534 --clear-groups" verb ctl=$QUORUMCTL

	command -v setpriv >/dev/null || skip "there is no setpriv"
	# Where the tool is must not matter to the other user.
	cp "$QUORUMCTL" "$BIN/client" "$T/"
	chmod 755 "$T" "$T/quorumctl" "$T/client"
	wipe "$(spare)"
	q 1 format "$(conf_with wrong '')"
	chmod 644 "$T/wrong.conf" "$(conf 1)"
	for verb in up create; do
		refused 'permi|privilege|CAP_NET_ADMIN|denied' n1 $me "$T/quorumctl" $verb "$T/wrong.conf"
	done
	for verb in stop down delete start; do
		refused 'permi|privilege|CAP_NET_ADMIN|denied' n1 $me "$T/quorumctl" $verb demo-1
	done
	refused 'permi|denied' n1 $me "$T/quorumctl" propose demo-1 text
	refused 'permi|denied' n1 $me "$T/quorumctl" read demo-1
	refused 'permi|denied' n1 $me "$T/client" log "$(dev 1)"
	refused 'permi|denied' n1 $me "$T/quorumctl" format --force "$(conf 1)"
	# To look is free.
	n1 $me "$T/quorumctl" status demo-1 | grep -q leader
	n1 $me "$T/quorumctl" list | grep -q demo-1
	QUORUMCTL=$ctl
}

# ---- the kernel itself, without our tool ----

netlink()
{
	state_of_all >"$T/state-before"
	n1 "$BIN/netlink_test" -s "$SCALE" /dev/nothing | sed 's/^/    /'
	[ "${PIPESTATUS[0]}" = 0 ]
	state_of_all >"$T/state-after"
	diff "$T/state-before" "$T/state-after"
}

the_group_is_well()
{
	propose 2 "after all this"
	logs_equal
	one_leader_per_term
}

run_tests setup:120 bad_configuration_files:180 not_formatted holds_something_else of_another_cluster \
	of_another_group of_another_node of_another_member_list of_another_timing too_small \
	too_small_by_now in_use not_a_block_device no_such_device read_only_device \
	address_of_another_host two_members_at_one_address address_in_use the_same_group_twice \
	bad_proposals unknown_groups usage_errors without_privilege netlink:180 the_group_is_well
