# SPDX-License-Identifier: GPL-2.0
"""Clients of kv on all nodes, what they saw, and watchers beside them."""

import collections
import json
import random
import subprocess
import threading
import time

import linearize
from harness import PATIENCE, SCRIPT, TOP, expect, note

CLIENTS = 4             # on each node
SLOTS = 5               # keys in use at a time
KEY_OPERATIONS = 60     # then another key takes its place: short histories are judged fast
KVLOAD = TOP / "build/cluster/kvload"
IN_MACHINE = "/usr/bin/kvload"


class History:
    """What all clients did, and what they do next."""

    def __init__(self, seed):
        self.lock = threading.Lock()
        self.dice = random.Random(seed)
        self.operations = []
        self.revisions = []     # (revision, operation) of acknowledged changes
        self.refused = collections.Counter()
        self.number = 0
        self.used = [0] * SLOTS
        self.seen = {}          # key: a value somebody found or wrote there

    def next(self, client):
        with self.lock:
            slot = self.dice.randrange(SLOTS)
            self.used[slot] += 1
            key = f"k{slot}-{self.used[slot] // KEY_OPERATIONS}"
            self.number += 1
            kind = self.dice.choices(("put", "get", "cas", "delete"), (4, 5, 3, 1))[0]
            operation = linearize.Operation(client, kind, key, 0.0, value=f"v{self.number}")
            if kind == "cas":
                operation.expect = self.seen.get(key, "nothing")
            return operation

    def answered(self, operation, outcome, result, revision):
        with self.lock:
            if outcome == "refused":
                self.refused[result] += 1
                return
            operation.unknown = outcome == "unknown"
            if not operation.unknown:
                operation.end = time.monotonic()
                self.take(operation, result, revision)
            self.operations.append(operation)

    def take(self, operation, result, revision):
        kind = operation.kind
        if kind == "get":
            operation.result = result[1:] if result.startswith("=") else None
            if operation.result is not None:
                self.seen[operation.key] = operation.result
            return
        operation.result = {"done": True, "there": True, "other": False, "none": False}[result]
        if operation.result:
            self.revisions.append((revision, operation))
            if kind != "delete":
                self.seen[operation.key] = operation.value

    def count(self):
        with self.lock:
            return len(self.operations)

    def check(self):
        unknown = sum(one.unknown for one in self.operations)
        keys = {one.key for one in self.operations}
        note(f"{len(self.operations)} operations on {len(keys)} keys, {unknown} of them with an "
             f"unknown outcome; refused: {dict(self.refused) or 'none'}")
        bad = linearize.check(self.operations)
        for key, stuck in list(bad.items())[:3]:
            for one in sorted((one for one in self.operations if one.key == key),
                              key=lambda one: one.begin):
                note(f"  {one}")
        expect(not bad, "; ".join(f"cannot be: {stuck}" for stuck in list(bad.values())[:5]))
        note("the history is linearizable")


