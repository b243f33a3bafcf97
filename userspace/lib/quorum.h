/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * libquorum: propose to, read from and control groups of the quorum module.
 *
 * Four kinds of handles: a device (struct quorum) proposes, a reader follows the
 * log, a control handle creates, starts, stops and queries groups, an events
 * handle follows what happens to them.
 *
 * Every function that can fail returns a negative errno.  A device handle may be
 * used by any number of threads at once; every other handle by one at a time.
 * The library never prints, never exits and installs no signal handlers.
 */
#ifndef QUORUM_H
#define QUORUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <linux/quorum.h>
#include <linux/quorum_netlink.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- proposing ---- */

struct quorum;

/**
 * struct quorum_result - what became of a proposal
 * @outcome: QUORUM_OUTCOME_*; also valid when quorum_propose() fails
 * @index: index of the entry, when committed
 * @term: its term, when committed
 * @tag: the proposal's name, when it was handed in: with the own node's id as
 *	origin it finds the entry in the log
 */
struct quorum_result {
	uint32_t outcome;
	uint64_t index;
	uint64_t term;
	uint64_t tag;
};

/**
 * quorum_open() - open the device of a group
 * @name: name of the group on this machine, or a path with a '/'
 * @q: set to the handle
 *
 * Return: 0; -ENOENT no such group (or the module is not loaded); -EACCES.
 */
int quorum_open(const char *name, struct quorum **q);

/**
 * quorum_close() - close a handle
 * @q: the handle, or NULL
 */
void quorum_close(struct quorum *q);

/**
 * quorum_fd() - the file descriptor behind a handle, for poll(2)
 * @q: the handle
 */
int quorum_fd(const struct quorum *q);

/**
 * quorum_get_info() - own role, leader, term, log bounds, limits
 * @q: the handle
 * @info: filled in
 *
 * Return: 0; -ENODEV the group was deleted.
 */
int quorum_get_info(struct quorum *q, struct quorum_info *info);

/**
 * quorum_propose() - propose one entry and wait until it is committed
 * @q: the handle; any number of threads may propose through it
 * @data: payload
 * @len: its bytes, 1 to quorum_info.entry_bytes_max
 * @timeout_ns: longest wait, 0: the kernel's default of 5 s
 * @result: filled in, on failure too; may be NULL
 *
 * While the kernel has no room for another proposal this waits for room, within
 * the same time.
 *
 * Return: 0 when committed, else the errors of write(2) in <linux/quorum.h>;
 * after -ETIMEDOUT, -EINTR and -ECANCELED look at @result->outcome.
 */
int quorum_propose(struct quorum *q, const void *data, size_t len, uint64_t timeout_ns,
		   struct quorum_result *result);

/**
 * quorum_barrier() - wait until this node shows all that was acknowledged
 * @q: the handle
 * @timeout_ns: longest wait, 0: the kernel's default of 5 s
 * @index: set to an index up to which everything can be read now; may be NULL
 *
 * What any node of the group answered as committed before the call can be read on
 * this node afterwards: such a read is linearizable.
 *
 * Return: 0; -ENOTCONN no leader within the time; -ETIMEDOUT; -EINTR; -EAGAIN too
 * many wait; -ESHUTDOWN the group is stopped; -EIO it has failed; -ENODEV deleted.
 */
int quorum_barrier(struct quorum *q, uint64_t timeout_ns, uint64_t *index);

/**
 * quorum_get_digest() - this node's state in a few numbers
 * @q: the handle
 * @digest: filled in; its hash is equal on all nodes at the same index
 *
 * Return: 0; -EOPNOTSUPP the group's machine has no state in the kernel; -ESHUTDOWN the
 * group is stopped; -EIO it has failed; -ENODEV deleted.
 */
int quorum_get_digest(struct quorum *q, struct quorum_digest *digest);

/* ---- snapshots of groups whose machine is `log` ---- */

/**
 * quorum_snapshot_begin() - begin to hand in a snapshot
 * @q: the group
 * @index: set to the last entry that it has to stand for
 *
 * Read the entries up to @index, and none beyond, before the state is written.
 * quorum_close() gives it up.
 *
 * Return: 0; -EOPNOTSUPP the machine is another; -EBUSY; -EALREADY nothing was applied
 * since the last one.
 */
