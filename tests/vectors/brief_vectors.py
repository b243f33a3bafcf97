#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Golden brief datagrams and their long forms, made without the code under test.

Usage: tests/vectors/brief_vectors.py > tests/vectors/brief_vectors.h

Written from module/format/brief.h, wire.h and seal.h. A change of the output is a change
of the wire: raise the version instead.
"""

import hashlib
import struct

KEY = bytes(range(0x40, 0x60))
CLUSTER = 0x1112131415161718
GROUP = 0x21222324
GENESIS = 0x31323334
INCARNATION = 0x4142434445464748
SESSION = 0x77
ECHO = 0x51525354555657
FROM, TO = 3, 1
TERM = 9
APPEND, APPEND_REPLY = 5, 6


def long_form(kind, body, counter):
    data = struct.pack("<HBBIQIIIIQQ", 0x5152, 2, kind, SESSION, CLUSTER, GROUP, GENESIS,
                       FROM, TO, INCARNATION, TERM) + body + struct.pack("<QQ", counter, ECHO)
    return data + hashlib.blake2s(data, key=KEY, digest_size=16).digest()


def brief_form(kind, body, words, counter, mac):
    values = [counter & 0xFFFFFFFF, FROM, TERM & 0xFFFFFFFF, TERM >> 32]
    values += struct.unpack_from(f"<{words}I", body)
    lengths, packed = 0, b""
    for i, value in enumerate(values):
        size = min(n for n in (0, 1, 2, 4) if value < 256 ** n)
        lengths |= (0, 1, 2, 4).index(size) << 2 * i
        packed += value.to_bytes(size, "little")
    return (struct.pack("<HBBIB", 0x5152, 4, kind, GROUP, words) +
            lengths.to_bytes((len(values) + 3) // 4, "little") + packed + body[4 * words:] + mac)


def show(name, data):
    rows = [data[i:i + 12] for i in range(0, len(data), 12)]
    lines = "\n".join("\t" + " ".join(f"0x{byte:02x}," for byte in row) for row in rows)
    print(f"\nstatic const u8 {name}[] = {{\n{lines}\n}};")


def both(name, kind, body, words, counter):
    data = long_form(kind, body, counter)
    show(f"vector_{name}_long", data)
    show(f"vector_{name}_brief", brief_form(kind, body, words, counter, data[-16:]))


def main():
    payload = bytes(range(1, 22))
    append = struct.pack("<QQQHHI", 0x12345, 8, 0x12300, 1, 0, 0)
    append += struct.pack("<QQII", 9, 0x4142434445464700, 300, len(payload) | 2 << 24)
    reply = struct.pack("<QQQQQQB7x", 0x1234, 0x1235, 0x1233, 0, 0, 0, 0)

    print("/* SPDX-License-Identifier: GPL-2.0 */\n/* Made by brief_vectors.py. */")
    show("vector_brief_key", KEY)
    both("append", APPEND, append + payload, len(append) // 4, 0x500000123)
    both("reply", APPEND_REPLY, reply, len(reply) // 4, 0x102)


main()
