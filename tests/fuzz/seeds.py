#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What the fuzzers begin with: records, hard states and datagrams that are good.

Usage: tests/fuzz/seeds.py DIRECTORY, in which recover and wire are made

Made of the golden bytes in tests/vectors.  Records are numbered so that the walk takes
them (recover_fuzz.c makes places and checksums right); datagrams stand as wire_fuzz.c
reads them.
"""

import pathlib
import re
import struct
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
TEXT = "".join(path.read_text() for path in sorted(TOP.glob("tests/vectors/*_vectors.h")))
VECTORS = {name: bytes.fromhex("".join(re.findall(r"0x(\w\w)", body))).ljust(int(size or 0), b"\0")
           for name, size, body in re.findall(r"(vector_\w+)\[(\d*)\] = {([^}]*)}", TEXT)}
PLAIN, SEALED, BUNDLED, AS_IS = range(4)	# enum mending
MAGIC, HEADER, TRAILER, BUNDLE_VERSION = 0x5152, 48, 32, 16


def vector(name):
    return VECTORS["vector_" + name]


def record(lsn, first, truncate=0):
    data = bytearray(vector("record"))
    struct.pack_into("<QQQ", data, 8, lsn, 1, 0)
    struct.pack_into("<I", data, 48, 0)
    struct.pack_into("<QQ", data, 56, first, truncate)
    return bytes(data)


def recover(out):
    log = record(1, 1) + record(2, 3) + record(3, 4, 4)
    (out / "one").write_bytes(b"\0" + record(1, 1))
    (out / "log").write_bytes(b"\0" + log)
    for name in ("hard_a", "checkpoint"):
        (out / name).write_bytes(b"\1" + vector(name)[8:])


def item(data, mending=AS_IS):
    return struct.pack("<H", mending << 14 | len(data)) + data


def seal(data):
    """As wire_fuzz.c takes it: with a session and a trailer of any MAC."""
    return data[:2] + b"\2" + data[3:4] + struct.pack("<I", 7) + data[8:] + bytes(TRAILER)


def fragments(name, number, count):
    """A message in pieces, in order."""
    data = vector(name)
    head, body = data[:3] + bytes([data[3] | 0x80]) + data[4:HEADER], data[HEADER:]
    stride = -(-len(body) // count)
    return [head + struct.pack("<IHHII", number, i, count, i * stride, len(body)) +
            body[i * stride:(i + 1) * stride] for i in range(count)]


def bundle(*datagrams, words=(), is_packed=0):
    """Each at the slot of its number; the words are slots by their index."""
    data = struct.pack("<HBBB", MAGIC, BUNDLE_VERSION, len(datagrams), len(words))
    for slot, datagram in enumerate(datagrams):
        data += struct.pack("<BH", len(datagram), slot | is_packed << 15)
    data += b"".join(datagrams)
    return data + b"".join(struct.pack("<BQ16x", index, slots) for index, slots in words)


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


def packed_bundle(*datagrams, words=()):
    items = [packed(before, datagram) for before, datagram in zip((b"", *datagrams), datagrams)]
    return bundle(*items, words=words, is_packed=1)


def with_config():
    """The entry of an append, and what a snapshot begins with, is a configuration."""
    config = vector("config")
    append = vector("append")[:HEADER] + struct.pack("<QQQHHI", 1, 1, 1, 1, 0, 0)
    append += struct.pack("<QQII", 9, 0, 0, len(config) | 3 << 24) + config
    kept = struct.pack("<Q", 5) + config
    snapshot = bytearray(vector("snapshot_message")[:HEADER + 48])
    struct.pack_into("<I", snapshot, HEADER + 40, len(kept))
    return append, bytes(snapshot) + kept + b"data"


def wire(out):
    seeds = {}
    for name, data in VECTORS.items():
        if len(data) > 2 and struct.unpack_from("<H", data)[0] == MAGIC:
            seeds[name] = item(data)
            if data[2] == 1:
                seeds[name] += item(data, PLAIN) + item(seal(data), SEALED)
    one, two, three = (fragments(*pieces) for pieces in
                       (("append", 1, 3), ("forward", 2, 2), ("snapshot_message", 3, 5)))
    seeds["in_order"] = b"".join(item(data, PLAIN) for data in one + two + three)
    seeds["overtaken"] = b"".join(item(data, PLAIN) for data in
                                  one[:2] + two[::-1] + one[1:] + three[3:] + three)
    seeds["given_up"] = b"".join(item(data, PLAIN) for data in one[:2] + two * 9 + three)
    seeds["misfit"] = b"".join(item(data, PLAIN) for data in
                               one[:1] + fragments("forward", 1, 4) + one)
    seeds["sealed_fragments"] = b"".join(item(seal(data), SEALED) for data in two + three)
    beats = vector("heartbeat"), vector("heartbeat_reply")
    seeds["bundle"] = item(bundle(*beats)) + item(bundle(*beats * 3), BUNDLED)
    seeds["sealed_bundle"] = item(bundle(*map(seal, beats)), BUNDLED)
    seeds["packed_bundle"] = item(packed_bundle(*map(seal, beats * 4)), BUNDLED)
    words = [(index, 1 << 3 * index) for index in range(16)]
    seeds["words"] = item(bundle(seal(beats[0]), words=words[5:6]), BUNDLED)
    seeds["packed_words"] = item(packed_bundle(*map(seal, beats), words=words), BUNDLED)
    append, snapshot = with_config()
    seeds["append_config"] = item(append, PLAIN)
    seeds["snapshot_config"] = item(snapshot, PLAIN)
    for name, data in seeds.items():
        (out / name).write_bytes(data)


def main():
    for seeds in (recover, wire):
        out = pathlib.Path(sys.argv[1]) / seeds.__name__
        out.mkdir(parents=True, exist_ok=True)
        seeds(out)


main()
