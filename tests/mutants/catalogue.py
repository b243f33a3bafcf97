# SPDX-License-Identifier: GPL-2.0
"""The mutants: real bugs of tests' catalogue, put back into the engine.

Each is (name, bug, file, [(old, new), ...]): in a copy of module/FILE every old
text, which must occur exactly once, is replaced by the new one.  The short ones
are those that CI runs at every change.
"""

RAFT = "raft/"
FORMAT = "format/"

MUTANTS = [
    # ---- the six seams at the head of the catalogue ----
    ("vote-again", "V-1", RAFT + "election.c", [
        ("(r->hard.vote == RAFT_NONE || r->hard.vote == msg->from)", "true"),
        ("raft_hard_set(r, r->hard.term, msg->from);",
         "if (r->hard.vote == RAFT_NONE)\n\t\t\traft_hard_set(r, r->hard.term, msg->from);")]),
    ("commit-past-verified", "L-1", RAFT + "follower.c", [
        ("raft_commit_to(r, min(msg->append.commit, r->verified));",
         "raft_commit_to(r, min(msg->append.commit, r->log.last_index));")]),
    ("beat-commits-past-verified", "L-1c", RAFT + "follower.c", [
        ("raft_commit_to(r, min(msg->heartbeat.commit, r->verified));",
         "raft_commit_to(r, min(msg->heartbeat.commit + 8, r->log.last_index));")]),
    ("ack-own-last", "L-8", RAFT + "follower.c", [
        ("return min(verified(r), r->disk.durable);", "return r->disk.durable;"),
        ("return max(r->verified, r->log.commit);", "return r->log.last_index;")]),
    ("late-write-vouches", "D-3", RAFT + "disk.c", [
        ("disk->writes[i].vouch = min(disk->writes[i].vouch, from - 1);", ";")]),
    ("cut-stays-durable", "D-2", RAFT + "disk.c", [
        ("disk->durable = min(disk->durable, from - 1);", ";")]),
    ("written-out-of-order", "D-11", RAFT + "disk.c", [
        ("w->done = true;", "w->done = true;\n\tdisk->durable = max(disk->durable, w->vouch);")]),
    ("leader-takes-term", "L-13", RAFT + "step.c", [
        ("if (msg->term > r->hard.term && carries_term(msg))",
         "if (r->role == RAFT_LEADER && msg->term > r->hard.term && carries_term(msg))\n"
         "\t\traft_hard_set(r, msg->term, RAFT_NONE);\n"
         "\telse if (msg->term > r->hard.term && carries_term(msg))")]),
    ("own-vote-undurable", "V-22", RAFT + "election.c", [
        ("if (!raft_hard_durable(r) || !log_end_durable(r))", "if (!log_end_durable(r))")]),
    ("log-end-undurable", "V-21", RAFT + "election.c", [
        ("return r->disk.durable == r->log.last_index;", "return r->disk.durable <= r->log.last_index;")]),
    ("promise-undurable", "D-1", RAFT + "follower.c", [
        ("if (!raft_hard_durable(r))\n\t\treturn;\n\tif (r->owed.vote", "if (r->owed.vote")]),
    ("entries-before-term", "D-8", RAFT + "disk.c", [
        ("if (!raft_hard_durable(r))\n\t\treturn false;", "")]),
    ("older-pair-suffices", "V-23", RAFT + "hard.c", [
        ("r->hard.durable_seq == r->hard.seq", "r->hard.durable_seq + 1 >= r->hard.seq")]),

    # ---- elections ----
    ("prevote-is-vote", "V-2", RAFT + "election.c", [
        ("\tr->granted = 0;\n\tr->doubtful = 0;\n\tr->answered = 0;\n\tr->resend_due", "\tr->resend_due")]),
    ("longer-log-wins", "V-6", RAFT + "log.c", [
        ("return term > own || (term == own && index >= log->last_index);",
         "return (own || term) && index >= log->last_index;")]),
    ("newer-term-suffices", "V-6", RAFT + "log.c", [
        ("return term > own || (term == own && index >= log->last_index);",
         "return term >= own;")]),
    ("term-is-grant", "V-7", RAFT + "election.c", [
        ("if (!msg->vote_reply.granted || msg->term != msg->vote_reply.asked_term)",
         "if (msg->term != msg->vote_reply.asked_term)")]),
    ("grant-in-own-term", "V-9", RAFT + "election.c", [
        ("if (granted)\n\t\treply->term = msg->term;", "")]),
    ("stale-leader-unanswered", "V-10", RAFT + "follower.c", [
        ("void raft_follower_stale(struct raft *r, const struct raft_msg *msg)\n{\n"
         "\tstruct raft_msg *reply;\n",
         "void raft_follower_stale(struct raft *r, const struct raft_msg *msg)\n{\n"
         "\tstruct raft_msg *reply;\n\n\tif (msg->term)\n\t\treturn;\n")]),
    ("leader-protected-from-itself", "V-11", RAFT + "election.c", [
        ("if (msg->from != r->leader || msg->term <= r->hard.term)", "if (msg->term)")]),
    ("not-sticky", "V-19", RAFT + "election.c", [
        ("if (!(r->flags & RAFT_F_CHECKQUORUM))\n\t\treturn false;\n\t/* A leader",
         "if (r->flags)\n\t\treturn false;\n\t/* A leader")]),

    # ---- replication and commit ----
    ("commit-older-term", "L-2", RAFT + "quorum.c", [
        ("if (index < r->term_start || index <= r->log.commit)", "if (index <= r->log.commit)")]),
    ("commit-own-undurable", "D-5", RAFT + "quorum.c", [
        ("\t\treturn r->disk.durable;", "\t\treturn r->log.last_index;")]),
    ("minority-commits", "L-12", RAFT + "quorum.c", [
        ("values[half->commit - 1]", "values[half->commit > 1 ? half->commit - 2 : 0]")]),
    ("verified-is-match", "L-8", RAFT + "progress.c", [
        ("\tif (match > p->match) {\n", "\tmatch = verified;\n\tif (match > p->match) {\n")]),
    ("match-survives", "L-11", RAFT + "progress.c", [
        ("\tmemset(p, 0, sizeof(*p));\n\tp->id = id;",
         "\tu64 match = p->match;\n\n\tmemset(p, 0, sizeof(*p));\n\tp->match = min(match, r->log.last_index);\n\tp->id = id;")]),
    ("cut-what-matches", "L-5", RAFT + "follower.c", [
        ("if (!raft_log_term(&r->log, e->index, &term) || term == e->term)",
         "if (!raft_log_term(&r->log, e->index, &term) ||\n\t\t    (term == e->term && e->index <= r->log.commit))")]),
    ("conflict-is-match", "L-5", RAFT + "follower.c", [
        ("return term == msg->append.prev_term ? PREV_MATCHES : PREV_CONFLICTS;", "return PREV_MATCHES;")]),
    ("gap-is-match", "L-14", RAFT + "follower.c", [
        ("skip_known(r, msg, &halted);", "skip_known(r, msg, &halted);\n\tif (skip == msg->append.count)\n\t\tr->verified = max(r->verified, min(r->log.last_index, msg->append.commit));")]),
    ("verified-survives-cut", "L-1", RAFT + "follower.c", [
        ("r->verified = max(r->verified, prev + skip + taken);",
         "r->verified = max(r->verified, prev + msg->append.count);")]),
    ("verified-survives-term", "L-1", RAFT + "hard.c", [
        ("\t\tr->verified = 0;\n", "")]),
    ("loss-unnoticed", "P-3", RAFT + "progress.c", [
        ("if (beat->seq <= p->stale_seq ||", "if (beat->seq ||")]),
    ("answers-to-old-terms", "V-22", RAFT + "hard.c", [
        ("\t\tmemset(&r->owed, 0, sizeof(r->owed));\n", "")]),

    # ---- proposals ----
    ("copy-taken-twice", "C-4", RAFT + "proposal.c", [
        ("if (window_find(w, msg->forward.tag) == WINDOW_TAKEN)\n\t\treturn;", "")]),
    ("bytes-never-back", "D-12", RAFT + "proposal.c", [
        ("u->bytes -= u->spans[u->head].bytes;", ";")]),

    # ---- time ----
    ("time-overflows", "H-1", RAFT + "raft_private.h", [
        ("return (s64)(a - b) >= 0;", "return a >= b;")]),

    # ---- the hard state on the device ----
    ("older-pair-found", "F-2", FORMAT + "recover.c", [
        ("found.generation > hard->generation", "found.generation < hard->generation")]),
    ("unread-is-bad", "F-5", FORMAT + "recover.c", [
        ("if (first_error && (!any || hard_hidden(state, hard->generation)))", "if (first_error && !any)")]),
    ("unread-generation-again", "F-5", FORMAT + "recover.c", [
        ("hard->generation += 2;", ";")]),
    ("pair-unchecked", "F-2", FORMAT + "disk.c", [
        ("if (le64_to_cpu(d->position) != position)", "if (false)"),]),

    # ---- the log on the device ----
    ("acked-is-torn", "F-1", FORMAT + "recover.c", [
        ("head->flushed_lsn >= r->next.lsn;", "head->flushed_lsn > head->lsn;")]),
    ("torn-is-acked", "F-1", FORMAT + "recover.c", [
        ("head->flushed_lsn >= r->next.lsn;", "head->flushed_lsn;")]),
    ("content-unchecked", "F-3", FORMAT + "recover.c", [
        ("return disk_record_check(w->super, head, *record) == DISK_OK ? 1 : 2;",
         "return disk_record_check(w->super, head, *record) == DISK_OK ? 1 : 1;")]),
    ("chain-unchecked", "D-16", FORMAT + "recover.c", [
        ("head->lsn == next->lsn && head->prev_crc == next->prev_crc &&", "head->lsn == next->lsn &&"),
        ("head->epoch >= next->epoch;", "true;")]),
    ("clean-stop-long", "D-16", FORMAT + "recover.c", [
        ("walk_judge(&w, got > 0 && head.epoch == hard->epoch);", "walk_judge(&w, got > 0);")]),
    ("clean-stop-unread", "F-1", FORMAT + "recover.c", [
        ("if (!w->hard->clean)\n\t\treturn walk_scan(w);", "if (w->hard->end_lsn != ~0ULL)\n\t\treturn walk_scan(w);")]),
    ("cut-not-replayed", "D-7", FORMAT + "recover.c", [
        ("\t\tr->last_index = index - 1;\n\t\tr->last_term = 0;", "\t\tr->last_term = 0;")]),
    ("record-checksum-unchecked", "F-3", FORMAT + "disk.c", [
        ("bytes - DISK_HEADER_BYTES) != head->data_crc)", "bytes - DISK_HEADER_BYTES) != head->data_crc && false)")]),

    # ---- the wire ----
    ("datagram-unchecked", "H-3", FORMAT + "wire.c", [
        ("if (!sealed && get32(p + AT_CRC) != datagram_crc(p, len, NULL, 0))",
         "if (!sealed && get32(p + AT_CRC) != datagram_crc(p, len, NULL, 0) && false)")]),
    ("fragments-mixed", "M-15", FORMAT + "assemble.c", [
        ("newer = as->known ? (s32)(frag->message - as->message) : 1;", "newer = as->known ? 0 : 1;"),
        ("frag->count != as->count || !same_header(as, datagram))", "false)")]),
]

# A sample of every kind, for CI; each is found within seconds.
SHORT = [
    "vote-again", "commit-past-verified", "late-write-vouches", "leader-takes-term",
    "own-vote-undurable", "promise-undurable", "longer-log-wins", "commit-older-term",
    "acked-is-torn", "content-unchecked", "copy-taken-twice", "older-pair-found",
]
