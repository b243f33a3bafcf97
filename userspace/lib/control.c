// SPDX-License-Identifier: LGPL-2.1 OR MIT
/* Creating, starting, stopping, deleting and querying groups. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/genetlink.h>
#include <libmnl/libmnl.h>

#include "internal.h"

/* A dump that groups joined or left meanwhile is asked for again this often. */
#define DUMP_TRIES	5

/* Longest trust in an event about a start or a stop: they may be lost. */
#define LOOK_MS		500

struct quorum_control {
	struct mnl_socket *socket;
	uint16_t family;
	unsigned int seq;
	char message[256];
	char *dump;		/* of quorum_group_each(): objects with their lengths before */
	size_t dump_len;
	size_t dump_size;
	struct quorum_object object;
	bool has_object;
	_Alignas(8) char buf[QUORUM_NL_BYTES];
};

int quorum_control_open(struct quorum_control **control)
{
	struct quorum_control *new;
	struct quorum_family family;
	int err;

	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	err = quorum_socket_open(&new->socket, &family);
	if (err) {
		free(new);
		return err;
	}
	new->family = family.id;
	new->seq = (unsigned int)time(NULL);
	*control = new;
	return 0;
}

void quorum_control_close(struct quorum_control *control)
{
	if (!control)
		return;
	mnl_socket_close(control->socket);
	free(control->dump);
	free(control);
}

const char *quorum_control_message(const struct quorum_control *control)
{
	return control->message;
}

/* ---- requests and answers ---- */

static struct nlmsghdr *begin(struct quorum_control *control, uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr *genl;
	struct nlmsghdr *nlh;

	control->message[0] = '\0';
	control->has_object = false;
	nlh = mnl_nlmsg_put_header(control->buf);
	nlh->nlmsg_type = control->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++control->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = QUORUM_FAMILY_VERSION;
	return nlh;
}

/* Keep the sentence of an answer whose attributes begin @offset bytes into its payload. */
static void take_message(struct quorum_control *control, const struct nlmsghdr *nlh,
			 size_t offset)
{
	struct quorum_object tlvs;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || mnl_nlmsg_get_payload_len(nlh) < offset)
		return;
	tlvs.data = (const char *)mnl_nlmsg_get_payload(nlh) + offset;
	tlvs.len = mnl_nlmsg_get_payload_len(nlh) - offset;
	snprintf(control->message, sizeof(control->message), "%s",
		 quorum_object_str(&tlvs, NLMSGERR_ATTR_MSG));
}

static int take_error(const struct nlmsghdr *nlh, void *data)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	struct quorum_control *control = data;
	size_t offset = sizeof(*err);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && err->error)
		offset += MNL_ALIGN(err->msg.nlmsg_len) - sizeof(err->msg);
	take_message(control, nlh, offset);
	if (!err->error)
		return MNL_CB_STOP;
	errno = err->error < 0 ? -err->error : err->error;
	return MNL_CB_ERROR;
}

/* The end of a dump carries an error code, and then perhaps a sentence. */
static int take_done(const struct nlmsghdr *nlh, void *data)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	if (error >= 0)
		return MNL_CB_STOP;
	take_message(data, nlh, MNL_ALIGN(sizeof(error)));
	errno = -error;
	return MNL_CB_ERROR;
}

/* Never written; libmnl takes it without const. */
static mnl_cb_t control_callbacks[NLMSG_MIN_TYPE] = {
	[NLMSG_ERROR] = take_error,
	[NLMSG_DONE] = take_done,
};

