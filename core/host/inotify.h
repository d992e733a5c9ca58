/* SPDX-License-Identifier: MIT */
/* inotify: files in a folder come, go or change. */
#ifndef MT_HOST_INOTIFY_H
#define MT_HOST_INOTIFY_H

#include "host/monitor.h"

/* 0 or a negative errno. The folder must exist. */
int mt_inotify_open(struct mt_loop *loop, const char *folder, struct mt_monitor **monitor);

/*
 * 1 when something has changed since the last call, 0 when nothing has, or a negative errno: -ENOENT
 * once the folder itself has been removed or renamed, as nothing is reported from then on.
 */
int mt_inotify_take(struct mt_monitor *monitor);

#endif
