/* SPDX-License-Identifier: MIT */
/* The user of a bound socket of datagrams, which SO_PEERCRED does not have. */
#ifndef MT_HOST_UNIX_OWNER_H
#define MT_HOST_UNIX_OWNER_H

#include <stdint.h>

#define MT_UID_UNKNOWN ((int64_t)(uint32_t)-1)

/*
 * The user of the socket of datagrams that is bound at `path`, where '@' begins an abstract name.
 * For a path this is the owner of the file; for an abstract name, the kernel's list of sockets has
 * it, since Linux 5.3. Else it is MT_UID_UNKNOWN.
 */
int64_t mt_unix_owner(const char *path);

#endif
