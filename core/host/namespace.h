/* SPDX-License-Identifier: MIT */
/* Namespaces: a private network, /sys, /run and resolv.conf for this process and its children. */
#ifndef MT_HOST_NAMESPACE_H
#define MT_HOST_NAMESPACE_H

#include <stdbool.h>

/*
 * Moves this process, and the children it will have, into new network and mount namespaces (as root
 * in a new user namespace, when it is not root already): nothing that it does to links, routes,
 * /run, /etc/resolv.conf or /var/lib/moontower is seen outside, and all of it ends with them.
 * There is no way back. -EBUSY once the process has threads. After any other error the process may
 * be half inside: it should end.
 */
int mt_namespace_enter(void);

/* Has this process entered them? */
bool mt_namespace_is_inside(void);

/*
 * `folder` becomes a new one in which every name but `left_out` (NULL: every one) leads to what it was
 * before, which is at `folder`/.before from then on. For code inside the namespaces.
 */
int mt_namespace_cover(const char *folder, const char *left_out);

/*
 * Kills all other processes in the namespaces that this process has entered: they would keep the
 * namespaces, which nothing could reach any more, and the memory of the kernel that they take. Does
 * nothing outside.
 */
void mt_namespace_empty(void);

#endif
