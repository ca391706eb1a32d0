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
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../text.h"

#define SONAME "libtcpunit-tls.so.1"

static void *open_library(void);
static void *open_beside(const char *folder, const char *path);
static bool find(void *library, const char *name, void *call);

int
load_tls(const struct run *run, struct tls_library *library)
{
	void *opened = open_library();

	if (opened && find(opened, "tcp_make_tls", &library->make) &&
	    find(opened, "tcp_free_tls", &library->free) &&
	    find(opened, "tcp_tls_authority", &library->authority) &&
	    find(opened, "tcp_start_tls", &library->start))
		return STATUS_GO_ON;
	return fail(run, STATUS_FAILED, "--tls: %s", dlerror());
}

static void *
open_library(void)
{
	static const char *const places[] = {"", "../lib/"};
	char folder[PATH_MAX];
	void *library = NULL;
	ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	folder[n > 0 ? n : 0] = '\0';
	if (strrchr(folder, '/'))
		strrchr(folder, '/')[1] = '\0';
	for (size_t i = 0; n > 0 && !library && i < 2; i++)
		library = open_beside(folder, places[i]);
	return library ? library : dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
}

/* A library that is there but cannot be loaded is passed over as well: the
 * system's may be better, or has a better reason. */
static void *
open_beside(const char *folder, const char *path)
{
	char name[2 * PATH_MAX];

	format_text(name, sizeof(name), "%s%s" SONAME, folder, path);
	return access(name, R_OK) == 0 ? dlopen(name, RTLD_NOW | RTLD_LOCAL)
				       : NULL;
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
