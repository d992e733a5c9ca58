/* SPDX-License-Identifier: MIT */
/* rtnetlink: the kernel's network links, addresses and routes, asked for, changed and watched. */
#include "host/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Linux 5.18; older kernels ignore it. Debian 12's libnl has no setter for it. */
enum { ADDRESS_PROTOCOL = 11 };

/* ---- addresses as text ---- */

int mt_ip_parse(const char *text, struct mt_ip *ip)
{
    memset(ip, 0, sizeof(*ip));
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(family, text, ip->bytes) != 1)
        return -EINVAL;
    ip->family = family;
    return 0;
}

static int ip_size(int family)
{
    return family == AF_INET6 ? 16 : 4;
}

int mt_ip_parse_network(const char *text, struct mt_ip *ip, uint8_t *prefix_length)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t size = slash ? (size_t)(slash - text) : strlen(text);
    if (size >= sizeof(address))
        return -EINVAL;
    memcpy(address, text, size);
    address[size] = '\0';
    int status = mt_ip_parse(address, ip);
    if (status < 0)
        return status;
    unsigned long bits = (unsigned long)ip_size(ip->family) * 8;
    *prefix_length = (uint8_t)bits;
    if (!slash)
        return 0;
    char *end;
    unsigned long length = strtoul(slash + 1, &end, 10);
    if (slash[1] < '0' || slash[1] > '9' || *end || length > bits)
        return -EINVAL;
    *prefix_length = (uint8_t)length;
    return 0;
}

const char *mt_ip_format(const struct mt_ip *ip, char text[INET6_ADDRSTRLEN])
{
    text[0] = '\0';
    if (ip->family)
        inet_ntop(ip->family, ip->bytes, text, INET6_ADDRSTRLEN);
    return text;
}

/* ---- what the kernel says ---- */

static bool take_ip(const struct nlattr *attribute, int family, struct mt_ip *ip)
{
    if (!attribute || nla_len(attribute) != ip_size(family))
        return false;
    ip->family = family;
    memcpy(ip->bytes, nla_data(attribute), (size_t)ip_size(family));
    return true;
}

static uint32_t take_u32(const struct nlattr *attribute, uint32_t otherwise)
{
    return attribute && nla_len(attribute) >= 4 ? nla_get_u32(attribute) : otherwise;
}

