/* SPDX-License-Identifier: MIT */
/* Notices that our standard output or error has lost its reader. */
#ifndef MT_HOST_OUTPUT_H
#define MT_HOST_OUTPUT_H

#include "host/loop.h"

struct mt_output;

/*
 * Calls on_closed, once or twice, when the pipe or socket that is standard output or error has lost
 * its reader. Terminals (SIGHUP is their end) and files are not watched. 0 or a negative errno.
 */
int mt_output_open(struct mt_loop *loop, void (*on_closed)(void *context), void *context,
                   struct mt_output **output);

/* The pointer is invalid at once. NULL is fine. */
void mt_output_close(struct mt_output *output);

#endif
