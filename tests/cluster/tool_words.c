// SPDX-License-Identifier: GPL-2.0
/* What kv_client.c asks of the rest of quorumctl. */
#include <stdarg.h>
#include <string.h>

#include "tool.h"

int tool_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

int tool_fail_device(const char *name, int err)
{
	return tool_fail("%s: %s", name, strerror(-err));
}

const char *tool_strerror(int err)
{
	return strerror(err);
}
