# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the bash scripts in this directory; not run by itself.

# modinfo, depmod, ip: an ordinary user's PATH has no sbin. The same for Python
# is in machine.py.
case :$PATH: in
*:/usr/sbin:*) ;;
*) export PATH=$PATH:/usr/sbin:/sbin ;;
esac

QUORUM_TOP=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
QUORUM_CACHE=${QUORUM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/quorum}
# shellcheck disable=SC2034 # used by those who source this file
QUORUM_BUILD=$QUORUM_TOP/build

say() { printf '%s\n' "$*" >&2; }

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Print the comment block at the top of the calling script, without the first
# two lines (interpreter and licence).
usage()
{
	awk 'NR > 2 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
}

# Release of the installed Debian cloud kernel the modules are built and booted
# with, which has an image, modules and headers: the newest of Debian 12's own 6.1,
# else the newest. QUORUM_STOCK=6.12 in the environment prefers another series.
stock_release()
{
	local release releases series=${QUORUM_STOCK:-6.1}

	releases=$(for image in /boot/vmlinuz-*-cloud-amd64; do
		[ -e "$image" ] && printf '%s\n' "${image#/boot/vmlinuz-}"
	done | sort -rV || true)
	while read -r release; do
		[ -d "/lib/modules/$release/kernel" ] || continue
		[ -e "/lib/modules/$release/build/Makefile" ] || continue
		printf '%s\n' "$release"
		return 0
	done < <(grep -F "$series." <<<"$releases" || true
		grep -v -F "$series." <<<"$releases" || true)
	return 1
}

# The kernel build directory a plain `make module` builds against.
default_kdir()
{
	local release

	if [ -e "/lib/modules/$(uname -r)/build/Makefile" ]; then
		printf '/lib/modules/%s/build\n' "$(uname -r)"
	elif release=$(stock_release); then
		printf '/lib/modules/%s/build\n' "$release"
	else
		return 1
	fi
}
