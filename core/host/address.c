/* SPDX-License-Identifier: MIT */
/* Numeric IP addresses as sockets have them, and sockets that use one link only. */
#include "host/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

int mt_address_parse(const char *text, uint16_t port, const char *link, union mt_address *address)
{
    unsigned index = link ? if_nametoindex(link) : 0;
    if (link && index == 0)
        return -ENODEV;
    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, text, &address->in.sin_addr) == 1) {
        address->in.sin_family = AF_INET;
        address->in.sin_port = htons(port);
        return 0;
    }
    if (inet_pton(AF_INET6, text, &address->in6.sin6_addr) == 1) {
        address->in6.sin6_family = AF_INET6;
        address->in6.sin6_port = htons(port);
        address->in6.sin6_scope_id = index;
        return 0;
    }
    return -EINVAL;
}

socklen_t mt_address_size(const union mt_address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof(address->in6) : sizeof(address->in);
}

int mt_address_use_link(int fd, const char *link)
{
    if (link && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link)) < 0)
        return -errno;
    return 0;
}
