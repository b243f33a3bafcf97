#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What the fuzzer of recovery begins with: records and hard states that are good.

Usage: tests/fuzz/seeds.py DIRECTORY

Made of the golden bytes in tests/vectors/disk_vectors.h, numbered so that the walk
takes them (recover_fuzz.c makes places and checksums right).
"""

import pathlib
import re
import struct
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
TEXT = (TOP / "tests/vectors/disk_vectors.h").read_text()


def vector(name):
    size, body = re.search(rf"{name}\[(\d+)\] = {{([^}}]*)}}", TEXT).groups()
    return bytes(int(byte, 16) for byte in re.findall(r"0x\w\w", body)).ljust(int(size), b"\0")


def record(lsn, first, truncate=0):
    data = bytearray(vector("vector_record"))
    struct.pack_into("<QQQ", data, 8, lsn, 1, 0)
    struct.pack_into("<I", data, 48, 0)
    struct.pack_into("<QQ", data, 56, first, truncate)
    return bytes(data)


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    log = record(1, 1) + record(2, 3) + record(3, 4, 4)
    (out / "one").write_bytes(b"\0" + record(1, 1))
    (out / "log").write_bytes(b"\0" + log)
    for name in ("vector_hard_a", "vector_checkpoint"):
        (out / name).write_bytes(b"\1" + vector(name)[8:])


main()
