// SPDX-License-Identifier: GPL-2.0
/*
 * Names of the attributes and values of uapi/quorum.yaml: the keys of the JSON
 * that the tool prints.  `make check` compares them with that file.
 */
#include <stddef.h>
#include <linux/quorum_netlink.h>

#include "names.h"

/* ---- values ---- */

const char * const names_state[] = {
	[QUORUM_STATE_STOPPED] = "stopped",
	[QUORUM_STATE_STARTING] = "starting",
	[QUORUM_STATE_RUNNING] = "running",
	[QUORUM_STATE_FAILED] = "failed",
	[QUORUM_STATE_STOPPING] = "stopping",
	NULL,
};

const char * const names_role[] = {
	[QUORUM_ROLE_FOLLOWER] = "follower",
	[QUORUM_ROLE_PRECANDIDATE] = "precandidate",
	[QUORUM_ROLE_CANDIDATE] = "candidate",
	[QUORUM_ROLE_LEADER] = "leader",
	NULL,
};

const char * const names_cause[] = {
	[QUORUM_CAUSE_START] = "start",
	[QUORUM_CAUSE_ELECTION_TIMEOUT] = "election-timeout",
	[QUORUM_CAUSE_PREVOTE_WON] = "prevote-won",
	[QUORUM_CAUSE_ELECTION_WON] = "election-won",
	[QUORUM_CAUSE_LEADER_FOUND] = "leader-found",
	[QUORUM_CAUSE_HIGHER_TERM] = "higher-term",
	[QUORUM_CAUSE_QUORUM_LOST] = "quorum-lost",
	[QUORUM_CAUSE_STORE_SLOW] = "store-slow",
	[QUORUM_CAUSE_STORE_FAILED] = "store-failed",
	[QUORUM_CAUSE_HALTED] = "halted",
	[QUORUM_CAUSE_ASKED] = "asked",
	[QUORUM_CAUSE_REMOVED] = "removed",
	[QUORUM_CAUSE_TRANSFER] = "transfer",
	[QUORUM_CAUSE_RECOVERED] = "recovered",
	NULL,
};

const char * const names_halt[] = {
	[QUORUM_HALT_NONE] = "none",
	[QUORUM_HALT_STORE] = "store",
	[QUORUM_HALT_TRUNCATE_COMMITTED] = "truncate-committed",
	[QUORUM_HALT_TWO_LEADERS] = "two-leaders",
	[QUORUM_HALT_LAST_TERM] = "last-term",
	[QUORUM_HALT_CONTRACT] = "contract",
	[QUORUM_HALT_SNAPSHOT] = "snapshot",
	NULL,
};

const char * const names_verdict[] = {
	[QUORUM_VERDICT_NONE] = "none",
	[QUORUM_VERDICT_CLEAN] = "clean",
	[QUORUM_VERDICT_TORN] = "torn",
	[QUORUM_VERDICT_CORRUPT] = "corrupt",
	[QUORUM_VERDICT_FOREIGN] = "foreign",
	[QUORUM_VERDICT_UNFORMATTED] = "unformatted",
	[QUORUM_VERDICT_TOO_NEW] = "too-new",
	NULL,
};

const char * const names_reason[] = {
	[QUORUM_REASON_OK] = "ok",
	[QUORUM_REASON_NO_LEADER] = "no-leader",
	[QUORUM_REASON_BUSY] = "busy",
	[QUORUM_REASON_NO_SPACE] = "no-space",
	[QUORUM_REASON_TOO_BIG] = "too-big",
	[QUORUM_REASON_HALTED] = "halted",
	[QUORUM_REASON_UNKNOWN] = "unknown",
	[QUORUM_REASON_COMMITTED] = "committed",
	[QUORUM_REASON_NOT_LEADER] = "not-leader",
	[QUORUM_REASON_NOT_READY] = "not-ready",
	[QUORUM_REASON_PENDING] = "pending",
	[QUORUM_REASON_STALE] = "stale",
	[QUORUM_REASON_INVALID] = "invalid",
	[QUORUM_REASON_NOT_MEMBER] = "not-member",
	[QUORUM_REASON_IS_MEMBER] = "is-member",
	[QUORUM_REASON_TOO_MANY] = "too-many",
	[QUORUM_REASON_NO_VOTER] = "no-voter",
	[QUORUM_REASON_QUORUMS] = "quorums",
	[QUORUM_REASON_NEEDS_JOINT] = "needs-joint",
	[QUORUM_REASON_BEHIND] = "behind",
	[QUORUM_REASON_WITNESS] = "witness",
	[QUORUM_REASON_TRANSFERRING] = "transferring",
	[QUORUM_REASON_LED] = "led",
	[QUORUM_REASON_SUSPECT] = "suspect",
	[QUORUM_REASON_TIMEOUT] = "timeout",
	NULL,
};

