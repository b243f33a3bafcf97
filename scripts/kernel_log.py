# SPDX-License-Identifier: GPL-2.0
"""Find what a kernel's log has to complain about."""

import re

READY = "quorum-init: ready"
BOOT = "Linux version "

COMPLAINT = re.compile(
    r"BUG:|WARNING:|KASAN|UBSAN:|Oops|Kernel panic|general protection|possible recursive|"
    r"possible circular|possible irq lock|inconsistent lock|suspicious RCU|unreferenced object|"
    r"blocked for more|hung task|scheduling while atomic|sleeping function|ODEBUG:|"
    r"bad unlock balance|workqueue lockup|soft lockup|rcu.*(stall|detected)|refcount_t:|"
    r"held lock freed|still has locks|unregister_netdevice: waiting|list_(add|del) corruption|"
    r"Objects remaining|Invalid wait context")
ALWAYS = re.compile(r"Kernel panic|Oops")


def complaints(text):
    """(line number, line) of each complaint after init's marker, for each boot."""
    found = []
    judging = False
    for number, line in enumerate(text.splitlines(), 1):
        if BOOT in line:
            judging = False
        elif READY in line:
            judging = True
        elif (COMPLAINT if judging else ALWAYS).search(line):
            found.append((number, line.rstrip()))
    return found


def excerpt(text, limit=60):
    """The surroundings of the first complaint."""
    found = complaints(text)
    if not found:
        return ""
    lines = text.splitlines()
    first = found[0][0] - 1
    return "\n".join(lines[max(0, first - 3):first + limit])
