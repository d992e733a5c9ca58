/* SPDX-License-Identifier: MIT */
/* Programs that outlive us. */
#ifndef MT_HOST_DETACHED_H
#define MT_HOST_DETACHED_H

/*
 * Starts a program that is no child of ours: in a session of its own, which no terminal's hang-up
 * reaches, with none of our descriptors, and with signals as they are at a login. `arguments` ends
 * with NULL. Returns once the program runs, or a negative errno.
 */
int mt_detached_start(char **arguments);

#endif
