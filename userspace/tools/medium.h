/* SPDX-License-Identifier: GPL-2.0 */
/* A block device, or a file that stands for one, below the page cache where possible. */
#ifndef QUORUM_MEDIUM_H
#define QUORUM_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct medium - an open device or image
 * @fd: buffered
 * @direct: the same with O_DIRECT, or -1 where that is not possible
 * @is_block: a block device, not a regular file
 * @bytes: its size
 * @logical: bytes of its logical blocks
 * @physical: bytes of its physical blocks
 * @path: as given
 */
struct medium {
	int fd;
	int direct;
	bool is_block;
	uint64_t bytes;
	uint32_t logical;
	uint32_t physical;
	const char *path;
};

/**
 * medium_open() - open a device or image; prints the sentence when it cannot
 * @medium: filled in
 * @path: device or file
 * @write: to write, and exclusively: a device in use is refused
 *
 * Return: false after the sentence was printed.
 */
bool medium_open(struct medium *medium, const char *path, bool write);

void medium_close(struct medium *medium);

/* Memory aligned for O_DIRECT; ends the program without it. */
void *medium_buffer(size_t bytes);

/**
 * medium_read() - read whole blocks
 * @medium: where from
 * @buf: of medium_buffer()
 * @bytes: a multiple of 4096
 * @offset: likewise
 *
 * Return: 0, or a negative errno; -EIO also beyond the end.
 */
int medium_read(const struct medium *medium, void *buf, size_t bytes, uint64_t offset);

/* Write through the page cache; 0 or a negative errno. */
int medium_write(const struct medium *medium, const void *buf, size_t bytes, uint64_t offset);

/* Durable, and out of the page cache; 0 or a negative errno. */
int medium_flush(const struct medium *medium);

/* What somebody else's data at the beginning is, such as "an ext4 file system"; or NULL. */
const char *medium_signature(const uint8_t *head, size_t bytes);

#endif /* QUORUM_MEDIUM_H */