int quorum_snapshot_begin(struct quorum *q, uint64_t *index);

/**
 * quorum_snapshot_write() - hand in the next bytes
 * @q: the group
 * @data: bytes
 * @len: number of bytes, not 0
 *
 * Return: 0; -ECANCELED a leader's snapshot came in between; -EFBIG it does not fit;
 * -EINVAL none was begun.
 */
int quorum_snapshot_write(struct quorum *q, const void *data, size_t len);

/**
 * quorum_snapshot_commit() - all bytes were handed in: put it in force
 * @q: the group
 * @index: of quorum_snapshot_begin()
 *
 * Return: 0, it is durable and the log may begin behind it; or as of
 * quorum_snapshot_write().
 */
int quorum_snapshot_commit(struct quorum *q, uint64_t index);

/**
 * quorum_snapshot_read() - read the snapshot in force back
 * @q: the group
 * @index: in: 0, or that of an earlier call for the rest of the same; out: its index
 * @offset: bytes from its beginning
 * @buf: room
 * @room: bytes of it
 *
 * Return: bytes, 0 at the end; -ENOENT there is none; -ESTALE another one is in force.
 */
ssize_t quorum_snapshot_read(struct quorum *q, uint64_t *index, uint64_t offset, void *buf,
			     size_t room);

/* ---- state machines ---- */

/**
 * struct quorum_reply_buffer - where an answer goes
 * @data: the bytes
 * @room: how many there may be
 * @len: how many there are, also when that is more than @room
 */
struct quorum_reply_buffer {
	void *data;
	size_t room;
	size_t len;
};

/**
 * quorum_command() - propose a command to the state machine, and have its result
 * @q: the handle
 * @data: the command, in the machine's own terms, such as <linux/quorum_kv.h>
 * @len: its bytes
 * @timeout_ns: longest wait, 0: 5 s
 * @reply: gets the result; may be NULL
 * @result: filled in, on failure too; may be NULL
 *
 * Return: 0; the errors of quorum_propose(); or, with @result->outcome committed,
 * what the machine says of the command.
 */
int quorum_command(struct quorum *q, const void *data, size_t len, uint64_t timeout_ns,
		   struct quorum_reply_buffer *reply, struct quorum_result *result);

/**
 * quorum_query() - ask the state machine
 * @q: the handle
 * @request: the question
 * @len: its bytes
 * @flags: QUORUM_QUERY_STALE: what this node has will do; otherwise linearizable
 * @after: not 0: wait until something behind this index is applied here
 * @timeout_ns: longest wait, 0: 5 s
 * @reply: gets the answer
 * @index: set to the last entry of the state that answered; may be NULL
 *
 * Return: 0; -ETIME nothing came behind @after; -ENOTCONN no leader; or what the
 * machine says.
 */
int quorum_query(struct quorum *q, const void *request, size_t len, uint32_t flags,
		 uint64_t after, uint64_t timeout_ns, struct quorum_reply_buffer *reply,
		 uint64_t *index);

struct quorum_session;

/**
 * quorum_session_open() - open a session: commands are applied exactly once
 * @q: the handle; must outlive the session
 * @timeout_ns: longest wait, 0: 5 s
 * @session: set to the session
 */
int quorum_session_open(struct quorum *q, uint64_t timeout_ns,
			struct quorum_session **session);

/**
 * quorum_session_command() - a command within a session
 * @session: the session; one command at a time, others wait
 * @data: the command
 * @len: its bytes
 * @timeout_ns: longest wait, 0: 5 s
 * @reply: gets the result; may be NULL
 * @result: filled in, on failure too; may be NULL
 *
 * It is handed in again, within the time, whenever its outcome is not known, and is
 * applied once however many copies reach the log.
 *
 * Return: 0; -EKEYEXPIRED the session has ended: @result->outcome is refused, or
 * unknown if an earlier copy may have been applied; -ENODATA it was applied, and its
 * result was not kept; the errors of quorum_propose(), after which @result->outcome
 * says whether it is certainly not applied or unknown; or what the machine says.
 */
int quorum_session_command(struct quorum_session *session, const void *data, size_t len,
			   uint64_t timeout_ns, struct quorum_reply_buffer *reply,
			   struct quorum_result *result);

