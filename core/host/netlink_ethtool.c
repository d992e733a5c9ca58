/* SPDX-License-Identifier: MIT */
/* How a driver puts packets together on their way out, over ethtool's family of generic netlink. */
#include "host/netlink_ethtool.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>

#include "host/netlink.h"

/* Of Linux 6.3, which older headers do not have. */
enum { TX_AGGR_MAX_BYTES = 26, TX_AGGR_MAX_FRAMES = 27, TX_AGGR_TIME_USECS = 28 };

static int begin(uint16_t family, const struct genlmsghdr *header, struct nl_msg **message)
{
    *message = nlmsg_alloc_simple(family, 0);
    if (!*message)
        return -NLE_NOMEM;
    struct genlmsghdr copy = *header;
    nlmsg_append(*message, &copy, sizeof(copy), NLMSG_ALIGNTO);
    return 0; /* a page has room for this and all that follows */
}

int mt_ethtool_build_family(struct nl_msg **message)
{
    int status = begin(GENL_ID_CTRL,
                       &(struct genlmsghdr){ .cmd = CTRL_CMD_GETFAMILY, .version = 1 }, message);
    if (status == 0)
        nla_put_string(*message, CTRL_ATTR_FAMILY_NAME, ETHTOOL_GENL_NAME);
    return status;
}

static int begin_coalesce(uint16_t family, uint8_t command, const char *link,
                          struct nl_msg **message)
{
    const struct genlmsghdr header = { .cmd = command, .version = ETHTOOL_GENL_VERSION };
    int status = begin(family, &header, message);
    if (status < 0)
        return status;
    struct nlattr *nest = nla_nest_start(*message, ETHTOOL_A_COALESCE_HEADER);
    nla_put_string(*message, ETHTOOL_A_HEADER_DEV_NAME, link);
    nla_nest_end(*message, nest);
    return 0;
}

int mt_ethtool_build_set(uint16_t family, const char *link, const struct mt_uplink *uplink,
                         struct nl_msg **message)
{
    int status = begin_coalesce(family, ETHTOOL_MSG_COALESCE_SET, link, message);
    if (status < 0)
        return status;
    if (uplink->size)
        nla_put_u32(*message, TX_AGGR_MAX_BYTES, uplink->size);
    if (uplink->packets)
        nla_put_u32(*message, TX_AGGR_MAX_FRAMES, uplink->packets);
    if (uplink->microseconds)
        nla_put_u32(*message, TX_AGGR_TIME_USECS, uplink->microseconds);
    return 0;
}

int mt_ethtool_build_get(uint16_t family, const char *link, struct nl_msg **message)
{
    return begin_coalesce(family, ETHTOOL_MSG_COALESCE_GET, link, message);
}

static const struct nlattr *find(struct nl_msg *message, int type, int size)
{
    const struct nlattr *found = nlmsg_find_attr(nlmsg_hdr(message), GENL_HDRLEN, type);
    return found && nla_len(found) >= size ? found : NULL;
}

uint16_t mt_ethtool_read_family(struct nl_msg *message)
{
    const struct nlattr *number = find(message, CTRL_ATTR_FAMILY_ID, sizeof(uint16_t));
    return number ? nla_get_u16(number) : 0;
}

static uint32_t read_number(struct nl_msg *message, int type)
{
    const struct nlattr *number = find(message, type, sizeof(uint32_t));
    return number ? nla_get_u32(number) : 0;
}

void mt_ethtool_read_uplink(struct nl_msg *message, struct mt_uplink *uplink)
{
    uplink->size = read_number(message, TX_AGGR_MAX_BYTES);
    uplink->packets = read_number(message, TX_AGGR_MAX_FRAMES);
    uplink->microseconds = read_number(message, TX_AGGR_TIME_USECS);
}

/* ---- the requests ---- */

struct answers {
    uint16_t family;
    struct mt_uplink uplink;
};

static int on_answer(struct nl_msg *message, void *context)
{
    struct answers *answers = context;
    if (nlmsg_hdr(message)->nlmsg_type == GENL_ID_CTRL)
        answers->family = mt_ethtool_read_family(message);
    else if (nlmsg_hdr(message)->nlmsg_type == answers->family)
        mt_ethtool_read_uplink(message, &answers->uplink);
    return 0;
}

static int request(struct mt_netlink *netlink, int built, struct nl_msg *message)
{
    return built < 0 ? -ENOMEM : mt_netlink_request(netlink, message);
}

static int exchange(struct mt_netlink *netlink, const char *link, const struct mt_uplink *wanted,
                    struct answers *answers)
{
    struct nl_msg *message = NULL;
    int built = mt_ethtool_build_family(&message);
    int status = request(netlink, built, message);
    if (status == -ENOENT || (status == 0 && !answers->family))
        return -EOPNOTSUPP; /* a kernel without ethtool's family */
    if (status == 0 && (wanted->size || wanted->packets || wanted->microseconds)) {
        built = mt_ethtool_build_set(answers->family, link, wanted, &message);
        status = request(netlink, built, message);
    }
    if (status == 0) {
        built = mt_ethtool_build_get(answers->family, link, &message);
        status = request(netlink, built, message);
    }
    return status;
}

int mt_ethtool_uplink(const char *link, struct mt_uplink *uplink)
{
    struct answers answers = { 0 };
    struct mt_netlink *netlink;
    int status = mt_netlink_open_generic(on_answer, &answers, &netlink);
    if (status < 0)
        return status;
    status = exchange(netlink, link, uplink, &answers);
    mt_netlink_close(netlink);
    if (status == 0 && !answers.uplink.size)
        status = -EOPNOTSUPP;
    if (status == 0)
        *uplink = answers.uplink;
    return status;
}
