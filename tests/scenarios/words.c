// SPDX-License-Identifier: GPL-2.0
/* A line becomes words, a word becomes a value. */
#include <ctype.h>
#include <errno.h>
#include "scenario.h"

/* "complete #2" names a write; any other # after a space begins a comment. */
static bool starts_comment(const struct words *words, const char *line, const char *p)
{
	if (*p != '#')
		return false;
	if (p == line || !words->n)
		return true;
	if (!isspace((unsigned char)p[-1]))
		return false;
	return strcmp(words->word[words->n - 1], "complete") || !isdigit((unsigned char)p[1]);
}

/**
 * words_split() - cut a line into words
 * @w: the world, for complaints
 * @words: filled in
 * @line: the line
 *
 * Words are separated by white space; what stands between quotes belongs to one
 * word, and the quotes themselves are taken off.  Return: is there any word?
 */
bool words_split(struct world *w, struct words *words, const char *line)
{
	const char *p = line;
	char *out = words->buf;

	words->n = 0;
	words->next = 0;
	if (strlen(line) >= sizeof(words->buf) - 1)
		die(w, "the line is longer than %d bytes", LINE_MAX_BYTES - 2);
	for (;;) {
		bool quote = false;

		while (isspace((unsigned char)*p))
			p++;
		if (!*p || starts_comment(words, line, p))
			return words->n;
		if (words->n == WORDS_MAX)
			die(w, "more than %d words in a line", WORDS_MAX);
		words->quoted[words->n] = *p == '"';
		words->word[words->n] = out;
		for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
			if (*p == '"')
				quote = !quote;
			else
				*out++ = *p;
		}
		if (quote)
			die(w, "a quote does not end");
		*out++ = '\0';
		words->n++;
	}
}

char *word_peek(struct words *words)
{
	return words->next < words->n ? words->word[words->next] : NULL;
}

char *word_next(struct words *words)
{
	return words->next < words->n ? words->word[words->next++] : NULL;
}

void words_end(struct world *w, struct words *words)
{
	if (words->next < words->n)
		die(w, "\"%s\" is not understood here", words->word[words->next]);
}

/* What is left of the line, without spaces. */
char *words_rest(struct world *w, struct words *words)
{
	char *rest = keep(w, LINE_MAX_BYTES);
	char *word;

	while ((word = word_next(words)))
		strcat(rest, word);
	return rest;
}

/* Is @word "key=value"? */
bool word_value(const char *word, const char *key, const char **value)
{
	size_t len = strlen(key);

	if (strncmp(word, key, len) || word[len] != '=')
		return false;
	*value = word + len + 1;
	return true;
}

bool text_is_number(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!isdigit((unsigned char)*text))
			return false;
	return true;
}

u64 parse_u64(struct world *w, const char *text)
{
	unsigned long long value;

	errno = 0;
	if (!text || !text_is_number(text))
		die(w, "\"%s\" is not a number", text ? text : "");
	value = strtoull(text, NULL, 10);
	if (errno)
		die(w, "\"%s\" is too large", text);
	return value;
}

u32 parse_id(struct world *w, const char *text)
{
	u64 id = parse_u64(w, text);

	if (!id || id > ID_MAX)
		die(w, "node %llu: ids go from 1 to %d", (unsigned long long)id, ID_MAX);
	return (u32)id;
}

/* "1,2,3"; "" and "none" are nobody.  @ids has room for ID_MAX. */
u32 parse_ids(struct world *w, const char *text, u32 *ids)
{
	char *copy = keep_text(w, text), *save = NULL, *part;
	u32 n = 0;

	if (!strcmp(text, "none"))
		return 0;
	for (part = strtok_r(copy, ", ", &save); part; part = strtok_r(NULL, ", ", &save)) {
		if (n == ID_MAX)
			die(w, "too many nodes");
		ids[n++] = parse_id(w, part);
	}
	return n;
}

/* "150ms", "2s", "500us"; a bare number is milliseconds. */
u64 parse_time(struct world *w, const char *text)
{
	double value;
	char *end;

	if (!text || !isdigit((unsigned char)*text))
		die(w, "\"%s\" is not a time", text ? text : "");
	value = strtod(text, &end);
	if (!strcmp(end, "s"))
		value *= 1000;
	else if (!strcmp(end, "us"))
		value /= 1000;
	else if (*end && strcmp(end, "ms"))
		die(w, "\"%s\" is not a time: use ms, s or us", text);
	if (value > 1e9)
		die(w, "\"%s\" is too long", text);
	return (u64)(value * MS);
}

bool parse_switch(struct world *w, const char *text)
{
	if (text && (!strcmp(text, "on") || !strcmp(text, "yes") || !strcmp(text, "true")))
		return true;
	if (!text || (strcmp(text, "off") && strcmp(text, "no") && strcmp(text, "false")))
		die(w, "\"%s\" is neither on nor off", text ? text : "");
	return false;
}

/* "3/2" */
bool parse_pair(const char *text, u64 *index, u64 *term)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	*index = strtoull(text, &end, 10);
	if (*end != '/' || !isdigit((unsigned char)end[1]))
		return false;
	*term = strtoull(end + 1, &end, 10);
	return !*end;
}

static u32 parse_end(struct world *w, const char *text)
{
	return !strcmp(text, "*") ? 0 : parse_id(w, text);
}

/* "A->B", also with spaces; * is any node (0) */
void parse_link(struct world *w, struct words *words, u32 *from, u32 *to)
{
	char *text = keep(w, LINE_MAX_BYTES);
	char *word, *arrow;

	do {
		word = word_next(words);
		if (!word)
			die(w, "a link is missing: A->B");
		strcat(text, word);
		arrow = strstr(text, "->");
	} while (!arrow || !arrow[2]);
	*arrow = '\0';
	*from = parse_end(w, text);
	*to = parse_end(w, arrow + 2);
}

static char plain(char c)
{
	return c == '-' || c == '_' ? ' ' : (char)tolower((unsigned char)c);
}

/* Without regard to case, and to "-" or "_" for a space. */
bool text_contains(const char *text, const char *part)
{
	size_t i;

	for (;; text++) {
		for (i = 0; part[i] && text[i] && plain(text[i]) == plain(part[i]); i++)
			;
		if (!part[i])
			return true;
		if (!*text)
			return false;
	}
}
