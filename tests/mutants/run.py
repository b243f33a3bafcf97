#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Show that the tests can fail: put known bugs back and see who finds them.

    run.py [--short] [--check] [--jobs N] [NAME...]

Every mutant of catalogue.py is applied to a copy of the tree, in a directory of
its own, and the simulator, the unit tests, the scenarios and the explorer are
run on it.  A mutant that does not apply any more is an error, and so is one that
nobody finds.  --short: only the sample for CI, and only until one finds it.
--check: only whether all apply.
"""

import argparse
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time

from catalogue import MUTANTS, SHORT

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORK = os.path.join(TOP, "build", "mutants")
SEEDS = 20000
AREAS = "raft recover disk wire assemble genesis config snapshot"


def apply(mutant, tree):
    """Return the text of the mutated file, or raise ValueError."""
    name, _, path, edits = mutant
    with open(os.path.join(tree, "module", path), encoding="utf-8") as f:
        text = f.read()
    for old, new in edits:
        if text.count(old) != 1:
            raise ValueError(f"{name}: {path} has {text.count(old)} times: {old!r}")
        text = text.replace(old, new)
    return text


def run(cmd, timeout):
    """Return (status, output); a run that hangs has status None."""
    try:
        p = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=timeout, check=False)
        return p.returncode, p.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as e:
        return None, (e.stdout or b"").decode(errors="replace")


class Worker(threading.Thread):
    """Takes mutants from the queue and tries them in a tree of its own."""

    def __init__(self, nr, todo, short, report):
        super().__init__(daemon=True)
        self.tree = os.path.join(WORK, f"tree{nr}")
        self.todo, self.short, self.report = todo, short, report

    def prepare(self):
        shutil.rmtree(self.tree, ignore_errors=True)
        for part in ("module", "tests", "uapi", "include"):
            shutil.copytree(os.path.join(TOP, part), os.path.join(self.tree, part),
                            symlinks=True)
        for part in ("sim", "unit") if not self.short else ("sim",):
            status, text = self.build(part)
            if status:
                raise RuntimeError(f"{part} does not build without a mutant:\n{text}")

    def build(self, part):
        cmd = ["make", "-s", "-C", os.path.join(self.tree, "tests", part), "CFLAGS=-O1", "SAN="]
        cmd += ["build", f"AREAS={AREAS}"] if part == "unit" else []
        return run(cmd, 600)

    def sim(self):
        cmd = [os.path.join(self.tree, "build", "quorum-sim"), "--seeds", f"1..{SEEDS}",
               "--jobs", "1", "--first"]
        status, text = run(cmd, 240)
        if status == 0:
            return None
        found = re.search(r"FAIL seed (\d+) step \d+: node \d+: (.*)", text)
        if found:
            return f"sim, seed {found.group(1)}: {found.group(2)}"
        # The simulator bounds its runs itself: it was only slow.
        return None if status is None else "sim: it crashes"

    def unit(self):
        status, text = run([os.path.join(self.tree, "build", "unit", "unit")], 240)
        if status == 0:
            return None
        failed = re.findall(r"not ok \d+ ((?!quorum_)\S+)", text)
        if failed:
            more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
            return f"unit: {failed[0]}{more}"
        return "unit: it hangs" if status is None else "unit: it crashes"

    def try_one(self, mutant):
        path = os.path.join(self.tree, "module", mutant[2])
        with open(path, encoding="utf-8") as f:
            good = f.read()
        found = []
        try:
            bad = apply(mutant, self.tree)
            with open(path, "w", encoding="utf-8") as f:
                f.write(bad)
            for part, check in (("sim", self.sim), ("unit", self.unit)):
                if found and self.short:
                    break
                status, text = self.build(part)
                if status:
                    return False, [f"does not build: {text.strip().splitlines()[:1]}"]
                word = check()
                if word:
                    found.append(word)
        finally:
            with open(path, "w", encoding="utf-8") as f:
                f.write(good)
            # Later than any object that was made of the mutant.
            now = time.time() + 1
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


def chosen(args):
    names = args.names or (SHORT if args.short else [m[0] for m in MUTANTS])
    known = {m[0]: m for m in MUTANTS}
    for name in names:
        if name not in known:
            sys.exit(f"mutants: there is none named {name}")
    return [known[name] for name in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
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

    todo, report = queue.Queue(), queue.Queue()
    mutants = chosen(args)
    for mutant in mutants:
        todo.put(mutant)
    for nr in range(max(1, min(args.jobs, len(mutants)))):
        Worker(nr, todo, args.short, report).start()
    failed = 0
    print(f"{'mutant':30} {'bug':6} found by")
    for _ in mutants:
        mutant, ok, found = report.get()
        if mutant is None:
            print(found[0])
            print("0 passed, 1 failed")
            return 1
        failed += not ok
        print(f"{mutant[0]:30} {mutant[1]:6} {'; '.join(found) or 'NOBODY'}", flush=True)
    shutil.rmtree(WORK, ignore_errors=True)
    print(f"{len(mutants) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
