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
import volume
from harness import CONFIG, NODES, TOP, Failed, Proposer, Recorder, expect, note

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
        self.deck = []
        self.started = time.monotonic()

    def note(self, kind):
        name = kind.__name__.replace("_", " ")
        self.count[name] = self.count.get(name, 0) + 1

    def summary(self):
        return ", ".join(f"{times} times {name}" for name, times in sorted(self.count.items()))

    def missing(self):
        """Kinds that have not been dealt yet."""
        return {kind.__name__.replace("_", " ") for kind in self.KINDS} - set(self.count)

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

    def leader_moved(self, node):
        """Asked again while there is no leader or it changes."""
        end = time.monotonic() + 60
        while True:
            leader = self.cluster.wait_leader()
            if leader == node:
                node = self.dice.choice(others(leader))
            status, out, err = self.cluster.run(
                "exec", "--timeout", 40, leader, "--", "quorumctl", "transfer", "demo", node,
                timeout=60, check=False)
            if status == 0:
                return
            expect(time.monotonic() < end, f"transfer to node {node}: {(err or out).strip()}")
            time.sleep(0.5)

    def member_changed(self, node):
        """Out of the group, be it the leader, and in again, as a learner at first."""
        self.ask_member("remove", str(node), node, False)
        self.some_time(0, 3)
        self.ask_member("add", f"{node} 10.77.0.{node}", node, True)

    def machine_replaced(self, node):
        """The machine is gone for good; a new one, with an empty disk, takes its place."""
        self.cluster.kill(node)
        self.cluster.wait_leader(others(node), other_than=node)
        self.ask_member("remove", str(node), node, False)
        self.cluster.start(node, "--fresh")
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
             one_way, one_link, lossy, disk_hung, leader_moved, member_changed, machine_replaced)

    def strike(self):
        if not self.deck:       # every kind in turn, in an order of each round
            self.deck = list(self.KINDS)
            self.dice.shuffle(self.deck)
        kind = self.deck.pop()
        # As often as not it is the leader who is struck.
        leader = self.cluster.wait_leader()
        node = leader if self.dice.random() < 0.5 else self.dice.choice(others(leader))
        self.note(kind)
        note(f"{time.monotonic() - self.started:.0f} s: {kind.__name__.replace('_', ' ')}, "
             f"node {node}")
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
        # On a busy host a fault takes long: a whole run goes on until all were dealt.
        while time.monotonic() < end or SECONDS >= 600 and trouble.missing():
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


def grown_and_shrunk(cluster):
    """3 -> 5 -> 3 under load, every machine of the first replaced, nothing fails."""
    subprocess.run(["make", "-s", "-C", TOP / "tests/cluster"], check=True)
    cluster.up(*KV, "--spare", 3)
    cluster.ready()
    history = load.History(SEED)
    watchers = [load.Watcher(cluster, 1)]
    clients = {node: load.Clients(cluster, node, history) for node in NODES}

    def change(nodes, *words):
        for some in clients.values():
            some.wait_done(20)
        end = time.monotonic() + 120
        while True:
            leader = cluster.wait_leader(nodes)
            status, out, err = cluster.run(
                "exec", "--timeout", 100, leader, "--", "quorumctl", "member", words[0], "demo",
                *words[1:], "--timeout", "90s", timeout=120, check=False)
            if status == 0:
                break
            note(f"member {' '.join(words)}: {(err or out).strip().splitlines()[-1]}")
            expect(time.monotonic() < end, "it is refused for too long")
        note(f"member {' '.join(words)}; {history.count()} operations so far")

    def newcomer(node):
        cluster.start(node, "--fresh")
        cluster.recorders[node] = Recorder(cluster, node)

    def busy(node):
        watchers.append(load.Watcher(cluster, node))
        clients[node] = load.Clients(cluster, node, history)

    def farewell(node):
        # Its users go elsewhere first; its watch ends with what it has told.
        clients.pop(node).finish()

    for node in (4, 5):
        newcomer(node)
        change((*NODES, *range(4, node)), "add", str(node), f"10.77.0.{node}")
        busy(node)
    farewell(1)
    newcomer(6)
    change((2, 3, 4, 5), "replace", "1", "6", "10.77.0.6")
    busy(6)
    for node in (2, 3):
        farewell(node)
        rest = tuple(other for other in (3, 4, 5, 6) if other > node)
        change(rest, "remove", str(node))
    for node in NODES:
        cluster.recorders.pop(node).stop()
        cluster.kill(node)
    last = (4, 5, 6)
    cluster.wait_leader(last)
    for node in last:
        clients.pop(node).finish()
    cluster.catch_up(last)
    status = json.loads(cluster.on(4, "quorumctl", "--json", "kv", "status", "demo"))
    for watcher in watchers:
        if watcher.node in last:
            watcher.finish(status["revision"])
        else:
            watcher.stop()
    history.check()
    unknown = [str(one) for one in history.operations if one.unknown]
    expect(not unknown and not history.refused,
           f"refused: {dict(history.refused)}, unknown: {unknown[:5]}")
    events = load.check_watches(watchers, history, status["revision"])
    load.check_states(cluster, events, last)
    listed = cluster.on(4, "quorumctl", "member", "list", "demo")
    expect([line.split()[:2] for line in listed.splitlines() if "voter" in line or
            "leader" in line] and listed.count("voter") == 3 and "learner" not in listed, listed)


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


