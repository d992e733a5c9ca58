/* SPDX-License-Identifier: MIT */
/* Messages about links of the WWAN subsystem, one for each session of a modem; libnl 3.7 knows none. */
#ifndef MT_HOST_NETLINK_LINK_H
#define MT_HOST_NETLINK_LINK_H

#include <stdint.h>

/*
 * Builds a message with RTM_NEWLINK: a link of this name on a device of that subsystem ("wwan0"),
 * for the session `id`. 0, or the negative of an error of libnl.
 */
struct nl_msg;
int mt_netlink_build_wwan(const char *name, const char *device, uint32_t id,
                          struct nl_msg **message);

#endif
