// SPDX-License-Identifier: GPL-2.0
/* Block devices and images: open, read, write, recognise what others left. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/fs.h>

#include "medium.h"
#include "tool.h"

enum { ALIGNMENT = 4096 };

static bool refuse_open(const char *path, int err, bool write)
{
	switch (err) {
	case ENOENT:
		tool_fail("there is no device %s", path);
		break;
	case EBUSY:
		tool_fail("%s is in use: mounted, part of something, or a running group's", path);
		break;
	case EACCES:
	case EPERM:
		tool_fail("no permission to %s %s; be root or in the group that owns it",
			  write ? "write to" : "read", path);
		break;
	case EROFS:
		tool_fail("%s is read-only", path);
		break;
	default:
		tool_fail("cannot open %s: %s", path, strerror(err));
		break;
	}
	return false;
}

static bool measure(struct medium *medium)
{
	unsigned int physical = 0;
	int logical = 0;
	struct stat st;

	if (fstat(medium->fd, &st) < 0)
		return refuse_open(medium->path, errno, false);
	medium->is_block = S_ISBLK(st.st_mode);
	if (!medium->is_block && !S_ISREG(st.st_mode)) {
		tool_fail("%s is neither a block device nor a file", medium->path);
		return false;
	}
	if (!medium->is_block) {
		/* The coarser granule is right for whatever disk it becomes. */
		medium->bytes = (uint64_t)st.st_size;
		medium->logical = 512;
		medium->physical = 4096;
		return true;
	}
	if (ioctl(medium->fd, BLKGETSIZE64, &medium->bytes) < 0 ||
	    ioctl(medium->fd, BLKSSZGET, &logical) < 0 ||
	    ioctl(medium->fd, BLKPBSZGET, &physical) < 0)
		return refuse_open(medium->path, errno, false);
	medium->logical = (uint32_t)logical;
	medium->physical = physical;
	return true;
}

bool medium_open(struct medium *medium, const char *path, bool write)
{
	int flags = (write ? O_RDWR | O_EXCL : O_RDONLY) | O_CLOEXEC;
	struct stat st;

	memset(medium, 0, sizeof(*medium));
	medium->path = path;
	medium->direct = -1;
	/* O_EXCL without O_CREAT has a meaning for block devices only. */
	if (stat(path, &st) < 0)
		return refuse_open(path, errno, write);
	if (!S_ISBLK(st.st_mode))
		flags &= ~O_EXCL;
	medium->fd = open(path, flags);
	if (medium->fd < 0)
		return refuse_open(path, errno, write);
	if (!measure(medium)) {
		close(medium->fd);
		return false;
	}
	medium->direct = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	return true;
}

void medium_close(struct medium *medium)
{
	if (medium->direct >= 0)
		close(medium->direct);
	close(medium->fd);
}

void *medium_buffer(size_t bytes)
{
	void *buf;

	if (posix_memalign(&buf, ALIGNMENT, bytes)) {
		tool_fail("out of memory");
		exit(EXIT_FAILED);
	}
	memset(buf, 0, bytes);
	return buf;
}

static int read_all(int fd, void *buf, size_t bytes, uint64_t offset)
{
	char *at = buf;

	while (bytes) {
		ssize_t n = pread(fd, at, bytes, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		at += n;
		offset += (uint64_t)n;
		bytes -= (size_t)n;
	}
	return 0;
}

int medium_read(const struct medium *medium, void *buf, size_t bytes, uint64_t offset)
{
	int err = -EINVAL;

	/* Not every file system has O_DIRECT, and some say so only when reading. */
	if (medium->direct >= 0)
		err = read_all(medium->direct, buf, bytes, offset);
	if (err == -EINVAL)
		err = read_all(medium->fd, buf, bytes, offset);
	return err;
}

int medium_write(const struct medium *medium, const void *buf, size_t bytes, uint64_t offset)
{
	const char *at = buf;

	while (bytes) {
		ssize_t n = pwrite(medium->fd, at, bytes, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		at += n;
		offset += (uint64_t)n;
		bytes -= (size_t)n;
	}
	return 0;
}

int medium_flush(const struct medium *medium)
{
	if (fdatasync(medium->fd) < 0)
		return -errno;
	if (medium->is_block && ioctl(medium->fd, BLKFLSBUF, 0) < 0)
		return -errno;
	return 0;
}

const char *medium_signature(const uint8_t *head, size_t bytes)
{
	static const struct {
		size_t offset;
		size_t len;
		const char *magic;
		const char *what;
	} known[] = {
		{ 0, 4, "XFSB", "an XFS file system" },
		{ 0, 6, "LUKS\xba\xbe", "a LUKS volume" },
		{ 0, 4, "hsqs", "a squashfs file system" },
		{ 0, 6, "SQLite", "an SQLite database" },
		{ 3, 4, "NTFS", "an NTFS file system" },
		{ 0x36, 3, "FAT", "a FAT file system" },
		{ 0x52, 5, "FAT32", "a FAT file system" },
		{ 512, 8, "EFI PART", "a GPT partition table" },
		{ 512, 8, "LABELONE", "an LVM physical volume" },
		{ 0x438, 2, "\x53\xef", "an ext2, ext3 or ext4 file system" },
		{ 0x400, 4, "\x10\x20\xf5\xf2", "an F2FS file system" },
		{ 4096, 4, "\xfc\x4e\x2b\xa9", "a member of an MD array" },
		{ 4096 - 10, 10, "SWAPSPACE2", "swap space" },
		{ 0x10040, 8, "_BHRfS_M", "a Btrfs file system" },
		{ 0x8001, 5, "CD001", "an ISO 9660 file system" },
		/* Last: boot sectors of several of the above end so, too. */
		{ 510, 2, "\x55\xaa", "a partition table or boot sector" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].offset + known[i].len <= bytes &&
		    !memcmp(head + known[i].offset, known[i].magic, known[i].len))
			return known[i].what;
	return NULL;
}
