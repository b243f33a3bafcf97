// SPDX-License-Identifier: GPL-2.0
/*
 * jsonq - values out of JSON, one line per document, for the shell.
 *
 *	jsonq PATH... <documents
 *
 * Paths: json_path.h. For each document the values are printed with tabs between;
 * "-" where there is none.
 */
#include "json_path.h"

static char *read_all(void)
{
	size_t size = 65536, len = 0, n;
	char *text = malloc(size);

	while (text && (n = fread(text + len, 1, size - len - 1, stdin)) > 0) {
		len += n;
		if (size - len < 2)
			text = realloc(text, size *= 2);
	}
	if (!text) {
		perror("jsonq");
		exit(2);
	}
	text[len] = 0;
	return text;
}

int main(int argc, char **argv)
{
	const char *s = space(read_all());
	struct span doc, value;
	int i;

	while (*s) {
		doc.at = s;
		doc.end = s = skip(s);
		for (i = 1; i < argc; i++) {
			const char *tab = i > 1 ? "\t" : "";

			if (get(doc, argv[i], &value)) {
				value = text_of(value);
				printf("%s%.*s", tab, (int)(value.end - value.at), value.at);
			} else {
				printf("%s-", tab);
			}
		}
		printf("\n");
		s = space(s);
	}
	return 0;
}