static bool decode_link(struct nlmsghdr *message, struct mt_link *link)
{
    struct nlattr *found[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
    if (nlmsg_parse(message, sizeof(struct ifinfomsg), found, IFLA_MAX, NULL) < 0)
        return false;
    const struct ifinfomsg *header = nlmsg_data(message);
    if (header->ifi_family != AF_UNSPEC || !found[IFLA_IFNAME])
        return false;  /* a bridge's or IPv6's own view of the link */
    link->index = header->ifi_index;
    link->flags = header->ifi_flags;
    link->mtu = take_u32(found[IFLA_MTU], 0);
    nla_strlcpy(link->name, found[IFLA_IFNAME], sizeof(link->name));
    if (found[IFLA_LINKINFO] &&
        nla_parse_nested(info, IFLA_INFO_MAX, found[IFLA_LINKINFO], NULL) == 0 &&
        info[IFLA_INFO_KIND])
        nla_strlcpy(link->type, info[IFLA_INFO_KIND], sizeof(link->type));
    return true;
}

static bool is_ip_family(int family)
{
    return family == AF_INET || family == AF_INET6;
}

static bool decode_address(struct nlmsghdr *message, struct mt_address *address)
{
    struct nlattr *found[ADDRESS_PROTOCOL + 1];
    if (nlmsg_parse(message, sizeof(struct ifaddrmsg), found, ADDRESS_PROTOCOL, NULL) < 0)
        return false;
    const struct ifaddrmsg *header = nlmsg_data(message);
    if (!is_ip_family(header->ifa_family))
        return false;
    address->link = (int)header->ifa_index;
    address->prefix_length = header->ifa_prefixlen;
    address->scope = header->ifa_scope;
    address->flags = take_u32(found[IFA_FLAGS], header->ifa_flags);
    if (found[ADDRESS_PROTOCOL] && nla_len(found[ADDRESS_PROTOCOL]) >= 1)
        address->protocol = nla_get_u8(found[ADDRESS_PROTOCOL]);
    /* IFA_ADDRESS is our own address, unless there is IFA_LOCAL: then it is the peer's. */
    if (!take_ip(found[IFA_LOCAL], header->ifa_family, &address->address))
        return take_ip(found[IFA_ADDRESS], header->ifa_family, &address->address);
    if (take_ip(found[IFA_ADDRESS], header->ifa_family, &address->peer) &&
        memcmp(&address->peer, &address->address, sizeof(address->peer)) == 0)
        memset(&address->peer, 0, sizeof(address->peer));
    return true;
}

/* A route over several links: its first next hop stands for it. */
static void decode_next_hop(struct nlattr *multipath, struct mt_route *route)
{
    const struct rtnexthop *hop = nla_data(multipath);
    int length = nla_len(multipath);
    if (!RTNH_OK(hop, length))
        return;
    route->link = hop->rtnh_ifindex;
    route->onlink = (hop->rtnh_flags & RTNH_F_ONLINK) != 0;
    const void *attributes = (const char *)hop + RTNH_LENGTH(0);
    take_ip(nla_find(attributes, hop->rtnh_len - (int)RTNH_LENGTH(0), RTA_GATEWAY), route->family,
            &route->gateway);
}

static bool decode_route(struct nlmsghdr *message, struct mt_route *route)
{
    struct nlattr *found[RTA_MAX + 1];
    if (nlmsg_parse(message, sizeof(struct rtmsg), found, RTA_MAX, NULL) < 0)
        return false;
    const struct rtmsg *header = nlmsg_data(message);
    if (!is_ip_family(header->rtm_family) || (header->rtm_flags & RTM_F_CLONED))
        return false;
    route->family = header->rtm_family;
    route->prefix_length = header->rtm_dst_len;
    route->protocol = header->rtm_protocol;
    route->scope = header->rtm_scope;
    route->type = header->rtm_type;
    route->onlink = (header->rtm_flags & RTNH_F_ONLINK) != 0;
    route->table = take_u32(found[RTA_TABLE], header->rtm_table);
    route->metric = take_u32(found[RTA_PRIORITY], 0);
    route->link = (int)take_u32(found[RTA_OIF], 0);
    take_ip(found[RTA_DST], route->family, &route->destination);
    take_ip(found[RTA_GATEWAY], route->family, &route->gateway);
    take_ip(found[RTA_PREFSRC], route->family, &route->source);
    if (found[RTA_MULTIPATH])
        decode_next_hop(found[RTA_MULTIPATH], route);
    return true;
}

static bool decode_item(struct nlmsghdr *message, struct mt_netlink_item *item)
{
    memset(item, 0, sizeof(*item));
    switch (message->nlmsg_type) {
    case RTM_DELLINK:
        item->deleted = true;
        /* fall through */
    case RTM_NEWLINK:
        item->kind = MT_NETLINK_LINK;
        return decode_link(message, &item->link);
    case RTM_DELADDR:
        item->deleted = true;
        /* fall through */
    case RTM_NEWADDR:
        item->kind = MT_NETLINK_ADDRESS;
        return decode_address(message, &item->address);
    case RTM_DELROUTE:
        item->deleted = true;
        /* fall through */
    case RTM_NEWROUTE:
        item->kind = MT_NETLINK_ROUTE;
        return decode_route(message, &item->route);
    default:
        return false;
    }
}

struct item_list {
    struct mt_netlink_item *items;
    size_t count, capacity;
};

static int add_item(struct item_list *list, const struct mt_netlink_item *item)
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

/* ---- requests ---- */

struct mt_netlink {
    struct nl_sock *socket;  /* NULL until it is needed */
    struct nl_cb *callbacks;
    struct item_list answer;
    int status;
    bool finished;
};

static int on_answer(struct nl_msg *message, void *context)
{
    struct mt_netlink *netlink = context;
    struct mt_netlink_item item;
    if (decode_item(nlmsg_hdr(message), &item) && netlink->status == 0)
        netlink->status = add_item(&netlink->answer, &item);
    return NL_OK;
}

static int on_finished(struct nl_msg *message, void *context)
{
    struct mt_netlink *netlink = context;
    (void)message;
    netlink->finished = true;
    return NL_OK;
}

/* libnl has fewer error numbers than the kernel: keep the kernel's. */
static int on_refused(struct sockaddr_nl *from, struct nlmsgerr *error, void *context)
{
    struct mt_netlink *netlink = context;
    (void)from;
    netlink->status = error->error;
    netlink->finished = true;
    return NL_STOP;
}

int mt_netlink_open(struct mt_netlink **netlink)
{
    struct mt_netlink *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->callbacks = nl_cb_alloc(NL_CB_DEFAULT);
    if (!made->callbacks) {
        free(made);
        return -ENOMEM;
    }
    nl_cb_set(made->callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_answer, made);
    nl_cb_set(made->callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_finished, made);
    nl_cb_set(made->callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_finished, made);
    nl_cb_err(made->callbacks, NL_CB_CUSTOM, on_refused, made);
    *netlink = made;
    return 0;
}

static void drop_socket(struct mt_netlink *netlink)
{
    if (netlink->socket)
        nl_socket_free(netlink->socket);
    netlink->socket = NULL;
}

void mt_netlink_close(struct mt_netlink *netlink)
{
    drop_socket(netlink);
    nl_cb_put(netlink->callbacks);
    free(netlink->answer.items);
    free(netlink);
}

static int need_socket(struct mt_netlink *netlink)
{
    if (netlink->socket)
        return 0;
    struct nl_sock *opened = nl_socket_alloc();
    if (!opened)
        return -ENOMEM;
    errno = EIO;
    if (nl_connect(opened, NETLINK_ROUTE) < 0) {
        int status = -errno;
        nl_socket_free(opened);
        return status;
    }
    /* The kernel answers at once; a limit all the same, so that nothing can stop the loop. */
    struct timeval limit = { .tv_sec = 5 };
    setsockopt(nl_socket_get_fd(opened), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    netlink->socket = opened;
    return 0;
}

static int receive_answer(struct mt_netlink *netlink)
{
    netlink->answer.count = 0;
    netlink->status = 0;
    netlink->finished = false;
    while (!netlink->finished) {
        int status = nl_recvmsgs(netlink->socket, netlink->callbacks);
        if (status == -NLE_DUMP_INTR)
            return -EAGAIN;
        if (status < 0 && !netlink->finished)
            return status == -NLE_AGAIN ? -ETIMEDOUT : -EIO;
    }
    return netlink->status;
}

/* Sends `message`, frees it, and waits for the acknowledgement or the end of the dump. */
static int request(struct mt_netlink *netlink, struct nl_msg *message)
{
    int status = need_socket(netlink);
    /* A dump that something changed under is asked for again. */
    for (int tries = 0; status == 0 && tries < 5; tries++) {
        nlmsg_hdr(message)->nlmsg_seq = NL_AUTO_SEQ;
        status = nl_send_auto(netlink->socket, message) < 0 ? -EIO : receive_answer(netlink);
        if (status != -EAGAIN)
            break;
        status = 0;
    }
    nlmsg_free(message);
    if (status == -EIO || status == -ETIMEDOUT)
        drop_socket(netlink);  /* a late answer must not be taken for the next request's */
    return status;
}

static struct nl_msg *message_with(int type, int flags, void *header, size_t size)
{
    struct nl_msg *message = nlmsg_alloc_simple(type, flags);
    if (message && nlmsg_append(message, header, size, NLMSG_ALIGNTO) < 0) {
        nlmsg_free(message);
        return NULL;
    }
    return message;
}

static int put_ip(struct nl_msg *message, int type, const struct mt_ip *ip)
{
    return ip->family ? nla_put(message, type, ip_size(ip->family), ip->bytes) : 0;
}

int mt_netlink_get_link(struct mt_netlink *netlink, int index, const char *name,
                        struct mt_link *link)
{
    struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = index };
    struct nl_msg *message = message_with(RTM_GETLINK, 0, &header, sizeof(header));
    if (!message)
        return -ENOMEM;
    if (index == 0 && (strlen(name) >= IF_NAMESIZE ||
                       nla_put_string(message, IFLA_IFNAME, name) < 0)) {
        nlmsg_free(message);
        return -ENODEV;
    }
    int status = request(netlink, message);
    if (status < 0)
        return status;
    if (netlink->answer.count == 0)
        return -ENODEV;
    *link = netlink->answer.items[0].link;
    return 0;
}

int mt_netlink_set_link(struct mt_netlink *netlink, int index, int up, uint32_t mtu)
{
    struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = index };
    if (up >= 0) {
        header.ifi_change = IFF_UP;
        header.ifi_flags = up ? IFF_UP : 0;
    }
    struct nl_msg *message = message_with(RTM_SETLINK, 0, &header, sizeof(header));
    if (!message)
        return -ENOMEM;
    if (mtu && nla_put_u32(message, IFLA_MTU, mtu) < 0) {
        nlmsg_free(message);
        return -ENOMEM;
    }
    return request(netlink, message);
}

