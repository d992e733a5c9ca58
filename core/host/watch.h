/* SPDX-License-Identifier: MIT */
/* A watch: hearing that files in a folder come, go or change. */
#ifndef MT_HOST_WATCH_H
#define MT_HOST_WATCH_H

#include "host/loop.h"

/* Like a udev monitor it reads only when it is asked to. */
struct mt_watch;

/* 0 or a negative errno. The folder has to be there. */
int mt_watch_open(struct mt_loop *loop, const char *folder, void (*on_event)(void *context),
                  void *context, struct mt_watch **watch);
void mt_watch_close(struct mt_watch *watch);

/* 1 when something has changed since it was last asked, 0 when nothing has, or a negative errno. */
int mt_watch_take(struct mt_watch *watch);

/* Calls on_event once, when there is something to take. */
void mt_watch_watch(struct mt_watch *watch);
void mt_watch_unwatch(struct mt_watch *watch);

#endif
