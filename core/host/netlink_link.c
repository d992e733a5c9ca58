/* SPDX-License-Identifier: MIT */
/* Messages that make links for single sessions: of the WWAN subsystem, and of rmnet. */
#include "host/netlink_link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>

/* Of Linux 5.14, from linux/if_link.h and linux/wwan.h, which older headers do not have. */
enum { PARENT_DEV_NAME = 56, WWAN_LINK_ID = 1 };

static int begin(const char *name, struct nl_msg **message)
{
    struct ifinfomsg header = { 0 };
    *message = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    if (!*message)
        return -NLE_NOMEM;
    nlmsg_append(*message, &header, sizeof(header), NLMSG_ALIGNTO);
    nla_put_string(*message, IFLA_IFNAME, name);
    return 0; /* a page has room for this and all that follows */
}

int mt_netlink_build_wwan(const char *name, const char *device, uint32_t id,
                          struct nl_msg **message)
{
    int status = begin(name, message);
    if (status < 0)
        return status;
    nla_put_string(*message, PARENT_DEV_NAME, device);
    struct nlattr *info = nla_nest_start(*message, IFLA_LINKINFO);
    nla_put_string(*message, IFLA_INFO_KIND, "wwan");
    struct nlattr *data = nla_nest_start(*message, IFLA_INFO_DATA);
    nla_put_u32(*message, WWAN_LINK_ID, id);
    nla_nest_end(*message, data);
    nla_nest_end(*message, info);
    return 0;
}

int mt_netlink_build_rmnet(const char *name, uint32_t parent, uint16_t id, uint32_t flags,
                           struct nl_msg **message)
{
    const struct ifla_rmnet_flags all = { .flags = flags, .mask = UINT32_MAX };
    int status = begin(name, message);
    if (status < 0)
        return status;
    nla_put_u32(*message, IFLA_LINK, parent);
    struct nlattr *info = nla_nest_start(*message, IFLA_LINKINFO);
    nla_put_string(*message, IFLA_INFO_KIND, "rmnet");
    struct nlattr *data = nla_nest_start(*message, IFLA_INFO_DATA);
    nla_put_u16(*message, IFLA_RMNET_MUX_ID, id);
    nla_put(*message, IFLA_RMNET_FLAGS, sizeof(all), &all);
    nla_nest_end(*message, data);
    nla_nest_end(*message, info);
    return 0;
}