const char * const names_member_role[] = {
	[QUORUM_MEMBER_ROLE_VOTER] = "voter",
	[QUORUM_MEMBER_ROLE_LEARNER] = "learner",
	NULL,
};

static const char * const names_member_step[] = {
	[QUORUM_MEMBER_STEP_ADD] = "add",
	[QUORUM_MEMBER_STEP_LEARNER] = "learner",
	[QUORUM_MEMBER_STEP_VOTER] = "voter",
	[QUORUM_MEMBER_STEP_PROMOTE] = "promote",
	[QUORUM_MEMBER_STEP_REMOVE] = "remove",
	[QUORUM_MEMBER_STEP_REPLACE] = "replace",
	[QUORUM_MEMBER_STEP_SET] = "set",
	NULL,
};

const char * const names_event_type[] = {
	[QUORUM_EVENT_CREATED] = "created",
	[QUORUM_EVENT_STARTED] = "started",
	[QUORUM_EVENT_ROLE] = "role",
	[QUORUM_EVENT_FAILED] = "failed",
	[QUORUM_EVENT_STOPPED] = "stopped",
	[QUORUM_EVENT_DELETED] = "deleted",
	[QUORUM_EVENT_START_FAILED] = "start-failed",
	[QUORUM_EVENT_TRANSFERRED] = "transferred",
	[QUORUM_EVENT_CONFIG] = "config",
	[QUORUM_EVENT_SNAPSHOT] = "snapshot",
	[QUORUM_EVENT_RECOVERED] = "recovered",
	NULL,
};

/* ---- attributes ---- */
#define NUMBER(key)		{ .name = key, .kind = NAME_NUMBER }
#define STRING(key)		{ .name = key, .kind = NAME_STRING }
#define FLAG(key)		{ .name = key, .kind = NAME_FLAG }
#define UUID(key)		{ .name = key, .kind = NAME_UUID }
#define ADDRESS(key)		{ .name = key, .kind = NAME_ADDRESS }
#define VALUE(key, names)	{ .name = key, .kind = NAME_VALUE, .values = names }
#define NEST(key, names)	{ .name = key, .kind = NAME_NEST, .nest = &(names) }
#define LIST(key, names)	{ .name = key, .kind = NAME_LIST, .nest = &(names) }
#define TABLE(list)		{ list, sizeof(list) / sizeof((list)[0]) }

static const struct name addr_names[] = {
	[QUORUM_A_ADDR_IPV4] = ADDRESS("ipv4"),
	[QUORUM_A_ADDR_IPV6] = ADDRESS("ipv6"),
	[QUORUM_A_ADDR_PORT] = NUMBER("port"),
};

const struct names names_addr = TABLE(addr_names);

