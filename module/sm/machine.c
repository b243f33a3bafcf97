// SPDX-License-Identifier: GPL-2.0
/*
 * The replicated state of one group; see machine.h.
 */
#include <linux/build_bug.h>
#include <linux/crc32c.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/quorum.h>
#include "machine.h"
#include "session.h"

#define MACHINE_MAGIC	0x31534d51	/* "QMS1" */

static_assert(RAFT_TERM_FORCED == 1ULL << 32, "see quorum_session_id()");
static_assert(sizeof(struct quorum_session_head) == QUORUM_SESSION_HEAD_BYTES);

/* What a snapshot begins with. */
struct machine_head {
	__le32 magic;
	__le32 sessions;
	__le64 index;
	__le64 term;
	u8     name[QUORUM_NAME_LEN_MAX + 1];
};
static_assert(sizeof(struct machine_head) == QUORUM_MACHINE_HEAD_BYTES);

/**
 * struct machine_snapshot - a snapshot being read
 * @state: of the machine below
 * @room: what that is kept in, or NULL
 * @size: bytes of @front
 * @done: bytes of it that were read
 * @front: head and sessions
 */
struct machine_snapshot {
	void *state;
	void *room;
	size_t size;
	size_t done;
	u8 front[];
};

/**
 * struct machine_restore - a snapshot being taken in
 * @state: of the machine below
 * @head: once all of it is there
 * @sessions: read so far
 * @unit: head or record being gathered
 * @got: bytes of it
 * @number: units taken: the head, then the records
 * @error: it is no good
 */
struct machine_restore {
	void *state;
	struct machine_head head;
	struct sessions sessions;
	union {
		struct machine_head head;
		struct session_record record;
	} unit;
	size_t got;
	u32 number;
	int error;
};

/**
 * struct quorum_machine - the state
 * @ops: the machine's kind
 * @state: of the machine
 * @sem: write: the state changes; read: somebody looks
 * @sessions: [sem]
 * @index: last entry applied [sem]
 * @term: its term [sem]
 * @snapshot: being read, or NULL [sem; its reader's]
 * @restore: being taken in, or NULL [its writer's]
 * @blind: entries came without their payload: there is no state
 */
struct quorum_machine {
	const struct quorum_machine_ops *ops;
	void *state;
	struct rw_semaphore sem;
	struct sessions sessions;
	u64 index;
	u64 term;
	struct machine_snapshot *snapshot;
	struct machine_restore *restore;
	bool blind;
};

struct quorum_machine *quorum_machine_create(const struct quorum_machine_ops *ops)
{
	struct quorum_machine *m = kvzalloc(sizeof(*m), GFP_KERNEL);
	void *state;

	if (!m)
		return ERR_PTR(-ENOMEM);
	state = ops->create();
	if (IS_ERR_OR_NULL(state)) {
		kvfree(m);
		return state ? state : ERR_PTR(-ENOMEM);
	}
	m->ops = ops;
	m->state = state;
	init_rwsem(&m->sem);
	sessions_init(&m->sessions);
	return m;
}

void quorum_machine_destroy(struct quorum_machine *m)
{
	if (IS_ERR_OR_NULL(m))
		return;
	if (m->snapshot)
		quorum_machine_snapshot_end(m);
	if (m->restore)
		quorum_machine_restore_abort(m);
	sessions_clear(&m->sessions);
	m->ops->destroy(m->state);
	kvfree(m);
}

/* ---- apply ---- */

static int apply_command(struct quorum_machine *m, const struct raft_entry *entry,
			 const void *data, u32 len, struct quorum_outcome *outcome)
{
	struct quorum_command command = {
		.index = entry->index,
		.term = entry->term,
		.data = data,
		.len = len,
	};

	return m->ops->apply(m->state, &command, &outcome->reply);
}