/* Send what was built and take everything up to the final answer. */
static int finish(struct quorum_control *control, struct nlmsghdr *nlh, mnl_cb_t take)
{
	unsigned int portid = mnl_socket_get_portid(control->socket);
	ssize_t n;
	int ret;

	if (mnl_socket_sendto(control->socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		/* What was taken of an earlier datagram must outlive this one. */
		size_t used = control->has_object ?
			(size_t)((const char *)control->object.data - control->buf) +
			MNL_ALIGN(control->object.len) : 0;

		n = mnl_socket_recvfrom(control->socket, control->buf + used,
					sizeof(control->buf) - used);
		if (n < 0)
			return -errno;
		ret = mnl_cb_run2(control->buf + used, (size_t)n, control->seq, portid, take,
				  control, control_callbacks, NLMSG_MIN_TYPE);
	} while (ret > MNL_CB_STOP);
	return ret < 0 ? -errno : 0;
}

/* ---- commands ---- */

static bool put_address(struct nlmsghdr *nlh, size_t size, const struct sockaddr_storage *addr)
{
	if (addr->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)addr;

		return mnl_attr_put_check(nlh, size, QUORUM_A_ADDR_IPV4, sizeof(in->sin_addr),
					  &in->sin_addr) &&
		       mnl_attr_put_u16_check(nlh, size, QUORUM_A_ADDR_PORT,
					      ntohs(in->sin_port));
	}
	if (addr->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;

		return mnl_attr_put_check(nlh, size, QUORUM_A_ADDR_IPV6,
					  sizeof(in6->sin6_addr), &in6->sin6_addr) &&
		       mnl_attr_put_u16_check(nlh, size, QUORUM_A_ADDR_PORT,
					      ntohs(in6->sin6_port));
	}
	return false;
}

static bool put_members(struct nlmsghdr *nlh, size_t size,
			const struct quorum_group_config *config, bool roles)
{
	for (uint32_t i = 0; i < config->n_members; i++) {
		const struct quorum_member_config *member = &config->members[i];
		struct nlattr *nest, *addr;

		nest = mnl_attr_nest_start_check(nlh, size, QUORUM_A_GROUP_MEMBER);
		if (!nest ||
		    !mnl_attr_put_u32_check(nlh, size, QUORUM_A_MEMBER_ID, member->id) ||
		    (roles && !mnl_attr_put_u32_check(nlh, size, QUORUM_A_MEMBER_ROLE,
						      member->role)))
			return false;
		addr = mnl_attr_nest_start_check(nlh, size, QUORUM_A_MEMBER_ADDR);
		if (!addr || !put_address(nlh, size, &member->addr))
			return false;
		mnl_attr_nest_end(nlh, addr);
		mnl_attr_nest_end(nlh, nest);
	}
	return true;
}

/* Addresses and keys. */
static bool put_link(struct nlmsghdr *nlh, size_t size, const struct quorum_group_config *config,
		     bool roles)
{
	struct nlattr *nest;

	if (config->listen.ss_family != AF_UNSPEC) {
		nest = mnl_attr_nest_start_check(nlh, size, QUORUM_A_GROUP_LISTEN);
		if (!nest || !put_address(nlh, size, &config->listen))
			return false;
		mnl_attr_nest_end(nlh, nest);
	}
	if ((config->key && !mnl_attr_put_check(nlh, size, QUORUM_A_GROUP_KEY,
						QUORUM_KEY_BYTES, config->key)) ||
	    (config->key2 && !mnl_attr_put_check(nlh, size, QUORUM_A_GROUP_KEY2,
						 QUORUM_KEY_BYTES, config->key2)))
		return false;
	return put_members(nlh, size, config, roles);
}

