/* SPDX-License-Identifier: MIT */
/* rtnetlink: the kernel's network links, addresses and routes, asked for and changed. */
#include "host/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
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

#include "host/netlink_decode.h"
#include "host/netlink_request.h"

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
    unsigned long bits = (unsigned long)mt_ip_size(ip->family) * 8;
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

/* ---- requests ---- */

struct mt_netlink {
    struct nl_sock *socket;  /* NULL until it is needed */
    struct nl_cb *callbacks;
    struct mt_netlink_items answer;
    int status;
    bool finished;
};

static int on_answer(struct nl_msg *message, void *context)
{
    struct mt_netlink *netlink = context;
    if (netlink->status == 0)
        netlink->status = mt_netlink_items_decode(&netlink->answer, nlmsg_hdr(message));
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
    mt_netlink_items_clear(&netlink->answer);
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
    mt_netlink_items_clear(&netlink->answer);
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

int mt_netlink_request(struct mt_netlink *netlink, struct nl_msg *message)
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

struct nl_msg *mt_netlink_message(int type, int flags, void *header, size_t size)
{
    struct nl_msg *message = nlmsg_alloc_simple(type, flags);
    if (message && nlmsg_append(message, header, size, NLMSG_ALIGNTO) < 0) {
        nlmsg_free(message);
        return NULL;
    }
    return message;
}

int mt_netlink_put_ip(struct nl_msg *message, int type, const struct mt_ip *ip)
{
    return ip->family ? nla_put(message, type, mt_ip_size(ip->family), ip->bytes) : 0;
}

int mt_netlink_get_link(struct mt_netlink *netlink, int index, const char *name,
                        struct mt_link *link)
{
    struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = index };
    struct nl_msg *message = mt_netlink_message(RTM_GETLINK, 0, &header, sizeof(header));
    if (!message)
        return -ENOMEM;
    if (index == 0 && (strlen(name) >= IF_NAMESIZE ||
                       nla_put_string(message, IFLA_IFNAME, name) < 0)) {
        nlmsg_free(message);
        return -ENODEV;
    }
    int status = mt_netlink_request(netlink, message);
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
    struct nl_msg *message = mt_netlink_message(RTM_SETLINK, 0, &header, sizeof(header));
    if (!message)
        return -ENOMEM;
    if (mtu && nla_put_u32(message, IFLA_MTU, mtu) < 0) {
        nlmsg_free(message);
        return -ENOMEM;
    }
    return mt_netlink_request(netlink, message);
}

static bool put_vlan(struct nl_msg *message, uint16_t id)
{
    struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO);
    if (!info || nla_put_string(message, IFLA_INFO_KIND, "vlan") < 0)
        return false;
    struct nlattr *data = nla_nest_start(message, IFLA_INFO_DATA);
    if (!data || nla_put_u16(message, IFLA_VLAN_ID, id) < 0)
        return false;
    nla_nest_end(message, data);
    nla_nest_end(message, info);
    return true;
}

int mt_netlink_add_vlan(struct mt_netlink *netlink, const char *name, int parent, uint16_t id)
{
    struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
    if (strlen(name) >= IF_NAMESIZE)
        return -EINVAL;
    struct nl_msg *message =
        mt_netlink_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
    if (!message)
        return -ENOMEM;
    if (nla_put_string(message, IFLA_IFNAME, name) < 0 ||
        nla_put_u32(message, IFLA_LINK, (uint32_t)parent) < 0 || !put_vlan(message, id)) {
        nlmsg_free(message);
        return -ENOMEM;
    }
    return mt_netlink_request(netlink, message);
}

int mt_netlink_remove_link(struct mt_netlink *netlink, int index)
{
    struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = index };
    struct nl_msg *message = mt_netlink_message(RTM_DELLINK, 0, &header, sizeof(header));
    return message ? mt_netlink_request(netlink, message) : -ENOMEM;
}

int mt_netlink_dump(struct mt_netlink *netlink, enum mt_netlink_kind kind,
                    const struct mt_netlink_item **items, size_t *count)
{
    static const struct {
        int type;
        size_t header;  /* of the request: only next hops are particular about its size */
    } kinds[] = {
        { RTM_GETLINK, sizeof(struct ifinfomsg) },  { RTM_GETADDR, sizeof(struct ifinfomsg) },
        { RTM_GETROUTE, sizeof(struct ifinfomsg) }, { RTM_GETNEXTHOP, sizeof(struct nhmsg) },
        { RTM_GETRULE, sizeof(struct ifinfomsg) },
    };
    struct ifinfomsg header = { .ifi_family = AF_UNSPEC };  /* the longest of all */
    struct nl_msg *message =
        mt_netlink_message(kinds[kind].type, NLM_F_DUMP, &header, kinds[kind].header);
    if (!message)
        return -ENOMEM;
    int status = mt_netlink_request(netlink, message);
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
    struct nl_msg *message = mt_netlink_message(type, flags, &header, sizeof(header));
    if (!message)
        return -ENOMEM;
    if (mt_netlink_put_ip(message, IFA_LOCAL, &address->address) < 0 ||
        mt_netlink_put_ip(message, IFA_ADDRESS, peer) < 0 ||
        nla_put_u32(message, IFA_FLAGS, address->flags) < 0 ||
        (address->protocol && nla_put_u8(message, MT_IFA_PROTO, address->protocol) < 0)) {
        nlmsg_free(message);
        return -ENOMEM;
    }
    return mt_netlink_request(netlink, message);
}

int mt_netlink_add_address(struct mt_netlink *netlink, const struct mt_address *address)
{
    return change_address(netlink, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address);
}

int mt_netlink_delete_address(struct mt_netlink *netlink, const struct mt_address *address)
{
    return change_address(netlink, RTM_DELADDR, 0, address);
}
