/* SPDX-License-Identifier: MIT */
/* Messages that make links for single sessions of a modem, of kinds that libnl 3.7 does not know. */
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

/* Of struct ifla_rmnet_flags: RMNET_FLAGS_*, some of which older headers do not have. */
enum {
    MT_RMNET_DEAGGREGATION = 1 << 0,
    MT_RMNET_CHECKSUMS_V4 = 1 << 2 | 1 << 3, /* from the modem, and to it */
    MT_RMNET_CHECKSUMS_V5 = 1 << 4 | 1 << 5,
};

/*
 * The same for a link of the driver rmnet on the link `parent`, an index: packets with this mux id,
 * framed as the flags say.
 */
int mt_netlink_build_rmnet(const char *name, uint32_t parent, uint16_t id, uint32_t flags,
                           struct nl_msg **message);

#endif