def confirmation(cluster, node):
    """What `recover` says is to be confirmed, and all it says; it changes nothing."""
    text = cluster.refused(node, ("nothing was changed",), "quorumctl", "recover", "demo")
    return text.rsplit("--confirm ", 1)[1].split()[0], text


def majority_given_up(cluster):
    """Two of three machines are lost for good: one command, and nothing else, goes on."""
    cluster.up()
    leader = cluster.ready()
    left = others(leader)[0]
    lost = others(left)
    cluster.refused(left, ("there is a leader",), "quorumctl", "recover", "demo", "--confirm",
                    confirmation(cluster, left)[0])
    proposers = [Proposer(cluster, node, [f"lost {node} {number}" for number in range(400)], 3)
                 for node in NODES]
    for proposer in proposers:
        proposer.wait_committed(20, 120)
    for node in lost:
        cluster.kill(node)
    for proposer in proposers:
        proposer.stop().finish()
    # Nothing but the command does it: not time, not proposals, not a restart.
    cluster.refused(left, ("leader", "unknown", "time"), "quorumctl", "propose", "demo",
                    "to nobody", "--timeout", "5s")
    cluster.kill(left)
    cluster.start(left)
    before = cluster.status(left)
    what, _ = confirmation(cluster, left)
    config, last, term = (int(word) for word in what.split("/"))
    cluster.refused(left, ("as they were",), "quorumctl", "recover", "demo", "--confirm",
                    f"{config}/{last + 1}/{term}")
    expect(before["role"] != "leader" and cluster.status(left)["leader"] == 0,
           "a minority has a leader")
    kept = cluster.log(left)
    note(cluster.on(left, "quorumctl", "recover", "demo", "--confirm", what).splitlines()[0])
    index, _ = cluster.propose(left, "alone, by force", 30)
    expect(index > last, f"index {index} after {last}")
    expect("recovered by force" in cluster.kernel_log(left), "the kernel log does not tell")
    log = cluster.log(left)
    expect(log[:len(kept)] == kept, "what was committed has changed")
    texts = [text for _, _, text in log]
    for proposer in proposers:
        for line, answer in proposer.outcomes():
            # Behind the end of this log only the others had it: that was said, and confirmed.
            expect(answer[0] != "committed" or answer[1] > last or texts.count(line) == 1,
                   f"'{line}' was acknowledged at {answer[1:]} and is lost")
    # Two new machines take the places of the lost, one after the other.
    for node in lost:
        cluster.start(node, "--fresh")
        cluster.on(left, "quorumctl", "member", "add", "demo", str(node), f"10.77.0.{node}",
                   "--timeout", "60s", timeout=90)
        cluster.wait_leader((left, node))
    cluster.propose(left, "three again", 30)
    log = cluster.equal_logs()
    expect(sum(text == "alone, by force" for _, _, text in log) == 1, "it is lost again")
    cluster.kill(left)
    cluster.wait_leader(lost, other_than=left)
    cluster.propose(lost[0], "and without the first", 30)
    cluster.recorders.pop(left).stop()


def damaged_snapshot(cluster):
    """Both snapshots rot on a member's disk, then on the leader's: both are sent another."""
    subprocess.run(["make", "-s", "-C", TOP / "tests/cluster"], check=True)
    cluster.up(*KV, "--line", "snapshot = 300", "--add", f"{volume.KVFLOOD}:{volume.IN_MACHINE}")
    for which in ("member", "leader"):
        leader = cluster.ready()
        node = leader if which == "leader" else others(leader)[0]
        text = f"the value that rots on the {which}'s disk"
        cluster.on(leader, "quorumctl", "kv", "put", "demo", which, text)
        before = cluster.status(node)["snapshot-index"]
        areas = set()
        while len(areas) < 3:       # snapshots since; there are two areas for them
            volume.Flood(cluster, leader, 400).finish()
            cluster.catch_up()
            areas |= {cluster.status(node)["snapshot-index"]} - {before}
        cluster.kill(node)
        places = cluster.damage(node, text)
        status, verdict = cluster.fsck(node)
        said = next((line for line in verdict.splitlines() if "snapshot" in line), verdict)
        note(f"{places} places damaged on the disk of node {node}; fsck: {said}")
        expect(status == 4, f"fsck of the damaged disk ends with {status}: {verdict}")
        if which == "leader":
            leader = cluster.wait_leader(others(node), other_than=node)
        meanwhile = f"while node {node} was damaged"
        cluster.on(leader, "quorumctl", "kv", "put", "demo", "meanwhile", meanwhile)
        cluster.start(node)
        cluster.wait_leader()
        cluster.catch_up()
        states = {cluster.on(each, "quorumctl", "--json", "kv", "get", "demo", "", "--prefix",
                             "--stale") for each in NODES}
        expect(len(states) == 1, "their states differ")
        state = states.pop()
        expect(text in state and meanwhile in state, "something is lost")
        cluster.on(node, "quorumctl", "down", "demo")
        cluster.on(node, "quorumctl", "fsck", "/dev/vda")
        cluster.on(node, "quorumctl", "up", CONFIG)


LONG = [
    (damaged_snapshot, 600),
    (majority_given_up, 600),
    (volume.million, 3600),
    (grown_and_shrunk, 1500),
    (lock_holders, 600 + 4 * SECONDS),
    (mixed_load, 600 + 4 * SECONDS),
]
