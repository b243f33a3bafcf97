#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Check quorum-log(5) against the code's sizes, magic numbers and feature bits."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
PAGE = (TOP / "userspace/man/quorum-log.5").read_text()
CODE = "".join((TOP / "module/format" / name).read_text() for name in ("disk.h", "snapshot.h"))
ROWS = {"superblock": ("DISK_SUPER_MAGIC", 4096), "hard state": ("DISK_HARD_MAGIC", 512),
        "record": ("DISK_RECORD_MAGIC", "DISK_HEADER_BYTES"),
        "entry": (None, "DISK_ENTRY_BYTES"), "snapshot header": ("DISK_SNAP_MAGIC", 4096)}


def value(name):
    found = re.search(rf"\b{name}\b\s*=?\s*(\"[^\"]*\"|0x[0-9a-f]+|\d+)", CODE)
    return found.group(1) if found else None


def main():
    wrong = []
    for row, (magic, size) in ROWS.items():
        found = re.search(rf"^\.It {row} Ta (\d+) bytes Ta (.*)$", PAGE, re.M)
        size = size if isinstance(size, int) else int(value(size))
        if not found:
            wrong.append(f"no row {row!r}")
            continue
        if int(found.group(1)) != size:
            wrong.append(f"{row}: {found.group(1)} bytes, the code says {size}")
        told = found.group(2).replace("Ql ", "").replace("\\e", "\\")
        if magic and told != value(magic).strip('"'):
            wrong.append(f"{row}: magic {told}, the code says {value(magic)}")
    if f"Version {value('DISK_VERSION')};" not in PAGE:
        wrong.append("another version")
    for bit in re.findall(r"#define DISK_(?:IN|RO_)?COMPAT_\w+\s+(0x[0-9a-f]+)", CODE):
        if f"{bit}, " not in PAGE:
            wrong.append(f"feature bit {bit} is not named")
    for line in wrong:
        print(f"quorum-log.5: {line}")
    return bool(wrong)


sys.exit(main())
