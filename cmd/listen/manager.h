/* SPDX-License-Identifier: ISC */
/*
 * manager.h - the service manager that $NOTIFY_SOCKET names.
 */
#ifndef TCPU_MANAGER_H
#define TCPU_MANAGER_H

/*
 * Sends the manager READY=1, as sd_notify(3) does.  If its socket is full, a
 * green thread sends the datagram later.  A failure does not affect the run.
 */
void notify_manager(void);

#endif
