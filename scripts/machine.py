# SPDX-License-Identifier: GPL-2.0
"""Pieces scripts/cluster is made of: processes that can be found again safely,
QEMU's control socket, and commands run in a guest through tests/guest/agent.c.

Importing it completes PATH: an ordinary user's has no sbin.
"""

import contextlib
import errno
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import tty

PORTS = 8               # commands that can run in one machine at the same time
MAGIC = b"QUORUM1\n"
HEADER = struct.Struct("<BI")
CHUNK = 16384
GREETING_PATIENCE = 5.0
PATH_MAX = 107          # of a unix socket


if "/usr/sbin" not in os.environ.get("PATH", "").split(":"):
    os.environ["PATH"] = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


class Failure(Exception):
    """Something to tell the user in one sentence."""


def sentence(error):
    """What an OSError says, without the number."""
    text = error.strerror or str(error)
    return f"{error.filename}: {text}" if error.filename else text


def start_time(pid):
    """When a process started, in clock ticks; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


class Process:
    """A process we started, known by pid and start time, so that a reused pid is safe."""

    def __init__(self, record_path):
        self.record_path = record_path

    def start(self, command, log_path, **options):
        with open(log_path, "ab") as log:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log,
                                     start_new_session=True, **({"stdout": log} | options))
        with open(self.record_path + ".new", "w", encoding="ascii") as record:
            json.dump({"pid": child.pid, "start": start_time(child.pid)}, record)
        os.replace(self.record_path + ".new", self.record_path)
        return child

    def pid(self):
        """The pid while it is alive, else None."""
        try:
            with open(self.record_path, encoding="ascii") as file:
                record = json.load(file)
        except (OSError, ValueError):
            return None
        started = start_time(record["pid"])
        return record["pid"] if started is not None and started == record["start"] else None

    def kill(self, which=signal.SIGKILL, patience=10.0):
        """End it and wait until it is gone."""
        pid = self.pid()
        if pid is None:
            return False
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return False
        try:
            if self.pid() != pid:
                return False
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, which)
            if not select.select([handle], [], [], patience)[0]:
                raise Failure(f"process {pid} did not end within {patience:g} s")
        finally:
            os.close(handle)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        return True


def connect(path, timeout=None):
    if len(os.fsencode(path)) > PATH_MAX:
        raise Failure(f"the path {path} is too long for a socket; choose a shorter directory")
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(timeout)
    try:
        sock.connect(path)
    except OSError:
        sock.close()
        raise
    return sock


def qmp(path, command, timeout=10.0):
    """One command on QEMU's control socket; its answer."""
    with connect(path, timeout) as sock, sock.makefile("rw") as stream:
        json.loads(stream.readline())
        for verb in ("qmp_capabilities", command):
            print(json.dumps({"execute": verb}), file=stream, flush=True)
            while True:
                line = stream.readline()
                if not line:
                    raise Failure("QEMU closed its control socket")
                answer = json.loads(line)
                if "error" in answer:
                    raise Failure(f"QEMU refused {verb}: {answer['error']['desc']}")
                if "return" in answer:
                    break
        return answer["return"]


