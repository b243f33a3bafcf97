// SPDX-License-Identifier: GPL-2.0
/*
 * Which HELLO is next: see hello.h.
 */
#include "hello.h"

void hello_ask(struct hellos *h, u64 echo)
{
	h->to[HELLO_ASK].due = true;
	h->to[HELLO_ASK].echo = echo;
}

/* Where it is not known which device is the member's, the first one that speaks is. */
static struct hello *place_of(struct hellos *h, u64 own, u64 incarnation)
{
	struct hello *first = &h->to[HELLO_OWN];

	if (!own && first->due)
		own = first->incarnation;
	return !own || own == incarnation ? first : &h->to[HELLO_OTHER];
}

void hello_answer(struct hellos *h, u64 own, u64 incarnation, u32 session, u64 echo)
{
	struct hello *to = place_of(h, own, incarnation);

	if (to->due && to->incarnation == incarnation && session < to->session)
		return;
	to->due = true;
	to->session = session;
	to->incarnation = incarnation;
	to->echo = echo;
}

/* How many may be sent now; @time: since when the next one is waited for. */
static u32 reckon(const struct hellos *h, const struct hello_rate *rate, u64 now, u64 *time)
{
	u64 more = (now - h->time) / rate->every;

	if (!h->time || h->credit + more >= rate->burst) {
		*time = now;
		return rate->burst;
	}
	*time = h->time + more * rate->every;
	return h->credit + more;
}

bool hello_may(const struct hellos *h, const struct hello_rate *rate, u64 now)
{
	u64 time;

	return reckon(h, rate, now, &time);
}

bool hello_take(struct hellos *h, const struct hello_rate *rate, u64 now, u64 *echo)
{
	u64 time;
	u32 credit = reckon(h, rate, now, &time);

	for (u32 i = 0; i < HELLO_PLACES && credit; i++) {
		u32 place = (h->next + i) % HELLO_PLACES;

		if (!h->to[place].due)
			continue;
		h->to[place].due = false;
		h->next = place + 1;
		h->credit = credit - 1;
		h->time = time;
		*echo = h->to[place].echo;
		return true;
	}
	return false;
}

bool hello_is_due(const struct hellos *h)
{
	for (u32 i = 0; i < HELLO_PLACES; i++)
		if (h->to[i].due)
			return true;
	return false;
}
