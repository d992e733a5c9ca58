/* SPDX-License-Identifier: MIT */
/* Messages that make links for single sessions of a modem. */
#ifndef MT_HOST_NETLINK_LINK_H
#define MT_HOST_NETLINK_LINK_H

#include <stdint.h>

#include "host/netlink_message.h"

/* A VLAN on the link `parent`, an index, for the session `id`. */
void mt_netlink_build_vlan(struct mt_netlink_message *message, const char *name, uint32_t parent,
                           uint16_t id);

/* A link of the WWAN subsystem, on one of its devices ("wwan0"). */
void mt_netlink_build_wwan(struct mt_netlink_message *message, const char *name, const char *device,
                           uint32_t id);

/* Of struct ifla_rmnet_flags: RMNET_FLAGS_*, some of which older headers do not have. */
enum {
    MT_RMNET_DEAGGREGATION = 1 << 0,
    MT_RMNET_CHECKSUMS_V4 = 1 << 2 | 1 << 3, /* from the modem, and to it */
    MT_RMNET_CHECKSUMS_V5 = 1 << 4 | 1 << 5,
};

/* A link of the driver rmnet on the link `parent`: packets with this mux id, framed as the flags say. */
void mt_netlink_build_rmnet(struct mt_netlink_message *message, const char *name, uint32_t parent,
                            uint16_t id, uint32_t flags);

#endif
