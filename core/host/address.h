/* SPDX-License-Identifier: MIT */
/* Numeric IP addresses as sockets have them, and sockets that use one link only. */
#ifndef MT_HOST_ADDRESS_H
#define MT_HOST_ADDRESS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

union mt_address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/*
 * Reads an IPv4 or IPv6 address, which is reached through `link` if that is not NULL: link-local
 * ones need it. -EINVAL for other text, -ENODEV when there is no such link.
 */
int mt_address_parse(const char *text, uint16_t port, const char *link, union mt_address *address);

socklen_t mt_address_size(const union mt_address *address);

/* All that the socket sends and receives goes through this link, if it is not NULL. */
int mt_address_use_link(int fd, const char *link);

#endif
