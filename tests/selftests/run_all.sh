#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run all tests of this directory (or those named) in this kernel, as root.
#
# Usage: run_all.sh [NAME...]        names without .sh: basic failover ...
#
# QUORUM_SELFTEST_SHORT=1: fewer rounds of everything. For the rest of the
# environment see lib.sh.

set -u
cd -- "$(dirname -- "$0")" || exit 1
ALL="basic kv sample failover member bad_input datagrams wire_auth network teardown cost heal
     snapshot device power full crash recover cluster groups"
export QUORUM_SELFTEST_BIN=${QUORUM_SELFTEST_BIN:-$PWD/../../build/selftests}

if [ "${1:-}" = --help ]; then
	sed -n '3,$ { /^#/!q; s/^# \{0,1\}//; p }' "$0"
	exit
fi
helpers=$QUORUM_SELFTEST_BIN
for name in client jsonq nodes complaints flood middle chardev_test netlink_test sessions watch_test; do
	[ -x "$helpers/$name" ] && continue
	built=$(mktemp -d)
	make -s OUTPUT="$built" >&2 || exit 1
	export QUORUM_SELFTEST_BIN=$built
	break
done

set -- ${*:-$ALL}
echo "KTAP version 1"
echo "1..$#"
n=0 failed=0
for name in "$@"; do
	n=$((n + 1))
	started=$SECONDS
	"./$name.sh" | sed -u 's/^/  /'
	status=${PIPESTATUS[0]}
	text="$n $name ($((SECONDS - started)) s)"
	case $status in
	0) echo "ok $text" ;;
	4) echo "ok $text # SKIP" ;;
	*) echo "not ok $text"; failed=$((failed + 1)) ;;
	esac
done
[ -z "${built:-}" ] || rm -rf "$built"
echo "# $((n - failed)) passed, $failed failed"
[ $failed = 0 ]
