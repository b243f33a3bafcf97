# SPDX-License-Identifier: GPL-2.0
"""What the cluster tests are made of: machines, proposers, recorders, checks."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SCRIPT = str(TOP / "scripts/cluster")
NODES = (1, 2, 3)
CONFIG = "/etc/quorum/demo.conf"
PATIENCE = 60.0         # for anything the group does by itself
AHEAD = 8               # lines a proposer has been given and not answered


class Failed(Exception):
    """What was expected did not happen."""


def note(text):
    print(f"# {text}", flush=True)


def expect(held, text):
    if not held:
        raise Failed(text)


class Cluster:
    """Three machines and the ledger of who led when."""

    def __init__(self):
        # Sockets live there: the path must be short.
        self.directory = tempfile.mkdtemp(prefix="qc", dir="/tmp")
        os.rmdir(self.directory)
        self.environment = dict(os.environ, QUORUM_CLUSTER_DIR=self.directory)
        self.leaders = {}       # term: {leader: where that was seen}
        self.lock = threading.Lock()
        self.recorders = {}
        self.living = set()
        self.paused = set()
        self.hung = set()       # their disks
        self.lost_sectors = 0   # unflushed, and gone by power cuts

    # ---- scripts/cluster ----

    def run(self, *words, timeout=PATIENCE, data=None, check=True):
        """scripts/cluster WORDS; (exit status, stdout, stderr)."""
        command = [SCRIPT, *map(str, words)]
        try:
            done = subprocess.run(command, env=self.environment, input=data,
                                  stdin=subprocess.DEVNULL if data is None else None,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            raise Failed(f"took longer than {timeout:g} s: cluster {' '.join(command[1:])}") \
                from None
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if check and done.returncode:
            raise Failed(f"cluster {' '.join(command[1:])}: exit status {done.returncode}: "
                         f"{(err or out).strip()}")
        return done.returncode, out, err

    def on(self, node, *command, timeout=PATIENCE, data=None):
        """A command in a machine that must succeed; its output."""
        return self.run("exec", "--timeout", timeout, node, "--", *command,
                        timeout=timeout + 20, data=data)[1]

    def refused(self, node, words, *command, data=None):
        """A command that must fail and say one of the words, in time."""
        status, out, err = self.run("exec", "--timeout", PATIENCE, node, "--", *command,
                                    timeout=PATIENCE + 20, data=data, check=False)
        text = (err + out).strip()
        note(text.splitlines()[0] if text else f"exit status {status}, nothing said")
        expect(status, f"was not refused: {' '.join(command)}")
        expect(any(word in text.lower() for word in words),
               f"the refusal of '{' '.join(command)}' names none of {words}: {text}")
        return text

    def up(self, *words):
        self.run("up", "-n", len(NODES), "--volatile", *words, timeout=600)
        self.living = set(NODES)
        self.recorders = {node: Recorder(self, node) for node in NODES}

    def down(self):
        for recorder in self.recorders.values():
            recorder.stop()
        with contextlib.suppress(Failed):
            self.run("down", check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def kill(self, node):
        self.living.discard(node)
        self.hung.discard(node)
        self.run("kill", node)

    def power_cut(self, nodes):
        """The machines die together, and what their disks had not flushed is lost."""
        self.living -= set(nodes)
        self.hung -= set(nodes)
        for line in self.run("power-cut", *nodes)[1].splitlines():
            words = line.split()
            self.lost_sectors += int(words[-3]) - int(words[-1])

    def hang(self, node):
        """Its disk answers nothing any more, not even with an error."""
        self.hung.add(node)
        self.run("hang", node)

    def end_hang(self, node):
        self.hung.discard(node)
        self.run("hang", node, "--end")

    def damage(self, node, text):
        """Change a byte of this on the disk of a dead machine, wherever it is."""
        image = pathlib.Path(self.directory, f"n{node}", "disk.img")
        data, places = image.read_bytes(), []
        at = data.find(text.encode())
        while at >= 0:
            places.append(at)
            at = data.find(text.encode(), at + 1)
        expect(places, f"'{text}' is not on the disk of node {node}")
        with open(image, "r+b") as disk:
            for at in places:
                disk.seek(at)
                disk.write(bytes([data[at] ^ 0x20]))
        return len(places)

    def fsck(self, node):
        """The verdict on the disk of a dead machine: exit status, text."""
        done = subprocess.run([TOP / "build/bin/quorumctl", "fsck",
                               f"{self.directory}/n{node}/disk.img"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout.decode(errors="replace").strip()

    def start(self, node, *words):
        self.run("start", node, *words, timeout=240)
        self.living.add(node)

    def pause(self, node):
        self.paused.add(node)
        self.run("pause", node)

    def resume(self, node):
        self.paused.discard(node)
        self.run("resume", node)

    # ---- the group ----

    def status(self, node):
        status = json.loads(self.on(node, "quorumctl", "--json", "status", "demo"))
        if status.get("state") == "running":
            self.saw(node, f"status of node {node}", status)
        return status

    def saw(self, node, where, what):
        """Somebody named a leader in a term: keep it, to compare in the end."""
        leader, term = what.get("leader", 0), what.get("term", 0)
        if what.get("role") == "leader":
            expect(leader == node, f"{where}: leads term {term} and names {leader}")
        if leader and term:
            with self.lock:
                self.leaders.setdefault(term, {}).setdefault(leader, where)

    def check_leaders(self):
        with self.lock:
            for term, seen in sorted(self.leaders.items()):
                expect(len(seen) == 1, f"term {term} has two leaders: {seen}")
            expect(self.leaders, "nobody ever named a leader")
            note(f"{len(self.leaders)} terms with a leader, each with one: " + ", ".join(
                f"{term}:{next(iter(seen))}" for term, seen in sorted(self.leaders.items())))

    def wait_leader(self, nodes=NODES, other_than=None, patience=PATIENCE):
        """Until these nodes agree on a leader (not that one); its id."""
        end = time.monotonic() + patience
        while True:
            seen = set()
            for node in nodes:
                left = max(1.0, end - time.monotonic())
                self.run("exec", "--timeout", left + 5, node, "--", "quorumctl", "wait", "demo",
                         "--leader", "--timeout", f"{left:.0f}s", timeout=left + 20, check=False)
                seen.add(self.status(node)["leader"])
            if len(seen) == 1 and seen.isdisjoint({0, other_than}):
                return seen.pop()
            expect(time.monotonic() < end,
                   f"nodes {nodes} see {seen} as leader after {patience:g} s")

    def catch_up(self, nodes=NODES):
        """All these nodes commit what any of them has committed; that index."""
        commit = max(self.status(node)["commit"] for node in nodes)
        for node in nodes:
            self.on(node, "quorumctl", "wait", "demo", "--commit", str(commit), "--timeout",
                    f"{PATIENCE:.0f}s", timeout=PATIENCE + 10)
        return commit

    def kernel_log(self, node):
        """What the machine's kernels said since the machine was made."""
        return pathlib.Path(self.directory, f"n{node}", "console.log").read_text(errors="replace")

    def log(self, node, to=None):
        """[(index, term, text)] of everything committed."""
        words = ["--to", str(to)] if to else []
        text = self.on(node, "quorumctl", "--json", "read", "demo", "--stale", *words, timeout=120)
        entries = [json.loads(line) for line in text.splitlines()]
        return [(entry["index"], entry["term"], entry.get("text", entry.get("data")))
                for entry in entries]

    def equal_logs(self, nodes=NODES):
        """The log, the same on all of them."""
        commit = self.catch_up(nodes)
        logs = {node: self.log(node, commit) for node in nodes}
        first = logs[nodes[0]]
        for node, log in logs.items():
            if log != first:
                at = next((pair for pair in zip(first, log) if pair[0] != pair[1]),
                          (len(first), len(log)))
                raise Failed(f"the logs of nodes {nodes[0]} and {node} differ: {at}")
        expect(first, "the logs are empty")
        note(f"{len(first)} entries up to index {commit}, the same on nodes "
             f"{', '.join(map(str, nodes))}")
        return first

    def propose(self, node, text, timeout=10):
        """One entry; (index, term)."""
        out = self.on(node, "quorumctl", "propose", "demo", text, "--timeout", f"{timeout}s",
                      timeout=timeout + 20)
        index, term = out.split()
        return int(index), int(term)

    def ready(self):
        """Whatever a test left behind: all machines run, all links work, a leader."""
        self.run("heal")
        for node in list(self.paused):
            self.resume(node)
        for node in list(self.hung):
            self.end_hang(node)
        for node in NODES:
            if node not in self.living:
                self.start(node)
        for node in NODES:
            self.on(node, "sh", "-c", "[ -d /sys/module/quorum ] || insmod "
                    "/lib/quorum/quorum.ko; quorumctl up " + CONFIG)
        leader = self.wait_leader()
        self.catch_up()
        return leader