int mt_netlink_dump(struct mt_netlink *netlink, enum mt_netlink_kind kind,
                    const struct mt_netlink_item **items, size_t *count)
{
    static const int types[] = { RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE };
    struct ifinfomsg header = { .ifi_family = AF_UNSPEC };  /* the longest of the three headers */
    struct nl_msg *message = message_with(types[kind], NLM_F_DUMP, &header, sizeof(header));
    if (!message)
        return -ENOMEM;
    int status = request(netlink, message);
    if (status < 0)
        return status;
    *items = netlink->answer.items;
    *count = netlink->answer.count;
    return 0;
}

static int change_address(struct mt_netlink *netlink, int type, int flags,
                          const struct mt_address *address)
{
    struct ifaddrmsg header = {
        .ifa_family = (uint8_t)address->address.family,
        .ifa_prefixlen = address->prefix_length,
        .ifa_scope = address->scope,
        .ifa_index = (uint32_t)address->link,
    };
    const struct mt_ip *peer = address->peer.family ? &address->peer : &address->address;
    struct nl_msg *message = message_with(type, flags, &header, sizeof(header));
    if (!message)
        return -ENOMEM;
    if (put_ip(message, IFA_LOCAL, &address->address) < 0 ||
        put_ip(message, IFA_ADDRESS, peer) < 0 ||
        nla_put_u32(message, IFA_FLAGS, address->flags) < 0 ||
        (address->protocol && nla_put_u8(message, ADDRESS_PROTOCOL, address->protocol) < 0)) {
        nlmsg_free(message);
        return -ENOMEM;
    }
    return request(netlink, message);
}

