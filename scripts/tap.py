# SPDX-License-Identifier: GPL-2.0
"""Count test results in a log: TAP and nested KTAP, also inside kernel messages."""

import re

RESULT = re.compile(r"^(?:<\d>)?(?:\[ *\d+\.\d+\] ?)?(?P<indent>[ \t]*)"
                    r"(?P<not>not )?ok (?P<number>\d+)\b(?: - | )?(?P<name>[^#]*)"
                    r"(?:#\s*(?P<directive>.*))?$")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$")


class Count:
    """Passed, failed and skipped leaf cases."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        self.reasons = []
        self.stack = []     # [indent, any results below, any failures below]

    def total(self):
        return self.passed + self.failed + self.skipped

    def feed(self, line):
        match = RESULT.match(line)
        if not match:
            return
        indent = len(match["indent"].expandtabs(4))
        below = failed_below = False
        # What is deeper than this line belongs to it; it is then no leaf.
        while self.stack and self.stack[-1][0] > indent:
            _, failed = self.stack.pop()
            below = True
            failed_below = failed_below or failed
        bad = bool(match["not"])
        if not self.stack or self.stack[-1][0] < indent:
            self.stack.append([indent, False])
        self.stack[-1][1] = self.stack[-1][1] or bad or failed_below
        directive = (match["directive"] or "").strip()
        if below:
            # A parent that failed for a reason of its own is a failure.
            if bad and not failed_below:
                self.fail(match)
        elif directive.upper().startswith("SKIP"):
            self.skipped += 1
            reason = directive[4:].strip(" :-")
            if reason and reason not in self.reasons:
                self.reasons.append(reason)
        elif bad:
            self.fail(match)
        else:
            self.passed += 1

    def fail(self, match):
        self.failed += 1
        self.failures.append(match["name"].strip() or f"number {match['number']}")


def count(text):
    """Results of a whole log; its summary line counts when it has no TAP."""
    result = Count()
    for line in text.splitlines():
        result.feed(line)
    if result.total() == 0:
        for line in reversed(text.splitlines()):
            match = SUMMARY.match(line)
            if match:
                result.passed, result.failed = int(match[1]), int(match[2])
                result.skipped = int(match[3] or 0)
                break
    return result