/**
 * quorum_session_close() - end a session
 * @session: the session, or NULL
 */
void quorum_session_close(struct quorum_session *session);

/* ---- watches of groups whose machine is kv ---- */

struct quorum_watcher;
struct quorum_kv_event;

/**
 * quorum_watcher_open() - follow the changes of keys
 * @name: name of the group, as for quorum_open()
 * @key: first key
 * @key_len: its bytes
 * @end: end of the range as in <linux/quorum_kv.h>; NULL: that key alone
 * @end_len: its bytes
 * @from: revision to begin with; 0: what comes from now on
 * @flags: QUORUM_QUERY_STALE: from what this node has; otherwise linearizable
 * @timeout_ns: longest wait for that, 0: 5 s
 * @watcher: set to the handle
 *
 * Return: 0; -ESTALE compacted: that revision is not in the history any more;
 * -EOPNOTSUPP the machine is another; and as of quorum_open() and quorum_query().
 */
int quorum_watcher_open(const char *name, const void *key, size_t key_len, const void *end,
			size_t end_len, uint64_t from, uint32_t flags, uint64_t timeout_ns,
			struct quorum_watcher **watcher);

/**
 * quorum_watcher_close() - end a watch
 * @watcher: the watch, or NULL
 */
void quorum_watcher_close(struct quorum_watcher *watcher);

/**
 * quorum_watcher_fd() - the file descriptor, readable when there is an event
 * @watcher: the watch
 *
 * Events may also wait in the watch's buffer: call quorum_watcher_next() with a timeout
 * of 0 until it returns -EAGAIN before polling.
 */
int quorum_watcher_fd(const struct quorum_watcher *watcher);

/**
 * quorum_watcher_next() - the next change, in order and without a gap
 * @watcher: the watch
 * @timeout_ms: longest wait for one; 0: none, negative: for ever
 * @event: set to it, with key and value; valid until the next call with this watch
 *
 * Return: 0; -EAGAIN none within the time; -EINTR; -ESTALE compacted: what comes next is
 * not in the history any more; -ESHUTDOWN the group is stopped; -ENODEV it was deleted;
 * -EIO it has failed; -EBADMSG the kernel returned a malformed record.
 */
int quorum_watcher_next(struct quorum_watcher *watcher, int timeout_ms,
			const struct quorum_kv_event **event);

/* ---- reading ---- */

struct quorum_reader;

/**
 * quorum_reader_open() - read a group's committed entries
 * @name: name of the group, as for quorum_open()
 * @from: index to begin at; 0: the first that can be read
 * @reader: set to the handle
 *
 * Return: 0 or a negative errno as of quorum_open().
 */
int quorum_reader_open(const char *name, uint64_t from, struct quorum_reader **reader);

/**
 * quorum_reader_close() - close a reader
 * @reader: the reader, or NULL
 */
void quorum_reader_close(struct quorum_reader *reader);

/**
 * quorum_reader_fd() - the file descriptor, readable when there is an entry
 * @reader: the reader
 *
 * Entries may also wait in the reader's buffer: call quorum_reader_next() with a
 * timeout of 0 until it returns -EAGAIN before polling.
 */
int quorum_reader_fd(const struct quorum_reader *reader);

/**
 * quorum_reader_seek() - continue elsewhere
 * @reader: the reader
 * @index: index to continue at
 */
int quorum_reader_seek(struct quorum_reader *reader, uint64_t index);

/**
 * quorum_reader_next() - the next committed entry
 * @reader: the reader
 * @timeout_ms: longest wait for one; 0: none, negative: for ever
 * @entry: set to its header; valid until the next call with this reader
 * @payload: set to its payload, @entry->size bytes
 *
 * Return: 0; -EAGAIN none within the time; -EINTR; -ESHUTDOWN the group is
 * stopped; -ENODEV it was deleted; -EIO, -EUCLEAN the device fails to read;
 * -EBADMSG the kernel returned a malformed record.
 */
int quorum_reader_next(struct quorum_reader *reader, int timeout_ms,
		       const struct quorum_entry **entry, const void **payload);

/* ---- objects: what the kernel reports ---- */

/**
 * struct quorum_object - a set of attributes, as in uapi/quorum.yaml
 * @data: netlink attributes
 * @len: their bytes
 *
 * A view, not a copy: it lives as long as what it was got from, which each
 * function says.
 */
