# SPDX-License-Identifier: GPL-2.0
"""The mutants: real bugs of tests' catalogue, put back into the engine.

Each is (name, bug, file, [(old, new), ...]): in a copy of module/FILE every old
text, which must occur exactly once, is replaced by the new one; an edit may name
another file as its third part.  The short ones are those that CI runs at every
change.
"""

RAFT = "raft/"
FORMAT = "format/"

MUTANTS = [
    # ---- the six seams at the head of the catalogue ----
    ("vote-forgotten", "V-1", RAFT + "election.c", [
        ("\t\traft_hard_set(r, term, RAFT_NONE);\n\tif (r->role == RAFT_LEADER) {",
         "\t\traft_hard_set(r, term, RAFT_NONE);\n\telse if (leader == RAFT_NONE && r->hard.vote) {\n"
         "\t\tr->hard.vote = RAFT_NONE;\n\t\tr->hard.dirty = true;\n\t}\n"
         "\tif (r->role == RAFT_LEADER) {")]),
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
    ("learner-elects", "V-4", RAFT + "election.c", [
        ("raft_set electors = raft_recovery_electors(r);", "raft_set electors = r->all;"),
        ("!raft_set_has(raft_recovery_electors(r), seat))", "seat < 0)"),
        ("if (raft_set_size(set & half->voters) < half->election)",
         "if (raft_set_size(set) < half->election)", RAFT + "quorum.c")]),
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
        ("\tmemset(p, 0, offsetof(struct raft_peer, window));\n\tp->id = id;",
         "\tu64 match = p->match;\n\n\tmemset(p, 0, offsetof(struct raft_peer, window));\n\tp->match = min(match, r->log.last_index);\n\tp->id = id;")]),
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

    # ---- membership ----
    ("cut-config-stays", "M-3", RAFT + "membership.c", [
        ("\tif (r->config.index < from)\n\t\treturn;", "\tif (r->nkept)\n\t\treturn;")]),
    ("change-before-own-commit", "M-1", RAFT + "change.c", [
        ("\tif (r->log.commit < r->term_start)\n\t\treturn RAFT_REFUSED_NOT_READY;\n", "")]),
    ("two-changes-pending", "M-2", RAFT + "change.c", [
        ("\tif (raft_membership_pending(r))\n\t\treturn RAFT_REFUSED_PENDING;\n", "")]),
    ("change-unseen", "M-13", RAFT + "change.c", [
        ("\tif (event->change.seen != r->config.index)\n\t\treturn RAFT_REFUSED_STALE;\n", "")]),
    ("single-step-for-any", "M-1", RAFT + "change.c", [
        ("return raft_config_crosses(&r->config, draft) ? RAFT_OK :\n"
         "\t\t\t\t\t\t\t\tRAFT_REFUSED_NEEDS_JOINT;", "return RAFT_OK;")]),
    ("joint-commits-by-new", "M-14", RAFT + "quorum.c", [
        ("\t\tmatch = min(match, half_match(r, &r->halves[1]));", "\t\tmatch += 0;")]),
    ("joint-elects-by-new", "M-14", RAFT + "quorum.c", [
        ("raft_set_size(set & half->voters) < half->election)",
         "raft_set_size(set & half->voters) < half->election && !h)")]),
    ("joint-left-uncommitted", "M-7", RAFT + "membership.c", [
        ("if (r->log.commit < r->term_start || r->config.index > r->log.commit)",
         "if (r->log.commit < r->term_start)")]),
    ("removed-leads-on", "M-8", RAFT + "membership.c", [
        ("else if (!raft_set_has(r->voters, r->seat))", "else if (!r->all)")]),
    ("removed-never-told", "M-12", RAFT + "membership.c", [
        ("if (r->role != RAFT_LEADER || r->peers[seat].id == r->self) {",
         "if (r->role || r->peers[seat].id == r->self) {")]),
    ("removed-disturbs", "V-19", RAFT + "election.c", [
        ("if (raft_set_has(r->voters, raft_seat_of(r, msg->from)))", "if (msg->from)")]),
    ("promoted-behind", "M-11", RAFT + "change.c", [
        ("r->peers[seat].match >= r->log.commit);", "true);")]),
    ("window-goes-with-progress", "C-4", RAFT + "progress.c", [
        ("memset(p, 0, offsetof(struct raft_peer, window));", "memset(p, 0, sizeof(*p));")]),
    ("wiped-keeps-match", "M-9", RAFT + "membership.c", [
        ("\t\tif (r->role == RAFT_LEADER)\n\t\t\traft_progress_reset(r, p);",
         "\t\tif (r->role == RAFT_LEADER)\n\t\t\tcontinue;")]),
    ("witness-leads", "-", RAFT + "membership.c", [
        (" && !(m->roles & RAFT_M_WITNESS);", ";")]),

    ("witness-gets-undurable", "-", RAFT + "progress.c", [
        ("raft_set_has(r->witnesses, seat) ? raft_quorum_witnessed(r) :",
         "r->halt ? raft_quorum_witnessed(r) :")]),

    # ---- snapshots ----
    ("snapshot-of-uncommitted", "S-13", RAFT + "snapshot.c", [
        ("!name->index || name->index > r->log.commit || event", "!name->index || event")]),
    ("forgets-undurable", "S-4", RAFT + "snapshot.c", [
        ("\tindex = min(index, r->disk.durable);\n", "")]),
    ("snapshots-mixed", "S-11", RAFT + "snapshot.c", [
        ("return a->index == b->index && a->term == b->term && a->size == b->size &&\n"
         "\t       a->crc == b->crc;", "return a->index && b->index;")]),
    ("snapshot-vouches-for-other", "S-1", RAFT + "snapshot.c", [
        ("} else if (!known || term != name->term) {", "} else if (!known) {")]),
    ("log-behind-snapshot-lost", "S-1", RAFT + "snapshot.c", [
        ("\tif (raft_log_term(&r->log, name->index, &term) && term == name->term)\n"
         "\t\traft_commit_to(r, name->index);\n\tif (name->index <= r->log.commit)\n\t\traft_snapshot_drop",
         "\t(void)term;\n\tif (name->index <= r->log.commit)\n\t\traft_snapshot_drop")]),
    ("installs-while-writing", "S-6", RAFT + "snapshot.c", [
        ("if (!raft_snapshot_complete(r) || r->incoming.ending || r->disk.n)",
         "if (!raft_snapshot_complete(r) || r->incoming.ending)")]),
    ("install-keeps-config", "M-5", RAFT + "snapshot.c", [
        ("\traft_membership_restore(r, &r->snapshot_config);\n", "")]),
    ("lost-chunk-never-again", "S-11", RAFT + "snapshot.c", [
        ("\tp->chunk_sent = p->chunk_acked;\n\tp->chunk_asked = false;\n\tp->chunk_paused = false;",
         "\tp->chunk_due = r->now + r->timing.election_max;")]),
    ("gap-stored", "S-11", RAFT + "snapshot.c", [
        ("if (msg->snapshot.offset > in->taken) {", "if (msg->snapshot.offset > name_size(in)) {"),
        ("/*\n * Is this the snapshot to receive?",
         "static u64 name_size(const struct raft_incoming *in)\n{\n\treturn in->name.size;\n}\n\n"
         "/*\n * Is this the snapshot to receive?")]),

    # ---- reads ----
    ("read-before-own-commit", "R-1", RAFT + "read.c", [
        (".index = max(r->log.commit, r->term_start),", ".index = r->log.commit,"),
        ("\tif (r->log.commit < r->term_start)\n\t\treturn;\n", "")]),
    ("read-by-old-round", "R-2", RAFT + "read.c", [
        (".round = r->reads.round + 1,", ".round = r->reads.round,")]),
    ("read-unconfirmed", "R-3", RAFT + "read.c", [
        ("\tif (!raft_quorum_confirms(r, heard))\n\t\treturn;\n\treads->confirmed",
         "\theard |= sure;\n\treads->confirmed")]),
    ("lease-from-answer", "R-7", RAFT + "read.c", [
        ("reads->lease_until = reads->round_began +", "reads->lease_until = r->now +")]),
    ("lease-survives-transfer", "R-5", RAFT + "read.c", [
        ("\tr->reads.no_lease = true;\n\tr->reads.leased = false;\n", "\t(void)r;\n")]),

    # ---- transfer ----
    ("transfer-to-behind", "T-2", RAFT + "transfer.c", [
        ("if (!fit(r, seat) || r->peers[seat].match < r->log.last_index)", "if (!fit(r, seat))")]),
    ("transfer-without-end", "T-2", RAFT + "transfer.c", [
        ("\tif (raft_time_reached(r->now, t->due)) {\n\t\tend",
         "\tif (raft_time_reached(r->now, t->due + 1000 * r->timing.election_max)) {\n\t\tend")]),
    ("transfer-is-sticky", "T-1", RAFT + "election.c", [
        ("msg->term >= r->hard.term && !msg->vote.transfer && sticky(r)",
         "msg->term >= r->hard.term && sticky(r)")]),

    # ---- suspects ----
    ("suspect-elects", "F-1", RAFT + "suspect.c", [
        ("r->granted & (raft_set)~r->doubtful)", "r->granted)")]),
    ("suspect-counts", "D-4", RAFT + "suspect.c", [
        ("return !p->suspect || p->trusted;", "return !p->trusted || p->trusted;")]),
    ("suspect-trusted-early", "D-4", RAFT + "suspect.c", [
        ("p->needs = r->log.last_index;", "p->needs = match;")]),
    ("suspect-keeps-match", "D-4", RAFT + "suspect.c", [
        ("\t\tp->match = match;\n", "")]),

    # ---- forced recovery ----
    ("recovered-by-some", "-", RAFT + "suspect.c", [
        ("\tif (r->recovering)\n\t\treturn (r->granted & r->all) == r->all;\n", "")]),
    ("learners-not-asked", "-", RAFT + "recovery.c", [
        ("return r->recovering ? r->all : r->voters;", "return r->voters;"),
        ("return (r->granted & r->all) == r->all;", "return (r->granted & r->voters) == r->voters;",
         RAFT + "suspect.c")]),
    ("left-are-heard", "-", RAFT + "recovery.c", [
        ("\treturn msg->history != own && msg->history >> 16 <= own >> 16;\n",
         "\treturn false;\n")]),
    ("left-beats-are-heard", "-", RAFT + "recovery.c", [
        ("\t\treturn msg->from != r->leader || msg->term != r->hard.term;\n",
         "\t\treturn false;\n")]),
    ("recovered-in-next-term", "-", RAFT + "recovery.c", [
        ("return (r->hard.term / RAFT_TERM_FORCED + 1) * RAFT_TERM_FORCED;",
         "return r->hard.term + 1;")]),
    ("recovery-stays", "-", RAFT + "recovery.c", [
        ("\traft_membership_revert(r);\n", "")]),

    # ---- the hard state on the device ----
    ("older-pair-found", "F-2", FORMAT + "recover.c", [
        ("found.generation > hard->generation", "found.generation < hard->generation")]),
    ("unread-is-bad", "F-5", FORMAT + "recover.c", [
        ("if (first_error && (!any || hard_hidden(state, hard->generation)))", "if (first_error && (!any || (!any && hard_hidden(state, hard->generation))))")]),
    ("unread-generation-again", "F-5", FORMAT + "recover.c", [
        ("hard->generation += 2;", "hard->generation += 0;")]),
    ("pair-unchecked", "F-2", FORMAT + "disk.c", [
        ("if (le64_to_cpu(d->position) != position)", "if (false)"),]),

    # ---- the log on the device ----
    ("acked-is-torn", "F-1", FORMAT + "recover.c", [
        ("head->flushed_lsn >= r->next.lsn;", "head->flushed_lsn > head->lsn;")]),
    ("torn-is-acked", "F-1", FORMAT + "recover.c", [
        ("head->flushed_lsn >= r->next.lsn;", "head->flushed_lsn;")]),
    ("content-unchecked", "F-3", FORMAT + "recover.c", [
        ("return got && disk_record_check(w->super, head, *record) == DISK_OK ? 1 : 2;",
         "return got ? 1 : 2;")]),
    ("chain-unchecked", "D-16", FORMAT + "recover.c", [
        ("head->lsn == next->lsn && head->prev_crc == next->prev_crc &&", "head->lsn == next->lsn &&"),
        ("head->epoch >= next->epoch;", "true;")]),
    ("clean-stop-long", "D-16", FORMAT + "recover.c", [
        ("walk_judge(w, got > 0 && head.epoch == w->hard->epoch);", "walk_judge(w, got > 0);")]),
    ("clean-stop-unread", "F-1", FORMAT + "recover.c", [
        ("if (!w->hard->clean)\n\t\treturn walk_scan(w);", "if (w->hard->end_lsn != ~0ULL)\n\t\treturn walk_scan(w);")]),
    ("cut-not-replayed", "D-7", FORMAT + "recover.c", [
        ("\t\tr->last_index = index - 1;\n\t\tr->last_term = 0;", "\t\tr->last_term = 0;")]),
    ("record-checksum-unchecked", "F-3", FORMAT + "disk.c", [
        ("bytes - DISK_HEADER_BYTES) != head->data_crc)", "bytes - DISK_HEADER_BYTES) != head->data_crc && false)")]),

    # ---- the checkpoint on the device ----
    ("checkpoint-goes-unread", "-", RAFT + "log.c", [
        ("max3(params->base_index, params->snapshot.index, params->commit_index);",
         "max(params->base_index, params->snapshot.index);")]),
    ("checkpoint-config-kept", "-", RAFT + "membership.c", [
        ("\twhile (r->nkept > 1 && r->kept[1].index <= r->log.commit)\n"
         "\t\tforget_oldest(r);\n\treturn 0;", "\treturn 0;")]),
    ("damage-before-unseen", "F-1", FORMAT + "recover.c", [
        ("if (!result->verdict && result->next.lsn == check->lsn &&", "if (!result->verdict ||"
         " (result->next.lsn == check->lsn &&"),
        ("max(result->last_index, hard->base_index) == max(check->index, hard->base_index)) {",
         "max(result->last_index, hard->base_index) == max(check->index, hard->base_index))) {")]),
    ("checkpoint-term-forgotten", "-", FORMAT + "recover.c", [
        ("\t\tresult->last_term = check->term;\n", "")]),

    # ---- the snapshot on the device ----
    ("snapshot-content-unchecked", "F-3", FORMAT + "recover_snapshot.c", [
        ("*good = crc == meta->crc;", "*good = true;")]),
    ("snapshot-never-in-force", "S-14", FORMAT + "recover_snapshot.c", [
        (" && meta->index <= hard->snap_index) {", ") {")]),
    ("snapshot-lost-unnoticed", "F-1", FORMAT + "recover_snapshot.c", [
        ("\tif (hard->base_index == 0) {", "\tif (hard->generation) {")]),

    # ---- the wire ----
    ("seal-unchecked", "H-3", FORMAT + "seal.c", [
        ("\t\treturn false;\n\tstamp->counter", "\t\tstamp->echo = 0;\n\tstamp->counter")]),
    ("replay-taken", "V-15", FORMAT + "seal.c", [
        ("\tif (*word & bit)\n\t\treturn SEAL_REPLAYED;\n", "")]),
    ("older-session-taken", "M-9", FORMAT + "seal.c", [
        ("|| session < window->session)", "|| !window)")]),
    ("replay-moves", "V-15", FORMAT + "seal.c", [
        ("counter > window->top);", "counter >= window->top);")]),
    ("older-session-moves", "M-9", FORMAT + "seal.c", [
        ("session == window->session &&", "session <= window->session &&")]),
    ("brief-unchecked", "H-3", FORMAT + "seal.c", [
        ("return same_mac(trailer + AT_MAC, mac);", "return same_mac(mac, mac);")]),
    ("brief-written-twice", "V-15", FORMAT + "brief.c", [
        ("if (code != word_code(word))", "if (code < word_code(word))")]),
    ("brief-counter-cut", "V-15", FORMAT + "brief.c", [
        ("return top + ahead;", "return counter;")]),
    ("brief-spare-bits", "V-15", FORMAT + "brief.c", [
        ("\tif (n % 4 && p[at - 1] >> n % 4 * 2)\n\t\treturn WIRE_FIELD_BAD;\n", "")]),
    ("brief-fragment", "M-15", FORMAT + "brief.c", [
        ("hdr.fragment || !brief_may(hdr.type)", "!brief_may(hdr.type)")]),
    ("brief-heartbeat", "-", FORMAT + "brief.c", [
        ("\tcase RAFT_MSG_APPEND:\n\tcase RAFT_MSG_APPEND_REPLY:\n",
         "\tcase RAFT_MSG_APPEND:\n\tcase RAFT_MSG_APPEND_REPLY:\n\tcase RAFT_MSG_HEARTBEAT:\n")]),
    ("hello-to-the-past", "V-15", FORMAT + "hello.c", [
        ("\tif (to->due && to->incarnation == incarnation && session < to->session)\n"
         "\t\treturn;\n", "")]),
    ("hello-unbounded", "H-3", FORMAT + "hello.c", [
        ("h->credit = credit - 1;", "h->credit = credit;")]),
    ("hello-one-device", "M-9", FORMAT + "hello.c", [
        ("return !own || own == incarnation ? first :", "return true ? first :")]),
    ("hello-no-turns", "V-15", FORMAT + "hello.c", [
        ("(h->next + i) % HELLO_PLACES", "i")]),
    ("datagram-unchecked", "H-3", FORMAT + "wire.c", [
        ("if (!sealed && get32(p + AT_CRC) != datagram_crc(p, len, NULL, 0))",
         "if (!sealed && get32(p + AT_CRC) != datagram_crc(p, len, NULL, 0) && false)")]),
    ("bundle-packed-twice", "V-15", FORMAT + "bundle.c", [
        ("if (word_code(word) != code)", "if (word_code(word) > code)")]),
    ("bundle-slot-unchecked", "H-3", FORMAT + "bundle.c", [
        ("item->slot < QUORUM_GROUPS_MAX;", "item->slot <= QUORUM_GROUPS_MAX;")]),
    ("bundle-words-unchecked", "H-3", FORMAT + "bundle.c", [
        ("return repeat_check(b->tail, b->words) ? WIRE_OK : WIRE_FIELD_BAD;",
         "return repeat_check(b->tail, 0) ? WIRE_OK : WIRE_FIELD_BAD;")]),
    ("bundle-words-uncounted", "H-3", FORMAT + "bundle.c", [
        ("if (len - at != b->words * REPEAT_WORD_BYTES)",
         "if (len - at < b->words * REPEAT_WORD_BYTES)")]),
    ("bundle-of-nobody", "H-3", FORMAT + "bundle.c", [
        ("return count >= (words ? 1 : 2)", "return count >= (words ? 0 : 2)")]),
    ("repeats-unchecked", "H-3", FORMAT + "repeat.c", [
        ("came->slots == made->slots && !differs;", "came->slots == made->slots && (!differs || true);")]),
    ("repeats-half-checked", "H-3", FORMAT + "repeat.c", [
        ("(get64(came->mac) ^ get64(made->mac)) |", "0 |")]),
    ("repeat-not-added", "H-3", FORMAT + "repeat.c", [
        ("w->mac[i] ^= mac[i];", "w->mac[i] |= mac[i];")]),
    ("repeat-taken-twice", "V-15", FORMAT + "repeat.c", [
        ("\tr->counter++;\n", "")]),
    ("repeat-wraps", "V-15", FORMAT + "repeat.c", [
        ("if (r->counter == U64_MAX || get64(seq) == U64_MAX) {", "if (get64(seq) == U64_MAX) {")]),
    ("repeat-of-another", "M-15", FORMAT + "repeat.c", [
        ("!memcmp(message, next.message, len);", "!memcmp(message, next.message, WIRE_HEADER_BYTES);")]),
    ("repeat-of-the-secret", "H-3", FORMAT + "repeat.c", [
        ("p[AT_VERSION] != WIRE_VERSION_SEALED ||", "p[AT_VERSION] < WIRE_VERSION_SEALED ||")]),
    ("repeat-answers-a-beat", "M-15", FORMAT + "repeat.c", [
        ("== RAFT_MSG_HEARTBEAT ? AT_HEARTBEAT_SEQ : AT_REPLY_SEQ;",
         "== RAFT_MSG_HEARTBEAT ? AT_HEARTBEAT_SEQ : AT_HEARTBEAT_SEQ;")]),
    ("words-of-one-slot-twice", "V-15", FORMAT + "repeat.c", [
        ("least = p[AT_INDEX] + 1;", "least = p[AT_INDEX];")]),
    ("word-past-the-slots", "H-3", FORMAT + "repeat.c", [
        ("p[AT_INDEX] >= REPEAT_WORDS_MAX ||", "p[AT_INDEX] > REPEAT_WORDS_MAX ||")]),
    ("fragments-mixed", "M-15", FORMAT + "assemble.c", [
        ("newer = as->known ? (s32)(frag->message - as->message) : 1;", "newer = as->known ? 0 : 1;"),
        ("frag->count != as->count || !same_header(as, datagram))", "(false && !same_header(as, datagram)))")]),
]

# A sample of every kind, for CI; each is found within seconds.
SHORT = [
    "vote-again", "commit-past-verified", "late-write-vouches", "leader-takes-term",
    "own-vote-undurable", "promise-undurable", "longer-log-wins", "commit-older-term",
    "torn-is-acked", "content-unchecked", "copy-taken-twice", "older-pair-found",
]
