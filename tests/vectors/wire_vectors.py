#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Golden bytes of the wire, made without the code under test.

Usage: tests/vectors/wire_vectors.py > tests/vectors/wire_vectors.h

Written from the layouts in module/format/wire.h, seal.h, bundle.h, repeat.h and config.h.  A change
of the output is a change of the wire: raise the version instead.
"""

import hashlib
import struct


def crc32c(crc, data):
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc


assert crc32c(0xFFFFFFFF, b"123456789") ^ 0xFFFFFFFF == 0xE3069283

CLUSTER, GROUP, GENESIS = 0x1112131415161718, 0x21222324, 0x31323334
FROM, TO, INCARNATION = 0x01020304, 0x05060708, 0x4142434445464748
SESSION, COUNTER, ECHO = 0x77, 0x0102030405060708, INCARNATION + 5
CLUSTER_KEY = bytes(range(0x40, 0x60))
FRAGMENT, APPEND, HEARTBEAT, HEARTBEAT_REPLY, HELLO, REPAIR = 0x80, 5, 7, 8, 0x70, 0x71
NOOP, DATA = 1, 2


def header(version, kind, crc, term, group=GROUP):
    return struct.pack("<HBBIQIIIIQQ", 0x5152, version, kind, crc, CLUSTER, group, GENESIS,
                       FROM, TO, INCARNATION, term)


def plain(kind, body, term=9):
    crc = crc32c(0xFFFFFFFF, header(1, kind, 0, term) + body) ^ 0xFFFFFFFF
    return header(1, kind, crc, term) + body


def derived(group=GROUP):
    data = b"quorum seal v2".ljust(16, b"\0")
    data += struct.pack("<QQQ", CLUSTER, group, TO << 32 | FROM)
    return hashlib.blake2s(data, key=CLUSTER_KEY).digest()


def sealed(kind, body, term=9, group=GROUP, counter=COUNTER):
    data = header(2, kind, SESSION, term, group) + body + struct.pack("<QQ", counter, ECHO)
    return data + hashlib.blake2s(data, key=derived(group), digest_size=16).digest()


def entry(term, tag, origin, size, kind):
    return struct.pack("<QQII", term, tag, origin, size | kind << 24)


def append():
    body = struct.pack("<QQQHHI", 0x1000, 6, 0xFFF, 3, 0, 0)
    body += entry(7, 0, 0, 0, NOOP)
    body += entry(7, 3 << 40 | 5, FROM, 3, DATA)
    body += entry(9, 4 << 40 | 6, 2, 5, DATA)
    return body + b"abchello"


def bundle(items, words=b""):
    """Of (slot, whether it is packed, bytes)."""
    data = struct.pack("<HBBB", 0x5152, 16, len(items), len(words) // 25)
    for slot, is_packed, item in items:
        data += struct.pack("<BH", len(item), slot | is_packed << 15)
    return data + b"".join(item for _, _, item in items) + words


def packed(before, datagram):
    lengths, words = 0, b""
    for i in range(0, len(datagram), 4):
        there = before[i:i + 4] if i + 4 <= len(before) else bytes(4)
        word = int.from_bytes(datagram[i:i + 4], "little") ^ int.from_bytes(there, "little")
        size = min(n for n in (0, 1, 2, 4) if word < 256 ** n)
        lengths |= (0, 1, 2, 4).index(size) << i // 2
        words += word.to_bytes(size, "little")
    count = len(datagram) // 4
    return bytes([count]) + lengths.to_bytes((count + 3) // 4, "little") + words


def packed_bundle():
    """The first against zeros, the second against that, the last as it is."""
    first = bytes(range(1, 13)) + bytes(4) + b"\x80\0\0\0"
    second = first[:5] + b"\xff" + first[6:16] + b"\x81\x02\0\0" + b"end."
    return first, second, bundle([(7, True, packed(b"", first)),
                                  (1023, True, packed(first, second)), (0, False, b"as it is")])


def repeated():
    """What three idle groups said, and a bundle where a fourth carries what they repeat."""
    def beat(i, step):
        return sealed(HEARTBEAT, struct.pack("<QQQQ", 0x3001 + i, 0x30FF + step, 5, 6), 9,
                      GROUP + i, 0x1FFFF + i + step)

    def answer(i, step):
        return sealed(HEARTBEAT_REPLY, struct.pack("<QQQQQ", 0xFFFFFFFF + step, 3, 3, 5, 0), 9,
                      GROUP + i, 0xFF + step)

    said = [beat(1, 0), answer(2, 0), beat(3, 0)]
    macs = [data[-16:] for data in (beat(1, 1), answer(2, 1), beat(3, 1))]
    words = struct.pack("<BQ", 1, 1 << 0 | 1 << 63)
    words += bytes(a ^ b for a, b in zip(macs[0], macs[1]))
    words += struct.pack("<BQ", 15, 1 << 5) + macs[2]
    return said, bundle([(0x2A5, False, beat(4, 1))], words)


def config():
    """Two voters, of which the second is a witness."""
    data = struct.pack("<BBBBBBHIIIIQQQ", 1, 2, 2, 1, 0, 0, 0, 3, 5, 9, 0,
                       50000000, 150000000, 300000000)
    address = b"\xaa\xbb" + bytes(17) + b"\xcc"
    data += struct.pack("<IBBH20sIQ", 7, 1, 3, 0, address, 0, 0x2211)
    return data + struct.pack("<IBBH20sIQ", 8, 9, 0, 0, bytes(20), 0, 0)


def show(name, data):
    print(f"\nstatic const u8 __maybe_unused vector_{name}[] = {{")
    for at in range(0, len(data), 12):
        print("\t" + " ".join(f"0x{byte:02x}," for byte in data[at:at + 12]))
    print("};")


def main():
    snapshot = struct.pack("<QQQ", 0x7001, 8, 0x30005)
    print("/* SPDX-License-Identifier: GPL-2.0 */")
    print("/* Made by tests/vectors/wire_vectors.py; do not edit. */")
    for kind, (name, body) in enumerate((
            ("prevote", struct.pack("<QQII", 0x1001, 8, 0, 0)),
            ("prevote_reply", struct.pack("<QBB6x", 9, 1, 0)),
            ("vote", struct.pack("<QQII", 0x1001, 8, 1, 0)),
            ("vote_reply", struct.pack("<QBB6x", 7, 0, 1)),
            ("append", append()),
            ("append_reply", struct.pack("<QQQQQQB7x", 0x2001, 0x2002, 0x2003, 0x2004, 5,
                                         0x2006, 1)),
            ("heartbeat", struct.pack("<QQQQ", 0x3001, 0x3002, 0x3005, 0x3006)),
            ("heartbeat_reply", struct.pack("<QQQQQ", 0x3002, 0x3003, 0x3004, 0x3005, 0x3007)),
            ("forward", struct.pack("<QIB3x", 3 << 40 | 7, 4, DATA) + b"data"),
            ("forward_reply", struct.pack("<QQQB7x", 3 << 40 | 7, 0x4001, 9, 7)),
            ("read", struct.pack("<Q", 0x5001)),
            ("read_reply", struct.pack("<QQB7x", 0x5001, 0x5002, 3)),
            ("timeout_now", struct.pack("<Q", 0x6001)),
            ("snapshot_message", snapshot + struct.pack("<QIIII", 0, 0x71727374, 4, 3, 0) +
             b"cfgdata"),
            ("snapshot_reply", snapshot + struct.pack("<QIB3x", 0x8000, 0x71727374, 2))), 1):
        show(name, plain(kind, body))
    show("fragment", plain(APPEND | FRAGMENT, struct.pack("<IHHII", 0xA1A2A3A4, 1, 3, 10, 25) +
                           b"0123456789"))
    show("repair", plain(REPAIR, struct.pack("<IIQ", 0x01020304, 0, 1 << 63 | 5), 0))
    show("sealed", sealed(HEARTBEAT, struct.pack("<QQQQ", 0x1000, 5, 0, 0)))
    show("hello", sealed(HELLO, b"", 0))
    show("bundle", bundle([(1, False, b"hello"), (0x123, False, b"!"), (1023, False, b"you")]))
    first, second, packs = packed_bundle()
    show("packed_first", first)
    show("packed_second", second)
    show("packed_bundle", packs)
    said, words = repeated()
    for number, data in enumerate(said):
        show(f"repeated_{number}", data)
    show("cluster_key", CLUSTER_KEY)
    show("words_bundle", words)
    show("config", config())


main()
