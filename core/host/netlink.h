/* SPDX-License-Identifier: MIT */
/* rtnetlink: the kernel's links, addresses, routes, next hops and rules, asked for, changed and watched. */
#ifndef MT_HOST_NETLINK_H
#define MT_HOST_NETLINK_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/monitor.h"

/* An IPv4 or IPv6 address; family 0 means that there is none. */
struct mt_ip {
    int family;  /* AF_INET, AF_INET6 or 0 */
    uint8_t bytes[16];
};

/* 0 or -EINVAL. */
int mt_ip_parse(const char *text, struct mt_ip *ip);

/* "a.b.c.d/n"; without "/n" it is a host's address. 0 or -EINVAL. */
int mt_ip_parse_network(const char *text, struct mt_ip *ip, uint8_t *prefix_length);

/* Writes into `text` and returns it; "" for no address. */
const char *mt_ip_format(const struct mt_ip *ip, char text[INET6_ADDRSTRLEN]);

struct mt_traffic {
    uint64_t packets, bytes, errors, dropped;
};

struct mt_link {
    int index;
    char name[IF_NAMESIZE];
    char type[32];   /* "tun", "wwan", "vlan", ...; "" for a link without a rtnl_link_ops */
    uint32_t flags;  /* IFF_UP, IFF_RUNNING, IFF_NOARP, ... */
    uint32_t mtu;
    int parent;      /* the index of the link below; 0 for none */
    int vlan_id;     /* of an 802.1Q VLAN; -1 for anything else */
    bool counted;    /* whether the kernel said what follows: since the link was made */
    struct mt_traffic rx, tx;
};

struct mt_address {
    int link;  /* its index */
    struct mt_ip address, peer;
    uint8_t prefix_length, scope;
    uint8_t protocol;  /* IFA_PROTO: who added it; 0 when unsaid or before Linux 5.18 */
    uint32_t flags;    /* IFA_F_NOPREFIXROUTE, IFA_F_NODAD, ... */
};

/* One of the ways that a route, or a group of next hops, has. */
struct mt_hop {
    uint32_t nexthop;  /* in a group: its id */
    int link;          /* in a route: the link's index */
    struct mt_ip gateway;
    bool onlink;
    uint16_t weight;  /* 1 to 256; in a group, to 65535, since Linux 6.12 */
};

struct mt_route {
    int family;
    int link;  /* the index of the (first) next hop's link; 0 for a route that goes nowhere */
    uint32_t nexthop;  /* the id of a next hop, or a group, that says where it goes; 0 for none */
    const struct mt_hop *hops;  /* of a route with several ways; in an item, they are the item's */
    size_t hop_count;
    struct mt_ip destination, gateway, source;
    uint8_t prefix_length, protocol, scope, type;
    uint32_t metric, table;
    bool onlink;  /* the gateway is on the link although no address of ours says so */
};

/* A way that routes can share, and that can be changed under them; or a group of such. */
struct mt_nexthop {
    uint32_t id;
    int family;  /* AF_UNSPEC for a group */
    int link;
    struct mt_ip gateway;
    uint8_t protocol;
    bool onlink;
    const struct mt_hop *hops;  /* of a group; in an item, they are the item's */
    size_t hop_count;
};

/* Which packets look for their route in which table. */
struct mt_rule {
    int family;
    uint32_t priority, table, mark, mask;  /* of the mark, only the bits in the mask count */
    struct mt_ip source;  /* no family: any */
    uint8_t prefix_length, protocol, action;
    char in[IF_NAMESIZE], out[IF_NAMESIZE];  /* "": any link */
};

/* One thing that the kernel told us about. */
struct mt_netlink_item {
    enum mt_netlink_kind {
        MT_NETLINK_LINK,
        MT_NETLINK_ADDRESS,
        MT_NETLINK_ROUTE,
        MT_NETLINK_NEXTHOP,
        MT_NETLINK_RULE,
        MT_NETLINK_OVERRUN,  /* a monitor missed events: ask for the whole picture again */
    } kind;
    bool deleted;
    struct mt_hop *hops;  /* that it owns */
    union {
        struct mt_link link;
        struct mt_address address;
        struct mt_route route;
        struct mt_nexthop nexthop;
        struct mt_rule rule;
    };
};

/*
 * Requests are synchronous: the kernel answers rtnetlink at once. The socket is opened by the first
 * request, and belongs to the network namespace that the process is in then.
 */
struct mt_netlink;
int mt_netlink_open(struct mt_netlink **netlink);
void mt_netlink_close(struct mt_netlink *netlink);

/* By index, or by name when the index is 0; -ENODEV when there is no such link. */
int mt_netlink_get_link(struct mt_netlink *netlink, int index, const char *name,
                        struct mt_link *link);

/* `up`: 1, 0, or -1 to leave it; `mtu`: 0 to leave it. */
int mt_netlink_set_link(struct mt_netlink *netlink, int index, int up, uint32_t mtu);

/*
 * Adds a VLAN on the link with the index `parent`. -EEXIST when the name or the id is taken;
 * -EOPNOTSUPP when the kernel, or the link, has no VLANs.
 */
int mt_netlink_add_vlan(struct mt_netlink *netlink, const char *name, int parent, uint16_t id);

/* Deletes a link, if it is of a kind that can be deleted: else -EOPNOTSUPP. */
int mt_netlink_remove_link(struct mt_netlink *netlink, int index);

/* Everything of one kind. The items belong to `netlink` and are valid until its next request. */
int mt_netlink_dump(struct mt_netlink *netlink, enum mt_netlink_kind kind,
                    const struct mt_netlink_item **items, size_t *count);

/* -EEXIST when it is there already; where `replace` is set, it then takes its place. */
int mt_netlink_add_address(struct mt_netlink *netlink, const struct mt_address *address);
int mt_netlink_delete_address(struct mt_netlink *netlink, const struct mt_address *address);
int mt_netlink_add_route(struct mt_netlink *netlink, const struct mt_route *route, bool replace);
int mt_netlink_delete_route(struct mt_netlink *netlink, const struct mt_route *route);
int mt_netlink_add_nexthop(struct mt_netlink *netlink, const struct mt_nexthop *nexthop,
                           bool replace);
int mt_netlink_delete_nexthop(struct mt_netlink *netlink, uint32_t id);
int mt_netlink_add_rule(struct mt_netlink *netlink, const struct mt_rule *rule);
int mt_netlink_delete_rule(struct mt_netlink *netlink, const struct mt_rule *rule);

/*
 * A monitor reports changes. Until it is read the kernel queues them, and it says when its queue was
 * too short (MT_NETLINK_OVERRUN).
 */
enum {
    MT_NETLINK_WATCH_LINKS = 1,
    MT_NETLINK_WATCH_ADDRESSES = 2,
    MT_NETLINK_WATCH_ROUTES = 4,
    MT_NETLINK_WATCH_NEXTHOPS = 8,
    MT_NETLINK_WATCH_RULES = 16,
};
int mt_netlink_monitor_open(struct mt_loop *loop, unsigned what, struct mt_monitor **monitor);

/* 1 and the oldest event, valid until the next; 0 when there is none yet, or a negative errno. */
int mt_netlink_monitor_take(struct mt_monitor *monitor, struct mt_netlink_item *item);

#endif