int mt_netlink_add_address(struct mt_netlink *netlink, const struct mt_address *address)
{
    return change_address(netlink, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address);
}

int mt_netlink_delete_address(struct mt_netlink *netlink, const struct mt_address *address)
{
    return change_address(netlink, RTM_DELADDR, 0, address);
}

static int change_route(struct mt_netlink *netlink, int type, int flags,
                        const struct mt_route *route)
{
    struct rtmsg header = {
        .rtm_family = (uint8_t)route->family,
        .rtm_dst_len = route->prefix_length,
        .rtm_table = RT_TABLE_UNSPEC,  /* RTA_TABLE has it: there are more than 255 */
        .rtm_protocol = route->protocol,
        .rtm_scope = route->scope,
        .rtm_type = route->type,
        .rtm_flags = route->onlink ? RTNH_F_ONLINK : 0,
    };
    struct nl_msg *message = message_with(type, flags, &header, sizeof(header));
    if (!message)
        return -ENOMEM;
    if (nla_put_u32(message, RTA_TABLE, route->table) < 0 ||
        (route->prefix_length && put_ip(message, RTA_DST, &route->destination) < 0) ||
        put_ip(message, RTA_GATEWAY, &route->gateway) < 0 ||
        put_ip(message, RTA_PREFSRC, &route->source) < 0 ||
        (route->metric && nla_put_u32(message, RTA_PRIORITY, route->metric) < 0) ||
        (route->link && nla_put_u32(message, RTA_OIF, (uint32_t)route->link) < 0)) {
        nlmsg_free(message);
        return -ENOMEM;
    }
    return request(netlink, message);
}

int mt_netlink_add_route(struct mt_netlink *netlink, const struct mt_route *route)
{
    return change_route(netlink, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route);
}

int mt_netlink_delete_route(struct mt_netlink *netlink, const struct mt_route *route)
{
    return change_route(netlink, RTM_DELROUTE, 0, route);
}

/* ---- events ---- */

struct mt_netlink_monitor {
    uv_poll_t poll;
    struct nl_sock *socket;
    struct item_list queue;  /* what one read brought; the kernel keeps the rest */
    size_t taken;
    int status;
    void (*on_event)(void *context);
    void *context;
};

