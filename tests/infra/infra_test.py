#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of the test machinery itself: counting results, reading kernel logs,
the switch, finding processes again, what scripts say to a user's mistakes, the
shell of the demonstration, and the checker of histories (tests/cluster)."""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import pty
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"
sys.dont_write_bytecode = True
sys.path.insert(0, str(SCRIPTS))
sys.path.insert(0, str(SCRIPTS.parent / "tests/cluster"))

import kernel_log   # noqa: E402
import machine      # noqa: E402
import one_cpu      # noqa: E402
import tap          # noqa: E402
from linearize_test import LinearizeTest    # noqa: E402,F401

BROADCAST = b"\xff" * 6


def load(name):
    """A script without an ending, as a module."""
    loader = importlib.machinery.SourceFileLoader(name, str(SCRIPTS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def counted(*lines):
    result = tap.count("\n".join(lines))
    return result.passed, result.failed, result.skipped


class Tap(unittest.TestCase):
    """scripts/tap.py"""

    def test_flat(self):
        self.assertEqual(counted("1..3", "ok 1 - a", "not ok 2 - b", "ok 3 # SKIP no disk"),
                         (1, 1, 1))

    def test_leaves_only(self):
        self.assertEqual(counted("    ok 1 a", "    ok 2 b", "ok 1 suite"), (2, 0, 0))

    def test_two_levels_and_siblings(self):
        self.assertEqual(counted("        ok 1 x", "        not ok 2 y", "    not ok 1 case",
                                 "    ok 2 other", "not ok 1 suite", "ok 2 - alone"), (3, 1, 0))

    def test_parent_that_failed_alone(self):
        self.assertEqual(counted("  ok 1 a", "not ok 1 suite"), (1, 1, 0))

    def test_kernel_messages(self):
        self.assertEqual(counted("[    1.000000]     ok 1 - a", "<6>[    1.0]     not ok 2 - b",
                                 "[    1.000000] not ok 1 - suite"), (1, 1, 0))

    def test_summary_without_results(self):
        self.assertEqual(counted("noise", "7 passed, 1 failed, 2 skipped"), (7, 1, 2))
        self.assertEqual(counted("nothing at all"), (0, 0, 0))

    def test_plan_that_was_not_kept(self):
        self.assertEqual(counted("1..3", "ok 1 a"), (1, 2, 0))
        self.assertEqual(counted("    KTAP version 1", "    1..2", "    ok 1 a", "ok 1 suite"),
                         (1, 1, 0))
        self.assertEqual(counted("ok 1 a", "ok 2 b", "1..2"), (2, 0, 0))
        self.assertEqual(counted("1..1", "  1..0 # SKIP no disk", "ok 1 # SKIP"), (0, 0, 1))

    def test_log_that_goes_on(self):
        self.assertEqual(tap.count("1..3\nok 1 a", whole=False).failed, 0)

    def test_streams_are_apart(self):
        self.assertEqual(counted("KTAP version 1", "    1..2", "    ok 1 a", "TAP version 14",
                                 "1..1", "ok 1 b"), (2, 1, 0))
        self.assertEqual(counted("1..1", "ok 1 a", "1..2", "ok 1 b", "ok 2 c"), (3, 0, 0))

    def test_no_results_is_a_failure(self):
        with tempfile.NamedTemporaryFile("w", prefix="quorum-test.") as log:
            for text, status in (("nothing", 1), ("ok 1 a\n", 0), ("not ok 1 a\n", 1)):
                log.seek(0)
                log.truncate()
                log.write(text)
                log.flush()
                done = subprocess.run([sys.executable, SCRIPTS / "tap.py", log.name],
                                      stdout=subprocess.DEVNULL, check=False)
                self.assertEqual(done.returncode, status, text)

    def test_prose_is_no_result(self):
        self.assertEqual(counted("ok then", "this is not ok 5", "okay 3"), (0, 0, 0))


class Lanes(unittest.TestCase):
    """scripts/lanes, over make targets of its own"""

    TARGETS = ("good: ; @echo 1..1; echo ok 1 good\n"
               "bad: ; @echo not ok 1 bad; exit 1\n"
               "silent: ; @true\n"
               "liar: ; @echo ok 1 fine; exit 1\n"
               "endless: ; @echo ok 1 begun; sleep 1000\n"
               # Two that meet: each ends only when the other has begun.
               "left right: ; @mkdir $@; until [ -d left ] && [ -d right ]; do sleep 0.1; done;"
               " echo ok 1 met\n"
               "alone: ; @echo '1..1'; [ -z \"$$(cat busy)\" ] && echo ok 1 alone\n"
               "crowd: ; @echo x >busy; sleep 1; : >busy; echo ok 1 crowd\n")

    def setUp(self):
        self.lanes = load("lanes")
        self.place = tempfile.TemporaryDirectory(prefix="quorum-test.")
        self.lanes.TOP = self.lanes.LOGS = pathlib.Path(self.place.name)
        self.lanes.CPUS = 2
        self.lanes.say = lambda text: None
        (self.lanes.TOP / "Makefile").write_text(self.TARGETS)
        (self.lanes.TOP / "busy").touch()

    def tearDown(self):
        self.place.cleanup()

    def run_lanes(self, *lanes, budget=60):
        schedule = self.lanes.Schedule(lanes, self.lanes.Builder(lanes),
                                       time.monotonic() + budget)
        schedule.progress = lambda: None
        schedule.run()
        return schedule.total.passed, schedule.total.failed

    def test_every_kind_of_failure_counts(self):
        lane = self.lanes.Lane
        self.assertEqual(self.run_lanes(lane("good", 30), lane("bad", 30)), (1, 1))
        self.assertEqual(self.run_lanes(lane("silent", 30)), (0, 1))
        self.assertEqual(self.run_lanes(lane("liar", 30)), (1, 1))
        self.assertEqual(self.run_lanes(lane("no-such-target", 30)), (0, 1))

    def test_every_selftest_is_in_a_lane(self):
        parts = " ".join(lane.environment.get("SELFTESTS", "") for lane in self.lanes.LANES)
        scripts = SCRIPTS.parent / "tests/selftests"
        names = [path.stem for path in scripts.glob("*.sh")
                 if path.stem not in ("lib", "dm", "run_all")]
        self.assertEqual(sorted(parts.split()), sorted(names))

    def test_time_runs_out(self):
        self.assertEqual(self.run_lanes(self.lanes.Lane("endless", 1)), (1, 1))
        self.assertEqual(self.run_lanes(self.lanes.Lane("good", 30), budget=1), (0, 1))

    def test_small_lanes_run_beside_each_other(self):
        self.assertEqual(self.run_lanes(self.lanes.Lane("left", 30), self.lanes.Lane("right", 30)),
                         (2, 0))

    def test_a_third_lane_waits_for_two_processors(self):
        schedule = self.lanes.Schedule([], None, 0)
        schedule.running = [self.lanes.Lane("a", 30)]
        self.assertTrue(schedule.fits(self.lanes.Lane("b", 30, kernel="uml-debug")))
        schedule.running.append(self.lanes.Lane("b", 30, kernel="uml-debug"))
        self.assertFalse(schedule.fits(self.lanes.Lane("c", 30)))

    def test_a_whole_machine_is_waited_for(self):
        whole = self.lanes.WHOLE
        self.assertEqual(self.run_lanes(self.lanes.Lane("alone", 30, cpus=whole),
                                        self.lanes.Lane("crowd", 30)), (2, 0))


class KernelLog(unittest.TestCase):
    """scripts/kernel_log.py"""

    BUG = "[    9.0] BUG: KASAN: use-after-free in f+0x1/0x2"

    def test_only_after_the_marker(self):
        self.assertEqual(kernel_log.complaints(f"{self.BUG}\n{kernel_log.READY}\nfine"), [])
        self.assertEqual(kernel_log.complaints(f"{kernel_log.READY}\n{self.BUG}"), [(2, self.BUG)])

    def test_each_boot_has_its_marker(self):
        text = f"{kernel_log.READY}\n{kernel_log.BOOT}6.1\n{self.BUG}\n{kernel_log.READY}\nfine"
        self.assertEqual(kernel_log.complaints(text), [])

    def test_panic_counts_always(self):
        self.assertEqual(len(kernel_log.complaints("[ 1.0] Kernel panic - not syncing: x")), 1)


class Switch(unittest.TestCase):
    """scripts/vswitch, over its real sockets"""

    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="quorum-test.")
        self.directory = self.place.name
        self.machines = {}
        for port in (1, 2, 3):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            sock.bind(f"{self.directory}/q{port}")
            sock.settimeout(10)
            self.machines[port] = sock
        self.process = subprocess.Popen([SCRIPTS / "vswitch", self.directory, "--seed", "7"],
                                        stdout=subprocess.PIPE)
        self.assertEqual(self.process.stdout.readline(), b"ready\n")

    def tearDown(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        for sock in self.machines.values():
            sock.close()
        self.place.cleanup()

    @staticmethod
    def address(port):
        return bytes([2, 0, 0, 0, 0, port])

    def send(self, source, target, text=b""):
        frame = (BROADCAST if target is None else self.address(target)) + self.address(source)
        self.machines[source].sendto(frame + b"\x08\x00" + text, f"{self.directory}/s{source}")

    def receive(self, port):
        return self.machines[port].recv(2000)[14:]

    def tell(self, **request):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(f"{self.directory}/control")
            with sock.makefile("rw") as stream:
                print(json.dumps(request), file=stream, flush=True)
                return json.loads(stream.readline())

    def way(self, source, target):
        return next(way for way in self.tell(do="stats")["ways"]
                    if (way["from"], way["to"]) == (source, target))

    def learn(self):
        for port in (1, 2, 3):
            self.send(port, None, b"hello")
            for other in {1, 2, 3} - {port}:
                self.assertEqual(self.receive(other), b"hello")

    def test_learns_addresses(self):
        self.learn()
        self.send(1, 2, b"only 2")
        self.assertEqual(self.receive(2), b"only 2")
        self.assertEqual(self.way(1, 3)["frames"], 1)

    def test_cut_has_a_direction(self):
        self.learn()
        self.tell(do="set", **{"from": [1]}, to=[2], cut=True)
        self.send(1, 2, b"lost")
        self.send(2, 1, b"arrives")
        self.assertEqual(self.receive(1), b"arrives")
        self.tell(do="heal")
        self.send(1, 2, b"again")
        self.assertEqual(self.receive(2), b"again")

    def test_drop_follows_the_dice(self):
        self.learn()
        self.tell(do="set", drop=0.5)
        for _ in range(200):
            self.send(1, 2, b"die")
        # The end of them arrives for sure and after all others.
        self.tell(do="set", drop=0.0)
        self.send(1, 2, b"end")
        arrived = 0
        while self.receive(2) != b"end":
            arrived += 1
        self.assertTrue(60 < arrived < 140, arrived)
        self.assertEqual(arrived + self.way(1, 2)["dropped"], 200)
        self.assertEqual(self.way(1, 2)["lost"], 0)

    def test_delay_and_duplicate(self):
        self.learn()
        self.tell(do="set", delay=0.1, duplicate=1.0)
        start = time.monotonic()
        self.send(1, 2, b"late")
        self.assertEqual(self.receive(2), b"late")
        self.assertGreaterEqual(time.monotonic() - start, 0.09)
        self.assertEqual(self.receive(2), b"late")

    def test_dead_machine_costs_a_counter(self):
        self.learn()
        self.machines[2].close()
        self.send(1, 2, b"to nobody")
        self.send(1, 3, b"to 3")
        self.assertEqual(self.receive(3), b"to 3")
        self.assertEqual(self.way(1, 2)["lost"], 1)

    def test_bad_requests_are_refused(self):
        for request in ({"do": "dance"}, {"do": "set", "color": 1}, {"x": 1}):
            self.assertFalse(self.tell(**request)["ok"])
        self.assertTrue(self.tell(do="stats")["ok"])


class Processes(unittest.TestCase):
    """scripts/machine.py"""

    def test_only_ours_is_killed(self):
        with tempfile.TemporaryDirectory() as place:
            process = machine.Process(f"{place}/pid")
            child = process.start(["sleep", "100"], f"{place}/log")
            self.assertEqual(process.pid(), child.pid)
            record = json.loads(pathlib.Path(f"{place}/pid").read_text())
            record["start"] -= 1    # as if the pid had been given to another process
            pathlib.Path(f"{place}/pid").write_text(json.dumps(record))
            self.assertIsNone(process.pid())
            self.assertFalse(process.kill())
            self.assertIsNone(child.poll())
            record["start"] += 1
            pathlib.Path(f"{place}/pid").write_text(json.dumps(record))
            self.assertTrue(process.kill())
            self.assertIsNone(process.pid())
            child.returncode = -9    # reaped by kill()

    def test_long_socket_path(self):
        with self.assertRaises(machine.Failure):
            machine.connect("/" + "x" * 120)


class OneCpu(unittest.TestCase):
    """scripts/one_cpu.py"""

    def setUp(self):
        self.shell = subprocess.Popen(["sh", "-c", "sleep 100 & echo $!; wait"],
                                      stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.pids = [self.shell.pid, int(self.shell.stdout.readline())]
        self.place = one_cpu.OneCpu(self.shell.pid)
        if len(self.place.cpus) < 2:
            self.skipTest("there is one processor")

    def tearDown(self):
        os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.wait()
        self.shell.stdout.close()

    def where(self):
        return [os.sched_getaffinity(pid) for pid in self.pids]

    def move_with(self, idle):
        """Until it has moved, or surely will not; how idle the processors are is given."""
        self.place.idle = lambda: idle
        for _ in range(50):
            self.place.move()

    def test_all_of_a_session(self):
        self.assertEqual(self.where(), [{self.place.cpu}] * 2)
        self.assertNotEqual(os.sched_getaffinity(0), {self.place.cpu})

    def test_moves_where_there_is_room(self):
        here = self.place.cpu
        there = next(cpu for cpu in self.place.cpus if cpu != here)
        self.move_with({here: 0.0, there: 0.1})
        self.assertEqual(self.where(), [{here}] * 2)
        self.move_with({here: 0.1, there: 1.0})
        self.assertEqual(self.where(), [{here}] * 2)
        self.move_with({here: 0.0, there: 0.5})
        self.assertEqual(self.where(), [{there}] * 2)


class Mistakes(unittest.TestCase):
    """scripts/cluster: one sentence and exit status 1, nothing begun"""

    def refused(self, *arguments, state=None):
        with tempfile.TemporaryDirectory(prefix="quorum-test.") as place:
            if state:
                pathlib.Path(f"{place}/cluster.json").write_text(json.dumps(state))
            done = subprocess.run([SCRIPTS / "cluster", "--dir", place, *arguments],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("cluster: "), done.stderr)
        return done.stderr

    STATE = {"kind": "qemu", "nodes": 1, "timing": "emulated", "cluster": "", "debug": False}

    def test_directory_instead_of_file(self):
        self.assertIn("/etc: Is a directory",
                      self.refused("push", "1", "/etc", "/x", state=self.STATE))

    @unittest.skipIf(os.getuid(), "needs root to give a directory away")
    def test_directory_of_somebody_else(self):
        with tempfile.TemporaryDirectory(prefix="quorum-test.") as place:
            os.chown(place, 65534, 65534)
            self.assertIn("is not yours", self.refused("status", "--dir", place))
            os.symlink("/", f"{place}/link")
            os.chown(f"{place}/link", 65534, 65534, follow_symlinks=False)
            self.assertIn("is not yours", self.refused("up", "--dir", f"{place}/link"))

    def test_file_instead_of_directory(self):
        with tempfile.NamedTemporaryFile(prefix="quorum-test.") as file:
            self.assertIn("Not a directory", self.refused("up", "--dir", file.name))

    def test_faults_that_cannot_be(self):
        for words in (("delay", "--", "-5"), ("delay", "1e9"), ("delay", "nan"),
                      ("delay", "5", "1e9"), ("loss", "101"), ("duplicate", "--", "-1")):
            self.assertIn("between", self.refused(*words, state=self.STATE))


class Environment(unittest.TestCase):
    """Programs of sbin are found although a user's PATH has none"""

    BARE = dict(os.environ, PATH="/usr/local/bin:/usr/bin:/bin")

    def test_bash_scripts(self):
        done = subprocess.run(["bash", "-c", f". '{SCRIPTS}/common.sh'; . '{SCRIPTS}/common.sh'; "
                               "echo $PATH"], env=self.BARE, stdout=subprocess.PIPE, text=True,
                              check=True)
        self.assertEqual(done.stdout.strip(), self.BARE["PATH"] + ":/usr/sbin:/sbin")

    def test_python_scripts(self):
        done = subprocess.run([sys.executable, "-B", "-c", "import machine, os; "
                               "print(os.environ['PATH'])"], env=self.BARE, cwd=SCRIPTS,
                              stdout=subprocess.PIPE, text=True, check=True)
        self.assertEqual(done.stdout.strip(), self.BARE["PATH"] + ":/usr/sbin:/sbin")