static const struct name member_names[] = {
	[QUORUM_A_MEMBER_ID] = NUMBER("id"),
	[QUORUM_A_MEMBER_ROLE] = VALUE("role", names_member_role),
	[QUORUM_A_MEMBER_ADDR] = NEST("addr", names_addr),
	[QUORUM_A_MEMBER_SELF] = FLAG("self"),
	[QUORUM_A_MEMBER_ACTIVE] = FLAG("active"),
	[QUORUM_A_MEMBER_MATCH] = NUMBER("match"),
	[QUORUM_A_MEMBER_NEXT] = NUMBER("next"),
	[QUORUM_A_MEMBER_INFLIGHT] = NUMBER("inflight"),
	[QUORUM_A_MEMBER_CONTACT_NS] = NUMBER("contact-ns"),
	[QUORUM_A_MEMBER_INCARNATION] = NUMBER("incarnation"),
	[QUORUM_A_MEMBER_AUTO] = FLAG("auto"),
	[QUORUM_A_MEMBER_LEAVING] = FLAG("leaving"),
	[QUORUM_A_MEMBER_STEP] = VALUE("step", names_member_step),
	[QUORUM_A_MEMBER_SNAPSHOT_STORED] = NUMBER("snapshot-stored"),
	[QUORUM_A_MEMBER_WITNESS] = FLAG("witness"),
	[QUORUM_A_MEMBER_PRIORITY] = NUMBER("priority"),
	[QUORUM_A_MEMBER_SUSPECT] = FLAG("suspect"),
	[QUORUM_A_MEMBER_SHOWN] = NUMBER("shown"),
	[QUORUM_A_MEMBER_HEARD_AT] = NEST("heard-at", names_addr),
};

const struct names names_member = TABLE(member_names);

static const struct name settings_names[] = {
	[QUORUM_A_SETTINGS_HEARTBEAT_US] = NUMBER("heartbeat-us"),
	[QUORUM_A_SETTINGS_ELECTION_MIN_US] = NUMBER("election-min-us"),
	[QUORUM_A_SETTINGS_ELECTION_MAX_US] = NUMBER("election-max-us"),
	[QUORUM_A_SETTINGS_ELECTION_QUORUM] = NUMBER("election-quorum"),
	[QUORUM_A_SETTINGS_COMMIT_QUORUM] = NUMBER("commit-quorum"),
	[QUORUM_A_SETTINGS_LEASE] = NUMBER("lease"),
};

const struct names names_settings = TABLE(settings_names);

static const struct name messages_names[] = {
	[QUORUM_A_MESSAGES_PREVOTE] = NUMBER("prevote"),
	[QUORUM_A_MESSAGES_PREVOTE_REPLY] = NUMBER("prevote-reply"),
	[QUORUM_A_MESSAGES_VOTE] = NUMBER("vote"),
	[QUORUM_A_MESSAGES_VOTE_REPLY] = NUMBER("vote-reply"),
	[QUORUM_A_MESSAGES_APPEND] = NUMBER("append"),
	[QUORUM_A_MESSAGES_APPEND_REPLY] = NUMBER("append-reply"),
	[QUORUM_A_MESSAGES_HEARTBEAT] = NUMBER("heartbeat"),
	[QUORUM_A_MESSAGES_HEARTBEAT_REPLY] = NUMBER("heartbeat-reply"),
	[QUORUM_A_MESSAGES_FORWARD] = NUMBER("forward"),
	[QUORUM_A_MESSAGES_FORWARD_REPLY] = NUMBER("forward-reply"),
	[QUORUM_A_MESSAGES_READ] = NUMBER("read"),
	[QUORUM_A_MESSAGES_READ_REPLY] = NUMBER("read-reply"),
	[QUORUM_A_MESSAGES_TIMEOUT_NOW] = NUMBER("timeout-now"),
	[QUORUM_A_MESSAGES_SNAPSHOT] = NUMBER("snapshot"),
	[QUORUM_A_MESSAGES_SNAPSHOT_REPLY] = NUMBER("snapshot-reply"),
};

const struct names names_messages = TABLE(messages_names);