class Channel:
    """One of a machine's ports, held by a lock, after the agent's greeting."""

    def __init__(self, directory, alive, deadline=None, on_silence=None):
        self.directory = directory
        self.on_silence = on_silence    # called once, when the agent does not answer
        self.alive = alive
        self.deadline = deadline
        self.lock = None
        self.sock = None
        self.take_port()
        self.greet()

    def check(self, what):
        if not self.alive():
            raise Failure("the machine is not running")
        if self.deadline and time.monotonic() > self.deadline:
            raise Failure(f"timed out while {what}")

    def take_port(self):
        """The lock of a free port; when all are busy, wait for one."""
        while True:
            for port in range(PORTS):
                lock = os.open(f"{self.directory}/a{port}.lock",
                               os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self.lock, self.path = lock, f"{self.directory}/a{port}"
                    return
                except BlockingIOError:
                    os.close(lock)
            self.check(f"all {PORTS} channels of the machine were busy")
            time.sleep(0.05)

    def greet(self):
        """Connect and wait for the agent's echo; what comes before it is old."""
        while True:
            self.check("waiting for the machine's agent")
            try:
                self.sock = connect(self.path)
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ECONNREFUSED):
                    raise
                time.sleep(0.05)    # QEMU is starting
                continue
            greeting = MAGIC + os.urandom(8)
            self.sock.sendall(greeting)
            if self.expect(greeting):
                return
            if self.on_silence and self.alive():
                self.on_silence()
                self.on_silence = None
            # A half-read frame of a session that broke off: hang up, so that the
            # agent sees the end of it, and greet again.
            self.sock.close()
            time.sleep(0.2)

    def expect(self, greeting):
        seen = b""
        limit = time.monotonic() + GREETING_PATIENCE
        while greeting not in seen:
            left = limit - time.monotonic()
            if self.deadline:
                left = min(left, self.deadline - time.monotonic())
            if left <= 0 or not self.alive():
                return False
            if select.select([self.sock], [], [], min(left, 0.5))[0]:
                try:
                    data = self.sock.recv(CHUNK)
                except ConnectionResetError:
                    return False
                if not data:
                    return False
                seen = (seen + data)[-4 * CHUNK:]
        return True

    def send(self, kind, payload=b""):
        self.sock.sendall(HEADER.pack(ord(kind), len(payload)) + payload)

    def close(self):
        if self.sock:
            self.sock.close()
        if self.lock is not None:
            os.close(self.lock)


class Session:
    """One command in a guest with its streams joined to ours."""

    def __init__(self, channel, stdin, stdout, stderr, terminal=False):
        self.channel = channel
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.terminal = terminal
        self.incoming = b""
        self.outgoing = b""

    def run(self, argv):
        packed = b"\0".join(os.fsencode(arg) for arg in argv) + b"\0"
        if len(packed) > 60000 or len(argv) > 256:
            raise Failure("the command line is too long")
        if self.terminal:
            return self.run_on_terminal(packed)
        self.queue("R", packed)
        return self.loop()

    def run_on_terminal(self, packed):
        self.queue("T", packed)
        size = os.get_terminal_size(0)
        self.queue("W", struct.pack("<HH", size.lines, size.columns))
        saved = termios.tcgetattr(0)
        try:
            tty.setraw(0)
            return self.loop()
        finally:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)

    def queue(self, kind, payload=b""):
        self.outgoing += HEADER.pack(ord(kind), len(payload)) + payload

    def read_input(self):
        data = os.read(self.stdin, CHUNK)
        if data:
            self.queue("I", data)
        else:
            self.queue("E")
            self.stdin = None

    def loop(self):
        sock = self.channel.sock
        sock.setblocking(False)
        if self.stdin is None:
            self.queue("E")
        while True:
            readers = [sock]
            if self.stdin is not None and len(self.outgoing) < 4 * CHUNK:
                readers.append(self.stdin)
            limit = None
            if self.channel.deadline:
                limit = max(0.0, self.channel.deadline - time.monotonic())
            ready, writable, _ = select.select(readers, [sock] if self.outgoing else [], [], limit)
            if not ready and not writable:
                raise Failure("timed out while the command ran")
            if self.stdin in ready:
                self.read_input()
            if writable:
                with contextlib.suppress(BlockingIOError):
                    self.outgoing = self.outgoing[sock.send(self.outgoing):]
            if sock in ready:
                status = self.take()
                if status is not None:
                    return status

    def take(self):
        """Read what is there; the exit status once it came."""
        try:
            data = self.channel.sock.recv(65536)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            data = b""
        if not data:
            raise Failure("the machine went away while the command ran")
        self.incoming += data
        while len(self.incoming) >= HEADER.size:
            kind, size = HEADER.unpack_from(self.incoming)
            if len(self.incoming) < HEADER.size + size:
                return None
            payload = self.incoming[HEADER.size:HEADER.size + size]
            self.incoming = self.incoming[HEADER.size + size:]
            if kind == ord("x"):
                return struct.unpack("<I", payload)[0]
            self.write(self.stdout if kind == ord("o") else self.stderr, payload)
        return None

    @staticmethod
    def write(target, data):
        if isinstance(target, bytearray):
            target.extend(data)
            return
        while data:
            data = data[os.write(target, data):]


def warn(text):
    print(f"{os.path.basename(sys.argv[0])}: {text}", file=sys.stderr, flush=True)
