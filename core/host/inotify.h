/* SPDX-License-Identifier: MIT */
/* A watch: hearing that files in a folder come, go or change. */
#ifndef MT_HOST_WATCH_H
#define MT_HOST_WATCH_H

#include "host/monitor.h"

/* 0 or a negative errno. The folder has to be there. */
int mt_watch_open(struct mt_loop *loop, const char *folder, struct mt_monitor **watch);

/* 1 when something has changed since it was last asked, 0 when nothing has, or a negative errno. */
int mt_watch_take(struct mt_monitor *watch);

#endif