/* Each string must fit, or the kernel would refuse for a reason that is not the user's. */
static bool put_config(struct nlmsghdr *nlh, size_t size,
		       const struct quorum_group_config *config)
{
	if ((config->name &&
	     !mnl_attr_put_strz_check(nlh, size, QUORUM_A_GROUP_NAME, config->name)) ||
	    (config->machine &&
	     !mnl_attr_put_strz_check(nlh, size, QUORUM_A_GROUP_MACHINE, config->machine)) ||
	    !mnl_attr_put_strz_check(nlh, size, QUORUM_A_GROUP_GROUP, config->group) ||
	    !mnl_attr_put_strz_check(nlh, size, QUORUM_A_GROUP_DEVICE, config->device) ||
	    !mnl_attr_put_check(nlh, size, QUORUM_A_GROUP_CLUSTER, sizeof(config->cluster),
				config->cluster) ||
	    !mnl_attr_put_u32_check(nlh, size, QUORUM_A_GROUP_NODE, config->node) ||
	    !mnl_attr_put_u32_check(nlh, size, QUORUM_A_GROUP_HEARTBEAT_US,
				    config->heartbeat_us) ||
	    !mnl_attr_put_u32_check(nlh, size, QUORUM_A_GROUP_ELECTION_MIN_US,
				    config->election_min_us) ||
	    !mnl_attr_put_u32_check(nlh, size, QUORUM_A_GROUP_ELECTION_MAX_US,
				    config->election_max_us))
		return false;
	if (config->snapshot_entries &&
	    !mnl_attr_put_u32_check(nlh, size, QUORUM_A_GROUP_SNAPSHOT_ENTRIES,
				    config->snapshot_entries))
		return false;
	if (config->tail_suspect &&
	    !mnl_attr_put_check(nlh, size, QUORUM_A_GROUP_TAIL_SUSPECT, 0, NULL))
		return false;
	if (config->unsealed &&
	    !mnl_attr_put_check(nlh, size, QUORUM_A_GROUP_UNSEALED, 0, NULL))
		return false;
	if (config->secret && !mnl_attr_put_check(nlh, size, QUORUM_A_GROUP_SECRET, 0, NULL))
		return false;
	if (config->join && !mnl_attr_put_check(nlh, size, QUORUM_A_GROUP_JOIN, 0, NULL))
		return false;
	return put_link(nlh, size, config, true);
}

int quorum_group_create(struct quorum_control *control,
			const struct quorum_group_config *config)
{
	struct nlmsghdr *nlh = begin(control, QUORUM_CMD_GROUP_NEW, 0);
	int err;

	if (config->size != sizeof(*config) || !config->group || !config->device ||
	    (config->n_members && !config->members))
		return -EINVAL;
	err = put_config(nlh, sizeof(control->buf), config) ? finish(control, nlh, NULL) :
							      -EMSGSIZE;
	/* It held the key; the kernel's sentence was copied out. */
	explicit_bzero(control->buf, sizeof(control->buf));
	return err;
}

int quorum_group_relink(struct quorum_control *control,
			const struct quorum_group_config *config)
{
	struct nlmsghdr *nlh = begin(control, QUORUM_CMD_GROUP_RELINK, 0);
	size_t size = sizeof(control->buf);
	int err;

	if (config->size != sizeof(*config) || !config->name)
		return -EINVAL;
	err = mnl_attr_put_strz_check(nlh, size, QUORUM_A_GROUP_NAME, config->name) &&
	      put_link(nlh, size, config, false) ? finish(control, nlh, NULL) : -EMSGSIZE;
	explicit_bzero(control->buf, sizeof(control->buf));
	return err;
}

/* A request that names a group and nothing else. */
static int by_name(struct quorum_control *control, uint8_t cmd, const char *name, mnl_cb_t take)
{
	struct nlmsghdr *nlh = begin(control, cmd, 0);

	if (!name || !mnl_attr_put_strz_check(nlh, sizeof(control->buf), QUORUM_A_GROUP_NAME,
					      name))
		return -EINVAL;
	return finish(control, nlh, take);
}

int quorum_group_delete(struct quorum_control *control, const char *name)
{
	return by_name(control, QUORUM_CMD_GROUP_DEL, name, NULL);
}

int quorum_group_snapshot(struct quorum_control *control, const char *name)
{
	return by_name(control, QUORUM_CMD_GROUP_SNAPSHOT, name, NULL);
}

