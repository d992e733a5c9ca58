/* SPDX-License-Identifier: MIT */
/* Listening unix sockets, for root and our own user. */
#ifndef MT_HOST_LISTENER_H
#define MT_HOST_LISTENER_H

#include "host/port.h"

/*
 * A listening unix socket of the given kind at `path`. It accepts only while it is armed: until
 * then the kernel keeps callers waiting. It is for root and our own user: a stranger's connection
 * is closed at once and counted, so that a flood of them costs little and delays no other caller.
 */
struct mt_listener;
int mt_listener_open(struct mt_loop *loop, const char *path, enum mt_port_kind kind,
                     void (*on_connection)(void *context, int fd), void *context,
                     struct mt_listener **listener);
void mt_listener_close(struct mt_listener *listener);

/*
 * Calls on_connection once, with the descriptor of the next connection, which the callee owns, or
 * with a negative errno (such as -EMFILE): -EPERM for the first stranger since the last
 * mt_listener_strangers().
 */
void mt_listener_arm(struct mt_listener *listener);
void mt_listener_disarm(struct mt_listener *listener);

/* How many strangers have come since this was called last, and the last of them. */
uint64_t mt_listener_strangers(struct mt_listener *listener, struct mt_unix_peer *last);

#endif
