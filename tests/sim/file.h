/* SPDX-License-Identifier: ISC */
/*
 * An open file of the simulated machine, whatever it is, and the table of
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
	/* As the system calls without waiting: -1 with errno. */
	ssize_t (*read)(struct sim_file *, void *, size_t, bool peek);
	ssize_t (*write)(struct sim_file *, const void *, size_t);
	void (*close)(struct sim_file *);
	/* Whether a read needed not wait at that time; may be NULL. */
	bool (*readable_by)(const struct sim_file *, int64_t);
};

enum { SIM_MOVES = 16 };

/* The latest calls that moved something. */
struct sim_moves {
	unsigned n;
	int64_t at[SIM_MOVES];
};

struct sim_file {
	const struct sim_file_kind *kind;
	void *object;
	int users;         /* descriptors */
	int flags;         /* of fcntl F_GETFL */
	short ready;       /* as poll says */
	int64_t in_since;  /* SIM_NEVER: not readable */
	int64_t out_since; /* likewise, writable */
	struct sim_moves reads;
	struct sim_moves writes;
};

struct sim_file *sim_file_new(const struct sim_file_kind *kind, void *object);

/* Its readiness may have changed. */
void sim_file_changed(struct sim_file *f);

/* What could have been done at a time, and has not been. */
bool sim_file_readable_by(const struct sim_file *f, int64_t when);
bool sim_file_writable_by(const struct sim_file *f, int64_t when);

void sim_move(struct sim_moves *m);
/* The time of the last one; of the last but SIM_MOVES - 1; -1 if there is
 * none. */
int64_t sim_last_move(const struct sim_moves *m);
int64_t sim_first_move(const struct sim_moves *m);

/* Through an iovec. */
ssize_t sim_file_readv(struct sim_file *f, const struct iovec *v, int n);
ssize_t sim_file_writev(struct sim_file *f, const struct iovec *v, int n);

enum { SIM_FIRST_FD = 100, SIM_MAX_FDS = 1000 };

/* The lowest free number; -1 with EMFILE.  It takes a user of F over. */
int sim_table_add(struct sim_file *f);
struct sim_file *sim_table_get(int fd); /* or NULL */
int sim_table_close(int fd);
/* Descriptors 0 to 2 are simulated, too, from the first of these on. */
void sim_table_set(int fd, struct sim_file *f);
bool sim_table_simulates(int fd);
int sim_table_count(void);

/* For a while there may be no descriptors: whether that is so, and whether it
 * is by now. */
bool sim_table_full(void);
bool sim_table_draw(void);
/* When a call last failed for that reason. */
int64_t sim_table_failed(void);

/* For kinds that cannot be read, or not be written: EBADF for pipes and regular
 * files, which were opened for the other direction, or else EINVAL. */
ssize_t sim_file_refuse_read(
    struct sim_file *f, void *buf, size_t n, bool peek);
ssize_t sim_file_refuse_write(struct sim_file *f, const void *data, size_t n);

#endif
