# SPDX-License-Identifier: GPL-2.0
"""Holders of one lock on all nodes, and what the lock protects."""

import subprocess
import threading
import time

from harness import PATIENCE, SCRIPT, expect, note

TTL = 5                 # seconds; a holder that is gone loses the lock after it
# Longer than a write is under way; who comes later than that broke the promise.
LATE_MAX = 2.0
WORK = ("echo enter $QUORUM_TOKEN; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do "
        "echo write $QUORUM_TOKEN; sleep 0.1; done; echo leave $QUORUM_TOKEN")


class Protected:
    """Takes writes with a token, and none with a smaller one than it has seen."""

    def __init__(self):
        self.lock = threading.Lock()
        self.token = 0
        self.since = 0.0        # when that token came first
        self.holders = {}       # token: holder
        self.writes = 0
        self.late = []          # (holder, token, seconds after the next holder came)
        self.bad = []

    def take(self, holder, word, token):
        with self.lock:
            now = time.monotonic()
            if self.holders.setdefault(token, holder) != holder:
                self.bad.append(f"{holder} and {self.holders[token]} both hold token {token}")
            if token > self.token:
                self.token, self.since = token, now
            elif token < self.token:
                self.late.append((holder, token, now - self.since))
                if word == "enter":
                    self.bad.append(f"{holder} enters with token {token} after {self.token}")
                return
            self.writes += word == "write"

    def wait_new(self, patience=PATIENCE):
        """Until somebody else has come."""
        token, end = self.token, time.monotonic() + patience
        while self.token == token:
            expect(time.monotonic() < end, f"nobody gets the lock after token {token}")
            time.sleep(0.1)


class Holder:
    """One node's: takes the lock, works, lets go, again and again."""

    def __init__(self, cluster, node, protected):
        self.cluster, self.node, self.protected = cluster, node, protected
        self.stopping = threading.Event()
        self.child = None
        self.lives = 0
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.stopping.is_set():
            self.lives += 1
            self.child = subprocess.Popen(
                [SCRIPT, "exec", str(self.node), "--", "quorumctl", "lock", "demo/it", "--ttl",
                 f"{TTL}s", "--", "sh", "-c", WORK], env=self.cluster.environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            for line in self.child.stdout:
                words = line.decode(errors="replace").split()
                if line.endswith(b"\n") and len(words) == 2:
                    self.protected.take((self.node, self.lives), words[0], int(words[1]))
            self.child.wait()
            # The machine is dead, or its group is not there.
            self.stopping.wait(0.3)

    def stop(self):
        self.stopping.set()
        self.child.terminate()
        self.thread.join(20)


def check(protected, slept):
    """Tokens grew with every holder, and only who slept wrote after the next had come."""
    expect(not protected.bad, "; ".join(protected.bad[:5]))
    broken = [(holder, token, late) for holder, token, late in protected.late
              if holder[0] not in slept and late > LATE_MAX]
    expect(not broken, f"wrote without the lock, and awake (holder, token, seconds after): "
           f"{broken[:5]}")
    note(f"{len(protected.holders)} holders, {protected.writes} writes taken, "
         f"{len(protected.late)} refused for their token, of nodes "
         f"{sorted({holder[0] for holder, _, _ in protected.late})}")