int quorum_group_transfer(struct quorum_control *control, const char *name,
			  uint32_t target)
{
	struct nlmsghdr *nlh = begin(control, QUORUM_CMD_GROUP_TRANSFER, 0);

	if (!name ||
	    !mnl_attr_put_strz_check(nlh, sizeof(control->buf), QUORUM_A_GROUP_NAME, name) ||
	    (target && !mnl_attr_put_u32_check(nlh, sizeof(control->buf),
					       QUORUM_A_GROUP_TARGET, target)))
		return -EINVAL;
	return finish(control, nlh, NULL);
}

int quorum_group_recover(struct quorum_control *control, const char *name,
			 const struct quorum_seen *seen, const uint32_t *keep, uint32_t n)
{
	struct nlmsghdr *nlh = begin(control, QUORUM_CMD_GROUP_RECOVER, 0);
	size_t size = sizeof(control->buf);

	if (!name || seen->size != sizeof(*seen))
		return -EINVAL;
	if (!mnl_attr_put_strz_check(nlh, size, QUORUM_A_GROUP_NAME, name) ||
	    !mnl_attr_put_u64_check(nlh, size, QUORUM_A_GROUP_CONFIG_INDEX,
				    seen->config_index) ||
	    !mnl_attr_put_u64_check(nlh, size, QUORUM_A_GROUP_LAST_INDEX, seen->last_index) ||
	    !mnl_attr_put_u64_check(nlh, size, QUORUM_A_GROUP_LAST_TERM, seen->last_term))
		return -EINVAL;
	if (seen->accept_suspect &&
	    !mnl_attr_put_check(nlh, size, QUORUM_A_GROUP_ACCEPT_SUSPECT, 0, NULL))
		return -EMSGSIZE;
	for (uint32_t i = 0; i < n; i++) {
		struct nlattr *nest;

		nest = mnl_attr_nest_start_check(nlh, size, QUORUM_A_GROUP_MEMBER);
		if (!nest || !mnl_attr_put_u32_check(nlh, size, QUORUM_A_MEMBER_ID, keep[i]))
			return -EMSGSIZE;
		mnl_attr_nest_end(nlh, nest);
	}
	return finish(control, nlh, NULL);
}

int quorum_group_change(struct quorum_control *control, const char *name, uint64_t seen,
			const struct quorum_step *steps, uint32_t n)
{
	struct nlmsghdr *nlh = begin(control, QUORUM_CMD_GROUP_CHANGE, 0);
	size_t size = sizeof(control->buf);

	if (!name || !mnl_attr_put_strz_check(nlh, size, QUORUM_A_GROUP_NAME, name) ||
	    !mnl_attr_put_u64_check(nlh, size, QUORUM_A_GROUP_CONFIG_INDEX, seen))
		return -EINVAL;
	for (uint32_t i = 0; i < n; i++) {
		struct nlattr *nest, *addr;

		nest = mnl_attr_nest_start_check(nlh, size, QUORUM_A_GROUP_MEMBER);
		if (!nest ||
		    !mnl_attr_put_u32_check(nlh, size, QUORUM_A_MEMBER_ID, steps[i].id) ||
		    !mnl_attr_put_u32_check(nlh, size, QUORUM_A_MEMBER_STEP, steps[i].step))
			return -EMSGSIZE;
		if (steps[i].addr.ss_family != AF_UNSPEC) {
			addr = mnl_attr_nest_start_check(nlh, size, QUORUM_A_MEMBER_ADDR);
			if (!addr || !put_address(nlh, size, &steps[i].addr))
				return -EMSGSIZE;
			mnl_attr_nest_end(nlh, addr);
		}
		if (steps[i].witness &&
		    !mnl_attr_put_check(nlh, size, QUORUM_A_MEMBER_WITNESS, 0, NULL))
			return -EMSGSIZE;
		if (steps[i].has_priority &&
		    !mnl_attr_put_u32_check(nlh, size, QUORUM_A_MEMBER_PRIORITY, steps[i].priority))
			return -EMSGSIZE;
		mnl_attr_nest_end(nlh, nest);
	}
	return finish(control, nlh, NULL);
}

