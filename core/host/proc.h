/* SPDX-License-Identifier: MIT */
/* What /proc says about other processes. */
#ifndef MT_HOST_PROC_H
#define MT_HOST_PROC_H

#include <stdint.h>
#include <sys/types.h>

struct mt_holder {
    pid_t pid;
    char name[16];
};

/*
 * The other processes that have the character device at `path` open. Fills in at most `limit`;
 * returns how many, or a negative errno. Only root sees the descriptors of other users.
 */
int mt_proc_holders(const char *path, struct mt_holder *holders, int limit);

/*
 * The processes whose name the kernel shows as `name`. Fills in at most `limit`; returns how many,
 * or a negative errno.
 */
int mt_proc_named(const char *name, pid_t *pids, int limit);

/*
 * When a process started, in clock ticks since boot: with its pid, this names a process for good,
 * while pids are used again. -ENOENT when there is no such process.
 */
int mt_proc_start_time(pid_t pid, uint64_t *ticks);

#endif
