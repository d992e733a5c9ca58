/* SPDX-License-Identifier: MIT */
/* Messages about routes, and about the rules that say in which table packets look for one. */
#ifndef MT_HOST_NETLINK_ROUTE_H
#define MT_HOST_NETLINK_ROUTE_H

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/netlink_items.h"
#include "host/netlink_message.h"
#include "host/netlink_nexthop.h"

/* One of the ways of a route: a link, a gateway, or both. */
struct mt_netlink_hop {
    int link;   /* an index; 0: none */
    int weight; /* from 1 */
    bool onlink;
    struct mt_netlink_ip gateway;
};

struct mt_netlink_route {
    struct rtmsg header; /* but for the destination's length */
    uint32_t table, metric;
    uint32_t nexthop; /* that it shares; 0: none */
    struct mt_netlink_ip destination, source;
    int count;
    struct mt_netlink_hop hops[MT_NETLINK_HOPS];
};

struct mt_netlink_rule {
    struct fib_rule_hdr header; /* but for the source's length */
    uint32_t table, priority;
    uint32_t mark, mask; /* no mask: no mark */
    uint8_t protocol;
    const char *in, *out; /* names of links, or NULL */
    struct mt_netlink_ip source;
};

/* Build a message with RTM_NEWROUTE, RTM_DELRULE and so on. */
void mt_netlink_build_route(struct mt_netlink_message *message,
                            const struct mt_netlink_route *route, int type, int flags);
void mt_netlink_build_rule(struct mt_netlink_message *message, const struct mt_netlink_rule *rule,
                           int type, int flags);

/* What the kernel has reported: the way of a route at a place, from 0, if it has that many; tables. */
bool mt_netlink_hop_at(const struct mt_netlink_item *route, int place, struct mt_netlink_hop *hop);
uint32_t mt_netlink_route_table(const struct mt_netlink_item *route);
uint32_t mt_netlink_rule_table(const struct mt_netlink_item *rule);

/* An address among attributes; none, where it is not there, or not whole. */
struct mt_netlink_ip mt_netlink_ip(struct mt_reader attributes, int type, int family);

#endif
