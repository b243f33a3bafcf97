# SPDX-License-Identifier: GPL-2.0
"""The long cases: each has machines of its own and takes minutes."""

import concurrent.futures
import json
import os
import random
import subprocess
import time

import load
import lock
from harness import NODES, TOP, Failed, expect, note

SECONDS = int(os.environ.get("QUORUM_LONG_SECONDS") or 600)
SEED = int(os.environ.get("QUORUM_SEED") or 1)
KV = ("--machine", "kv", "--add", f"{load.KVLOAD}:{load.IN_MACHINE}")


def others(node):
    return tuple(other for other in NODES if other != node)


class Trouble:
    """What happens to the machines, one thing after the other."""

    def __init__(self, cluster, dice):
        self.cluster, self.dice = cluster, dice
        self.count = {}

    def note(self, kind):
        name = kind.__name__.replace("_", " ")
        self.count[name] = self.count.get(name, 0) + 1

    def summary(self):
        return ", ".join(f"{times} times {name}" for name, times in sorted(self.count.items()))

    def some_time(self, least, most):
        # How long a fault lasts is its very nature; nothing is waited for here.
        time.sleep(self.dice.uniform(least, most))

    def machine_killed(self, node):
        self.cluster.kill(node)
        self.some_time(0, 4)
        self.cluster.start(node)

    def power_cut(self, node):
        victims = self.dice.choice(((node,), (node,), others(node), NODES))
        self.cluster.power_cut(victims)
        self.some_time(0, 2)
        with concurrent.futures.ThreadPoolExecutor(len(victims)) as pool:
            list(pool.map(self.cluster.start, victims))

    def machine_paused(self, node):
        self.cluster.pause(node)
        self.some_time(0.5, 6)
        self.cluster.resume(node)

    def lock_outslept(self, node):
        self.cluster.pause(node)
        self.some_time(lock.TTL + 1, lock.TTL + 4)
        self.cluster.resume(node)

    def cut_off(self, node):
        self.cluster.run("cut", node)
        self.some_time(0.5, 6)
        self.cluster.run("heal")

    def one_way(self, node):
        self.cluster.run("cut", node, "--one-way")
        self.some_time(0.5, 6)
        self.cluster.run("heal")

    def one_link(self, node):
        self.cluster.run("cut", node, self.dice.choice(others(node)))
        self.some_time(0.5, 6)
        self.cluster.run("heal")

    def lossy(self, _):
        self.cluster.run("loss", 5)
        self.cluster.run("delay", 5, 5)
        self.cluster.run("duplicate", 5)
        self.some_time(1, 6)
        self.cluster.run("heal")

    def disk_hung(self, node):
        self.cluster.hang(node)
        self.some_time(0.5, 6)
        self.cluster.end_hang(node)

    def ask(self, *words, patience=60.0):
        """A request of the leader's, asked again while there is none or it changes."""
        end = time.monotonic() + patience
        while True:
            leader = self.cluster.wait_leader()
            status, out, err = self.cluster.run(
                "exec", "--timeout", 40, leader, "--", "quorumctl", *words, "--timeout", "15s",
                timeout=60, check=False)
            if status == 0:
                return leader
            expect(time.monotonic() < end, f"{' '.join(words)}: {(err or out).strip()}")
            time.sleep(0.5)

    def leader_moved(self, node):
        self.ask("transfer", "demo", str(node))

    def member_changed(self, node):
        """Out of the group, and in again, as a learner at first."""
        leader = self.cluster.wait_leader()
        if node == leader:
            node = self.dice.choice(others(leader))
        self.ask_member("remove", str(node), node, False)
        self.some_time(0, 3)
        self.ask_member("add", f"{node} 10.77.0.{node}", node, True)

    def ask_member(self, verb, words, node, there):
        """Asked again until it is so: an answer may have been lost, the change not."""
        end = time.monotonic() + 90
        while True:
            leader = self.cluster.wait_leader(others(node))
            status, out, err = self.cluster.run(
                "exec", "--timeout", 40, leader, "--", "quorumctl", "member", verb, "demo",
                *words.split(), "--timeout", "20s", timeout=60, check=False)
            listed = self.cluster.on(leader, "quorumctl", "member", "list", "demo")
            ids = {line.split()[0] for line in listed.splitlines() if line.strip()}
            if status == 0 or (str(node) in ids) == there and "learner" not in listed:
                return
            expect(time.monotonic() < end, f"member {verb} {words}: {(err or out).strip()}")
            time.sleep(0.5)

    KINDS = (machine_killed, machine_killed, power_cut, machine_paused, machine_paused, cut_off,
             one_way, one_link, lossy, disk_hung, leader_moved, member_changed, member_changed)

    def strike(self):
        kind = self.dice.choice(self.KINDS)
        # As often as not it is the leader who is struck.
        leader = self.cluster.wait_leader()
        node = leader if self.dice.random() < 0.5 else self.dice.choice(others(leader))
        self.note(kind)
        try:
            kind(self, node)
        except Failed as failure:
            raise Failed(f"{kind.__name__} of node {node}: {failure}") from failure


def mixed_load(cluster):
    """Clients of kv on all nodes while everything happens: linearizable, once, in order."""
    subprocess.run(["make", "-s", "-C", TOP / "tests/cluster"], check=True)
    cluster.up(*KV)
    cluster.ready()
    note(f"seed {SEED}, {SECONDS} s")
    trouble = Trouble(cluster, random.Random(SEED))
    history = load.History(SEED)
    watchers = [load.Watcher(cluster, node) for node in NODES]
    clients = [load.Clients(cluster, node, history) for node in NODES]
    end = time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            for some in clients:
                some.wait_done(10)
            trouble.strike()
    finally:
        note(trouble.summary())
        for some in clients:
            some.stopping.set()
    for some in clients:
        some.finish()
    cluster.ready()
    # What was unknown may still come; behind this nothing does.
    cluster.on(1, "quorumctl", "kv", "put", "demo", "last", "of all", "--timeout", "30s")
    cluster.catch_up()
    status = json.loads(cluster.on(1, "quorumctl", "--json", "kv", "status", "demo"))
    for watcher in watchers:
        watcher.finish(status["revision"])
    history.check()
    operations = history.operations
    operations.append(load.linearize.Operation("last", "put", "last", 0.0, value="of all"))
    events = load.check_watches(watchers, history, status["revision"])
    load.check_states(cluster, events, NODES)


def lock_holders(cluster):
    """The lock's holders never overlap: what it protects sees growing tokens."""
    cluster.up("--machine", "kv")
    cluster.ready()
    note(f"seed {SEED}, {SECONDS} s")
    dice = random.Random(SEED)
    trouble = Trouble(cluster, dice)
    protected = lock.Protected()
    holders = [lock.Holder(cluster, node, protected) for node in NODES]
    slept = set()
    end = time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            protected.wait_new()
            # Mostly it is the holder who is struck.
            node = protected.holders[protected.token][0] if dice.random() < 0.7 else \
                dice.choice(NODES)
            kind = dice.choice((Trouble.machine_killed, Trouble.machine_paused, Trouble.cut_off,
                                Trouble.lock_outslept))
            if kind in (Trouble.machine_paused, Trouble.lock_outslept):
                slept.add(node)
            trouble.note(kind)
            kind(trouble, node)
        for _ in range(3):
            protected.wait_new()
    finally:
        note(trouble.summary())
        for holder in holders:
            holder.stop()
    lock.check(protected, slept)


LONG = [
    (lock_holders, 600 + 4 * SECONDS),
    (mixed_load, 600 + 4 * SECONDS),
]