static const struct name drops_names[] = {
	[QUORUM_A_DROPS_SHORT] = NUMBER("short"),
	[QUORUM_A_DROPS_MAGIC] = NUMBER("magic"),
	[QUORUM_A_DROPS_VERSION] = NUMBER("version"),
	[QUORUM_A_DROPS_CRC] = NUMBER("crc"),
	[QUORUM_A_DROPS_TYPE] = NUMBER("type"),
	[QUORUM_A_DROPS_LENGTH] = NUMBER("length"),
	[QUORUM_A_DROPS_FIELD] = NUMBER("field"),
	[QUORUM_A_DROPS_CLUSTER] = NUMBER("cluster"),
	[QUORUM_A_DROPS_GROUP] = NUMBER("group"),
	[QUORUM_A_DROPS_GENESIS] = NUMBER("genesis"),
	[QUORUM_A_DROPS_TARGET] = NUMBER("target"),
	[QUORUM_A_DROPS_SOURCE] = NUMBER("source"),
	[QUORUM_A_DROPS_INCARNATION] = NUMBER("incarnation"),
	[QUORUM_A_DROPS_QUEUE] = NUMBER("queue"),
	[QUORUM_A_DROPS_FRAGMENT] = NUMBER("fragment"),
	[QUORUM_A_DROPS_TIMEOUT] = NUMBER("timeout"),
	[QUORUM_A_DROPS_SEAL] = NUMBER("seal"),
	[QUORUM_A_DROPS_SESSION] = NUMBER("session"),
	[QUORUM_A_DROPS_REPLAY] = NUMBER("replay"),
};

const struct names names_drops = TABLE(drops_names);

static const struct name store_names[] = {
	[QUORUM_A_STORE_LOG_BIOS] = NUMBER("log-bios"),
	[QUORUM_A_STORE_LOG_RECORDS] = NUMBER("log-records"),
	[QUORUM_A_STORE_LOG_BYTES] = NUMBER("log-bytes"),
	[QUORUM_A_STORE_HARD_WRITES] = NUMBER("hard-writes"),
	[QUORUM_A_STORE_HARD_BIOS] = NUMBER("hard-bios"),
	[QUORUM_A_STORE_FLUSHES] = NUMBER("flushes"),
	[QUORUM_A_STORE_READS] = NUMBER("reads"),
	[QUORUM_A_STORE_READ_BYTES] = NUMBER("read-bytes"),
	[QUORUM_A_STORE_RING_BYTES] = NUMBER("ring-bytes"),
	[QUORUM_A_STORE_USED_BYTES] = NUMBER("used-bytes"),
	[QUORUM_A_STORE_ERROR] = NUMBER("error"),
};

const struct names names_store = TABLE(store_names);

static const struct name link_names[] = {
	[QUORUM_A_LINK_TX_DATAGRAMS] = NUMBER("tx-datagrams"),
	[QUORUM_A_LINK_TX_BYTES] = NUMBER("tx-bytes"),
	[QUORUM_A_LINK_TX_ERRORS] = NUMBER("tx-errors"),
	[QUORUM_A_LINK_TX_BUNDLES] = NUMBER("tx-bundles"),
	[QUORUM_A_LINK_TX_REPEATS] = NUMBER("tx-repeats"),
	[QUORUM_A_LINK_TX_UNREADY] = NUMBER("tx-unready"),
	[QUORUM_A_LINK_TX_BURSTS] = NUMBER("tx-bursts"),
	[QUORUM_A_LINK_TX_MESSAGES] = NEST("tx-messages", names_messages),
	[QUORUM_A_LINK_REPAIRS_ASKED] = NUMBER("repairs-asked"),
	[QUORUM_A_LINK_FRAGMENTS_REPAIRED] = NUMBER("fragments-repaired"),
	[QUORUM_A_LINK_RX_DATAGRAMS] = NUMBER("rx-datagrams"),
	[QUORUM_A_LINK_RX_BYTES] = NUMBER("rx-bytes"),
	[QUORUM_A_LINK_RX_REPEATS] = NUMBER("rx-repeats"),
	[QUORUM_A_LINK_RX_MESSAGES] = NEST("rx-messages", names_messages),
	[QUORUM_A_LINK_DROPS] = NEST("drops", names_drops),
};

const struct names names_link = TABLE(link_names);