class Recorder:
    """Follows a node's events as long as there is a node, restarted with it."""

    def __init__(self, cluster, node):
        self.cluster, self.node = cluster, node
        self.ended = threading.Event()
        self.child = None
        self.count = 0
        self.error = None
        self.attached = threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        while not self.ended.is_set():
            self.child = subprocess.Popen(
                [SCRIPT, "exec", str(self.node), "--", "quorumctl", "--json", "events"],
                env=self.cluster.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
            for line in self.child.stdout:
                self.take(line)
            self.child.wait()
            # The machine is dead, or its module not loaded yet.
            self.ended.wait(0.5)

    def take(self, line):
        try:
            event = json.loads(line)
            self.count += 1
            self.cluster.saw(self.node, f"event {event.get('seq')} of node {self.node}", event)
        except ValueError:
            return      # cut off with its machine
        except Failed as failure:
            self.error = failure

    def stop(self):
        self.ended.set()
        if self.child and self.child.poll() is None:
            self.child.terminate()
        self.thread.join(10)


class Proposer:
    """`quorumctl propose --lines` in a machine, a few lines ahead of its answers."""

    def __init__(self, cluster, node, lines, timeout=5):
        self.node = node
        self.lines = list(lines)
        self.given = 0
        self.answers = []       # ("committed", index, term) | ("refused"|"unknown", text)
        self.changed = threading.Condition()
        self.stopping = False
        self.child = subprocess.Popen(
            [SCRIPT, "exec", str(node), "--", "quorumctl", "propose", "demo", "--lines",
             "--keep-going", "--timeout", f"{timeout}s"],
            env=cluster.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.threads = [threading.Thread(target=work, daemon=True)
                        for work in (self.feed, self.listen)]
        for thread in self.threads:
            thread.start()

    def feed(self):
        with contextlib.suppress(OSError, ValueError):
            for line in self.lines:
                with self.changed:
                    while self.given - len(self.answers) >= AHEAD and not self.stopping:
                        self.changed.wait()
                    if self.stopping:
                        break
                    self.given += 1
                self.child.stdin.write(line.encode() + b"\n")
                self.child.stdin.flush()
        with contextlib.suppress(OSError):
            self.child.stdin.close()

    def listen(self):
        for line in self.child.stdout:
            words = line.decode(errors="replace").split()
            if not line.endswith(b"\n") or len(words) < 2:
                continue        # cut off with its machine
            if words[0] == "-":
                text = " ".join(words[2:])
                answer = ("unknown" if "unknown" in text else "refused", text)
            else:
                answer = ("committed", int(words[0]), int(words[1]))
            with self.changed:
                self.answers.append(answer)
                self.changed.notify_all()
        self.child.wait()
        with self.changed:
            self.stopping = True
            self.changed.notify_all()

    def committed(self):
        with self.changed:
            return sum(answer[0] == "committed" for answer in self.answers)

    def wait_committed(self, count, patience=PATIENCE):
        """Until that many are committed, or the process has ended."""
        end = time.monotonic() + patience
        with self.changed:
            while sum(answer[0] == "committed" for answer in self.answers) < count:
                left = end - time.monotonic()
                expect(left > 0 and not self.stopping,
                       f"node {self.node}: {len(self.answers)} answers, fewer than {count} "
                       f"commits in {patience:g} s; the last: {self.answers[-1:]}")
                self.changed.wait(left)

    def finish(self, patience=180.0):
        """All lines answered, or the machine gone."""
        for thread in self.threads:
            thread.join(patience)
            expect(not thread.is_alive(), f"the proposer of node {self.node} does not end: "
                   f"{len(self.answers)} of {self.given} answered")
        return self

    def stop(self):
        """Give it no more lines; answers to those given still come."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        return self

    def outcomes(self):
        """[(line, answer)]; what was given and not answered is unknown."""
        answers = self.answers + [("unknown", "no answer")] * (self.given - len(self.answers))
        return list(zip(self.lines, answers))

    def rest(self):
        """Lines that were never given."""
        return self.lines[self.given:]


def check_outcomes(log, proposers):
    """Acknowledged: once, there, in that term. Refused: never. Unknown: at most once."""
    places = {}
    for index, term, text in log:
        places.setdefault(text, []).append((index, term))
    count = {"committed": 0, "refused": 0, "unknown": 0}
    bad, reasons = [], {}
    for proposer in proposers:
        for line, answer in proposer.outcomes():
            count[answer[0]] += 1
            found = places.get(line, [])
            if answer[0] == "committed" and found != [tuple(answer[1:])]:
                bad.append(f"'{line}' was acknowledged at {answer[1:]} and is at {found}")
            elif answer[0] == "refused" and found:
                bad.append(f"'{line}' was refused ({answer[1]}) and is at {found}")
            elif len(found) > 1:
                bad.append(f"'{line}' is there more than once: {found}")
            if answer[0] != "committed":
                reason = answer[1].split("(")[0].strip()
                reasons[reason] = reasons.get(reason, 0) + 1
    note(f"{count['committed']} committed, {count['refused']} refused, "
         f"{count['unknown']} unknown")
    for reason, times in reasons.items():
        note(f"{times} times: {reason}")
    expect(not bad, "; ".join(bad[:10]))
    return count