int quorum_group_settings(struct quorum_control *control, const char *name, uint64_t seen,
			  const struct quorum_settings *s)
{
	struct nlmsghdr *nlh = begin(control, QUORUM_CMD_GROUP_CHANGE, 0);
	size_t size = sizeof(control->buf);
	struct nlattr *nest;

	if (!name || s->size < sizeof(*s) ||
	    !mnl_attr_put_strz_check(nlh, size, QUORUM_A_GROUP_NAME, name) ||
	    !mnl_attr_put_u64_check(nlh, size, QUORUM_A_GROUP_CONFIG_INDEX, seen))
		return -EINVAL;
	nest = mnl_attr_nest_start_check(nlh, size, QUORUM_A_GROUP_SETTINGS);
	if (!nest)
		return -EMSGSIZE;
	/* Far from the end of the buffer: six numbers follow a name. */
	if (s->heartbeat_us)
		mnl_attr_put_u32(nlh, QUORUM_A_SETTINGS_HEARTBEAT_US, s->heartbeat_us);
	if (s->election_min_us)
		mnl_attr_put_u32(nlh, QUORUM_A_SETTINGS_ELECTION_MIN_US, s->election_min_us);
	if (s->election_max_us)
		mnl_attr_put_u32(nlh, QUORUM_A_SETTINGS_ELECTION_MAX_US, s->election_max_us);
	if (s->election_quorum >= 0)
		mnl_attr_put_u32(nlh, QUORUM_A_SETTINGS_ELECTION_QUORUM,
				 (uint32_t)s->election_quorum);
	if (s->commit_quorum >= 0)
		mnl_attr_put_u32(nlh, QUORUM_A_SETTINGS_COMMIT_QUORUM, (uint32_t)s->commit_quorum);
	if (s->lease >= 0)
		mnl_attr_put_u32(nlh, QUORUM_A_SETTINGS_LEASE, (uint32_t)s->lease);
	mnl_attr_nest_end(nlh, nest);
	return finish(control, nlh, NULL);
}

static int take_group(const struct nlmsghdr *nlh, void *data)
{
	struct quorum_control *control = data;

	control->has_object = quorum_message_object(nlh, &control->object);
	return MNL_CB_OK;
}

int quorum_group_get(struct quorum_control *control, const char *name,
		     struct quorum_object *object)
{
	int err;

	err = by_name(control, QUORUM_CMD_GROUP_GET, name, take_group);
	if (!err && !control->has_object)
		err = -EBADMSG;
	if (!err)
		*object = control->object;
	return err;
}

/* How a start ended: 0, an errno with its sentence kept, or 1: it goes on. */
static int started(struct quorum_control *control, const char *name)
{
	struct quorum_object group;
	int err;

	err = quorum_group_get(control, name, &group);
	if (err)
		return err;
	switch (quorum_object_u64(&group, QUORUM_A_GROUP_STATE)) {
	case QUORUM_STATE_STARTING:
	case QUORUM_STATE_STOPPING:
		return 1;
	case QUORUM_STATE_STOPPED:
		snprintf(control->message, sizeof(control->message), "%s",
			 quorum_object_str(&group, QUORUM_A_GROUP_MESSAGE));
		err = (int)quorum_object_u64(&group, QUORUM_A_GROUP_ERROR);
		return err ? -err : -ECANCELED;
	default:
		return 0;
	}
}

int quorum_group_start(struct quorum_control *control, const char *name)
{
	struct quorum_events *events;
	struct quorum_object event;
	int err;

	/* Before the request, so that its end is not missed. */
	err = quorum_events_open(&events);
	if (err)
		return err;
	err = by_name(control, QUORUM_CMD_GROUP_START, name, NULL);
	if (!err) {
		while ((err = started(control, name)) > 0) {
			err = quorum_events_next(events, LOOK_MS, &event);
			if (err == -EINTR)
				break;
		}
	}
	quorum_events_close(events);
	return err;
}

