// SPDX-License-Identifier: GPL-2.0
/*
 * Configurations in bytes; the layout is in config.h.
 */
#include <linux/types.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include "bytes.h"
#include "config.h"

u32 config_bytes(const struct raft_config *config)
{
	return CONFIG_HEAD_BYTES + config->n * CONFIG_MEMBER_BYTES;
}

static void put_member(u8 *p, const struct raft_member *m)
{
	put32(p, m->id);
	p[4] = m->roles;
	p[5] = m->priority;
	memcpy(p + 8, m->address, RAFT_ADDRESS_BYTES);
	put64(p + 32, m->incarnation);
}

u32 config_encode(void *buf, size_t size, const struct raft_config *config)
{
	u8 *p = buf;
	u32 i, len;

	if (config->n > QUORUM_MEMBERS_MAX)
		return 0;
	len = config_bytes(config);
	if (size < len)
		return 0;
	memset(p, 0, len);
	p[0] = CONFIG_VERSION;
	p[1] = (u8)config->n;
	p[2] = config->quorums.election;
	p[3] = config->quorums.commit;
	p[4] = config->old.election;
	p[5] = config->old.commit;
	put32(p + 8, config->flags);
	put32(p + 12, config->forced);
	put32(p + 16, config->forced_by);
	put64(p + 24, config->timing.heartbeat);
	put64(p + 32, config->timing.election_min);
	put64(p + 40, config->timing.election_max);
	for (i = 0; i < config->n; i++)
		put_member(p + CONFIG_HEAD_BYTES + i * CONFIG_MEMBER_BYTES, &config->members[i]);
	return len;
}

static bool get_member(const u8 *p, struct raft_member *m)
{
	m->id = get32(p);
	m->roles = p[4];
	m->priority = p[5];
	memcpy(m->address, p + 8, RAFT_ADDRESS_BYTES);
	m->incarnation = get64(p + 32);
	return is_zero(p + 6, 2) && is_zero(p + 28, 4);
}

bool config_decode(const void *buf, size_t len, struct raft_config *config)
{
	const u8 *p = buf;
	u32 i;

	memset(config, 0, sizeof(*config));
	if (len < CONFIG_HEAD_BYTES || p[0] != CONFIG_VERSION || p[1] > QUORUM_MEMBERS_MAX)
		return false;
	config->n = p[1];
	if (len != config_bytes(config) || !is_zero(p + 6, 2) || !is_zero(p + 20, 4))
		return false;
	config->quorums.election = p[2];
	config->quorums.commit = p[3];
	config->old.election = p[4];
	config->old.commit = p[5];
	config->flags = get32(p + 8);
	config->forced = get32(p + 12);
	config->forced_by = get32(p + 16);
	config->timing.heartbeat = get64(p + 24);
	config->timing.election_min = get64(p + 32);
	config->timing.election_max = get64(p + 40);
	for (i = 0; i < config->n; i++)
		if (!get_member(p + CONFIG_HEAD_BYTES + i * CONFIG_MEMBER_BYTES,
				&config->members[i]))
			return false;
	return raft_config_check(config) == RAFT_OK;
}

u32 config_keep(void *buf, size_t size, const struct raft_config *config)
{
	u8 *p = buf;
	u32 len;

	if (size < CONFIG_INDEX_BYTES)
		return 0;
	len = config_encode(p + CONFIG_INDEX_BYTES, size - CONFIG_INDEX_BYTES, config);
	if (!len)
		return 0;
	put64(p, config->index);
	return len + CONFIG_INDEX_BYTES;
}

bool config_kept(const void *buf, size_t len, struct raft_config *config)
{
	const u8 *p = buf;

	if (len < CONFIG_INDEX_BYTES ||
	    !config_decode(p + CONFIG_INDEX_BYTES, len - CONFIG_INDEX_BYTES, config))
		return false;
	config->index = get64(p);
	return true;
}

bool config_attach(struct raft_msg *msg, const void *payload, struct raft_config *config)
{
	const u8 *p = payload;
	u32 i;

	if (msg->type != RAFT_MSG_APPEND)
		return true;
	msg->append.config = NULL;
	for (i = 0; i < msg->append.count; i++) {
		const struct raft_entry *e = &msg->append.entries[i];

		if (e->type == RAFT_ENTRY_CONFIG) {
			if (msg->append.config || !config_decode(p, e->size, config))
				return false;
			config->index = e->index;
			msg->append.config = config;
		}
		p += e->size;
	}
	return true;
}
