/* SPDX-License-Identifier: ISC */
/*
 * test_lists.c - the list macros for C libraries that lack <sys/queue.h>.
 */
#include "../lib/compat/sys/queue.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

struct element {
	char name;
	LIST_ENTRY(element) link;
	TAILQ_ENTRY(element) place;
};

LIST_HEAD(list, element);
TAILQ_HEAD(queue, element);

static char text[8];

static const char *
listed(const struct list *list)
{
	const struct element *e;
	char *end = text;

	LIST_FOREACH(e, list, link)
	*end++ = e->name;
	*end = '\0';
	return text;
}

static const char *
queued(const struct queue *queue)
{
	const struct element *e;
	char *end = text;

	TAILQ_FOREACH (e, queue, place)
		*end++ = e->name;
	*end = '\0';
	return text;
}

static void
lists(void)
{
	struct element a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};
	struct list list;

	LIST_INIT(&list);
	ok(LIST_EMPTY(&list), "a list is empty at first");
	LIST_INSERT_HEAD(&list, &a, link);
	LIST_INSERT_HEAD(&list, &b, link);
	LIST_INSERT_HEAD(&list, &c, link);
	is_str(listed(&list), "cba", "the latest element is the first");
	ok(LIST_FIRST(&list) == &c && LIST_NEXT(&c, link) == &b &&
		LIST_NEXT(&a, link) == NULL,
	    "each knows the next");
	LIST_REMOVE(&b, link);
	is_str(listed(&list), "ca", "one leaves the middle");
	LIST_REMOVE(&c, link);
	is_str(listed(&list), "a", "one leaves the beginning");
	LIST_REMOVE(&a, link);
	ok(LIST_EMPTY(&list), "the last one leaves");
}

static void
queues(void)
{
	struct element a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};
	struct queue queue = TAILQ_HEAD_INITIALIZER(queue);

	ok(TAILQ_EMPTY(&queue), "a queue is empty at first");
	ok(TAILQ_LAST(&queue, queue) == NULL,
	    "an empty queue has no last element");
	TAILQ_INSERT_TAIL(&queue, &a, place);
	TAILQ_INSERT_TAIL(&queue, &b, place);
	TAILQ_INSERT_HEAD(&queue, &c, place);
	is_str(queued(&queue), "cab", "elements come at both ends");
	ok(TAILQ_LAST(&queue, queue) == &b, "the last element of three");
	TAILQ_REMOVE(&queue, &b, place);
	TAILQ_INSERT_TAIL(&queue, &b, place);
	is_str(queued(&queue), "cab", "the end moves when the last leaves");
	TAILQ_REMOVE(&queue, &a, place);
	TAILQ_INSERT_AFTER(&queue, &b, &a, place);
	is_str(queued(&queue), "cba", "one comes after the last");
	TAILQ_REMOVE(&queue, &b, place);
	TAILQ_INSERT_AFTER(&queue, &c, &b, place);
	TAILQ_INIT(&queue);
	TAILQ_INSERT_HEAD(&queue, &a, place);
	TAILQ_INSERT_TAIL(&queue, &b, place);
	is_str(queued(&queue), "ab", "the first may be the last");
	TAILQ_REMOVE(&queue, &a, place);
	TAILQ_REMOVE(&queue, &b, place);
	ok(TAILQ_EMPTY(&queue) && TAILQ_FIRST(&queue) == NULL,
	    "the last one leaves");
}

int
main(void)
{
	run(lists);
	run(queues);
	return done_testing();
}