static int on_notification(struct nl_msg *message, void *context)
{
    struct mt_netlink_monitor *monitor = context;
    struct mt_netlink_item item;
    if (decode_item(nlmsg_hdr(message), &item) && add_item(&monitor->queue, &item) < 0)
        monitor->status = -ENOMEM;
    return NL_OK;
}

static int join_groups(struct nl_sock *opened, unsigned what)
{
    static const struct {
        unsigned what;
        int group;
    } groups[] = {
        { MT_NETLINK_WATCH_LINKS, RTNLGRP_LINK },
        { MT_NETLINK_WATCH_ADDRESSES, RTNLGRP_IPV4_IFADDR },
        { MT_NETLINK_WATCH_ADDRESSES, RTNLGRP_IPV6_IFADDR },
        { MT_NETLINK_WATCH_ROUTES, RTNLGRP_IPV4_ROUTE },
        { MT_NETLINK_WATCH_ROUTES, RTNLGRP_IPV6_ROUTE },
    };
    errno = EIO;
    if (nl_connect(opened, NETLINK_ROUTE) < 0 || nl_socket_set_nonblocking(opened) < 0)
        return -errno;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if ((what & groups[i].what) && nl_socket_add_membership(opened, groups[i].group) < 0)
            return -errno;
    }
    return 0;
}

int mt_netlink_monitor_open(struct mt_loop *loop, unsigned what, void (*on_event)(void *context),
                            void *context, struct mt_netlink_monitor **monitor)
{
    struct mt_netlink_monitor *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->on_event = on_event;
    made->context = context;
    made->socket = nl_socket_alloc();
    int status = made->socket ? join_groups(made->socket, what) : -ENOMEM;
    if (status == 0)
        status = uv_poll_init(&loop->uv, &made->poll, nl_socket_get_fd(made->socket));
    if (status < 0) {
        nl_socket_free(made->socket);
        free(made);
        return status;
    }
    nl_socket_disable_seq_check(made->socket);
    nl_socket_modify_cb(made->socket, NL_CB_VALID, NL_CB_CUSTOM, on_notification, made);
    *monitor = made;
    return 0;
}

static void on_monitor_closed(uv_handle_t *handle)
{
    struct mt_netlink_monitor *monitor =
        mt_container_of(handle, struct mt_netlink_monitor, poll);
    free(monitor->queue.items);
    free(monitor);
}

void mt_netlink_monitor_close(struct mt_netlink_monitor *monitor)
{
    uv_poll_stop(&monitor->poll);
    nl_socket_free(monitor->socket);
    uv_close((uv_handle_t *)&monitor->poll, on_monitor_closed);
}

/* Reads until something is queued or the kernel has no more for now. */
static int fill_queue(struct mt_netlink_monitor *monitor)
{
    const struct mt_netlink_item overrun = { .kind = MT_NETLINK_OVERRUN };
    monitor->queue.count = monitor->taken = 0;
    while (monitor->queue.count == 0) {
        monitor->status = 0;
        int status = nl_recvmsgs_default(monitor->socket);
        if (status == -NLE_AGAIN)
            return 0;
        /* ENOBUFS: the kernel dropped events for want of room in the socket. */
        if (status == -NLE_NOMEM || monitor->status < 0)
            return add_item(&monitor->queue, &overrun);
        if (status < 0)
            return -EIO;
    }
    return 0;
}

int mt_netlink_monitor_take(struct mt_netlink_monitor *monitor, struct mt_netlink_item *item)
{
    if (monitor->taken == monitor->queue.count) {
        int status = fill_queue(monitor);
        if (status < 0 || monitor->queue.count == 0)
            return status;
    }
    *item = monitor->queue.items[monitor->taken++];
    return 1;
}

/* An overrun is a socket error, which libuv reports as a bad descriptor; take() sees it. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct mt_netlink_monitor *monitor = mt_container_of(poll, struct mt_netlink_monitor, poll);
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    monitor->on_event(monitor->context);
}

void mt_netlink_monitor_watch(struct mt_netlink_monitor *monitor)
{
    uv_poll_start(&monitor->poll, UV_READABLE, on_readable);
}

void mt_netlink_monitor_unwatch(struct mt_netlink_monitor *monitor)
{
    uv_poll_stop(&monitor->poll);
}
