/* SPDX-License-Identifier: ISC */
/*
 * prog_container.c - runs a program with the restrictions that docker puts on
 * root in a container by default: its capabilities, and that part of its system
 * call filter which the tests can notice.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "deny.h"

#define BIT(capability) (UINT64_C(1) << (capability))

static const uint64_t capabilities = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) |
    BIT(CAP_FSETID) | BIT(CAP_FOWNER) | BIT(CAP_MKNOD) | BIT(CAP_NET_RAW) |
    BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) |
    BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) |
    BIT(CAP_AUDIT_WRITE);

static const int refused[] = {SYS_acct, SYS_add_key, SYS_bpf, SYS_clock_settime,
    SYS_delete_module, SYS_fanotify_init, SYS_finit_module, SYS_init_module,
    SYS_kexec_load, SYS_keyctl, SYS_mount, SYS_move_mount,
    SYS_open_by_handle_at, SYS_open_tree, SYS_perf_event_open, SYS_pivot_root,
    SYS_quotactl, SYS_reboot, SYS_request_key, SYS_setdomainname,
    SYS_sethostname, SYS_setns, SYS_settimeofday, SYS_swapoff, SYS_swapon,
    SYS_syslog, SYS_umount2, SYS_unshare, SYS_userfaultfd, SYS_vhangup};

/* Flags of clone(2) that are refused.  clone3(2) is refused altogether: its
 * arguments are in memory, where no filter sees them. */
static const unsigned new_namespaces[] = {CLONE_NEWCGROUP, CLONE_NEWIPC,
    CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS};

static bool
drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
	    _LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};

	for (int c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		if (!(capabilities & BIT(c)) &&
		    prctl(PR_CAPBSET_DROP, c, 0, 0, 0) == -1)
			return geteuid() != 0; /* other users have none */
	if (geteuid() != 0)
		return true;
	for (int i = 0; i < 2; i++) {
		data[i].permitted = (uint32_t)(capabilities >> (32 * i));
		data[i].effective = data[i].permitted;
	}
	return syscall(SYS_capset, &header, data) == 0;
}

static bool
refuse_calls(void)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (!deny(refused[i], EPERM))
			return false;
	for (size_t i = 0; i < sizeof new_namespaces / sizeof(unsigned); i++)
		if (!deny_flag(SYS_clone, 0, new_namespaces[i], EPERM))
			return false;
	return deny(SYS_clone3, ENOSYS) && deny(SYS_io_uring_setup, EPERM);
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: prog_container COMMAND [ARG]...\n");
		return 2;
	}
	if (!refuse_calls() || !drop_capabilities()) {
		perror("prog_container");
		return 2;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
