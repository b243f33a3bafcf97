// SPDX-License-Identifier: GPL-2.0
/*
 * complaints - what the kernel's log complains of since a mark.
 *
 *	complaints MARK REGEX
 *
 * The lines after the last one with MARK in it that match the extended regular
 * expression, each with what follows it, a bug's report; nothing where there is none.
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

enum { READ_ALL = 3, SIZE_BUFFER = 10, CONTEXT = 40, MOST = 120 };

int main(int argc, char **argv)
{
	char *log, *line, *from, *next, *at, *save = NULL;
	int size, len, left = 0, shown = 0;
	regex_t regex;

	if (argc != 3 || regcomp(&regex, argv[2], REG_EXTENDED | REG_NOSUB)) {
		fprintf(stderr, "complaints: takes a mark and a regular expression\n");
		return 2;
	}
	size = klogctl(SIZE_BUFFER, NULL, 0);
	log = size > 0 ? malloc((size_t)size + 1) : NULL;
	len = log ? klogctl(READ_ALL, log, size) : -1;
	if (len < 0) {
		perror("complaints: the kernel's log");
		return 1;
	}
	log[len] = 0;
	/* Where the mark has been overwritten meanwhile, all that there is. */
	from = log;
	for (at = log; (next = strstr(at, argv[1])); at = next + 1)
		from = next + strcspn(next, "\n");
	for (line = strtok_r(from, "\n", &save); line && shown < MOST;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!regexec(&regex, line, 0, NULL, 0))
			left = CONTEXT + 1;
		if (left <= 0)
			continue;
		left--;
		shown++;
		puts(line);
	}
	return 0;
}
