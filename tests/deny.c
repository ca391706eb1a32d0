/* SPDX-License-Identifier: ISC */
#include "deny.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>

/* The offset of the low half of an argument. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW sizeof(uint32_t)
#else
#define LOW 0
#endif

static bool
install(struct sock_filter *rules, unsigned short n)
{
	struct sock_fprog program = {n, rules};

	/* A privileged process can install the filter without no_new_privs,
	 * and set-user-ID programs keep working, as in a container. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return true;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool
deny(int call, int code)
{
	struct sock_filter rules[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return install(rules, sizeof rules / sizeof *rules);
}

/* Refuses CALL if TEST, a BPF jump, holds for the low half of its argument
 * INDEX and VALUE. */
static bool
deny_if(int call, unsigned index, unsigned short test, unsigned value, int code)
{
	const unsigned at = (unsigned)(offsetof(struct seccomp_data, args) +
	    index * sizeof(uint64_t) + LOW);
	struct sock_filter rules[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at),
	    BPF_JUMP(BPF_JMP | test | BPF_K, value, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return install(rules, sizeof rules / sizeof *rules);
}

bool
deny_argument(int call, unsigned index, unsigned value, int code)
{
	return deny_if(call, index, BPF_JEQ, value, code);
}

bool
deny_flag(int call, unsigned index, unsigned flag, int code)
{
	return deny_if(call, index, BPF_JSET, flag, code);
}