static int apply_session(struct quorum_machine *m, const struct raft_entry *entry,
			 const void *payload, struct quorum_outcome *outcome)
{
	struct quorum_session_head head;
	struct session *session;
	u64 client, seq;
	int error;

	if (entry->size < sizeof(head)) {
		outcome->reply.error = -EINVAL;
		return 0;
	}
	memcpy(&head, payload, sizeof(head));
	client = le64_to_cpu(head.client);
	seq = le64_to_cpu(head.seq);
	switch (le32_to_cpu(head.op)) {
	case QUORUM_SESSION_OPEN:
		return sessions_open(&m->sessions,
				     quorum_session_id(entry->index, entry->term));
	case QUORUM_SESSION_CLOSE:
		sessions_close(&m->sessions, client);
		return 0;
	case QUORUM_SESSION_BARRIER:
		return 0;
	case QUORUM_SESSION_COMMAND:
		break;
	default:
		outcome->reply.error = -EINVAL;
		return 0;
	}
	if (!sessions_begin(&m->sessions, client, seq, &session, &outcome->reply,
			    &outcome->index, &outcome->term))
		return 0;
	error = apply_command(m, entry, payload + sizeof(head), entry->size - sizeof(head),
			      outcome);
	if (!error)
		sessions_end(session, seq, entry->index, entry->term, &outcome->reply);
	return error;
}

int quorum_machine_apply(struct quorum_machine *m, const struct raft_entry *entry,
			 const void *payload, struct quorum_outcome *outcome)
{
	int error = 0;

	outcome->index = entry->index;
	outcome->term = entry->term;
	outcome->reply.len = 0;
	outcome->reply.error = 0;
	down_write(&m->sem);
	/* Nobody proposes an empty entry. */
	if (!entry->size &&
	    (entry->type == RAFT_ENTRY_DATA || entry->type == RAFT_ENTRY_SESSION))
		m->blind = true;
	if (m->blind)
		outcome->reply.error = -EOPNOTSUPP;
	else if (entry->type == RAFT_ENTRY_DATA)
		error = apply_command(m, entry, payload, entry->size, outcome);
	else if (entry->type == RAFT_ENTRY_SESSION)
		error = apply_session(m, entry, payload, outcome);
	if (!error) {
		m->index = entry->index;
		m->term = entry->term;
	}
	up_write(&m->sem);
	return error;
}

void quorum_machine_set_blind(struct quorum_machine *m)
{
	down_write(&m->sem);
	m->blind = true;
	up_write(&m->sem);
}

bool quorum_machine_is_blind(const struct quorum_machine *m)
{
	return READ_ONCE(m->blind);
}

u64 quorum_machine_applied(const struct quorum_machine *m)
{
	return READ_ONCE(m->index);
}

int quorum_machine_query(struct quorum_machine *m, const void *request, u32 len,
			 struct quorum_reply *reply, u64 *applied)
{
	int error;

	reply->len = 0;
	reply->error = 0;
	if (!m->ops->query)
		return -EOPNOTSUPP;
	down_read(&m->sem);
	error = m->blind ? -EOPNOTSUPP : m->ops->query(m->state, request, len, reply);
	*applied = m->index;
	up_read(&m->sem);
	return error;
}

bool quorum_machine_ticks(const struct quorum_machine *m)
{
	return m->ops->tick;
}

void quorum_machine_tick(struct quorum_machine *m, u64 now, bool fresh,
			 struct quorum_reply *reply, u64 *next)
{
	*next = ~0ULL;
	reply->len = 0;
	if (!m->ops->tick)
		return;
	down_write(&m->sem);
	m->ops->tick(m->state, now, fresh, reply, next);
	up_write(&m->sem);
}

void quorum_machine_digest(struct quorum_machine *m, struct quorum_machine_digest *d)
{
	down_read(&m->sem);
	d->hashed = m->ops->hash;
	d->hash = m->ops->hash ? m->ops->hash(m->state) : 0;
	d->hash ^= (u64)sessions_hash(&m->sessions, ~0U) << 16;
	d->index = m->index;
	d->bytes = m->ops->bytes ? m->ops->bytes(m->state) : 0;
	d->sessions = m->sessions.n;
	up_read(&m->sem);
}

u64 quorum_machine_hash(struct quorum_machine *m, u64 *applied)
{
	struct quorum_machine_digest d;

	quorum_machine_digest(m, &d);
	*applied = d.index;
	return d.hash;
}

/* ---- snapshot ---- */

bool quorum_machine_has_snapshot(const struct quorum_machine *m)
{
	return m->ops->snapshot_begin || quorum_machine_is_blind(m);
}

/* Of no state nothing is kept but how far it would be. */
static bool blind_at(struct quorum_machine *m, u64 *index, u64 *term)
{
	bool blind;

	down_read(&m->sem);
	blind = m->blind;
	*index = m->index;
	*term = m->term;
	up_read(&m->sem);
	return blind;
}

