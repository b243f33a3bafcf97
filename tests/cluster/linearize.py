# SPDX-License-Identifier: GPL-2.0
"""Is what clients saw of one key what a single register could have answered?

The search of Wing and Gong (1993) with the memory of Lowe (2017): which operations
took effect, and what the register then holds, is tried once. Linearizability is
local (Herlihy and Wing 1990), so every key is judged by itself.
"""

import collections
import dataclasses
import math

NEVER = math.inf
STEPS_MAX = 5_000_000


@dataclasses.dataclass
class Operation:
    """One call of one client: from before it was sent to after it was answered.

    put: value. get: result is what was found, None for nothing. delete: result says
    whether the key was there. cas: value is put if the key holds expect; result says
    whether. unknown: no answer; it may have happened after begin, or never.
    """

    client: object
    kind: str
    key: str
    begin: float
    end: float = NEVER
    value: object = None
    expect: object = None
    result: object = None
    unknown: bool = False

    def step(self, state):
        """(could it answer so in this state, the state after it)"""
        if self.kind == "put":
            return True, self.value
        if self.kind == "get":
            return state == self.result, state
        if self.kind == "delete":
            return self.unknown or (state is not None) == self.result, None
        held = state is not None and state == self.expect
        return self.unknown or held == self.result, self.value if held else state

    def __str__(self):
        words = {"put": f"put {self.value}", "get": "get", "delete": "delete",
                 "cas": f"cas {self.expect} {self.value}"}[self.kind]
        answer = "unknown" if self.unknown else self.result
        return f"client {self.client}: {words} on {self.key} [{self.begin:.4f}, " \
               f"{self.end:.4f}]: {answer}"


class Undecided(Exception):
    """The search was given up."""


class Link:
    """A place in the list of calls and answers."""

    __slots__ = ("operation", "bit", "before", "after", "answer")

    def __init__(self, operation, bit):
        self.operation, self.bit = operation, bit
        self.before = self.after = self.answer = None

    def lift(self):
        """Out of the list, the answer too."""
        for link in (self, self.answer):
            if link:
                link.before.after = link.after
                if link.after:
                    link.after.before = link.before

    def unlift(self):
        for link in (self.answer, self):
            if link:
                link.before.after = link
                if link.after:
                    link.after.before = link


def chain(operations):
    """All calls and answers in the order of time, behind a head."""
    marks = []
    for number, operation in enumerate(operations):
        call = Link(operation, 1 << number)
        # At one time calls come first: then the two overlap, which forbids less.
        marks.append((operation.begin, 0, number, call))
        if not operation.unknown:
            call.answer = Link(operation, 0)
            marks.append((operation.end, 1, number, call.answer))
    head = last = Link(None, 0)
    for _, _, _, link in sorted(marks, key=lambda mark: mark[:3]):
        last.after, link.before = link, last
        last = link
    return head


def check_key(operations, initial=None):
    """None if it is linearizable, else the answer that cannot be."""
    # A read that was not answered says nothing.
    operations = [one for one in operations if not (one.unknown and one.kind == "get")]
    head = chain(operations)
    left = sum(not one.unknown for one in operations)
    state, mask, tried, path = initial, 0, set(), []
    deepest, stuck, steps = left + 1, None, 0
    link = head.after
    while left:
        steps += 1
        if steps > STEPS_MAX:
            raise Undecided(f"{len(operations)} operations on {operations[0].key}")
        if link is not None and link.bit:
            possible, new = link.operation.step(state)
            if possible and (mask | link.bit, new) not in tried:
                tried.add((mask | link.bit, new))
                path.append((link, state))
                state, mask = new, mask | link.bit
                left -= not link.operation.unknown
                link.lift()
                link = head.after
            else:
                link = link.after
            continue
        # An answer whose call has no place yet: what was chosen before was wrong.
        if link is not None and left < deepest:
            deepest, stuck = left, link.operation
        if not path:
            return stuck
        link, state = path.pop()
        mask &= ~link.bit
        left += not link.operation.unknown
        link.unlift()
        link = link.after
    return None


def check(operations):
    """{key: the answer that cannot be}; empty if the history is linearizable."""
    keys = collections.defaultdict(list)
    for operation in operations:
        keys[operation.key].append(operation)
    bad = {}
    for key, ofkey in keys.items():
        stuck = check_key(ofkey)
        if stuck is not None:
            bad[key] = stuck
    return bad