class Clients:
    """Some clients on one node, for as long as there is a node."""

    def __init__(self, cluster, node, history):
        self.cluster, self.node, self.history = cluster, node, history
        self.stopping = threading.Event()
        self.child = None
        self.lives = 0
        self.done = 0
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.stopping.is_set():
            self.lives += 1
            self.child = subprocess.Popen(
                [SCRIPT, "exec", str(self.node), "--", "kvload", "demo"],
                env=self.cluster.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
            self.live()
            self.child.kill()
            self.child.wait()
            # The machine is dead, or its group is not there.
            self.stopping.wait(0.5)

    def live(self):
        pending = {}
        try:
            for client in range(CLIENTS):
                self.ask(client, pending)
            for line in self.child.stdout:
                words = line.decode(errors="replace").split()
                if not line.endswith(b"\n") or len(words) < 4:
                    break
                client = int(words[0])
                operation = pending.pop(client)
                self.history.answered(operation, words[1], " ".join(words[2:-1]), int(words[-1]))
                self.done += words[1] == "ok"
                if words[1] == "refused":
                    self.stopping.wait(0.1)
                if not self.stopping.is_set():
                    self.ask(client, pending)
                elif not pending:
                    break
        except (OSError, ValueError):
            pass        # it went away in the middle of a word
        # What was asked and not answered may have happened, and may happen yet.
        for operation in pending.values():
            self.history.answered(operation, "unknown", "", 0)

    def ask(self, client, pending):
        operation = self.history.next(f"{self.node}.{self.lives}.{client}")
        words = [str(client), operation.kind, operation.key]
        if operation.kind == "cas":
            words.append(operation.expect)
        if operation.kind in ("put", "cas"):
            words.append(operation.value)
        pending[client] = operation
        operation.begin = time.monotonic()
        self.child.stdin.write(" ".join(words).encode() + b"\n")
        self.child.stdin.flush()

    def wait_done(self, count, patience=PATIENCE):
        """Until that many more were answered."""
        goal, end = self.done + count, time.monotonic() + patience
        while self.done < goal:
            expect(time.monotonic() < end, f"the clients of node {self.node}: fewer than {count} "
                   f"answers in {patience:g} s")
            time.sleep(0.1)

    def finish(self):
        self.stopping.set()
        self.thread.join(60)
        if self.thread.is_alive():
            self.child.kill()       # a machine that answers nothing
            self.thread.join(10)
        expect(not self.thread.is_alive(), f"the clients of node {self.node} do not end")


class Watcher:
    """All changes as one node tells them, from the first on, over its restarts."""

    def __init__(self, cluster, node):
        self.cluster, self.node = cluster, node
        self.events = {}        # revision: event
        self.gaps = []          # (first, last) revision it was told are compacted
        self.next = 2
        self.bad = []
        self.stopping = threading.Event()
        self.child = None
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.stopping.is_set():
            self.child = subprocess.Popen(
                [SCRIPT, "exec", str(self.node), "--", "quorumctl", "--json", "kv", "watch",
                 "demo", "", "--prefix", "--from", str(self.next)],
                env=self.cluster.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            for line in self.child.stdout:
                self.take(line)
            said = self.child.stderr.read().decode(errors="replace")
            self.child.wait()
            if "compacted" in said:
                self.skip()
            self.stopping.wait(0.5)

    def take(self, line):
        try:
            event = json.loads(line)
        except ValueError:
            return      # cut off with its machine
        revision = event["revision"]
        if revision != self.next:
            self.bad.append(f"node {self.node} tells of {revision} where {self.next} is next")
        self.events[revision] = event
        self.next = revision + 1

    def skip(self):
        """It was away for longer than the history goes back, and was told so."""
        status, out, _ = self.cluster.run("exec", "--timeout", 10, self.node, "--", "quorumctl",
                                          "--json", "kv", "status", "demo", "--stale",
                                          timeout=30, check=False)
        if status == 0 and json.loads(out)["compacted"] >= self.next:
            compacted = json.loads(out)["compacted"]
            self.gaps.append((self.next, compacted))
            self.next = compacted + 1

    def finish(self, revision, patience=PATIENCE):
        """Until it has told everything up to here."""
        end = time.monotonic() + patience
        while self.next <= revision:
            expect(time.monotonic() < end,
                   f"the watch of node {self.node} is at {self.next - 1} of {revision}")
            time.sleep(0.1)
        self.stop()

    def stop(self):
        self.stopping.set()
        self.child.terminate()
        self.thread.join(10)


def check_watches(watchers, history, revision):
    """All tell the same, everything, in order; what was acknowledged is there once."""
    events = {}
    for watcher in watchers:
        expect(not watcher.bad, "; ".join(watcher.bad[:5]))
        for number, event in watcher.events.items():
            expect(events.setdefault(number, event) == event,
                   f"two watches tell two things of revision {number}: {event}, {events[number]}")
        if watcher.gaps:
            note(f"node {watcher.node}: compacted while it was away: {watcher.gaps}")
    missing = [number for number in range(2, revision + 1) if number not in events]
    expect(not missing, f"nobody was told of {len(missing)} revisions: {missing[:10]}")
    places = collections.Counter(event["value"] for event in events.values()
                                 if event["event"] == "put")
    twice = [value for value, times in places.items() if times > 1]
    expect(not twice, f"applied more than once: {twice[:10]}")
    for number, operation in history.revisions:
        event = events.get(number, {})
        told = (event.get("event"), event.get("key"))
        wanted = ("delete" if operation.kind == "delete" else "put", operation.key)
        expect(told == wanted and operation.kind == "delete"
               or told == wanted and event["value"] == operation.value,
               f"revision {number} was answered to {operation} and is {event}")
    known = {one.value for one in history.operations if one.kind in ("put", "cas")}
    strange = set(places) - known
    expect(not strange, f"refused, and applied: {sorted(strange)[:10]}")
    note(f"{len(events)} changes, told by {len(watchers)} watches without a gap, "
         f"{len(history.revisions)} of them acknowledged, none applied twice")
    return events


def replay(events):
    """{key: (value, create, modify, version)} after all of them."""
    state = {}
    for number in sorted(events):
        event = events[number]
        if event["event"] == "delete":
            expect(event["key"] in state, f"revision {number} deletes what is not there")
            del state[event["key"]]
            continue
        before = state.get(event["key"])
        state[event["key"]] = (event["value"], before[1] if before else number, number,
                               before[3] + 1 if before else 1)
    return state


def check_states(cluster, events, nodes):
    """Every node holds what the watches add up to, at the same index."""
    wanted = replay(events)
    seen = set()
    for node in nodes:
        out = cluster.on(node, "quorumctl", "--json", "kv", "get", "demo", "", "--prefix",
                         "--stale")
        items = [json.loads(line) for line in out.splitlines()]
        state = {item["key"]: (item["value"], item["create"], item["modify"], item["version"])
                 for item in items}
        differ = {key for key in wanted | state if wanted.get(key) != state.get(key)}
        expect(not differ, f"node {node} differs from what was watched: " + "; ".join(
            f"{key}: {state.get(key)} for {wanted.get(key)}" for key in sorted(differ)[:5]))
        digest = json.loads(cluster.on(node, "quorumctl", "--json", "status", "demo", "--hash"))
        seen.add((digest["index"], digest["hash"], digest["sessions"]))
    expect(len(seen) == 1, f"(index, hash of the state, sessions) of the nodes: {seen}")
    note(f"{len(wanted)} keys, the same on nodes {', '.join(map(str, nodes))}; "
         f"index, hash of the state, sessions: {seen.pop()}")