struct quorum_object {
	const void *data;
	size_t len;
};

/**
 * quorum_object_has() - is an attribute there?
 * @object: the object
 * @attr: QUORUM_A_*
 */
bool quorum_object_has(const struct quorum_object *object, int attr);

/**
 * quorum_object_u64() - an integer attribute of any width
 * @object: the object
 * @attr: QUORUM_A_*
 *
 * Return: its value, 0 if it is missing.
 */
uint64_t quorum_object_u64(const struct quorum_object *object, int attr);

/**
 * quorum_object_str() - a string attribute
 * @object: the object
 * @attr: QUORUM_A_*
 *
 * Return: the string, "" if it is missing.
 */
const char *quorum_object_str(const struct quorum_object *object, int attr);

/**
 * quorum_object_get() - the raw value of an attribute, or a nest
 * @object: the object
 * @attr: QUORUM_A_*
 * @nth: which one, from 0, where the attribute may repeat
 * @value: set to the bytes; for a nest, an object to ask further
 *
 * Return: false if there is no such attribute.
 */
bool quorum_object_get(const struct quorum_object *object, int attr, unsigned int nth,
		       struct quorum_object *value);

/**
 * quorum_object_next() - walk all attributes
 * @object: the object
 * @pos: where to go on; 0 at first
 * @attr: set to the attribute's number
 * @value: set to its bytes
 *
 * Return: false at the end.
 */
bool quorum_object_next(const struct quorum_object *object, size_t *pos, int *attr,
			struct quorum_object *value);

/* ---- control ---- */

struct quorum_control;

/* Bytes of a cluster's secret. */
#define QUORUM_KEY_BYTES 32

/**
 * struct quorum_member_config - a member of a group to be created
 * @id: node id, not 0
 * @role: QUORUM_MEMBER_ROLE_*
 * @addr: where it is reached, AF_INET or AF_INET6 with a port
 */
struct quorum_member_config {
	uint32_t id;
	uint32_t role;
	struct sockaddr_storage addr;
};

/**
 * struct quorum_group_config - a group to be created
 * @size: sizeof(struct quorum_group_config)
 * @node: own node id
 * @name: name on this machine; NULL: @group
 * @group: name in the cluster
 * @device: path of a formatted block device
 * @machine: state machine; NULL: the kernel's default
 * @cluster: UUID
 * @listen: address to listen on; family 0: the own member's
 * @heartbeat_us: microseconds
 * @election_min_us: microseconds
 * @election_max_us: microseconds
 * @n_members: number of @members
 * @members: all members, own one included
 * @key: QUORUM_KEY_BYTES, the cluster's secret; NULL: none, see @unsealed
 * @key2: another one that is accepted, or NULL
 * @unsealed: do without a key; nothing is authenticated then
 * @secret: hide what is sent, too; needs a key
 * @snapshot_entries: applied since the last snapshot that make another one due;
 *	0: the kernel's default
 * @join: this node comes to a group that exists and is told its members: there are no
 *	@members, and @listen is the address it is added with
 * @tail_suspect: after an unclean stop do not vote until a leader has confirmed the end
 *	of the log
 */
struct quorum_group_config {
	uint32_t size;
	uint32_t node;
	const char *name;
	const char *group;
	const char *device;
	const char *machine;
	uint8_t cluster[16];
	struct sockaddr_storage listen;
	uint32_t heartbeat_us;
	uint32_t election_min_us;
	uint32_t election_max_us;
	uint32_t n_members;
	const struct quorum_member_config *members;
	const uint8_t *key;
	const uint8_t *key2;
	uint32_t unsealed;
	uint32_t secret;
	uint32_t snapshot_entries;
	uint32_t join;
	uint32_t tail_suspect;
};

/**
 * quorum_control_open() - open a control handle
 * @control: set to the handle
 *
 * Return: 0; -EPROTONOSUPPORT the module is not loaded.
 */
int quorum_control_open(struct quorum_control **control);

/**
 * quorum_control_close() - close a control handle
 * @control: the handle, or NULL
 */
void quorum_control_close(struct quorum_control *control);

/**
 * quorum_control_message() - the kernel's sentence about the last failure
 * @control: the handle
 *
 * Return: the sentence, "" if the kernel gave none.
 */
