/* SPDX-License-Identifier: MIT */
/* Packet sockets of one link: whole frames, and ICMPv6 to all nodes on it. */
#include "host/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/address.h"

int mt_packet_open(const char *link)
{
    struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
    unsigned int index = if_nametoindex(link);
    if (index == 0)
        return -errno;
    address.sll_ifindex = (int)index;
    /* Protocol 0: it receives nothing until it is bound, and so nothing of other links. */
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

int mt_packet_open_all_nodes(const char *link)
{
    union mt_address all_nodes;
    int hops = 255;
    int status = mt_address_parse("ff02::1", 0, link, &all_nodes);
    if (status < 0)
        return status;
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
    if (fd < 0)
        return -errno;
    status = mt_address_use_link(fd, link);
    /* Connected, it receives only what comes from that group, which is nothing. */
    if (status == 0 &&
        (setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) < 0 ||
         connect(fd, &all_nodes.any, mt_address_size(&all_nodes)) < 0))
        status = -errno;
    if (status < 0)
        close(fd);
    return status < 0 ? status : fd;
}