static const struct name runtime_names[] = {
	[QUORUM_A_RUNTIME_PROPOSALS] = NUMBER("proposals"),
	[QUORUM_A_RUNTIME_COMMITTED] = NUMBER("committed"),
	[QUORUM_A_RUNTIME_REFUSED] = NUMBER("refused"),
	[QUORUM_A_RUNTIME_UNKNOWN] = NUMBER("unknown"),
	[QUORUM_A_RUNTIME_RETRIED] = NUMBER("retried"),
	[QUORUM_A_RUNTIME_FORWARDED] = NUMBER("forwarded"),
	[QUORUM_A_RUNTIME_FORWARD_RESENT] = NUMBER("forward-resent"),
	[QUORUM_A_RUNTIME_FORWARD_TAKEN] = NUMBER("forward-taken"),
	[QUORUM_A_RUNTIME_APPLIED] = NUMBER("applied"),
	[QUORUM_A_RUNTIME_STEPS] = NUMBER("steps"),
	[QUORUM_A_RUNTIME_ELECTIONS] = NUMBER("elections"),
	[QUORUM_A_RUNTIME_LEADER_CHANGES] = NUMBER("leader-changes"),
	[QUORUM_A_RUNTIME_WAKEUPS] = NUMBER("wakeups"),
};

const struct names names_runtime = TABLE(runtime_names);

static const struct name group_names[] = {
	[QUORUM_A_GROUP_NAME] = STRING("name"),
	[QUORUM_A_GROUP_DEVICE] = STRING("device"),
	[QUORUM_A_GROUP_CLUSTER] = UUID("cluster"),
	[QUORUM_A_GROUP_GROUP] = STRING("group"),
	[QUORUM_A_GROUP_NODE] = NUMBER("node"),
	[QUORUM_A_GROUP_MACHINE] = STRING("machine"),
	[QUORUM_A_GROUP_LISTEN] = NEST("listen", names_addr),
	[QUORUM_A_GROUP_MEMBER] = LIST("member", names_member),
	[QUORUM_A_GROUP_HEARTBEAT_US] = NUMBER("heartbeat-us"),
	[QUORUM_A_GROUP_ELECTION_MIN_US] = NUMBER("election-min-us"),
	[QUORUM_A_GROUP_ELECTION_MAX_US] = NUMBER("election-max-us"),
	[QUORUM_A_GROUP_UNSEALED] = FLAG("unsealed"),
	[QUORUM_A_GROUP_SECRET] = FLAG("secret"),
	[QUORUM_A_GROUP_JOIN] = FLAG("join"),
	[QUORUM_A_GROUP_SETTINGS] = NEST("settings", names_settings),
	[QUORUM_A_GROUP_SUSPECT_FIRST] = NUMBER("suspect-first"),
	[QUORUM_A_GROUP_SUSPECT_LAST] = NUMBER("suspect-last"),
	[QUORUM_A_GROUP_ACCEPT_SUSPECT] = FLAG("accept-suspect"),
	[QUORUM_A_GROUP_STATE] = VALUE("state", names_state),
	[QUORUM_A_GROUP_ERROR] = NUMBER("error"),
	[QUORUM_A_GROUP_ROLE] = VALUE("role", names_role),
	[QUORUM_A_GROUP_CAUSE] = VALUE("cause", names_cause),
	[QUORUM_A_GROUP_ROLE_SINCE_NS] = NUMBER("role-since-ns"),
	[QUORUM_A_GROUP_HALT] = VALUE("halt", names_halt),
	[QUORUM_A_GROUP_TERM] = NUMBER("term"),
	[QUORUM_A_GROUP_VOTE] = NUMBER("vote"),
	[QUORUM_A_GROUP_LEADER] = NUMBER("leader"),
	[QUORUM_A_GROUP_COMMIT] = NUMBER("commit"),
	[QUORUM_A_GROUP_APPLIED] = NUMBER("applied"),
	[QUORUM_A_GROUP_FIRST_INDEX] = NUMBER("first-index"),
	[QUORUM_A_GROUP_LAST_INDEX] = NUMBER("last-index"),
	[QUORUM_A_GROUP_LAST_TERM] = NUMBER("last-term"),
	[QUORUM_A_GROUP_DURABLE_INDEX] = NUMBER("durable-index"),
	[QUORUM_A_GROUP_UNCOMMITTED_BYTES] = NUMBER("uncommitted-bytes"),
	[QUORUM_A_GROUP_DEADLINE_NS] = NUMBER("deadline-ns"),
	[QUORUM_A_GROUP_EPOCH] = NUMBER("epoch"),
	[QUORUM_A_GROUP_INCARNATION] = NUMBER("incarnation"),
	[QUORUM_A_GROUP_VERDICT] = VALUE("verdict", names_verdict),
	[QUORUM_A_GROUP_RECORDS] = NUMBER("records"),
	[QUORUM_A_GROUP_TORN_BYTES] = NUMBER("torn-bytes"),
	[QUORUM_A_GROUP_FUA] = NUMBER("fua"),
	[QUORUM_A_GROUP_GRANULE] = NUMBER("granule"),
	[QUORUM_A_GROUP_STORE] = NEST("store", names_store),
	[QUORUM_A_GROUP_LINK] = NEST("link", names_link),
	[QUORUM_A_GROUP_RUNTIME] = NEST("runtime", names_runtime),
	[QUORUM_A_GROUP_MESSAGE] = STRING("message"),
	[QUORUM_A_GROUP_TARGET] = NUMBER("target"),
	[QUORUM_A_GROUP_CONFIG_INDEX] = NUMBER("config-index"),
	[QUORUM_A_GROUP_CONFIG_COMMITTED] = NUMBER("config-committed"),
	[QUORUM_A_GROUP_JOINT] = FLAG("joint"),
	[QUORUM_A_GROUP_SNAPSHOT_ENTRIES] = NUMBER("snapshot-entries"),
	[QUORUM_A_GROUP_TAIL_SUSPECT] = FLAG("tail-suspect"),
	[QUORUM_A_GROUP_SNAPSHOT_INDEX] = NUMBER("snapshot-index"),
	[QUORUM_A_GROUP_SNAPSHOT_TERM] = NUMBER("snapshot-term"),
	[QUORUM_A_GROUP_SNAPSHOT_BYTES] = NUMBER("snapshot-bytes"),
	[QUORUM_A_GROUP_SNAPSHOT_ERROR] = NUMBER("snapshot-error"),
	[QUORUM_A_GROUP_TAKING_BYTES] = NUMBER("taking-bytes"),
	[QUORUM_A_GROUP_INCOMING_INDEX] = NUMBER("incoming-index"),
	[QUORUM_A_GROUP_INCOMING_BYTES] = NUMBER("incoming-bytes"),
	[QUORUM_A_GROUP_INCOMING_STORED] = NUMBER("incoming-stored"),
};