const char *quorum_control_message(const struct quorum_control *control);

/**
 * quorum_group_create() - create a group, stopped
 * @control: the handle
 * @config: what to create
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN; -EEXIST; and what
 * quorum_control_message() explains.
 */
int quorum_group_create(struct quorum_control *control,
			const struct quorum_group_config *config);

/**
 * quorum_group_start() - read the log and take part
 * @control: the handle
 * @name: name of the group on this machine
 *
 * Waits until the group takes part or cannot; a long log takes its time.
 *
 * Return: 0; -EALREADY it runs or is being started; -EINTR, the start goes on;
 * -ECANCELED it was stopped meanwhile; and what quorum_control_message() explains.
 */
int quorum_group_start(struct quorum_control *control, const char *name);

/**
 * quorum_group_stop() - stop taking part
 * @control: the handle
 * @name: name of the group on this machine
 *
 * Waits until it has stopped; a leader has somebody else lead first.
 *
 * Return: 0, also when stopped already; -EINTR, the stop goes on; and what
 * quorum_control_message() explains.
 */
int quorum_group_stop(struct quorum_control *control, const char *name);

/**
 * quorum_group_transfer() - have another member lead
 * @control: the handle
 * @name: name of the group on this machine, which leads
 * @target: node id, 0: the one that fits best
 *
 * Begins it; the event transferred and the leader in the status tell how it ends.
 *
 * Return: 0; -EREMCHG this node does not lead; -EBUSY; and what
 * quorum_control_message() explains.
 */
int quorum_group_transfer(struct quorum_control *control, const char *name,
			  uint32_t target);

/**
 * struct quorum_seen - what the asker of a forced recovery saw on this node
 * @size: sizeof(struct quorum_seen)
 * @accept_suspect: go on even if this node's log may lack what it acknowledged
 * @config_index: config-index of the status
 * @last_index: last-index of the status
 * @last_term: last-term of the status
 */
struct quorum_seen {
	uint32_t size;
	uint32_t accept_suspect;
	uint64_t config_index;
	uint64_t last_index;
	uint64_t last_term;
};

/**
 * quorum_group_recover() - go on without members that are lost for good
 * @control: the handle
 * @name: name of the group on this machine
 * @seen: what is believed of this node
 * @keep: ids of the members to go on with; the own one need not be there
 * @n: number of @keep
 *
 * What only the lost members had is lost.  Begins it; the event recovered tells how it
 * ended.
 *
 * Return: 0; -ESTALE @seen is not so; -EEXIST a leader may be alive; -EADDRNOTAVAIL no
 * such member; -EUCLEAN this node's log is suspect; and what quorum_control_message()
 * explains.
 */
int quorum_group_recover(struct quorum_control *control, const char *name,
			 const struct quorum_seen *seen, const uint32_t *keep, uint32_t n);

/**
 * quorum_group_snapshot() - have a snapshot taken now
 * @control: the handle
 * @name: name of the group on this machine
 *
 * Begins it; the event snapshot, and snapshot-index and snapshot-error in the status,
 * tell how it ends.
 *
 * Return: 0; -EOPNOTSUPP the state machine takes none by itself; -ESHUTDOWN; and what
 * quorum_control_message() explains.
 */
int quorum_group_snapshot(struct quorum_control *control, const char *name);

/**
 * struct quorum_step - what to do with a member
 * @step: QUORUM_MEMBER_STEP_*
 * @id: node id
 * @addr: where a new member is reached; family 0: not said
 * @witness: not 0: the new member keeps no payload and never leads
 * @has_priority: not 0: @priority is said
 * @priority: 0 to 7; who has less than others waits longer before it campaigns
 */
struct quorum_step {
	uint32_t step;
	uint32_t id;
	struct sockaddr_storage addr;
	uint32_t witness;
	uint32_t has_priority;
	uint32_t priority;
};

/**
 * struct quorum_settings - what a group decides by
 * @size: sizeof(struct quorum_settings)
 * @heartbeat_us: microseconds, 0: as it is
 * @election_min_us: likewise
 * @election_max_us: likewise
 * @election_quorum: voters it takes to be elected, 0: more than half, -1: as it is
 * @commit_quorum: voters it takes to commit, likewise
 * @lease: 1: leaders answer reads by a lease, 0: they ask, -1: as it is
 */
