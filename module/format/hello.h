/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which HELLO a member is sent next, and when.  Pure; kernel and user space.
 *
 * A HELLO shows the sender's life, and echoes the receiver's as far as it is known
 * (seal.h).  Whoever has recorded datagrams of an earlier life can play them back at any
 * rate.  Their MAC is right and their echo wrong, as if the member had just started, so
 * they ask for a HELLO too, with the echo of a life that is over.  It must not be sent in
 * the place of the one that is waited for:
 *
 * (1) What is due is kept until it may be sent; how often that is, is bounded.
 * (2) A later session of a device displaces an earlier one, and never the reverse.
 * (3) Asking, which is answered by any life, the member's device, and another one that
 *     speaks with its id have a place each, and take turns.
 */
#ifndef QUORUM_HELLO_H
#define QUORUM_HELLO_H

#include <linux/types.h>

enum hello_place {
	HELLO_ASK,	/* on our own account */
	HELLO_OWN,	/* an answer to the member's device */
	HELLO_OTHER,	/* to another one that speaks with its id */
	HELLO_PLACES,
};

/**
 * struct hello - one place
 * @due: it is to be sent
 * @session: that is answered
 * @incarnation: likewise
 * @echo: to be sent with it
 */
struct hello {
	bool due;
	u32 session;
	u64 incarnation;
	u64 echo;
};

/**
 * struct hellos - the HELLOs due to one member; begins as zeros
 * @to: by enum hello_place
 * @next: whose turn it is
 * @credit: how many may be sent at once
 * @time: when @credit was reckoned, 0: never, all of it is there
 */
struct hellos {
	struct hello to[HELLO_PLACES];
	u32 next;
	u32 credit;
	u64 time;
};

/**
 * struct hello_rate - a bound on what others can make us send
 * @every: one in this time, in the unit of @now
 * @burst: but so many after a while without any
 */
struct hello_rate {
	u64 every;
	u32 burst;
};

/* Show the member our life; @echo: its life, 0: not known. */
void hello_ask(struct hellos *h, u64 echo);

/**
 * hello_answer() - answer a datagram that was not made for our life
 * @h: the HELLOs of its sender
 * @own: incarnation of the sender's device, 0: not known
 * @incarnation: that the datagram shows
 * @session: likewise
 * @echo: the life of these
 */
void hello_answer(struct hellos *h, u64 own, u64 incarnation, u32 session, u64 echo);

/* Could one be sent now? */
bool hello_may(const struct hellos *h, const struct hello_rate *rate, u64 now);

/**
 * hello_take() - the next one to send
 * @h: the HELLOs of a member
 * @rate: how often
 * @now: any clock that does not go back
 * @echo: set to what it echoes
 *
 * Return: true if there is one; it is not due any more.
 */
bool hello_take(struct hellos *h, const struct hello_rate *rate, u64 now, u64 *echo);

/* Is one due, now or later? */
bool hello_is_due(const struct hellos *h);

#endif /* QUORUM_HELLO_H */
