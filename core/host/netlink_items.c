/* SPDX-License-Identifier: MIT */
/* Lists of what rtnetlink messages report: the answer to a request, or the events of a monitor. */
#include "host/netlink_items.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/object.h>
#include <stdlib.h>
#include <sys/socket.h>

const struct mt_netlink_form mt_netlink_forms[] = {
    [MT_NETLINK_LINK] = { RTM_NEWLINK, sizeof(struct ifinfomsg) },
    [MT_NETLINK_ADDRESS] = { RTM_NEWADDR, sizeof(struct ifaddrmsg) },
    [MT_NETLINK_ROUTE] = { RTM_NEWROUTE, sizeof(struct rtmsg) },
    [MT_NETLINK_NEXTHOP] = { RTM_NEWNEXTHOP, sizeof(struct nhmsg) },
    [MT_NETLINK_RULE] = { RTM_NEWRULE, sizeof(struct fib_rule_hdr) },
};

/* By the message: libnl gives a bridge's link the family of bridges. */
static bool is_kept(enum mt_netlink_kind kind, const struct nlmsghdr *message)
{
    const unsigned char *family = nlmsg_data(message); /* all headers begin with it */
    const struct rtmsg *route = nlmsg_data(message);
    switch (kind) {
    case MT_NETLINK_LINK:
        return *family == AF_UNSPEC; /* else it is a bridge's or IPv6's own view of the link */
    case MT_NETLINK_NEXTHOP:
        return true;
    case MT_NETLINK_ROUTE:
        if (route->rtm_flags & RTM_F_CLONED)
            return false;
        /* fall through */
    default:
        return *family == AF_INET || *family == AF_INET6;
    }
}

static bool find_kind(struct nlmsghdr *message, struct mt_netlink_item *item)
{
    for (int kind = 0; kind < MT_NETLINK_OVERRUN; kind++) {
        int action = message->nlmsg_type - mt_netlink_forms[kind].type;
        if (action != 0 && action != 1)
            continue;
        item->kind = (enum mt_netlink_kind)kind;
        item->deleted = action == 1;
        return nlmsg_valid_hdr(message, (int)mt_netlink_forms[kind].header) &&
               is_kept(item->kind, message);
    }
    return false;
}

static void keep_object(struct nl_object *object, void *context)
{
    struct mt_netlink_item *item = context;
    nl_object_get(object);
    item->object = object;
}

static int append(struct mt_netlink_items *list, const struct mt_netlink_item *item)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        struct mt_netlink_item *items = realloc(list->items, capacity * sizeof(*items));
        if (!items)
            return -ENOMEM;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *item;
    return 0;
}

static void release(struct mt_netlink_item *item)
{
    nl_object_put(item->object);
    nlmsg_free(item->message);
}

/* libnl 3.7 reads a route only if its encapsulation, of which we report nothing, is MPLS. */
static void hide_encapsulation(struct nlattr *attributes, int length)
{
    struct nlattr *encapsulation = nla_find(attributes, length, RTA_ENCAP);
    if (encapsulation)
        encapsulation->nla_type = RTA_UNSPEC;
}

static void hide_encapsulations(struct nl_msg *message)
{
    struct nlmsghdr *header = nlmsg_hdr(message);
    struct nlattr *hops = nlmsg_find_attr(header, sizeof(struct rtmsg), RTA_MULTIPATH);
    struct rtnexthop *hop = hops ? nla_data(hops) : NULL;
    int left = hops ? nla_len(hops) : 0;
    hide_encapsulation(nlmsg_attrdata(header, sizeof(struct rtmsg)),
                       nlmsg_attrlen(header, sizeof(struct rtmsg)));
    while (left >= (int)sizeof(*hop) && RTNH_OK(hop, left)) {
        hide_encapsulation((struct nlattr *)RTNH_DATA(hop), hop->rtnh_len - (int)sizeof(*hop));
        left -= RTNH_ALIGN(hop->rtnh_len);
        hop = RTNH_NEXT(hop);
    }
}

int mt_netlink_items_add(struct mt_netlink_items *list, struct nl_msg *message)
{
    struct mt_netlink_item item = { .kind = MT_NETLINK_OVERRUN };
    if (!message)
        return append(list, &item);
    if (!find_kind(nlmsg_hdr(message), &item))
        return 0;
    if (item.kind != MT_NETLINK_NEXTHOP) {
        if (item.kind == MT_NETLINK_ROUTE)
            hide_encapsulations(message);
        int status = nl_msg_parse(message, keep_object, &item);
        if (status < 0)
            return status == -NLE_NOMEM ? -ENOMEM : 0;
    }
    nlmsg_get(message);
    item.message = message;
    int status = append(list, &item);
    if (status < 0)
        release(&item);
    return status;
}

void mt_netlink_items_clear(struct mt_netlink_items *list)
{
    for (size_t i = 0; i < list->count; i++)
        release(&list->items[i]);
    list->count = 0;
}
