/* SPDX-License-Identifier: MIT */
/* A world of one's own: private network, /sys, /run and resolv.conf, and stand-ins for devices. */
#ifndef MT_HOST_WORLD_H
#define MT_HOST_WORLD_H

#include <limits.h>
#include <net/if.h>
#include <stdbool.h>

/*
 * Moves this process, and the children it will have, into network and mount namespaces of its own
 * (as root in a user namespace of its own, when it is not root already): nothing that it does to
 * links, routes, /run, /etc/resolv.conf or /var/lib/moontower is seen outside, and all of it goes
 * away with it.
 * There is no way back. -EBUSY once the process has threads. After any other error the process may
 * be half inside: it should end.
 */
int mt_world_enter(void);

/*
 * Kills all others that are in the world which this process has entered: they would keep it, and
 * the kernel's share of it, for ever, out of reach. Does nothing outside.
 */
void mt_world_empty(void);

/*
 * The functions below return a non-blocking descriptor, which is the caller's, or a negative errno.
 */

/* A TUN device called `name`: each read or write is one IP packet. */
int mt_world_tun(const char *name);

/* A pseudo terminal's master side; writes the name of its slave. */
int mt_world_pty(char slave[PATH_MAX]);

/* 0, or a negative errno. */
int mt_world_socketpair(bool seqpacket, int fds[2]);

#endif
