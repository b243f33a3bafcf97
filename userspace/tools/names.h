/* SPDX-License-Identifier: GPL-2.0 */
/* Names of the attributes and values of uapi/quorum.yaml. */
#ifndef QUORUM_NAMES_H
#define QUORUM_NAMES_H

#include <stddef.h>

enum name_kind {
	NAME_NONE = 0,		/* padding, or newer than this tool */
	NAME_NUMBER,
	NAME_STRING,
	NAME_FLAG,
	NAME_UUID,
	NAME_ADDRESS,
	NAME_VALUE,		/* a number with a name */
	NAME_NEST,
	NAME_LIST,		/* a nest that may repeat */
};

struct names;

/**
 * struct name - an attribute
 * @name: its name in uapi/quorum.yaml, the key in JSON
 * @kind: how to print it
 * @values: NAME_VALUE: names of its values, by number, ended by NULL
 * @nest: NAME_NEST and NAME_LIST: its attributes
 */
struct name {
	const char *name;
	enum name_kind kind;
	const char * const *values;
	const struct names *nest;
};

/**
 * struct names - an attribute set
 * @list: its attributes, by number
 * @n: length of @list
 */
struct names {
	const struct name *list;
	size_t n;
};

extern const struct names names_addr, names_member, names_messages, names_drops, names_store,
	names_link, names_runtime, names_group, names_event, names_settings;

/* By number, ended by NULL; what lies below the first value is NULL too. */
extern const char * const names_state[], * const names_role[], * const names_cause[],
	* const names_halt[], * const names_verdict[], * const names_member_role[],
	* const names_reason[],
	* const names_event_type[];

/* The name of a value; a number this tool does not know is "unknown". */
const char *name_of(const char * const *values, size_t value);

#endif /* QUORUM_NAMES_H */
