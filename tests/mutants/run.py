#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Show that the tests can fail: put known bugs back and see who finds them.

    run.py [--all] [--short] [--check] [--again] [--jobs N] [--seeds N] [NAME...]

Every mutant of catalogue.py is applied to a copy of the tree, in a directory of
its own, and the simulator, the scenarios and the unit tests are run on it, in this
order, until one of them notices; where none does, the simulator goes on through more
seeds, and the explorer is asked.  A mutant that does not apply any more is an error,
and so is one that nobody finds.  A run that was stopped is taken up where it ended
(--again: from the beginning).  --all: ask all of the three, whoever has noticed.
--short: only the sample for CI, by the simulator.  --check: only whether all apply.
"""

import argparse
import hashlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

from catalogue import MUTANTS, SHORT

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORK = os.path.join(TOP, "build", "mutants")
NOTES = os.path.join(WORK, "found.json")
SEEDS = 20000       # of a mutant that nothing else has found
SEEDS_FIRST = 500   # before anything else is asked
SEEDS_KNOWN = 2000  # --all: of one that something has found: to tell how soon it does
RUNNING = set()     # children, to end them with us
AREAS = "raft recover disk wire assemble genesis config snapshot seal brief hello bundle repeat"


def apply(mutant, tree):
    """Return {path: (text, mutated text)}, or raise ValueError."""
    name, _, first, edits = mutant
    texts = {}
    for old, new, *other in edits:
        path = os.path.join(tree, "module", other[0] if other else first)
        if path not in texts:
            with open(path, encoding="utf-8") as f:
                texts[path] = (f.read(),) * 2
        good, text = texts[path]
        if text.count(old) != 1:
            raise ValueError(f"{name}: {path} has {text.count(old)} times: {old!r}")
        texts[path] = (good, text.replace(old, new))
    return texts


def run(cmd, timeout):
    """Return (status, output); a run that hangs has status None."""
    # A session of its own: what it forks has to end with it.
    with subprocess.Popen(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as p:
        RUNNING.add(p)
        try:
            text, _ = p.communicate(timeout=timeout)
            return p.returncode, text.decode(errors="replace")
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            text, _ = p.communicate()
            return None, text.decode(errors="replace")
        finally:
            RUNNING.discard(p)


class Worker(threading.Thread):
    """Takes mutants from the queue and tries them in a tree of its own."""

    def __init__(self, nr, todo, args, report):
        super().__init__(daemon=True)
        self.tree = os.path.join(WORK, f"tree{nr}")
        self.todo, self.report = todo, report
        self.short, self.seeds = args.short, args.seeds
        self.all = args.all
        self.parts = ("sim",) if self.short else ("sim", "scenarios", "unit")

    def prepare(self):
        shutil.rmtree(self.tree, ignore_errors=True)
        for part in ("module", "tests", "uapi", "include"):
            shutil.copytree(os.path.join(TOP, part), os.path.join(self.tree, part),
                            symlinks=True)
        for part in self.parts:
            status, text = self.build(part)
            if status:
                raise RuntimeError(f"{part} does not build without a mutant:\n{text}")

    def build(self, part):
        cmd = ["make", "-s", "-C", os.path.join(self.tree, "tests", part), "CFLAGS=-O1", "SAN="]
        cmd += ["build"] if part != "sim" else []
        cmd += [f"AREAS={AREAS}"] if part == "unit" else []
        return run(cmd, 600)

    def bin(self, name):
        return os.path.join(self.tree, "build", name)

    def sim(self, first=1, last=None):
        cmd = [self.bin("quorum-sim"), "--seeds", f"{first}..{last or self.seeds}",
               "--jobs", "1", "--first"]
        status, text = run(cmd, 900)
        if status == 0:
            return None
        found = re.search(r"FAIL seed (\d+) step \d+: node \d+: (.*)", text)
        if found:
            return f"sim, seed {found.group(1)}: {found.group(2)}"
        # The simulator bounds its runs itself: it was only slow.
        return None if status is None else "sim: it crashes"

    def unit(self):
        status, text = run([self.bin("unit/unit")], 600)
        if status == 0:
            return None
        failed = re.findall(r"not ok \d+ ((?!quorum_)\S+)", text)
        if failed:
            more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
            return f"unit: {failed[0]}{more}"
        return "unit: it hangs" if status is None else "unit: it crashes"

    def scenarios(self):
        home = os.path.join(self.tree, "tests", "scenarios")
        files = sorted(f for f in os.listdir(home) if f.endswith(".scn"))
        failed = []
        for name in files:
            status, text = run([self.bin("quorum-scenario"), os.path.join(home, name)], 60)
            if status:
                failed.append(name[:-len(".scn")])
            elif status is None:
                return f"scenario: {name[:-4]} hangs"
        if not failed:
            return None
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        return f"scenario: {failed[0]}{more}"

    def explore(self):
        status, text = run([self.bin("quorum-explore")], 300)
        found = re.search(r"not ok \d+ - (.*)", text)
        if not status:
            return None
        return f"explorer: {found.group(1)}" if found else "explorer: it crashes"

    def built(self, part):
        """Build and run one of the checks."""
        status, text = self.build(part)
        if status:
            raise SyntaxError(f"does not build: {text.strip().splitlines()[:1]}")
        if part == "sim":
            return self.sim(last=min(self.seeds, SEEDS_KNOWN if self.all else SEEDS_FIRST))
        return self.scenarios() if part == "scenarios" else self.unit()

    def all_checks(self):
        """What the checks say, quickest first; the dear ones go on only where it matters."""
        found = []
        for part in self.parts:
            word = self.built(part)
            if word:
                found.append(word)
            if word and not self.all:
                return found
        if not found:
            word = self.sim(SEEDS_FIRST + 1) if self.seeds > SEEDS_FIRST else None
            word = word or self.explore()
            found += [word] if word else []
        return found

    def try_one(self, mutant):
        texts = apply(mutant, self.tree)
        try:
            for path, (_, bad) in texts.items():
                with open(path, "w", encoding="utf-8") as f:
                    f.write(bad)
            if self.short:
                status, text = self.build("sim")
                if status:
                    return False, [f"does not build: {text.strip().splitlines()[:1]}"]
                found = [word for word in [self.sim()] if word]
            else:
                found = self.all_checks()
        except SyntaxError as e:
            return False, [str(e)]
        finally:
            # Later than any object that was made of the mutant.
            now = time.time() + 1
            for path, (good, _) in texts.items():
                with open(path, "w", encoding="utf-8") as f:
                    f.write(good)
                os.utime(path, (now, now))
        return bool(found), found

    def run(self):
        try:
            self.prepare()
        except Exception as e:      # the main thread reports it
            self.report.put((None, False, [str(e)]))
            return
        while True:
            try:
                mutant = self.todo.get_nowait()
            except queue.Empty:
                return
            try:
                self.report.put((mutant, *self.try_one(mutant)))
            except Exception as e:
                self.report.put((None, False, [f"{mutant[0]}: {e}"]))
                return


class Notes:
    """What an earlier run of the same tree has found out, should it have been stopped."""

    def __init__(self, args):
        digest = hashlib.sha256(f"{args.seeds} {args.short} {args.all}".encode())
        for part in ("module", "tests", "uapi", "include"):
            for home, dirs, files in os.walk(os.path.join(TOP, part)):
                dirs.sort()
                for name in sorted(files):
                    path = os.path.join(home, name)
                    if name.endswith((".c", ".h", ".scn", ".py", "Makefile")):
                        with open(path, "rb") as f:
                            digest.update(path.encode() + b"\0" + f.read())
        self.key, self.known = digest.hexdigest(), {}
        try:
            with open(NOTES, encoding="utf-8") as f:
                old = json.load(f)
            if old["key"] == self.key and not args.again:
                self.known = old["known"]
        except (OSError, ValueError, KeyError):
            pass

    def add(self, name, ok, found):
        self.known[name] = [ok, found]
        with open(NOTES + ".new", "w", encoding="utf-8") as f:
            json.dump({"key": self.key, "known": self.known}, f)
        os.replace(NOTES + ".new", NOTES)


def chosen(args):
    names = args.names or (SHORT if args.short else [m[0] for m in MUTANTS])
    known = {m[0]: m for m in MUTANTS}
    for name in names:
        if name not in known:
            sys.exit(f"mutants: there is none named {name}")
    return [known[name] for name in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seeds", type=int, default=SEEDS,
                        help="of the simulator, for each mutant")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    stale = []
    for mutant in MUTANTS:
        try:
            apply(mutant, TOP)
        except (ValueError, OSError) as e:
            stale.append(str(e))
    for line in stale:
        print(f"does not apply any more: {line}")
    if args.check or stale:
        print(f"{len(MUTANTS) - len(stale)} passed, {len(stale)} failed")
        return bool(stale)

    return table(args)


def table(args):
    todo, report = queue.Queue(), queue.Queue()
    mutants, notes, begun = chosen(args), Notes(args), time.monotonic()
    os.makedirs(WORK, exist_ok=True)
    for mutant in mutants:
        if mutant[0] in notes.known:
            report.put((mutant, *notes.known[mutant[0]]))
        else:
            todo.put(mutant)
    for nr in range(max(1, min(args.jobs, todo.qsize()))):
        Worker(nr, todo, args, report).start()
    failed = 0
    print(f"{'mutant':30} {'bug':6} found by")
    for done in range(1, len(mutants) + 1):
        try:
            mutant, ok, found = report.get()
        except KeyboardInterrupt:
            for p in list(RUNNING):
                os.killpg(p.pid, signal.SIGKILL)
            print(f"\nstopped: {done - 1} of {len(mutants)} are known, the next run goes on")
            return 1
        if mutant is None:
            print(found[0])
            print("0 passed, 1 failed")
            return 1
        notes.add(mutant[0], ok, found)
        failed += not ok
        print(f"{mutant[0]:30} {mutant[1]:6} {'; '.join(found) or 'NOBODY'}", flush=True)
        print(f"{done} of {len(mutants)}, {failed} not found, "
              f"{time.monotonic() - begun:.0f} s", end="\r", file=sys.stderr, flush=True)
    shutil.rmtree(WORK, ignore_errors=True)
    print(f"{len(mutants)} mutants, {time.monotonic() - begun:.0f} s")
    print(f"{len(mutants) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
