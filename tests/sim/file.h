/* SPDX-License-Identifier: ISC */
/*
 * An open file of the simulated machine, of any kind, and the table of
 * descriptors.
 */
#ifndef SIM_FILE_H
#define SIM_FILE_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stdbool.h>
#include <stdint.h>

struct sim_file;

struct sim_file_kind {
	const char *name;
	mode_t mode; /* S_IFSOCK, ... */
	short (*poll)(const struct sim_file *);
	/* They behave like the system calls on a nonblocking descriptor: -1 and
	 * errno. */
	ssize_t (*read)(struct sim_file *, void *, size_t, bool peek);
	ssize_t (*write)(struct sim_file *, const void *, size_t);
	void (*close)(struct sim_file *);
	/* Whether a read at that time would not have had to wait; may be
	 * NULL. */
	bool (*readable_by)(const struct sim_file *, int64_t);
};

enum { SIM_MOVES = 16 };

/* The times of the latest calls that moved bytes. */
struct sim_moves {
	unsigned n;
	int64_t at[SIM_MOVES];
};

struct sim_file {
	const struct sim_file_kind *kind;
	void *object;
	int users;         /* descriptors */
	int flags;         /* of fcntl F_GETFL */
	short ready;       /* poll's bits */
	int64_t in_since;  /* since when it is readable; SIM_NEVER: it is not */
	int64_t out_since; /* likewise for writable */
	struct sim_moves reads;
	struct sim_moves writes;
};

struct sim_file *sim_file_new(const struct sim_file_kind *kind, void *object);

/* To be called when the readiness of F may have changed. */
void sim_file_changed(struct sim_file *f);

/* Whether F could have been read or written at time WHEN, and still can. */
bool sim_file_readable_by(const struct sim_file *f, int64_t when);
bool sim_file_writable_by(const struct sim_file *f, int64_t when);

void sim_move(struct sim_moves *m);
/* The time of the latest move, and of the oldest one still recorded; -1 if
 * there is none. */
int64_t sim_last_move(const struct sim_moves *m);
int64_t sim_first_move(const struct sim_moves *m);

/* Read or write through an iovec. */
ssize_t sim_file_readv(struct sim_file *f, const struct iovec *v, int n);
ssize_t sim_file_writev(struct sim_file *f, const struct iovec *v, int n);

enum { SIM_FIRST_FD = 100, SIM_MAX_FDS = 1000 };

/* Adds F under the lowest free number; -1 with EMFILE.  The table takes over
 * one user of F. */
int sim_table_add(struct sim_file *f);
struct sim_file *sim_table_get(int fd); /* or NULL */
int sim_table_close(int fd);
/* From the first call on, descriptors 0 to 2 are simulated, too. */
void sim_table_set(int fd, struct sim_file *f);
bool sim_table_simulates(int fd);
int sim_table_count(void);

/* For a while new descriptors may be refused.  Both return whether that is so
 * now; sim_table_draw may first begin such a time by chance. */
bool sim_table_full(void);
bool sim_table_draw(void);
/* Returns the time of the last call that failed because of this. */
int64_t sim_table_failed(void);

/* The read or write of files that cannot be read or cannot be written: EBADF
 * for pipes and regular files, which were opened for the other direction, and
 * EINVAL for all others. */
ssize_t sim_file_refuse_read(
    struct sim_file *f, void *buf, size_t n, bool peek);
ssize_t sim_file_refuse_write(struct sim_file *f, const void *data, size_t n);

#endif
