/* SPDX-License-Identifier: MIT */
/* Pseudo terminals. */
#ifndef MT_HOST_PTY_H
#define MT_HOST_PTY_H

#include <limits.h>

/*
 * The master side of a pseudo terminal; writes the name of its slave. The non-blocking descriptor is
 * the caller's; or a negative errno.
 */
int mt_pty_open(char slave[PATH_MAX]);

#endif
