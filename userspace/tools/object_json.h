/* SPDX-License-Identifier: GPL-2.0 */
/* Objects of libquorum as JSON; the keys are the attribute names of uapi/quorum.yaml. */
#ifndef QUORUM_OBJECT_JSON_H
#define QUORUM_OBJECT_JSON_H

#include "names.h"
#include "quorum.h"

struct json_object;

/* Attributes that @names lacks, from a newer kernel, are left out. */
struct json_object *object_json(const struct quorum_object *object, const struct names *names);

/* "10.77.0.1:7420" of a QUORUM_A_ADDR_* nest; "" if it has no address. */
void object_address(const struct quorum_object *addr, char *text, size_t size);

/* What a member is, in a word. */
const char *object_member_role(const struct quorum_object *member);

/* This node does not lead the group: say who is to be asked.  EXIT_FAILED. */
int object_fail_leader(struct quorum_control *control, const char *name);

#endif /* QUORUM_OBJECT_JSON_H */