struct quorum_settings {
	uint32_t size;
	uint32_t heartbeat_us;
	uint32_t election_min_us;
	uint32_t election_max_us;
	int32_t election_quorum;
	int32_t commit_quorum;
	int32_t lease;
};

/**
 * quorum_group_settings() - change what a group decides by
 * @control: the handle
 * @name: name of the group on this machine, which leads
 * @seen: QUORUM_A_GROUP_CONFIG_INDEX as it was seen
 * @settings: what shall be
 *
 * Begins it, as quorum_group_change() does, which says what is returned.
 */
int quorum_group_settings(struct quorum_control *control, const char *name, uint64_t seen,
			  const struct quorum_settings *settings);

/**
 * quorum_group_change() - change who is a member
 * @control: the handle
 * @name: name of the group on this machine, which leads
 * @seen: QUORUM_A_GROUP_CONFIG_INDEX as it was seen
 * @steps: what to do, taking effect together
 * @n: number of @steps
 *
 * Begins it; config-committed and joint in the status tell how far it is.
 *
 * Return: 0; -EREMCHG this node does not lead; -ESTALE the members have changed
 * since @seen; -EBUSY a change is under way; -EAGAIN too early; and what
 * quorum_control_message() explains.
 */
int quorum_group_change(struct quorum_control *control, const char *name, uint64_t seen,
			const struct quorum_step *steps, uint32_t n);

/**
 * quorum_group_delete() - delete a stopped group; its device keeps everything
 * @control: the handle
 * @name: name of the group on this machine
 *
 * Return: 0; -EBUSY it runs.
 */
int quorum_group_delete(struct quorum_control *control, const char *name);

/**
 * quorum_group_relink() - tell a group where its members are now, and its keys
 * @control: the handle
 * @config: as for quorum_group_create(); name, listen, id and addr of the members,
 *	and keys are looked at, the rest is not
 *
 * Return: 0; and what quorum_control_message() explains.
 */
int quorum_group_relink(struct quorum_control *control,
			const struct quorum_group_config *config);

/**
 * quorum_group_get() - everything about one group
 * @control: the handle
 * @name: name of the group on this machine
 * @object: set to its attributes, QUORUM_A_GROUP_*; valid until the next call
 *	with this handle
 *
 * Return: 0; -ENOENT no such group.
 */
int quorum_group_get(struct quorum_control *control, const char *name,
		     struct quorum_object *object);

/**
 * quorum_group_each() - everything about all groups
 * @control: the handle; may not be used by @fn
 * @fn: called for each; not 0 ends the walk.  The object is valid inside only
 * @ctx: its last argument
 *
 * Return: 0, what @fn returned, or a negative errno.
 */
int quorum_group_each(struct quorum_control *control,
		      int (*fn)(const struct quorum_object *object, void *ctx), void *ctx);

/* ---- events ---- */

struct quorum_events;

/**
 * quorum_events_open() - follow what happens to groups, from now on
 * @events: set to the handle
 *
 * Return: 0; -EPROTONOSUPPORT the module is not loaded.
 */
int quorum_events_open(struct quorum_events **events);

/**
 * quorum_events_close() - close an events handle
 * @events: the handle, or NULL
 */
void quorum_events_close(struct quorum_events *events);

/**
 * quorum_events_fd() - the file descriptor, readable when there is an event
 * @events: the handle
 */
int quorum_events_fd(const struct quorum_events *events);

/**
 * quorum_events_next() - the next event
 * @events: the handle
 * @timeout_ms: longest wait; 0: none, negative: for ever
 * @object: set to its attributes, QUORUM_A_EVENT_*; valid until the next call
 *
 * Return: 0; -EAGAIN none within the time; -EINTR; -ENOBUFS some were lost since
 * this process was too slow: query the groups, then go on.
 */
int quorum_events_next(struct quorum_events *events, int timeout_ms,
		       struct quorum_object *object);

/* ---- the rest ---- */

/**
 * quorum_module_loaded() - does the kernel know the netlink family?
 *
 * Return: true if the quorum module is there.
 */
bool quorum_module_loaded(void);

#ifdef __cplusplus
}
#endif

#endif /* QUORUM_H */