static void make_front(struct quorum_machine *m, struct machine_snapshot *snap)
{
	struct machine_head *head = (struct machine_head *)snap->front;

	memset(head, 0, sizeof(*head));
	head->magic = cpu_to_le32(MACHINE_MAGIC);
	head->sessions = cpu_to_le32(m->sessions.n);
	head->index = cpu_to_le64(m->index);
	head->term = cpu_to_le64(m->term);
	memcpy(head->name, m->ops->name, strnlen(m->ops->name, QUORUM_NAME_LEN_MAX));
	sessions_save(&m->sessions, (struct session_record *)(head + 1));
	snap->size = sizeof(*head) + m->sessions.n * sizeof(struct session_record);
}

/* Room for the state as it is now, and for some that comes until it is remembered. */
static size_t room_for(struct quorum_machine *m)
{
	size_t size = 0;

	if (!m->ops->snapshot_room)
		return 0;
	down_read(&m->sem);
	size = m->ops->snapshot_room(m->state);
	up_read(&m->sem);
	return size + size / 8;
}

/* Return: 0, negative, or 1: the state has outgrown the @size bytes of room. */
static int begin(struct quorum_machine *m, struct machine_snapshot *snap, size_t size)
{
	lockdep_assert_held_write(&m->sem);
	if (m->snapshot)
		return -EBUSY;
	if (m->ops->snapshot_room && m->ops->snapshot_room(m->state) > size)
		return 1;
	snap->state = m->ops->snapshot_begin(m->state, snap->room);
	if (IS_ERR_OR_NULL(snap->state))
		return snap->state ? PTR_ERR(snap->state) : -ENOMEM;
	make_front(m, snap);
	m->snapshot = snap;
	return 0;
}

int quorum_machine_snapshot_begin(struct quorum_machine *m, u64 *index, u64 *term)
{
	struct machine_snapshot *snap;
	size_t size;
	int error;

	if (blind_at(m, index, term))
		return 0;
	if (!m->ops->snapshot_begin)
		return -EOPNOTSUPP;
	/* Before the lock: memory may take its time, and whoever applies waits. */
	snap = kvzalloc(sizeof(*snap) + sizeof(struct machine_head) +
			QUORUM_SESSIONS_MAX * sizeof(struct session_record), GFP_KERNEL);
	if (!snap)
		return -ENOMEM;
	do {
		kvfree(snap->room);
		size = room_for(m);
		snap->room = size ? kvzalloc(size, GFP_KERNEL) : NULL;
		if (size && !snap->room) {
			error = -ENOMEM;
			break;
		}
		down_write(&m->sem);
		error = begin(m, snap, size);
		if (!error) {
			*index = m->index;
			*term = m->term;
		}
		up_write(&m->sem);
	} while (error > 0);
	if (error) {
		kvfree(snap->room);
		kvfree(snap);
	}
	return error;
}

ssize_t quorum_machine_snapshot_read(struct quorum_machine *m, void *buf, size_t room)
{
	struct machine_snapshot *snap = m->snapshot;
	ssize_t more;
	size_t n;

	/* It was begun without a state. */
	if (!snap)
		return 0;
	n = min(room, snap->size - snap->done);
	memcpy(buf, snap->front + snap->done, n);
	snap->done += n;
	if (n == room)
		return n;
	down_read(&m->sem);
	more = m->ops->snapshot_read(m->state, snap->state, buf + n, room - n);
	up_read(&m->sem);
	return more < 0 ? more : n + more;
}

void quorum_machine_snapshot_end(struct quorum_machine *m)
{
	struct machine_snapshot *snap = m->snapshot;

	if (!snap)
		return;
	down_write(&m->sem);
	m->ops->snapshot_end(m->state, snap->state);
	m->snapshot = NULL;
	up_write(&m->sem);
	kvfree(snap->room);
	kvfree(snap);
}

u64 quorum_machine_front(const void *head)
{
	struct machine_head h;

	memcpy(&h, head, sizeof(h));
	if (le32_to_cpu(h.magic) != MACHINE_MAGIC ||
	    le32_to_cpu(h.sessions) > QUORUM_SESSIONS_MAX)
		return 0;
	return sizeof(h) + (u64)le32_to_cpu(h.sessions) * sizeof(struct session_record);
}

/* ---- restore ---- */

