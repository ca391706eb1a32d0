/* SPDX-License-Identifier: ISC */
#include "timers.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static bool comes_first(const struct tu_timer *, const struct tu_timer *);
static struct tu_timer *merge(struct tu_timer *, struct tu_timer *);
static struct tu_timer *merge_all(struct tu_timer *);

int64_t
tu_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* is always there */
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
tu_after(int ms)
{
	return ms < 0 ? TU_NEVER : tu_now() + (int64_t)ms * 1000;
}

void
tu_timer_add(struct tu_timer **heap, struct tu_timer *t)
{
	t->child = t->next = t->before = NULL;
	*heap = merge(*heap, t);
}

void
tu_timer_remove(struct tu_timer **heap, struct tu_timer *t)
{
	struct tu_timer *children = merge_all(t->child);

	if (*heap == t) {
		*heap = children;
		return;
	}
	if (t->before->child == t)
		t->before->child = t->next;
	else
		t->before->next = t->next;
	if (t->next != NULL)
		t->next->before = t->before;
	*heap = merge(*heap, children);
}

static bool
comes_first(const struct tu_timer *a, const struct tu_timer *b)
{
	return a->time != b->time ? a->time < b->time : a->number < b->number;
}

/* Makes the later timer the first child of the other. */
static struct tu_timer *
merge(struct tu_timer *a, struct tu_timer *b)
{
	struct tu_timer *parent, *child;

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	parent = comes_first(a, b) ? a : b;
	child = parent == a ? b : a;
	child->before = parent;
	child->next = parent->child;
	if (child->next != NULL)
		child->next->before = child;
	parent->child = child;
	return parent;
}

/* Merges siblings: in pairs from the left, then the pairs from the right. */
static struct tu_timer *
merge_all(struct tu_timer *first)
{
	struct tu_timer *pairs = NULL, *pair, *rest, *all = NULL;

	for (; first != NULL; first = rest) {
		rest = first->next ? first->next->next : NULL;
		pair = merge(first, first->next);
		pair->next = pairs;
		pairs = pair;
	}
	for (; pairs != NULL; pairs = rest) {
		rest = pairs->next;
		all = merge(all, pairs);
	}
	return all;
}
