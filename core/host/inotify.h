/* SPDX-License-Identifier: MIT */
/* inotify: files in a folder come, go or change; programs open a device and close it again. */
#ifndef MT_HOST_INOTIFY_H
#define MT_HOST_INOTIFY_H

#include <stdbool.h>

#include "host/monitor.h"

/* 0 or a negative errno. The folder must exist. */
int mt_inotify_open(struct mt_loop *loop, const char *folder, struct mt_monitor **monitor);

/*
 * 1 when something has changed since the last call, 0 when nothing has, or a negative errno: -ENOENT
 * once the folder itself has been removed or renamed, as nothing is reported from then on.
 */
int mt_inotify_take(struct mt_monitor *monitor);

/* Watches who has a device or file open, from now on. 0 or a negative errno. */
int mt_inotify_open_users(struct mt_loop *loop, const char *path, struct mt_monitor **monitor);

/*
 * As mt_inotify_take(). `users` is how often it is open now, and `was_left` whether it was open no
 * more at some moment since the last call.
 */
int mt_inotify_take_users(struct mt_monitor *monitor, int *users, bool *was_left);

#endif
