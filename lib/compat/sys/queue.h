/* SPDX-License-Identifier: ISC */
/*
 * queue.h - the lists of queue(7) that this project uses, for a C library
 * without <sys/queue.h>.  The compiler looks here last.
 */
#ifndef COMPAT_QUEUE_H
#define COMPAT_QUEUE_H

#include <stddef.h>

/* ---- Lists: an element can leave at once, the head knows the first ---- */

#define LIST_HEAD(name, type)       \
	struct name {               \
		struct type *first; \
	}

/* "place" is the pointer that points to the element. */
#define LIST_ENTRY(type)             \
	struct {                     \
		struct type *next;   \
		struct type **place; \
	}

#define LIST_FIRST(head) ((head)->first)
#define LIST_NEXT(element, field) ((element)->field.next)
#define LIST_EMPTY(head) (LIST_FIRST(head) == NULL)

#define LIST_INIT(head)               \
	do                            \
		(head)->first = NULL; \
	while (0)

#define LIST_FOREACH(element, head, field)                    \
	for ((element) = LIST_FIRST(head); (element) != NULL; \
	     (element) = LIST_NEXT(element, field))

#define LIST_INSERT_HEAD(head, element, field)                               \
	do {                                                                 \
		(element)->field.next = (head)->first;                       \
		(element)->field.place = &(head)->first;                     \
		if ((head)->first != NULL)                                   \
			(head)->first->field.place = &(element)->field.next; \
		(head)->first = (element);                                   \
	} while (0)

#define LIST_REMOVE(element, field)                              \
	do {                                                     \
		*(element)->field.place = (element)->field.next; \
		if ((element)->field.next != NULL)               \
			(element)->field.next->field.place =     \
			    (element)->field.place;              \
	} while (0)

/* ---- Tail queues: the head knows the last element, too ---- */

/* "end" is the pointer that the next element will be put into. */
#define TAILQ_HEAD(name, type)      \
	struct name {               \
		struct type *first; \
		struct type **end;  \
	}

#define TAILQ_ENTRY(type) LIST_ENTRY(type)

#define TAILQ_HEAD_INITIALIZER(head) \
	{                            \
		NULL, &(head).first  \
	}

#define TAILQ_FIRST(head) LIST_FIRST(head)
#define TAILQ_NEXT(element, field) LIST_NEXT(element, field)
#define TAILQ_EMPTY(head) LIST_EMPTY(head)
#define TAILQ_FOREACH(element, head, field) LIST_FOREACH(element, head, field)

/* "end" points into the last element's entry, or to the head if there is none.
 * Both consist of the same two pointers as the head. */
#define TAILQ_LAST(head, name) (*((struct name *)(void *)(head)->end)->end)

#define TAILQ_INIT(head)                      \
	do {                                  \
		(head)->first = NULL;         \
		(head)->end = &(head)->first; \
	} while (0)

/* Puts the element where PLACE points to the one after it, or to none. */
#define TAILQ_PUT_(head, place_, element, field)              \
	do {                                                  \
		(element)->field.next = *(place_);            \
		(element)->field.place = (place_);            \
		if ((element)->field.next != NULL)            \
			(element)->field.next->field.place =  \
			    &(element)->field.next;           \
		else                                          \
			(head)->end = &(element)->field.next; \
		*(element)->field.place = (element);          \
	} while (0)

#define TAILQ_INSERT_HEAD(head, element, field) \
	TAILQ_PUT_(head, &(head)->first, element, field)
#define TAILQ_INSERT_TAIL(head, element, field) \
	TAILQ_PUT_(head, (head)->end, element, field)
#define TAILQ_INSERT_AFTER(head, other, element, field) \
	TAILQ_PUT_(head, &(other)->field.next, element, field)

#define TAILQ_REMOVE(head, element, field)                    \
	do {                                                  \
		if ((element)->field.next == NULL)            \
			(head)->end = (element)->field.place; \
		LIST_REMOVE(element, field);                  \
	} while (0)

#endif
