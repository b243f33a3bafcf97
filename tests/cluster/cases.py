# SPDX-License-Identifier: GPL-2.0
"""The cases, in the order they run. Each begins with a group that is well."""

import concurrent.futures
import os
import random
import time

from harness import CONFIG, NODES, PATIENCE, Proposer, check_outcomes, expect, note

PROPOSALS = 1000
POWER_CUTS = int(os.environ.get("QUORUM_POWER_CUTS") or 5)


def others(node):
    return tuple(other for other in NODES if other != node)


def lines_of(tag, node, count):
    return [f"{tag} node {node} number {number}" for number in range(count)]


def forms_and_commits(cluster):
    """A leader, proposals through every node, the same log everywhere."""
    leader = cluster.ready()
    note(f"node {leader} leads")
    last = 0
    for node in NODES:
        index, _ = cluster.propose(node, f"hello from node {node}")
        expect(index > last, f"index {index} after {last}")
        last = index
    log = cluster.equal_logs()
    for node in NODES:
        expect(sum(text == f"hello from node {node}" for _, _, text in log) == 1,
               f"the entry of node {node} is not there once")


def leader_killed_under_load(cluster):
    """The main one: 1,000 proposals on all nodes, the leader's machine dies midway."""
    leader = cluster.ready()
    before = cluster.status(leader)
    share = PROPOSALS // len(NODES) + 1
    proposers = {node: Proposer(cluster, node, lines_of("main", node, share)) for node in NODES}
    proposers[leader].wait_committed(share // 3, 180)
    note(f"killing the machine of node {leader}, the leader, after "
         f"{[proposers[node].committed() for node in NODES]} commits")
    cluster.kill(leader)
    new = cluster.wait_leader(others(leader), other_than=leader)
    note(f"node {new} leads now")
    for node in others(leader):
        proposers[node].wait_committed(share // 2, 180)
    note(f"starting the machine of node {leader} from its disk")
    cluster.start(leader)
    done = [proposer.finish() for proposer in proposers.values()]
    # What the dead machine was never given it proposes now.
    done.append(Proposer(cluster, leader, proposers[leader].rest()).finish())
    after = cluster.status(leader)
    expect(after["incarnation"] == before["incarnation"], "the disk was formatted again")
    expect(after["epoch"] > before["epoch"], "the disk was not opened again")
    cluster.wait_leader()
    log = cluster.equal_logs()
    count = check_outcomes(log, done)
    expect(sum(count.values()) >= PROPOSALS, f"only {sum(count.values())} were proposed")
    expect(count["committed"] >= PROPOSALS - 60, "too many were not committed")


def majority_lost(cluster):
    """Two of three machines die: nothing commits, in time; one more is enough again."""
    leader = cluster.ready()
    dead = (leader, others(leader)[0])
    left = others(leader)[1]
    commit = cluster.status(left)["commit"]
    for node in dead:
        cluster.kill(node)
    start = time.monotonic()
    for _ in range(3):
        cluster.refused(left, ("leader", "unknown", "time"), "quorumctl", "propose", "demo",
                        "to nobody", "--timeout", "2s")
    took = time.monotonic() - start
    expect(took < 3 * 2 + 20, f"three refusals of 2 s took {took:.1f} s")
    status = cluster.status(left)
    expect(status["commit"] == commit, f"commit went from {commit} to {status['commit']}")
    expect(status["role"] != "leader", "a minority has a leader")
    expect(all(text != "to nobody" for _, _, text in cluster.log(left)), "it was committed")
    cluster.start(dead[1])
    cluster.wait_leader((left, dead[1]))
    cluster.propose(left, "two of three")
    cluster.start(dead[0])
    cluster.wait_leader()
    log = cluster.equal_logs()
    found = sum(text == "to nobody" for _, _, text in log)
    expect(found <= 3, f"three proposals became {found} entries")


def all_machines_die(cluster):
    """All three at once, under load: everything acknowledged is there afterwards."""
    cluster.ready()
    proposers = [Proposer(cluster, node, lines_of("blackout", node, 400)) for node in NODES]
    for proposer in proposers:
        proposer.wait_committed(30, 120)
    with concurrent.futures.ThreadPoolExecutor(len(NODES)) as pool:
        list(pool.map(cluster.kill, NODES))
    for proposer in proposers:
        proposer.finish()
    with concurrent.futures.ThreadPoolExecutor(len(NODES)) as pool:
        list(pool.map(cluster.start, NODES))
    cluster.wait_leader()
    cluster.propose(1, "light again")
    check_outcomes(cluster.equal_logs(), proposers)


def power_cuts(cluster):
    """Power cuts of one, two and all machines under load: nothing acknowledged is lost."""
    cluster.ready()
    dice = random.Random(POWER_CUTS)
    proposers = []
    cuts = 0
    while cuts < POWER_CUTS:
        proposers += [Proposer(cluster, node, lines_of(f"power {cuts}", node, 400), 10)
                      for node in NODES]
        running = proposers[-len(NODES):]
        for proposer in running:
            # In the middle of things: after a number of commits nobody chose.
            proposer.wait_committed(dice.randint(2, 20), 120)
        victims = dice.sample(NODES, min(len(NODES), POWER_CUTS - cuts, dice.choice((1, 2, 3))))
        cuts += len(victims)
        cluster.power_cut(victims)
        if len(victims) == 1:
            cluster.wait_leader(others(victims[0]), other_than=victims[0])
        with concurrent.futures.ThreadPoolExecutor(len(victims)) as pool:
            list(pool.map(cluster.start, victims))
        cluster.wait_leader()
        for proposer in running:
            proposer.stop().finish()
        if len(proposers) > 40 * len(NODES):
            # A long run: judge what there is, so that a loss is seen near its cause.
            check_outcomes(cluster.equal_logs(), proposers)
            note(f"{cuts} power cuts, {cluster.lost_sectors} unflushed sectors lost")
            proposers = []
    cluster.propose(1, "light again")
    check_outcomes(cluster.equal_logs(), proposers)
    note(f"{cuts} power cuts, {cluster.lost_sectors} unflushed sectors lost")


def leader_cut_off(cluster):
    """Cut from all others the leader steps down by itself; healed, it follows."""
    leader = cluster.ready()
    rest = others(leader)
    term = cluster.status(leader)["term"]
    proposers = [Proposer(cluster, node, lines_of("cut", node, 200), 3) for node in NODES]
    for proposer in proposers:
        proposer.wait_committed(10, 120)
    cluster.run("cut", leader)
    new = cluster.wait_leader(rest, other_than=leader)
    note(f"node {leader} is cut off, node {new} leads")
    cluster.propose(new, "in the majority")
    end = time.monotonic() + 30
    while cluster.status(leader)["role"] == "leader":
        expect(time.monotonic() < end, "the leader that was cut off does not step down")
    status = cluster.status(leader)
    note(f"node {leader} is {status['role']}: {status['cause']}")
    expect(status["term"] >= term, "its term went back")
    cluster.refused(leader, ("leader", "unknown", "time"), "quorumctl", "propose", "demo",
                    "in the minority", "--timeout", "2s")
    cluster.run("heal")
    cluster.wait_leader()
    done = [proposer.stop().finish() for proposer in proposers]
    cluster.propose(leader, "together again")
    log = cluster.equal_logs()
    check_outcomes(log, done)


def one_way_cut(cluster):
    """A follower that hears and is not heard does not depose the leader."""
    leader = cluster.ready()
    deaf = others(leader)[0]
    term = cluster.status(leader)["term"]
    cluster.run("cut", deaf, "--one-way")
    for number in range(20):
        cluster.propose(leader, f"one way {number}")
    cluster.run("heal")
    cluster.wait_leader()
    status = cluster.status(leader)
    expect((status["role"], status["term"]) == ("leader", term),
           f"node {leader} led term {term}, is {status['role']} in {status['term']}")
    cluster.equal_logs()


def loss_and_delay(cluster):
    """10 % lost, 20 ms late, some twice: slower, and correct."""
    cluster.ready()
    cluster.run("loss", 10)
    cluster.run("delay", 20, 5)
    cluster.run("duplicate", 2)
    proposers = [Proposer(cluster, node, lines_of("lossy", node, 60), 20) for node in NODES]
    for proposer in proposers:
        proposer.finish(300)
    cluster.run("heal")
    cluster.wait_leader()
    count = check_outcomes(cluster.equal_logs(), proposers)
    expect(count["committed"] >= 150, "too few were committed")


def leader_paused(cluster):
    """A leader that sleeps through an election wakes up as a follower."""
    leader = cluster.ready()
    rest = others(leader)
    proposers = [Proposer(cluster, node, lines_of("pause", node, 300), 5) for node in NODES]
    for proposer in proposers:
        proposer.wait_committed(10, 120)
    cluster.pause(leader)
    new = cluster.wait_leader(rest, other_than=leader)
    note(f"node {leader} sleeps, node {new} leads")
    index, term = cluster.propose(new, "while it sleeps")
    cluster.resume(leader)
    # Whatever it still believed: it answers nothing in its old term any more.
    late_index, late_term = cluster.propose(leader, "awake", timeout=20)
    expect(late_term >= term and late_index > index,
           f"({late_index}, {late_term}) was acknowledged after ({index}, {term})")
    cluster.wait_leader()
    status = cluster.status(leader)
    note(f"node {leader} is {status['role']} in term {status['term']}: {status['cause']}")
    expect(status["term"] >= term, "it is still in its old term")
    done = [proposer.stop().finish() for proposer in proposers]
    check_outcomes(cluster.equal_logs(), done)


def heals(cluster, node, leader, text):
    """Damage what is acknowledged on a dead machine's disk; started, it is whole again."""
    cluster.catch_up()
    cluster.kill(node)
    cluster.damage(node, text)
    status, verdict = cluster.fsck(node)
    expect(status == 4, f"fsck of the damaged disk ends with {status}: {verdict}")
    if node == leader:
        cluster.wait_leader(others(node), other_than=node)
    # The group goes on, and what it commits meanwhile comes as well.
    meanwhile = cluster.propose(others(node)[0], f"while node {node} was damaged", 30)
    healed = cluster.kernel_log(node).count("the log is whole again")
    cluster.start(node)
    end = time.monotonic() + PATIENCE
    while cluster.kernel_log(node).count("the log is whole again") == healed:
        expect(time.monotonic() < end, f"node {node} is not whole after {PATIENCE:g} s")
        time.sleep(0.2)
    cluster.wait_leader()
    log = cluster.equal_logs()
    expect(sum(entry[2] == text for entry in log) == 1, f"'{text}' is lost")
    expect(any(entry[:2] == meanwhile for entry in log), "what came meanwhile is lost")
    cluster.on(node, "quorumctl", "down", "demo")
    cluster.on(node, "quorumctl", "fsck", "/dev/vda")
    cluster.on(node, "quorumctl", "up", CONFIG)


def damaged_entry(cluster):
    """An acknowledged entry rots on a member's disk, then on the leader's: both heal."""
    for which in ("member", "leader"):
        leader = cluster.ready()
        node = leader if which == "leader" else others(leader)[0]
        text = f"the {which}'s acknowledged entry"
        cluster.propose(leader, text)
        for number in range(5):
            cluster.propose(leader, f"{which}: behind it {number}")
        heals(cluster, node, leader, text)


def hung_disk(cluster):
    """The leader's disk hangs: another leads within two elections; it comes back."""
    leader = cluster.ready()
    rest = others(leader)
    term = cluster.status(leader)["term"]
    proposers = [Proposer(cluster, node, lines_of("hung", node, 300), 5) for node in NODES]
    for proposer in proposers:
        proposer.wait_committed(10, 120)
    cluster.hang(leader)
    new = cluster.wait_leader(rest, other_than=leader)
    # Time in such machines says little; how many elections it took says all.
    took = cluster.status(new)["term"] - term
    status = cluster.status(leader)
    note(f"node {leader} is {status['role']} ({status['cause']}), node {new} leads after "
         f"{took} election{'s' if took > 1 else ''}")
    expect(status["role"] != "leader", "it leads without a disk")
    expect(took <= 2, f"node {new} leads only in the {took}th term after")
    index, _ = cluster.propose(new, "while the disk hangs", 30)
    cluster.end_hang(leader)
    cluster.wait_leader()
    late, _ = cluster.propose(leader, "the disk is back", 30)
    expect(late > index, f"index {late} after {index}")
    done = [proposer.stop().finish() for proposer in proposers]
    check_outcomes(cluster.equal_logs(), done)


def module_removed_under_load(cluster):
    """rmmod on a follower, then on the leader, while the others propose."""
    leader = cluster.ready()
    for victim in (others(leader)[0], leader):
        proposers = [Proposer(cluster, node, lines_of(f"rmmod {victim}", node, 400), 10)
                     for node in others(victim)]
        for proposer in proposers:
            proposer.wait_committed(10, 120)
        before = cluster.status(victim)
        cluster.on(victim, "rmmod", "quorum")
        expect("quorum" not in cluster.on(victim, "cat", "/proc/modules").split(),
               "the module is still there")
        for proposer in proposers:
            proposer.wait_committed(proposer.committed() + 20, 120)
        cluster.on(victim, "sh", "-c", "! ls /dev/quorum/demo 2>/dev/null")
        cluster.on(victim, "insmod", "/lib/quorum/quorum.ko")
        cluster.on(victim, "quorumctl", "up", CONFIG)
        cluster.wait_leader()
        status = cluster.status(victim)
        expect(status["incarnation"] == before["incarnation"], "another device")
        expect(status["verdict"] == "clean", f"after rmmod the log is {status['verdict']}")
        done = [proposer.stop().finish() for proposer in proposers]
        cluster.propose(victim, f"node {victim} is back")
        check_outcomes(cluster.equal_logs(), done)


def bad_input(cluster):
    """What cannot be: refused with a sentence, and the group does not notice."""
    cluster.ready()
    node = 2
    before = cluster.status(node)

    def config(edit):
        cluster.on(node, "sh", "-c", f"sed -e '1iname = wrong' -e '{edit}' {CONFIG} "
                   ">/tmp/wrong.conf")
        return "/tmp/wrong.conf"

    def up(words, edit):
        cluster.refused(node, words, "quorumctl", "up", config(edit))

    cluster.on(node, "sh", "-c", "dd if=/dev/zero of=/tmp/disk bs=1M count=16 2>/dev/null; "
               "modprobe loop; losetup /dev/loop0 /tmp/disk")
    up(("in use", "busy"), "s/7420/7500/")
    up(("format",), "s/7420/7500/;s|/dev/vda|/dev/loop0|")
    up(("block device",), "s|/dev/vda|/dev/null|")
    up(("device",), "s|/dev/vda|/dev/nothing|")
    up(("not among", "member"), "s/^node .*/node = 7/")
    up(("twice", "same"), "s/^member   = 3 /member = 1 /")
    up(("address",), "s/10.77.0.3:/10.77.0.300:/")
    up(("timing",), "s/^timing .*/timing = sometimes/")
    up(("name", "letter"), "s/^group .*/group = no good/")
    up(("uuid",), "s/^cluster .*/cluster = 12/")
    cluster.on(node, "quorumctl", "format", config("s/7420/7500/;s|/dev/vda|/dev/loop0|"))
    up(("cluster",), "s/7420/7500/;s|/dev/vda|/dev/loop0|;"
       "s/^cluster .*/cluster = 00000000-0000-4000-8000-000000000001/")
    up(("group",), "s/7420/7500/;s|/dev/vda|/dev/loop0|;s/^group .*/group = other/")
    up(("node",), "s/7420/7500/;s|/dev/vda|/dev/loop0|;s/^node .*/node = 3/")
    up(("member", "timing"), "s/7420/7500/;s|/dev/vda|/dev/loop0|;/^member   = 3/d")
    cluster.refused(node, ("holds", "force", "in use", "busy"), "quorumctl", "format", CONFIG)
    cluster.refused(node, ("group",), "quorumctl", "start", "nobody")
    cluster.refused(node, ("empty",), "quorumctl", "propose", "demo", "")
    cluster.refused(node, ("67584", "larger"), "quorumctl", "propose", "demo",
                    data=b"x" * 67585)
    cluster.on(node, "losetup", "-d", "/dev/loop0")
    after = cluster.status(node)
    same = ("state", "incarnation", "epoch", "last-index", "term")
    expect([before[key] for key in same] == [after[key] for key in same],
           f"something changed: {[before[key] for key in same]}, {[after[key] for key in same]}")
    expect(len(cluster.on(node, "quorumctl", "list").splitlines()) <= 2, "a group was left")
    # The largest entry there may be, through machines and their MTU.
    cluster.on(node, "quorumctl", "propose", "demo", data=b"y" * 67584)
    cluster.equal_logs()


def one_leader_per_term(cluster):
    """Over the whole run, from all events and all looks at a status."""
    for recorder in cluster.recorders.values():
        expect(recorder.error is None, str(recorder.error))
        expect(recorder.child and recorder.child.poll() is None,
               f"nobody follows the events of node {recorder.node}")
        note(f"{recorder.count} events of node {recorder.node}")
    cluster.check_leaders()


def kernel_logs(cluster):
    """No kernel has complained since its boot."""
    status, out, err = cluster.run("check-logs", check=False)
    expect(status == 0, (out + err).strip())


CASES = [
    (forms_and_commits, 120),
    (leader_killed_under_load, 480),
    (majority_lost, 300),
    (all_machines_die, 300),
    (power_cuts, 300 + 60 * POWER_CUTS),
    (leader_cut_off, 240),
    (one_way_cut, 120),
    (loss_and_delay, 420),
    (leader_paused, 240),
    (hung_disk, 240),
    (damaged_entry, 300),
    (module_removed_under_load, 360),
    (bad_input, 240),
]
# Always, and last.
FINAL = [
    (one_leader_per_term, 60),
    (kernel_logs, 60),
]
