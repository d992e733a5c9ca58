/* SPDX-License-Identifier: MIT */
/* Lists of what rtnetlink messages report: the answer to a request, or the events of a monitor. */
#include "host/netlink_items.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

const struct mt_netlink_form mt_netlink_forms[] = {
    [MT_NETLINK_LINK] = { RTM_NEWLINK, sizeof(struct ifinfomsg) },
    [MT_NETLINK_ADDRESS] = { RTM_NEWADDR, sizeof(struct ifaddrmsg) },
    [MT_NETLINK_ROUTE] = { RTM_NEWROUTE, sizeof(struct rtmsg) },
    [MT_NETLINK_NEXTHOP] = { RTM_NEWNEXTHOP, sizeof(struct nhmsg) },
    [MT_NETLINK_RULE] = { RTM_NEWRULE, sizeof(struct fib_rule_hdr) },
};

static bool is_kept(const struct mt_netlink_item *item)
{
    const unsigned char *family = item->header; /* all headers begin with it */
    const struct rtmsg *route = item->header;
    switch (item->kind) {
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

static bool read_item(const struct nlmsghdr *message, struct mt_netlink_item *item)
{
    const char *body = (const char *)message + NLMSG_HDRLEN;
    for (int kind = 0; kind < MT_NETLINK_OVERRUN; kind++) {
        size_t header = NLMSG_ALIGN(mt_netlink_forms[kind].header);
        int action = message->nlmsg_type - mt_netlink_forms[kind].type;
        if (action != 0 && action != 1)
            continue;
        if (message->nlmsg_len < NLMSG_HDRLEN + header)
            return false;
        item->kind = (enum mt_netlink_kind)kind;
        item->deleted = action == 1;
        item->header = body;
        item->attributes = mt_reader(body + header, message->nlmsg_len - NLMSG_HDRLEN - header);
        return is_kept(item);
    }
    return false;
}

/* Gives the item a copy of its bytes. */
static int own(struct mt_netlink_item *item)
{
    size_t header = NLMSG_ALIGN(mt_netlink_forms[item->kind].header);
    char *copy = malloc(header + item->attributes.left);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, item->header, header + item->attributes.left);
    item->header = copy;
    item->attributes.at = (const uint8_t *)copy + header;
    return 0;
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

int mt_netlink_items_add(struct mt_netlink_items *list, const struct nlmsghdr *message)
{
    struct mt_netlink_item item = { .kind = MT_NETLINK_OVERRUN };
    if (!message)
        return append(list, &item);
    if (!read_item(message, &item))
        return 0;
    int status = append(list, &item);
    if (status == 0 && own(&list->items[list->count - 1]) < 0) {
        list->count--;
        return -ENOMEM;
    }
    return status;
}

void mt_netlink_items_clear(struct mt_netlink_items *list)
{
    for (size_t i = 0; i < list->count; i++)
        free((void *)(uintptr_t)list->items[i].header);
    list->count = 0;
}
