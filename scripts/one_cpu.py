# SPDX-License-Identifier: GPL-2.0
"""Keep all processes of a session on one processor, and choose which.

A kernel in User Mode Linux runs one of its processes at a time and changes to
another host process at every system call and page fault. On two processors each
such change wakes the other one: the same work costs a fifth more time of both
and takes half as long again.
"""

import os
import random

BUSY = 0.05     # of the time a processor was idle: it has more work than it can do
IDLE = 0.2      # it has room for more


def idle_ticks():
    """Of each processor: how long it was idle, and how long it is there."""
    ticks = {}
    with open("/proc/stat", encoding="ascii") as stat:
        for line in stat:
            name, *fields = line.split()
            if name.startswith("cpu") and name != "cpu":
                numbers = [int(field) for field in fields[:8]]
                ticks[int(name[3:])] = (numbers[3] + numbers[4], sum(numbers))
    return ticks


def session_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return int(stat.read().rpartition(")")[2].split()[3])
    except (OSError, ValueError, IndexError):
        return None


class OneCpu:
    """Where a session runs. move() now and then: elsewhere, where there is room."""

    def __init__(self, session):
        self.session = session
        self.cpus = sorted(os.sched_getaffinity(0))
        self.cpu = random.choice(self.cpus)
        self.before = idle_ticks()
        self.pin()

    def pin(self):
        # Twice: who was started meanwhile by one not moved yet is still elsewhere.
        for _ in range(2):
            for name in os.listdir("/proc"):
                if name.isdigit() and session_of(name) == self.session:
                    try:
                        os.sched_setaffinity(int(name), {self.cpu})
                    except OSError:
                        pass

    def idle(self):
        """The share of time each processor was idle since the last call."""
        now, before = idle_ticks(), self.before
        self.before = now
        return {cpu: (now[cpu][0] - before[cpu][0]) / max(now[cpu][1] - before[cpu][1], 1)
                for cpu in self.cpus if cpu in now and cpu in before}

    def move(self):
        idle = self.idle()
        if not idle or idle.get(self.cpu, 1) > BUSY:
            return
        best = max(idle, key=idle.get)
        # Not all who see the room at once.
        if idle[best] > IDLE and random.random() < 0.5:
            self.cpu = best
            self.pin()
