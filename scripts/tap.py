# SPDX-License-Identifier: GPL-2.0
"""Count test results in a log: TAP and nested KTAP, also inside kernel messages.

As a program: tap.py FILE prints "N passed, N failed" and ends with 1 when any
failed, or when there are no results.
"""

import re
import sys

PREFIX = r"^(?:<\d>)?(?:\[ *\d+\.\d+\] ?)?(?P<indent>[ \t]*)"
VERSION = re.compile(PREFIX + r"K?TAP version \d+\s*$")
PLAN = re.compile(PREFIX + r"1\.\.(?P<count>\d+)\b")
RESULT = re.compile(PREFIX + r"(?P<not>not )?ok (?P<number>\d+)\b(?: - | )?(?P<name>[^#]*)"
                    r"(?:#\s*(?P<directive>.*))?$")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$")


class Level:
    """Results at one depth, from the first line of a stream to its end."""

    def __init__(self, indent):
        self.indent = indent
        self.seen = 0
        self.plan = None
        self.failed = False


class Count:
    """Passed, failed and skipped leaf cases; what a plan promised and did not come failed."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        self.reasons = []
        self.levels = []

    def total(self):
        return self.passed + self.failed + self.skipped

    def summary(self):
        return (f"{self.passed} passed, {self.failed} failed"
                + (f", {self.skipped} skipped" if self.skipped else ""))

    def close(self, indent):
        """End the levels at @indent and deeper: were there results, did any fail."""
        below = failed = False
        while self.levels and self.levels[-1].indent >= indent:
            level = self.levels.pop()
            missing = (level.plan or 0) - level.seen
            if missing > 0:
                self.fail(f"{missing} of {level.plan} results are missing", missing)
                level.failed = True
            below = below or level.seen > 0 or level.failed
            failed = failed or level.failed
        return below, failed

    def level(self, indent):
        if not self.levels or self.levels[-1].indent < indent:
            self.levels.append(Level(indent))
        return self.levels[-1]

    def feed(self, line):
        for pattern, act in ((RESULT, self.result), (PLAN, self.plan), (VERSION, self.version)):
            match = pattern.match(line)
            if match:
                act(match, len(match["indent"].expandtabs(4)))
                return

    def version(self, _, indent):
        self.close(indent)

    def plan(self, match, indent):
        self.close(indent + 1)
        if self.level(indent).plan is not None:
            self.close(indent)
        self.level(indent).plan = int(match["count"])

    def result(self, match, indent):
        # What is deeper than this line belongs to it; it is then no leaf.
        below, failed_below = self.close(indent + 1)
        bad = bool(match["not"])
        level = self.level(indent)
        level.seen += 1
        level.failed = level.failed or bad or failed_below
        directive = (match["directive"] or "").strip()
        name = match["name"].strip() or f"number {match['number']}"
        if below:
            # A parent that failed for a reason of its own is a failure.
            if bad and not failed_below:
                self.fail(name)
        elif directive.upper().startswith("SKIP"):
            self.skipped += 1
            reason = directive[4:].strip(" :-")
            if reason and reason not in self.reasons:
                self.reasons.append(reason)
        elif bad:
            self.fail(name)
        else:
            self.passed += 1

    def fail(self, name, count=1):
        self.failed += count
        self.failures.append(name)


def count(text, whole=True):
    """Results of a log; its summary line counts when it has no TAP."""
    result = Count()
    for line in text.splitlines():
        result.feed(line)
    if whole:
        result.close(0)
    if result.total() == 0:
        for line in reversed(text.splitlines()):
            match = SUMMARY.match(line)
            if match:
                result.passed, result.failed = int(match[1]), int(match[2])
                result.skipped = int(match[3] or 0)
                break
    return result


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
        result = count(log.read())
    for name in result.failures:
        print(f"# failed: {name}")
    if result.total() == 0:
        print("# there are no results")
    print(result.summary())
    return 1 if result.failed or result.total() == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