class DemoShell(unittest.TestCase):
    """scripts/demo on a terminal"""

    def read_until(self, terminal, text, again=None):
        """Until @text comes; every half second without it, @again is typed."""
        seen = b""
        end = time.monotonic() + 20
        while text not in seen:
            self.assertLess(time.monotonic(), end, seen)
            if select.select([terminal], [], [], 0.5)[0]:
                seen += os.read(terminal, 4096)
            elif again:
                os.write(terminal, again)

    def test_interrupt_ends_a_command(self):
        demo = load("demo")
        with tempfile.TemporaryDirectory(prefix="quorum-test.") as place:
            child, terminal = pty.fork()
            if child == 0:
                demo.Demo(place).shell(place)
                os._exit(0)
            try:
                self.read_until(terminal, b"demo$ ")
                os.write(terminal, b"echo be''gun; sleep 1000\n")
                self.read_until(terminal, b"begun")
                self.read_until(terminal, b"demo$ ", again=b"\x03")
                os.write(terminal, b"exit\n")
                self.assertEqual(os.waitpid(child, 0)[1], 0)
                child = 0
            finally:
                if child:
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                os.close(terminal)


class KtapResult(unittest.TextTestResult):
    """Prints a TAP line per test."""

    number = 0

    def line(self, good, test):
        KtapResult.number += 1
        print(f"{'' if good else 'not '}ok {KtapResult.number} - {test.id().partition('.')[2]}",
              flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line(True, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line(False, test)

    def addError(self, test, err):
        super().addError(test, err)
        self.line(False, test)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    print(f"TAP version 14\n1..{suite.countTestCases()}")
    outcome = unittest.TextTestRunner(stream=sys.stderr, resultclass=KtapResult,
                                      verbosity=0).run(suite)
    bad = len(outcome.failures) + len(outcome.errors)
    print(f"{outcome.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
