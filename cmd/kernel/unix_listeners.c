/* SPDX-License-Identifier: ISC */
/*
 * unix_listeners.c - sock_diag(7) has the counts, and the inode of each
 * socket's file, by which the socket of a relative path or of a link is found.
 * If sock_diag(7) is missing or forbidden, /proc/net/unix still shows who
 * listens.
 */
#include "unix_listeners.h"

#include <errno.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "../text.h"
#include "netlink.h"

/* __SO_ACCEPTCON, in /proc/net/unix. */
#define LISTENS 0x10000

/* The socket that is looked for: that of a file, that with an abstract name, or
 * that with an inode. */
struct wanted {
	const char *name; /* or NULL */
	struct stat file; /* unless NAME is abstract */
	dev_t folder;     /* the device of the file's folder */
	unsigned long inode;
	bool found; /* a socket that has the name, listening or not */
	struct unix_listeners *l;
};

static dev_t find_folder(const char *name, const struct stat *file);
static int look(struct wanted *w);
static int dump(struct wanted *w);
static int take(void *wanted, struct nlmsghdr *message);
static int read_proc(struct wanted *w);
static bool is_bound(const char *path);

int
find_unix_listeners(const char *name, struct unix_listeners *l)
{
	struct wanted w = {.name = name, .l = l};

	*l = (struct unix_listeners){0};
	if (name[0] != '@' && stat(name, &w.file) == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (name[0] != '@')
		w.folder = find_folder(name, &w.file);
	if (look(&w) == -1)
		return -1;
	if (!w.found && name[0] != '@')
		l->elsewhere = is_bound(name);
	return 0;
}

int
find_unix_listener(int fd, struct unix_listeners *l)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	struct wanted w = {.l = l};
	int listens = 0;
	socklen_t size = sizeof(listens);
	struct stat st;

	*l = (struct unix_listeners){0};
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == -1 ||
	    fstat(fd, &st) == -1)
		return -1;
	w.inode = st.st_ino;
	if (listens && dump(&w) == 0 && l->counted)
		return 0;
	*l = (struct unix_listeners){.listening = listens};
	l->pending = listens && poll(&waiting, 1, 0) == 1;
	return 0;
}

/* The device of the folder that the file is in, also if NAME is a link to it;
 * that of the file if the folder cannot be found. */
static dev_t
find_folder(const char *name, const struct stat *file)
{
	char path[PATH_MAX];
	struct stat st;

	if (!realpath(name, path))
		return file->st_dev;
	*(strrchr(path, '/') + 1) = '\0'; /* it is absolute */
	return stat(path, &st) == 0 ? st.st_dev : file->st_dev;
}

static int
look(struct wanted *w)
{
	if (dump(w) == 0)
		return 0;
	*w->l = (struct unix_listeners){0};
	return read_proc(w);
}

static int
dump(struct wanted *w)
{
	struct {
		struct nlmsghdr header;
		struct unix_diag_req body;
	} request = {
	    .header.nlmsg_len = sizeof(request),
	    .header.nlmsg_type = SOCK_DIAG_BY_FAMILY,
	    .header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
	    .body.sdiag_family = AF_UNIX,
	    .body.udiag_states = ~0u,
	    .body.udiag_show =
		UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_RQLEN,
	};
	const struct netlink_reader reader = {
	    take, w, sizeof(struct unix_diag_msg)};
	int fd = netlink_open(), result = -1;

	if (fd == -1)
		return -1;
	if (netlink_ask(fd, &request, sizeof(request)) == 0)
		result = netlink_dump(fd, &reader);
	(void)close(fd); /* nothing was written to it */
	return result;
}

/* Whether the socket NAME, of N bytes, is bound to the file.  The name is as it
 * was given to bind(2), perhaps in another folder. */
static bool
leads_to(const char *name, size_t n, const struct stat *file)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	struct stat st;

	if (n == 0 || n >= sizeof(path) || name[0] != '/')
		return false;
	memcpy(path, name, n);
	path[n] = '\0';
	return stat(path, &st) == 0 && st.st_dev == file->st_dev &&
	    st.st_ino == file->st_ino;
}

/* The attributes of a message. */
struct attributes {
	const char *name;
	size_t length; /* of it */
	const struct unix_diag_vfs *file;
	const struct unix_diag_rqlen *queue;
};

