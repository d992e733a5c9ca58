/* SPDX-License-Identifier: MIT */
/* Sockets of rtnetlink, and what the kernel sends to them. */
#include "host/netlink_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int mt_netlink_socket_open(void)
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

static ssize_t receive(int fd, int flags, const struct mt_netlink_input *input,
                       struct sockaddr_nl *from)
{
    socklen_t size = sizeof(*from);
    ssize_t length;
    do
        length = recvfrom(fd, input->bytes, input->room, flags, (struct sockaddr *)from, &size);
    while (length < 0 && errno == EINTR);
    return length < 0 ? -errno : length;
}

static int make_room(struct mt_netlink_input *input, size_t room)
{
    if (room <= input->room)
        return 0;
    void *bytes = realloc(input->bytes, room);
    if (!bytes)
        return -ENOMEM;
    input->bytes = bytes;
    input->room = room;
    return 0;
}

int mt_netlink_receive(int fd, int flags, struct mt_netlink_input *input)
{
    struct sockaddr_nl from;
    ssize_t length;
    input->left = 0;
    do {
        length = receive(fd, flags | MSG_PEEK | MSG_TRUNC, input, &from);
        int status = length < 0 ? (int)length : make_room(input, (size_t)length);
        if (status < 0)
            return status;
        length = receive(fd, flags, input, &from);
        if (length < 0)
            return (int)length;
    } while (from.nl_pid != 0);
    input->left = (size_t)length;
    input->next = input->bytes;
    return 0;
}

const struct nlmsghdr *mt_netlink_next(struct mt_netlink_input *input)
{
    const struct nlmsghdr *message = input->next;
    if (input->left < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
        message->nlmsg_len > input->left)
        return NULL;
    size_t size = NLMSG_ALIGN((size_t)message->nlmsg_len);
    input->left -= size < input->left ? size : input->left;
    input->next = (const void *)((const char *)message + size);
    return message;
}
