# SPDX-License-Identifier: GPL-2.0
"""The cluster as network namespaces of the running kernel: for a kernel that can
load the module. Needs root. The handle of node N's group is demo-N, since handles
are unique in a kernel; its configuration is DIR/nN/demo.conf.
"""

import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import time
import uuid

from machine import Failure, warn

TOP = pathlib.Path(__file__).resolve().parent.parent
DISK_SIZE = 64 << 20


def run(*command, check=True):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if check and done.returncode:
        raise Failure(f"{' '.join(map(str, command))}: {done.stdout.strip()}")
    return done.stdout.strip()


class NetnsCluster:
    """One bridge in a namespace of its own, one namespace and loop device per node."""

    def __init__(self, machines):
        self.machines = machines
        self.directory = machines.directory
        self.state = machines.state

    def namespace(self, number):
        return f"{self.state['prefix']}-{number}"

    def numbers(self):
        if self.state is None:
            raise Failure("there is no cluster; start one with: scripts/cluster up --netns")
        return range(1, self.state["nodes"] + 1)

    def node(self, number):
        if number not in self.numbers():
            raise Failure(f"there is no node {number}; the nodes are 1 to {self.state['nodes']}")
        return number

    def key_path(self):
        path = (self.directory / "key").resolve()
        if not path.exists():
            with open(path, "x", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(self.state["key"] + "\n")
        return path

    def config_path(self, number):
        return self.directory / f"n{number}" / "demo.conf"

    def save(self):
        self.machines.state_path.write_text(json.dumps(self.state, indent=1) + "\n")

    @staticmethod
    def load_module(options):
        """In this kernel, or one sentence why not."""
        if os.geteuid() != 0:
            raise Failure("--netns needs root")
        if os.path.isdir("/sys/module/quorum"):
            return
        if not os.path.exists("/proc/modules"):
            raise Failure("this kernel cannot load modules; leave --netns out")
        module = options.module or str(TOP / "build/quorum.ko")
        if not os.path.exists(module):
            raise Failure("quorum.ko is not built; run: make module")
        built = run("modinfo", "-F", "vermagic", module).split()[0]
        if built != os.uname().release:
            raise Failure(f"quorum.ko is built for {built}, this kernel is {os.uname().release}")
        for name in run("modinfo", "-F", "depends", module).split(","):
            if name:
                run("modprobe", name)
        run("insmod", module)

    @staticmethod
    def tool():
        """Ours before an installed one: it fits the module."""
        ours = TOP / "build/tools/quorumctl"
        tool = ours if ours.exists() else shutil.which("quorumctl")
        if not tool:
            raise Failure("quorumctl is not built; run: make tools")
        return pathlib.Path(tool)

    def quorumctl(self, number, *arguments):
        return run("ip", "netns", "exec", self.namespace(number), self.tool(), *arguments)

    def execute(self, number, argv):
        """A command in a node, which finds quorumctl as it does in a machine."""
        path = f"{self.tool().parent}:{os.environ.get('PATH', os.defpath)}"
        return subprocess.run(["ip", "netns", "exec", self.namespace(self.node(number)), *argv],
                              env={**os.environ, "PATH": path}, check=False).returncode

    def up(self, options):
        if self.state is not None:
            raise Failure(f"a cluster is in {self.directory}; end it with: scripts/cluster down")
        self.load_module(options)
        started = time.monotonic()
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.state = {"what": "quorum cluster", "kind": "netns", "nodes": options.nodes,
                      "timing": options.timing, "cluster": str(uuid.uuid4()),
                      "key": secrets.token_hex(32),
                      "prefix": f"quorum{os.getpid()}", "loops": {}}
        try:
            self.save()
            self.make_network()
            for number in self.numbers():
                self.make_node(number)
                if not options.no_group:
                    self.quorumctl(number, "format", self.config_path(number))
                    self.quorumctl(number, "up", self.config_path(number))
                warn(f"node {number}{'' if options.no_group else f', group demo-{number},'}"
                     f" is up after {time.monotonic() - started:.1f} s")
        except BaseException:
            self.down()
            raise

    def make_network(self):
        switch = self.namespace("switch")
        run("ip", "netns", "add", switch)
        run("ip", "-n", switch, "link", "add", "bridge", "type", "bridge")
        run("ip", "-n", switch, "link", "set", "bridge", "up")
        for number in self.numbers():
            name = self.namespace(number)
            run("ip", "netns", "add", name)
            run("ip", "-n", switch, "link", "add", f"port{number}", "type", "veth", "peer",
                "name", "eth0", "netns", name)
            run("ip", "-n", switch, "link", "set", f"port{number}", "master", "bridge", "up")
            run("ip", "-n", name, "link", "set", "lo", "up")
            run("ip", "-n", name, "link", "set", "eth0", "up")
            run("ip", "-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", "eth0")
            run("ip", "-n", name, "-6", "addr", "add", f"fd77::{number}/64", "dev", "eth0",
                "nodad")

    def make_node(self, number):
        directory = self.directory / f"n{number}"
        directory.mkdir()
        with open(directory / "disk.img", "wb") as disk:
            disk.truncate(DISK_SIZE)
        device = run("losetup", "-f", "--show", directory / "disk.img")
        self.state["loops"][str(number)] = device
        self.save()
        lines = ["group    = demo", f"name     = demo-{number}",
                 f"cluster  = {self.state['cluster']}", f"node     = {number}",
                 f"device   = {device}", f"timing   = {self.state['timing']}"]
        lines += [f"member   = {n} 10.77.0.{n}:7420" for n in self.numbers()]
        lines += [f"key      = {self.key_path()}"]
        self.config_path(number).write_text("\n".join(lines) + "\n")

    def down(self):
        if self.state is None:
            return
        for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(which, signal.SIG_IGN)
        for number in self.numbers():
            try:
                self.quorumctl(number, "down", f"demo-{number}")
            except Failure:
                pass
        for number in [*self.numbers(), "switch"]:
            run("ip", "netns", "del", self.namespace(number), check=False)
        for device in self.state["loops"].values():
            run("losetup", "-d", device, check=False)
        shutil.rmtree(self.directory, ignore_errors=True)
        self.state = None

    def cut(self, first, second, one_way):
        others = [second] if second else [n for n in self.numbers() if n != first]
        for other in others:
            for source, target in ((first, other),) if one_way else ((first, other),
                                                                      (other, first)):
                for address in (f"10.77.0.{target}/32", f"fd77::{target}/128"):
                    run("ip", "-n", self.namespace(self.node(source)), "route", "replace",
                        "blackhole", address)

    def heal(self):
        for number in self.numbers():
            name = self.namespace(number)
            for family in ("-4", "-6"):
                run("ip", "-n", name, family, "route", "flush", "type", "blackhole", check=False)
            run("tc", "-n", name, "qdisc", "del", "dev", "eth0", "root", check=False)

    def netem(self, *words):
        for number in self.numbers():
            run("tc", "-n", self.namespace(number), "qdisc", "replace", "dev", "eth0", "root",
                "netem", *words)

    def status(self):
        for number in self.numbers():
            print(f"node {number}  namespace {self.namespace(number)}  config "
                  f"{self.config_path(number)}")
            print(run("ip", "netns", "exec", self.namespace(number), "cat", "/proc/net/dev"))


def act(cluster, options):
    """What the command line asks for; an exit status or None."""
    if options.do == "up":
        return cluster.up(options)
    if options.do == "down":
        return cluster.down()
    cluster.numbers()
    if options.do == "exec":
        argv = options.command[1:] if options.command[:1] == ["--"] else options.command
        return cluster.execute(options.node, argv)
    actions = {
        "cut": lambda: cluster.cut(cluster.node(options.a), options.b, options.one_way),
        "heal": cluster.heal,
        "loss": lambda: cluster.netem("loss", f"{options.percent:g}%"),
        "delay": lambda: cluster.netem("delay", f"{options.ms:g}ms", f"{options.jitter:g}ms"),
        "duplicate": lambda: cluster.netem("duplicate", f"{options.percent:g}%"),
        "status": cluster.status,
        "start": lambda: cluster.quorumctl(cluster.node(options.node), "up",
                                           cluster.config_path(options.node)),
    }
    if options.do not in actions:
        raise Failure(f"{options.do} needs machines; a cluster of namespaces has none")
    actions[options.do]()
    return None