static void
read_attributes(struct nlmsghdr *message, struct attributes *as)
{
	struct unix_diag_msg *body = NLMSG_DATA(message);
	struct rtattr *a = (void *)(body + 1);
	int left = (int)(message->nlmsg_len - NLMSG_LENGTH(sizeof(*body)));

	*as = (struct attributes){0};
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == UNIX_DIAG_NAME) {
			as->name = RTA_DATA(a);
			as->length = RTA_PAYLOAD(a);
		} else if (a->rta_type == UNIX_DIAG_VFS &&
		    RTA_PAYLOAD(a) >= sizeof(*as->file)) {
			as->file = RTA_DATA(a);
		} else if (a->rta_type == UNIX_DIAG_RQLEN &&
		    RTA_PAYLOAD(a) >= sizeof(*as->queue)) {
			as->queue = RTA_DATA(a);
		}
	}
}

/* The number that the kernel has for a device. */
static uint32_t
kernel_device(dev_t device)
{
	return major(device) << 20 | minor(device);
}

/* Some file systems show another device to programs than to the kernel; an
 * overlay does so for files, but not for folders. */
static bool
is_file(const struct attributes *as, const struct wanted *w)
{
	const struct stat *file = &w->file;

	if (!as->file || as->file->udiag_vfs_ino != (uint32_t)file->st_ino)
		return false;
	return as->file->udiag_vfs_dev == kernel_device(file->st_dev) ||
	    as->file->udiag_vfs_dev == kernel_device(w->folder) ||
	    leads_to(
		as->name, as->name ? strnlen(as->name, as->length) : 0, file);
}

static bool
is_wanted(const struct wanted *w, const struct unix_diag_msg *body,
    const struct attributes *as)
{
	if (!w->name)
		return body->udiag_ino == w->inode;
	if (w->name[0] != '@')
		return is_file(as, w);
	return as->name && as->length == strlen(w->name) &&
	    as->name[0] == '\0' &&
	    memcmp(as->name + 1, w->name + 1, as->length - 1) == 0;
}

static int
take(void *wanted, struct nlmsghdr *message)
{
	const struct unix_diag_msg *body = NLMSG_DATA(message);
	struct wanted *w = wanted;
	struct attributes as;

	read_attributes(message, &as);
	if (body->udiag_type != SOCK_STREAM || !is_wanted(w, body, &as))
		return 0;
	w->found = true;
	if (body->udiag_state != TCP_LISTEN || !as.queue)
		return 0;
	w->l->listening = w->l->counted = true;
	w->l->pending += as.queue->udiag_rqueue;
	w->l->backlog += as.queue->udiag_wqueue;
	return 0;
}

/* ---- Without netlink ---- */

/* "Num RefCount Protocol Flags Type St Inode Path" */
static void
read_line(char *line, struct wanted *w)
{
	unsigned int flags, type;
	int at = 0;
	char *name;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%*s %*x %*x %x %x %*x %*u %n", &flags, &type, &at) !=
		2 ||
	    at == 0 || type != SOCK_STREAM)
		return;
	name = line + at;
	if (strcmp(name, w->name) != 0 &&
	    (w->name[0] == '@' || !leads_to(name, strlen(name), &w->file)))
		return;
	w->found = true;
	w->l->listening |= (flags & LISTENS) != 0;
}

static int
read_proc(struct wanted *w)
{
	FILE *file = fopen("/proc/net/unix", "re");
	char *line = NULL;
	size_t size = 0;
	int result;

	if (!file)
		return -1;
	while (getline(&line, &size, file) != -1)
		read_line(line, w);
	result = ferror(file) ? -1 : 0;
	free(line);
	(void)fclose(file); /* it was read only */
	return result;
}

/* Whether any socket is bound to the file.  To a datagram socket, connect(2)
 * says EPROTOTYPE if it is one for streams. */
static bool
is_bound(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool bound;

	format_text(a.sun_path, sizeof(a.sun_path), "%s", path); /* fits */
	bound = fd != -1 &&
	    connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1 &&
	    errno == EPROTOTYPE;
	if (fd != -1)
		(void)close(fd); /* nothing was sent */
	return bound;
}
