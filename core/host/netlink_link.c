/* SPDX-License-Identifier: MIT */
/* Messages that make links for single sessions: VLANs, of the WWAN subsystem, and of rmnet. */
#include "host/netlink_link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

/* Of Linux 5.14, from linux/if_link.h and linux/wwan.h, which older headers do not have. */
enum { PARENT_DEV_NAME = 56, WWAN_LINK_ID = 1 };

static void begin(struct mt_netlink_message *message, const char *name)
{
    const struct ifinfomsg header = { 0 };
    mt_netlink_begin(message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
    mt_netlink_put_string(message, IFLA_IFNAME, name);
}

/* What is of its kind is between the two. */
struct nests {
    size_t info, data;
};

static struct nests begin_kind(struct mt_netlink_message *message, const char *kind)
{
    struct nests nests = { .info = mt_netlink_nest(message, IFLA_LINKINFO) };
    mt_netlink_put_string(message, IFLA_INFO_KIND, kind);
    nests.data = mt_netlink_nest(message, IFLA_INFO_DATA);
    return nests;
}

static void end_kind(struct mt_netlink_message *message, struct nests nests)
{
    mt_netlink_end(message, nests.data);
    mt_netlink_end(message, nests.info);
}

void mt_netlink_build_vlan(struct mt_netlink_message *message, const char *name, uint32_t parent,
                           uint16_t id)
{
    begin(message, name);
    mt_netlink_put_u32(message, IFLA_LINK, parent);
    struct nests nests = begin_kind(message, "vlan");
    mt_netlink_put_u16(message, IFLA_VLAN_ID, id);
    end_kind(message, nests);
}

void mt_netlink_build_wwan(struct mt_netlink_message *message, const char *name, const char *device,
                           uint32_t id)
{
    begin(message, name);
    mt_netlink_put_string(message, PARENT_DEV_NAME, device);
    struct nests nests = begin_kind(message, "wwan");
    mt_netlink_put_u32(message, WWAN_LINK_ID, id);
    end_kind(message, nests);
}

void mt_netlink_build_rmnet(struct mt_netlink_message *message, const char *name, uint32_t parent,
                            uint16_t id, uint32_t flags)
{
    const struct ifla_rmnet_flags all = { .flags = flags, .mask = UINT32_MAX };
    begin(message, name);
    mt_netlink_put_u32(message, IFLA_LINK, parent);
    struct nests nests = begin_kind(message, "rmnet");
    mt_netlink_put_u16(message, IFLA_RMNET_MUX_ID, id);
    mt_netlink_put(message, IFLA_RMNET_FLAGS, &all, sizeof(all));
    end_kind(message, nests);
}
