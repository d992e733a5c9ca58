/* SPDX-License-Identifier: MIT */
/* TUN devices: links whose packets a program reads and writes. */
#ifndef MT_HOST_TUN_H
#define MT_HOST_TUN_H

/*
 * A TUN device called `name`: each read or write is one IP packet. The non-blocking descriptor is
 * the caller's; or a negative errno.
 */
int mt_tun_open(const char *name);

#endif
