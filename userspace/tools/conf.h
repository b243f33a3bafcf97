/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration file of a group; quorum.conf(5). */
#ifndef QUORUM_CONF_H
#define QUORUM_CONF_H

#include "quorum.h"

enum {
	CONF_MEMBERS_MAX	= 16,
	CONF_NAME_MAX		= 31,
	CONF_PATH_MAX		= 255,
	CONF_PORT_DEFAULT	= 7420,
};

/**
 * struct conf - a configuration file, parsed and checked
 * @path: the file
 * @config: what it says, ready for quorum_group_create(); points into the rest
 * @name: name on this machine
 * @group: name in the cluster
 * @device: path of the block device
 * @machine: state machine
 * @members: the members
 * @key_path: file of the cluster's key, "": none
 * @key2_path: file of another key that is accepted, "": none
 * @keys: what conf_load_keys() read
 * @error: what is wrong, one sentence, with file and line
 */
struct conf {
	char path[4096];
	struct quorum_group_config config;
	char name[CONF_NAME_MAX + 1];
	char group[CONF_NAME_MAX + 1];
	char device[CONF_PATH_MAX + 1];
	char machine[CONF_NAME_MAX + 1];
	struct quorum_member_config members[CONF_MEMBERS_MAX];
	char key_path[CONF_PATH_MAX + 1];
	char key2_path[CONF_PATH_MAX + 1];
	uint8_t keys[2][QUORUM_KEY_BYTES];
	char error[512];
};

/* Is this argument the path of a configuration file, rather than a group's name? */
bool conf_is_path(const char *argument);

/**
 * conf_load() - read and check a configuration file
 * @conf: filled in; must not be moved afterwards
 * @argument: a path, or NAME for /etc/quorum/NAME.conf
 *
 * Return: 0, or a negative errno; then @conf->error says why.
 */
int conf_load(struct conf *conf, const char *argument);

/**
 * conf_load_keys() - read the key files a configuration names
 * @conf: from conf_load(); @conf->config is completed
 *
 * Return: 0, or a negative errno; then @conf->error says why.
 */
int conf_load_keys(struct conf *conf);

/* "12345678-1234-..." to 16 bytes, and back into 37 characters. */
bool conf_parse_uuid(const char *text, uint8_t uuid[16]);
void conf_format_uuid(const uint8_t uuid[16], char text[37]);

/* "10.0.0.1", "10.0.0.1:7420", "[fd77::1]:7420", "fd77::1" */
bool conf_parse_address(const char *text, struct sockaddr_storage *addr);

/*
 * fe80::1, with an interface or without: it means something else on every host, and the
 * addresses of members are the same to all.
 */
bool conf_link_local(const char *text);

/* The reverse, with the port. */
void conf_format_address(const struct sockaddr_storage *addr, char *text, size_t size);

#endif /* QUORUM_CONF_H */
