/* SPDX-License-Identifier: ISC */
/*
 * manager.h - the service manager that $NOTIFY_SOCKET names.
 */
#ifndef TCPU_MANAGER_H
#define TCPU_MANAGER_H

/*
 * Sends it READY=1, as sd_notify(3) does.  Where it has too much to read, a
 * green thread sends that later.  No failure of the manager is one of the run.
 */
void notify_manager(void);

#endif
