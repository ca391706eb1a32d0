/* SPDX-License-Identifier: ISC */
/*
 * Open files and the table of their numbers.
 */
#include "file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "clock.h"
#include "memory.h"
#include "poller.h"
#include "random.h"
#include "weather.h"

static struct sim_file *table[SIM_MAX_FDS], *standard[3];
static bool with_standard;
static int64_t full_until, failed = -1;

static struct sim_file **
entry(int fd)
{
	if (fd >= SIM_FIRST_FD && fd < SIM_FIRST_FD + SIM_MAX_FDS)
		return &table[fd - SIM_FIRST_FD];
	return with_standard && fd >= 0 && fd < 3 ? &standard[fd] : NULL;
}

static void
since(int64_t *time, bool ready)
{
	if (!ready)
		*time = SIM_NEVER;
	else if (*time == SIM_NEVER)
		*time = sim_now();
}

struct sim_file *
sim_file_new(const struct sim_file_kind *kind, void *object)
{
	struct sim_file *f = sim_memory(sizeof(*f));

	f->kind = kind;
	f->object = object;
	f->flags = O_RDWR;
	f->users = 1;
	f->in_since = f->out_since = SIM_NEVER;
	return f;
}

void
sim_file_changed(struct sim_file *f)
{
	if (f == NULL)
		return;
	f->ready = f->kind->poll(f);
	since(&f->in_since, f->ready & (POLLIN | POLLERR | POLLHUP));
	since(&f->out_since, f->ready & (POLLOUT | POLLERR | POLLHUP));
}

bool
sim_file_readable_by(const struct sim_file *f, int64_t when)
{
	if (f->kind->readable_by != NULL)
		return f->kind->readable_by(f, when);
	return f->in_since <= when;
}

bool
sim_file_writable_by(const struct sim_file *f, int64_t when)
{
	return f->out_since <= when;
}

void
sim_move(struct sim_moves *m)
{
	m->at[m->n++ % SIM_MOVES] = sim_now();
}

int64_t
sim_last_move(const struct sim_moves *m)
{
	return m->n > 0 ? m->at[(m->n - 1) % SIM_MOVES] : -1;
}

int64_t
sim_first_move(const struct sim_moves *m)
{
	return m->n >= SIM_MOVES ? m->at[m->n % SIM_MOVES] : -1;
}

ssize_t
sim_file_readv(struct sim_file *f, const struct iovec *v, int n)
{
	return n < 1 ? 0 : f->kind->read(f, v->iov_base, v->iov_len, false);
}

ssize_t
sim_file_writev(struct sim_file *f, const struct iovec *v, int n)
{
	ssize_t r, total = 0;
	int i;

	for (i = 0; i < n; i++) {
		r = f->kind->write(f, v[i].iov_base, v[i].iov_len);
		if (r == -1)
			return total > 0 ? total : -1;
		total += r;
		if ((size_t)r < v[i].iov_len)
			break;
	}
	return total;
}

int
sim_table_add(struct sim_file *f)
{
	int fd = 0;

	while (fd < SIM_MAX_FDS && table[fd] != NULL)
		fd++;
	if (fd == SIM_MAX_FDS || sim_table_full()) {
		failed = sim_now();
		errno = EMFILE;
		return -1;
	}
	table[fd] = f;
	return SIM_FIRST_FD + fd;
}

struct sim_file *
sim_table_get(int fd)
{
	struct sim_file **e = entry(fd);

	return e != NULL ? *e : NULL;
}

int
sim_table_close(int fd)
{
	struct sim_file *f = sim_table_get(fd);

	if (f == NULL) {
		errno = EBADF;
		return -1;
	}
	*entry(fd) = NULL;
	if (--f->users == 0) {
		sim_poller_forget(f);
		f->kind->close(f);
	}
	return 0;
}

void
sim_table_set(int fd, struct sim_file *f)
{
	with_standard = true;
	standard[fd] = f;
}

bool
sim_table_simulates(int fd)
{
	return fd >= SIM_FIRST_FD || (with_standard && fd >= 0 && fd < 3);
}

int
sim_table_count(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 3; fd++)
		n += standard[fd] != NULL;
	for (fd = 0; fd < SIM_MAX_FDS; fd++)
		n += table[fd] != NULL;
	return n;
}

bool
sim_table_draw(void)
{
	if (!sim_table_full() && sim_chance(sim_weather.full))
		full_until = sim_now() + sim_between(0, SIM_S / 2);
	return sim_table_full();
}

bool
sim_table_full(void)
{
	return sim_now() < full_until;
}

int64_t
sim_table_failed(void)
{
	return failed;
}

static ssize_t
refuse(const struct sim_file *f)
{
	errno =
	    S_ISFIFO(f->kind->mode) || S_ISREG(f->kind->mode) ? EBADF : EINVAL;
	return -1;
}

ssize_t
sim_file_refuse_read(struct sim_file *f, void *buf, size_t n, bool peek)
{
	(void)buf;
	(void)n;
	(void)peek;
	return refuse(f);
}

ssize_t
sim_file_refuse_write(struct sim_file *f, const void *data, size_t n)
{
	(void)data;
	(void)n;
	return refuse(f);
}
