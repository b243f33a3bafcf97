# SPDX-License-Identifier: GPL-2.0
"""Does the checker find what is not linearizable, and only that?"""

import itertools
import random
import unittest

import linearize
from linearize import NEVER, Operation


def op(client, kind, begin, end, *, value=None, expect=None, result=None):
    """With end NEVER its outcome is unknown."""
    return Operation(client, kind, "k", begin, end, value, expect, result, end == NEVER)


def by_trying(operations):
    """Every order of every choice of the unknown ones: slow, and plainly right."""
    known = [one for one in operations if not one.unknown]
    unknown = [one for one in operations if one.unknown]
    for count in range(len(unknown) + 1):
        for some in itertools.combinations(unknown, count):
            for order in itertools.permutations(known + list(some)):
                state, fits = None, True
                for at, one in enumerate(order):
                    possible, state = one.step(state)
                    late = any(other.end < one.begin for other in order[at + 1:])
                    if not possible or late:
                        fits = False
                        break
                if fits:
                    return True
    return False


def made_up(dice, clients, count, loss=0.1):
    """A history of a register that is one: each takes effect between begin and end."""
    events, free = [], {client: 0.0 for client in range(clients)}
    for number in range(count):
        client = dice.choice(list(free))
        begin = free[client] + dice.random()
        at = begin + dice.random() * 3
        end = at + dice.random() * 3
        free[client] = end + 0.01
        events.append((at, client, begin, end, number))
    state, operations = None, []
    for _, client, begin, end, number in sorted(events):
        kind = dice.choice(("put", "get", "delete", "cas"))
        one = op(client, kind, begin, end, value=number)
        if kind == "get":
            one.result = state
        elif kind == "delete":
            one.result = state is not None
        elif kind == "cas":
            one.expect = dice.choice((state if state is not None else -1, -1))
            one.result = state == one.expect
        lost = dice.random() < loss
        if lost:
            one.end, one.unknown, one.result = NEVER, True, None
        if not (lost and dice.random() < 0.5):      # half of what was lost never happened
            _, state = one.step(state)
        operations.append(one)
    return operations


class LinearizeTest(unittest.TestCase):
    """tests/cluster/linearize.py"""

    def good(self, *operations):
        self.assertEqual(linearize.check(list(operations)), {})

    def bad(self, *operations):
        self.assertIn("k", linearize.check(list(operations)))

    def test_empty(self):
        self.good()

    def test_one_after_the_other(self):
        self.good(op(1, "put", 0, 1, value="a"), op(1, "get", 2, 3, result="a"),
                  op(2, "delete", 4, 5, result=True), op(1, "get", 6, 7, result=None))

    def test_stale_read(self):
        self.bad(op(1, "put", 0, 1, value="a"), op(1, "put", 2, 3, value="b"),
                 op(2, "get", 4, 5, result="a"))

    def test_lost_write(self):
        self.bad(op(1, "put", 0, 1, value="a"), op(2, "get", 2, 3, result=None))

    def test_value_from_nowhere(self):
        self.bad(op(1, "put", 0, 1, value="a"), op(2, "get", 2, 3, result="z"))

    def test_overlapping_may_go_either_way(self):
        for found in ("a", None):
            self.good(op(1, "put", 0, 3, value="a"), op(2, "get", 1, 2, result=found))

    def test_there_and_back(self):
        # Once somebody has seen the new value, nobody sees the old one.
        self.bad(op(1, "put", 0, 1, value="a"), op(1, "put", 2, 9, value="b"),
                 op(2, "get", 3, 4, result="b"), op(3, "get", 5, 6, result="a"))

    def test_unknown_may_have_happened(self):
        self.good(op(1, "put", 0, NEVER, value="a"), op(2, "get", 5, 6, result=None),
                  op(2, "get", 7, 8, result="a"))

    def test_unknown_may_never_have_happened(self):
        self.good(op(1, "put", 0, NEVER, value="a"), op(2, "get", 5, 6, result=None))

    def test_unknown_happens_once(self):
        self.bad(op(1, "put", 0, NEVER, value="a"), op(2, "get", 5, 6, result="a"),
                 op(2, "put", 7, 8, value="b"), op(2, "get", 9, 10, result="a"))

    def test_unknown_not_before_it_began(self):
        self.bad(op(2, "get", 0, 1, result="a"), op(1, "put", 2, NEVER, value="a"))

    def test_applied_twice(self):
        # What a retry without a session does.
        self.bad(op(1, "put", 0, 9, value="a"), op(2, "get", 1, 2, result="a"),
                 op(2, "put", 3, 4, value="b"), op(2, "get", 5, 6, result="b"),
                 op(2, "get", 7, 8, result="a"))

    def test_two_win_one_cas(self):
        first = op(1, "put", 0, 1, value="a")
        winners = [op(client, "cas", 2, 5, expect="a", value=f"by {client}", result=True)
                   for client in (1, 2)]
        self.bad(first, *winners)
        winners[1].result = False
        self.good(first, *winners)

    def test_refused_cas_that_had_to_win(self):
        self.bad(op(1, "put", 0, 1, value="a"),
                 op(2, "cas", 2, 3, expect="a", value="b", result=False))

    def test_unknown_cas(self):
        swap = op(2, "cas", 2, NEVER, expect="a", value="b")
        self.good(op(1, "put", 0, 1, value="a"), swap, op(1, "get", 4, 5, result="b"))
        self.bad(op(1, "put", 0, 1, value="c"), swap, op(1, "get", 4, 5, result="b"))

    def test_keys_are_apart(self):
        one, two = op(1, "put", 0, 1, value="a"), op(1, "get", 2, 3, result=None)
        two.key = "other"
        self.good(one, two)

    def test_against_trying_everything(self):
        dice = random.Random(4)
        verdicts = {True: 0, False: 0}
        for _ in range(400):
            history = made_up(dice, 3, dice.randint(3, 6))
            if dice.random() < 0.6:
                one = dice.choice(history)
                one.result = dice.choice((None, 0, 1, 2, 3)) if one.kind == "get" else \
                    not one.result
            expected = by_trying(history)
            verdicts[expected] += 1
            self.assertEqual(not linearize.check(history), expected,
                             "\n".join(map(str, history)))
        self.assertGreater(min(verdicts.values()), 50, verdicts)

    def test_long_histories(self):
        dice = random.Random(5)
        for _ in range(5):
            self.assertEqual(linearize.check(made_up(dice, 8, 400)), {})
            history = made_up(dice, 8, 400, loss=0.01)
            self.assertEqual(linearize.check(history), {})
            reads = [one for one in history if one.kind == "get" and not one.unknown]
            reads[len(reads) // 2].result = "nobody wrote this"
            self.assertIn("k", linearize.check(history))