const struct names names_group = TABLE(group_names);

static const struct name event_names[] = {
	[QUORUM_A_EVENT_NAME] = STRING("name"),
	[QUORUM_A_EVENT_GROUP] = STRING("group"),
	[QUORUM_A_EVENT_TYPE] = VALUE("type", names_event_type),
	[QUORUM_A_EVENT_SEQ] = NUMBER("seq"),
	[QUORUM_A_EVENT_STATE] = VALUE("state", names_state),
	[QUORUM_A_EVENT_ROLE] = VALUE("role", names_role),
	[QUORUM_A_EVENT_CAUSE] = VALUE("cause", names_cause),
	[QUORUM_A_EVENT_TERM] = NUMBER("term"),
	[QUORUM_A_EVENT_LEADER] = NUMBER("leader"),
	[QUORUM_A_EVENT_ERROR] = NUMBER("error"),
	[QUORUM_A_EVENT_HALT] = VALUE("halt", names_halt),
	[QUORUM_A_EVENT_TIME_NS] = NUMBER("time-ns"),
	[QUORUM_A_EVENT_MESSAGE] = STRING("message"),
	[QUORUM_A_EVENT_REASON] = VALUE("reason", names_reason),
};

const struct names names_event = TABLE(event_names);

const char *name_of(const char * const *values, size_t value)
{
	/* Values begin at 0 or 1: a NULL further up is the end of the table. */
	for (size_t i = 0; i <= value; i++)
		if (!values[i] && i)
			return "unknown";
	return values[value] ? values[value] : "unknown";
}