int quorum_machine_restore_begin(struct quorum_machine *m, u64 bytes)
{
	struct machine_restore *rest;

	/* A witness's: what a machine says is never empty. */
	if (!bytes)
		return m->restore ? -EBUSY : 0;
	if (!m->ops->restore_begin)
		return -EOPNOTSUPP;
	if (m->restore)
		return -EBUSY;
	rest = kvzalloc(sizeof(*rest), GFP_KERNEL);
	if (!rest)
		return -ENOMEM;
	sessions_init(&rest->sessions);
	rest->state = m->ops->restore_begin(m->state);
	if (IS_ERR_OR_NULL(rest->state)) {
		int error = rest->state ? PTR_ERR(rest->state) : -ENOMEM;

		kvfree(rest);
		return error;
	}
	m->restore = rest;
	return 0;
}

static int take_head(struct quorum_machine *m, struct machine_restore *rest)
{
	char name[QUORUM_NAME_LEN_MAX + 1] = {};

	rest->head = rest->unit.head;
	memcpy(name, m->ops->name, strnlen(m->ops->name, QUORUM_NAME_LEN_MAX));
	if (le32_to_cpu(rest->head.magic) != MACHINE_MAGIC ||
	    le32_to_cpu(rest->head.sessions) > QUORUM_SESSIONS_MAX ||
	    memcmp(rest->head.name, name, sizeof(name)))
		return -EBADMSG;
	return 0;
}

/* All units in front of the machine's bytes were taken. */
static bool front_over(const struct machine_restore *rest)
{
	return rest->number && rest->number > le32_to_cpu(rest->head.sessions);
}

int quorum_machine_restore_write(struct quorum_machine *m, const void *buf, size_t len)
{
	struct machine_restore *rest = m->restore;

	if (!rest)
		return len ? -EBADMSG : 0;
	while (len && !rest->error && !front_over(rest)) {
		size_t size = rest->number ? sizeof(rest->unit.record) :
					     sizeof(rest->unit.head);
		size_t n = min(len, size - rest->got);

		memcpy((u8 *)&rest->unit + rest->got, buf, n);
		rest->got += n;
		buf += n;
		len -= n;
		if (rest->got < size)
			break;
		rest->error = rest->number ?
			      sessions_load(&rest->sessions, &rest->unit.record) :
			      take_head(m, rest);
		rest->got = 0;
		rest->number++;
	}
	if (len && !rest->error)
		rest->error = m->ops->restore_write(m->state, rest->state, buf, len);
	return rest->error;
}

/**
 * quorum_machine_restore_commit() - replace the state by what was written
 * @m: the state; nothing was begun or written: it has none from now on
 * @index: that the snapshot must stand for
 * @term: likewise
 *
 * Return: 0; -EBADMSG: the state is as it was.
 */
int quorum_machine_restore_commit(struct quorum_machine *m, u64 index, u64 term)
{
	struct machine_restore *rest = m->restore;
	int error;

	if (!rest) {
		down_write(&m->sem);
		m->blind = true;
		m->index = index;
		m->term = term;
		up_write(&m->sem);
		return 0;
	}
	error = rest->error;
	if (!error && (!front_over(rest) || le64_to_cpu(rest->head.index) != index ||
		       le64_to_cpu(rest->head.term) != term))
		error = -EBADMSG;
	if (error) {
		quorum_machine_restore_abort(m);
		return error;
	}
	down_write(&m->sem);
	error = m->ops->restore_commit(m->state, rest->state);
	if (!error) {
		sessions_clear(&m->sessions);
		/* The list's head moves with it. */
		while (!list_empty(&rest->sessions.lru))
			list_move_tail(rest->sessions.lru.next, &m->sessions.lru);
		m->sessions.by_client = rest->sessions.by_client;
		m->sessions.n = rest->sessions.n;
		m->index = index;
		m->term = term;
		m->blind = false;
	} else {
		sessions_clear(&rest->sessions);
	}
	up_write(&m->sem);
	m->restore = NULL;
	kvfree(rest);
	return error;
}

void quorum_machine_restore_abort(struct quorum_machine *m)
{
	struct machine_restore *rest = m->restore;

	if (!rest)
		return;
	m->ops->restore_abort(m->state, rest->state);
	sessions_clear(&rest->sessions);
	m->restore = NULL;
	kvfree(rest);
}
