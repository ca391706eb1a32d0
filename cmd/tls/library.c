/* SPDX-License-Identifier: ISC */
#include "library.h"

#ifdef TCPU_STATIC

/* A static program loads no libraries. */
int
load_tls(const struct run *run, struct tls_library *library)
{
	(void)library;
	return usage_error(run, "--tls: not built in");
}

#else

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../text.h"

#define SONAME "libtcpunit-tls.so.1"

/* Why the library could not be loaded. */
struct reason {
	char text[512];
};

static void *open_library(struct reason *why);
static void *open_beside(
    const char *folder, const char *path, struct reason *why);
static void *open_named(const char *name, struct reason *why);
static bool find(void *library, const char *name, void *call);

int
load_tls(const struct run *run, struct tls_library *library)
{
	struct reason why = {""};
	void *opened = open_library(&why);

	if (!opened)
		return fail(run, STATUS_FAILED, "--tls: %s", why.text);
	if (find(opened, "tcp_make_tls", &library->make) &&
	    find(opened, "tcp_free_tls", &library->free) &&
	    find(opened, "tcp_tls_authority", &library->authority) &&
	    find(opened, "tcp_start_tls", &library->start))
		return STATUS_GO_ON;
	return fail(run, STATUS_FAILED, "--tls: %s", dlerror());
}

static void *
open_library(struct reason *why)
{
	static const char *const places[] = {"", "../lib/"};
	char folder[PATH_MAX];
	void *library = NULL;
	ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	folder[n > 0 ? n : 0] = '\0';
	if (strrchr(folder, '/'))
		strrchr(folder, '/')[1] = '\0';
	for (size_t i = 0; n > 0 && !library && i < 2; i++)
		library = open_beside(folder, places[i], why);
	return library ? library : open_named(SONAME, why);
}

/* A library that is there but cannot be loaded, since it is for other
 * processors, say, is passed over: the system's may be better. */
static void *
open_beside(const char *folder, const char *path, struct reason *why)
{
	char name[2 * PATH_MAX];

	format_text(name, sizeof(name), "%s%s" SONAME, folder, path);
	return access(name, R_OK) == 0 ? open_named(name, why) : NULL;
}

/* The first reason counts: later ones only say that nothing is there.  dlerror
 * of glibc 2.31 crashes if there was no memory for a library that this one
 * needs. */
static void *
open_named(const char *name, struct reason *why)
{
	void *library;

	errno = 0;
	library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (library || *why->text)
		return library;
	if (errno == ENOMEM)
		format_text(why->text, sizeof(why->text), "%s: %s", name,
		    strerror(ENOMEM));
	else
		format_text(why->text, sizeof(why->text), "%s", dlerror());
	return NULL;
}

/* ISO C has no conversion of an object's address to a function's. */
static bool
find(void *library, const char *name, void *call)
{
	void *address = dlsym(library, name);

	memcpy(call, &address, sizeof(address));
	return address;
}

#endif
