# SPDX-License-Identifier: GPL-2.0
"""A log that grows far beyond its device, and what it costs meanwhile."""

import json
import os
import subprocess
import time

from harness import NODES, PATIENCE, SCRIPT, TOP, Recorder, expect, note

ENTRIES = int(os.environ.get("QUORUM_LONG_ENTRIES") or 1_000_000)
WARM = min(40_000, ENTRIES // 2)   # entries after which caches and histories are full
THREADS = 192            # of a flood: more than one batch of the engine
FORWARDED = 50          # every so many-th entry goes through each of the followers
POLL = 5.0              # seconds between two looks at the machines
KEYS = 1000             # of kvflood
KVFLOOD = TOP / "build/cluster/kvflood"
IN_MACHINE = "/usr/bin/kvflood"
GROWTH_MAX = 4 << 20    # bytes of a kernel's memory, from when it was warm to the end
JOIN_MAX = 120.0        # seconds for a new machine, at emulation's speed


class Flood:
    """Puts through one machine, in the background."""

    def __init__(self, cluster, node, count):
        self.count, self.node = count, node
        self.started = time.monotonic()
        self.child = subprocess.Popen(
            [SCRIPT, "exec", str(node), "--", "kvflood", "demo", str(count), str(THREADS)],
            env=cluster.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def ended(self):
        return self.child.poll() is not None

    def finish(self):
        """How many of them may have been committed more than once."""
        said = self.child.communicate()[0].decode(errors="replace").strip()
        expect(self.child.returncode == 0 and said.startswith(f"{self.count} committed"),
               f"the flood through node {self.node} ended: {said}")
        took = time.monotonic() - self.started
        note(f"node {self.node}: {said} in {took:.0f} s, {self.count / took:.0f} a second")
        return int(said.split()[2])


def memory(cluster, node):
    """Bytes in use by the machine's kernel: not free, not a process's, not a cache."""
    text = cluster.on(node, "sh", "-c", "echo 3 >/proc/sys/vm/drop_caches; cat /proc/meminfo")
    kib = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()}
    return 1024 * (kib["MemTotal"] - kib["MemFree"] - kib["Buffers"] - kib["Cached"]
                   - kib["AnonPages"])


def follow(cluster, floods):
    """While they run: it does not stand still; the fullest any log was, of its ring."""
    seen, fullest, end = 0, 0.0, time.monotonic() + PATIENCE
    while not all(flood.ended() for flood in floods):
        for node in NODES:
            status = cluster.status(node)
            fullest = max(fullest, status["store"]["used-bytes"] / status["store"]["ring-bytes"])
            if status["commit"] > seen:
                seen, end = status["commit"], time.monotonic() + PATIENCE
        expect(time.monotonic() < end, f"nothing is committed after index {seen}")
        time.sleep(POLL)
    return fullest


def join(cluster, node):
    """A machine with an empty disk: seconds until it has all that is committed."""
    started = time.monotonic()
    cluster.start(node, "--fresh")
    booted = time.monotonic()
    cluster.recorders[node] = Recorder(cluster, node)
    cluster.on(cluster.wait_leader(), "quorumctl", "member", "add", "demo", str(node),
               f"10.77.0.{node}", "--timeout", f"{JOIN_MAX:.0f}s", timeout=JOIN_MAX + 30)
    cluster.catch_up((*NODES, node))
    took = time.monotonic() - booted
    status = cluster.status(node)
    note(f"node {node} booted in {booted - started:.0f} s and had everything after {took:.1f} s: a "
         f"snapshot of {status['snapshot-bytes']} bytes at index {status['snapshot-index']}, and "
         f"the log from {status['first-index']} to {status['last-index']}")
    return took, status


def million(cluster):
    """1,000,000 entries through a 64 MiB device; a new machine joins in bounded time."""
    subprocess.run(["make", "-s", "-C", TOP / "tests/cluster"], check=True)
    cluster.up("--machine", "kv", "--spare", 1, "--add", f"{KVFLOOD}:{IN_MACHINE}")
    unknown = Flood(cluster, cluster.ready(), WARM).finish()
    cluster.catch_up()
    before = {node: memory(cluster, node) for node in NODES}
    # Mostly through the leader: what a follower passes on is a datagram of its own, and
    # the answer another, which costs an emulated machine ten times a place in a batch.
    rest, leader = ENTRIES - WARM, cluster.wait_leader()
    shares = {node: rest // FORWARDED for node in NODES if node != leader}
    shares[leader] = rest - sum(shares.values())
    floods = [Flood(cluster, node, share) for node, share in shares.items()]
    fullest = follow(cluster, floods)
    unknown += sum(flood.finish() for flood in floods)
    commit = cluster.catch_up()
    after = {node: memory(cluster, node) for node in NODES}
    written = max(cluster.status(node)["store"]["log-bytes"] for node in NODES)
    ring = cluster.status(1)["store"]["ring-bytes"]
    note(f"index {commit}: {written >> 20} MiB went through a ring of {ring >> 20} MiB, which was "
         f"never more than {fullest:.0%} full")
    for node in NODES:
        note(f"node {node}: its kernel uses {before[node] >> 10} KiB after {WARM} entries, "
             f"{after[node] >> 10} KiB in the end")
        expect(after[node] - before[node] <= GROWTH_MAX, f"the memory of node {node} grows")
    status = json.loads(cluster.on(1, "quorumctl", "--json", "kv", "status", "demo"))
    # Every put is one revision, however it went on the way.
    expect(1 + ENTRIES <= status["revision"] <= 1 + ENTRIES + unknown
           and status["keys"] == KEYS, f"after {ENTRIES} puts, {unknown} of them unknown: {status}")
    newcomer = len(NODES) + 1
    took, joined = join(cluster, newcomer)
    expect(took < JOIN_MAX, f"it took {took:.0f} s")
    # It was sent the state, not the history.
    expect(joined["snapshot-index"] > commit // 2 and joined["first-index"] > commit // 2,
           f"it has the log from {joined['first-index']}")
    cluster.on(newcomer, "quorumctl", "kv", "put", "demo", "flood/000000", "by the new machine")
    cluster.catch_up((*NODES, newcomer))
    states = {cluster.on(node, "quorumctl", "--json", "kv", "get", "demo", "", "--prefix",
                         "--stale") for node in (*NODES, newcomer)}
    expect(len(states) == 1 and "by the new machine" in states.pop(), "their states differ")
