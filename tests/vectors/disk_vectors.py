#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Golden bytes of the disk format, made without the code under test.

Usage: tests/vectors/disk_vectors.py > tests/vectors/disk_vectors.h

Written from the offsets in module/format/disk.h. A change of the output is a
change of the format: raise the version instead.
"""

import struct


def crc32c(crc, data):
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc


assert crc32c(0xFFFFFFFF, b"123456789") ^ 0xFFFFFFFF == 0xE3069283

CLUSTER = bytes(range(16))
DEVICE = bytes(range(0xA0, 0xB0))
SEED = crc32c(0xFFFFFFFF, DEVICE)
BLOCKS = 256
MEMBERS = [(1, 1), (2, 1), (7, 0)]
RING = 12 + 2 * (BLOCKS // 8)


def sealed(data, hole, seed):
    """The data with its CRC, computed over zeroes there, at the hole."""
    assert data[hole:hole + 4] == bytes(4)
    return data[:hole] + struct.pack("<I", crc32c(seed, data)) + data[hole + 4:]


def superblock():
    data = struct.pack("<8sIIIIII16s16s32sIIQQQQQQIIII", b"quorum\r\n", 1, 0, 1, 1, 0, 512,
                       CLUSTER, DEVICE, b"demo", 2, 0, BLOCKS, RING, BLOCKS - 12 - RING,
                       12, 12 + BLOCKS // 8, BLOCKS // 8, 50000, 150000, 300000, len(MEMBERS))
    data += b"".join(struct.pack("<II", *member) for member in MEMBERS)
    return sealed(data.ljust(4096, b"\0"), 12, 0xFFFFFFFF)


def hard(mirror):
    data = struct.pack("<IIQQQQIIQQIIQQQQI", 0x54534851, 0, 5, (244, 4)[mirror == 0] + 4, 9, 3,
                       7, 0, RING * 8, 1, 0, 5, 0, 0, 0, 0, 1)
    return sealed(data.ljust(512, b"\0"), 4, SEED)


def checkpoint():
    """Mirror A of the next generation: stopped cleanly, and with a checkpoint."""
    data = struct.pack("<IIQQQQIIQQIIQQQQIIQQQQQQ", 0x54534851, 0, 6, 4, 9, 3, 7, 1, RING * 8,
                       1, 0, 0, 0, 0, 41, 900, 0, 0, 0, 0, 0, 2, 0, 0)
    data += struct.pack("<QQQQQQQII", RING * 8 + 77, 40, 880, 8, 300, 12, RING * 8 + 20,
                        0x55667788, 0x0C)
    return sealed(data.ljust(512, b"\0"), 4, SEED)


def snapshot():
    """The header of a snapshot in area 0."""
    data = struct.pack("<IIQQQQQII16sII", 0x504E5351, 0, 12, 3, 500, 7, 70000, 0xCAFE0001,
                       0xCAFE0002, b"kv", 5, 0) + b"conf!"
    return sealed(data.ljust(4096, b"\0"), 4, SEED)


def record():
    body = b""
    for term, tag, origin, payload, kind in [(2, 0, 0, b"", 1),
                                             (2, 0x30000000001, 7, b"hello world", 2)]:
        body += struct.pack("<QQIIB7x", term, tag, origin, len(payload), kind)
        body += payload + bytes(-len(payload) % 8)
    padding = bytes(-(80 + len(body)) % 512)
    data = struct.pack("<IIQQQQIIIHHQQQ", 0x43455251, 0, 4, 3, 2, RING * 8 + 6, len(body),
                       crc32c(SEED, body + padding), 0x11223344, 1, 2, 10, 9, 0)
    return sealed(data, 4, SEED) + body + padding


def show(name, data):
    shown = data.rstrip(b"\0")
    print(f"static const u8 {name}[{len(data)}] = {{")
    for at in range(0, len(shown), 12):
        print("\t" + " ".join(f"0x{byte:02x}," for byte in shown[at:at + 12]))
    print("};")


print("/* SPDX-License-Identifier: GPL-2.0 */")
print("/* Made by tests/vectors/disk_vectors.py; do not edit. */")
show("vector_superblock", superblock())
show("vector_hard_a", hard(0))
show("vector_hard_b", hard(1))
show("vector_checkpoint", checkpoint())
show("vector_snapshot", snapshot())
show("vector_record", record())
