/* SPDX-License-Identifier: MIT */
/* How a driver puts packets together on their way out, over ethtool's family of generic netlink. */
#ifndef MT_HOST_NETLINK_ETHTOOL_H
#define MT_HOST_NETLINK_ETHTOOL_H

#include <stdint.h>

/* Of one transfer, at most; 0: not told, and left as it is. */
struct mt_uplink {
    uint32_t size, packets, microseconds;
};

/*
 * Sets what is not 0 of a link, for which the caller may have to be root; nothing, where all is 0.
 * Then `uplink` is as the kernel has it. 0 or a negative errno: -EOPNOTSUPP where the driver has
 * none of it; -EINVAL where it, or a kernel before Linux 6.3, cannot have it set.
 */
int mt_ethtool_uplink(const char *link, struct mt_uplink *uplink);

/*
 * What it consists of. Each builds a message: for the number of the family; to set; to ask. 0, or
 * the negative of an error of libnl.
 */
struct nl_msg;
int mt_ethtool_build_family(struct nl_msg **message);
int mt_ethtool_build_set(uint16_t family, const char *link, const struct mt_uplink *uplink,
                         struct nl_msg **message);
int mt_ethtool_build_get(uint16_t family, const char *link, struct nl_msg **message);

/* The answers: the family's number, or 0; what the driver has. */
uint16_t mt_ethtool_read_family(struct nl_msg *message);
void mt_ethtool_read_uplink(struct nl_msg *message, struct mt_uplink *uplink);

#endif
