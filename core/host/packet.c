/* SPDX-License-Identifier: MIT */
/* Packet sockets: frames of one link. */
#include "host/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

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