/* Nanoseconds of the clock that events are stamped by. */
static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Has it stopped since?  Somebody else may have started it again by now. */
static bool is_end(const struct quorum_object *event, const char *name, uint64_t since)
{
	return quorum_object_u64(event, QUORUM_A_EVENT_TYPE) == QUORUM_EVENT_STOPPED &&
	       !strcmp(quorum_object_str(event, QUORUM_A_EVENT_NAME), name) &&
	       quorum_object_u64(event, QUORUM_A_EVENT_TIME_NS) >= since;
}

/* How a stop ended: 0, an errno, or 1: it goes on. */
static int stopped(struct quorum_control *control, const char *name)
{
	struct quorum_object group;
	int err;

	err = quorum_group_get(control, name, &group);
	if (err)
		/* Somebody has deleted it since. */
		return err == -ENOENT ? 0 : err;
	return quorum_object_u64(&group, QUORUM_A_GROUP_STATE) != QUORUM_STATE_STOPPED;
}

int quorum_group_stop(struct quorum_control *control, const char *name)
{
	struct quorum_events *events;
	struct quorum_object event;
	uint64_t asked = now();
	int err;

	/* Before the request, so that its end is not missed. */
	err = quorum_events_open(&events);
	if (err)
		return err;
	err = by_name(control, QUORUM_CMD_GROUP_STOP, name, NULL);
	if (!err) {
		while ((err = stopped(control, name)) > 0) {
			err = quorum_events_next(events, LOOK_MS, &event);
			if (err == -EINTR)
				break;
			if (!err && is_end(&event, name, asked))
				break;
		}
	}
	quorum_events_close(events);
	return err;
}

/* Keep a copy: groups may come and go before the dump ends, and then it starts anew. */
static int take_dumped(const struct nlmsghdr *nlh, void *data)
{
	struct quorum_control *control = data;
	struct quorum_object object;
	size_t need;
	char *grown;

	if (!quorum_message_object(nlh, &object))
		return MNL_CB_OK;
	need = control->dump_len + sizeof(object.len) + MNL_ALIGN(object.len) + 8;
	if (need > control->dump_size) {
		grown = realloc(control->dump, 2 * need);
		if (!grown) {
			errno = ENOMEM;
			return MNL_CB_ERROR;
		}
		control->dump = grown;
		control->dump_size = 2 * need;
	}
	memcpy(control->dump + control->dump_len, &object.len, sizeof(object.len));
	memcpy(control->dump + control->dump_len + sizeof(object.len), object.data, object.len);
	control->dump_len += sizeof(object.len) + ((object.len + 7) & ~(size_t)7);
	return MNL_CB_OK;
}

/* The rest of an interrupted dump is still on its way: leave it behind with the socket. */
static int reopen(struct quorum_control *control)
{
	struct quorum_family family;
	struct mnl_socket *socket;
	int err;

	err = quorum_socket_open(&socket, &family);
	if (err)
		return err;
	mnl_socket_close(control->socket);
	control->socket = socket;
	control->family = family.id;
	return 0;
}

int quorum_group_each(struct quorum_control *control,
		      int (*fn)(const struct quorum_object *object, void *ctx), void *ctx)
{
	struct quorum_object object;
	int err = -EINTR, tries;

	for (tries = 0; err == -EINTR && tries < DUMP_TRIES; tries++) {
		if (tries) {
			err = reopen(control);
			if (err)
				return err;
		}
		control->dump_len = 0;
		err = finish(control, begin(control, QUORUM_CMD_GROUP_GET, NLM_F_DUMP),
			     take_dumped);
	}
	for (size_t at = 0; !err && at < control->dump_len;) {
		memcpy(&object.len, control->dump + at, sizeof(object.len));
		object.data = control->dump + at + sizeof(object.len);
		at += sizeof(object.len) + ((object.len + 7) & ~(size_t)7);
		err = fn(&object, ctx);
	}
	return err;
}
