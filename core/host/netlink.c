/* SPDX-License-Identifier: MIT */
/* Requests to the kernel over rtnetlink, and its answers. */
#include "host/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "host/netlink_socket.h"

struct mt_netlink {
    int fd; /* -1 until it is needed */
    uint32_t sequence;
    struct mt_netlink_input input;
    struct mt_netlink_items answer;
};

int mt_netlink_open(struct mt_netlink **netlink)
{
    struct mt_netlink *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->fd = -1;
    *netlink = made;
    return 0;
}

static void drop_socket(struct mt_netlink *netlink)
{
    if (netlink->fd >= 0)
        close(netlink->fd);
    netlink->fd = -1;
}

void mt_netlink_close(struct mt_netlink *netlink)
{
    drop_socket(netlink);
    mt_netlink_items_clear(&netlink->answer);
    free(netlink->answer.items);
    free(netlink->input.bytes);
    free(netlink);
}

static int need_socket(struct mt_netlink *netlink)
{
    if (netlink->fd >= 0)
        return 0;
    int fd = mt_netlink_socket_open();
    if (fd < 0)
        return fd;
    /* The kernel answers at once; with a limit, nothing can stop the loop. */
    struct timeval limit = { .tv_sec = 5 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    netlink->fd = fd;
    return 0;
}

/* What an acknowledgement, or the end of a dump, says: 0, or a negative errno. */
static int status_of(const struct nlmsghdr *message)
{
    int status = 0;
    if (message->nlmsg_len >= NLMSG_HDRLEN + sizeof(status))
        memcpy(&status, (const char *)message + NLMSG_HDRLEN, sizeof(status));
    return status < 0 ? status : 0;
}

/* -EAGAIN: something has changed while the kernel listed it. */
static int receive_answer(struct mt_netlink *netlink)
{
    int status = 0;
    mt_netlink_items_clear(&netlink->answer);
    for (;;) {
        const struct nlmsghdr *message;
        int received = mt_netlink_receive(netlink->fd, 0, &netlink->input);
        if (received < 0)
            return received == -EAGAIN ? -ETIMEDOUT : -EIO;
        while ((message = mt_netlink_next(&netlink->input)) != NULL) {
            if (message->nlmsg_seq != netlink->sequence)
                continue;
            if (status == 0 && (message->nlmsg_flags & NLM_F_DUMP_INTR))
                status = -EAGAIN;
            if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
                return status < 0 ? status : status_of(message);
            if (status == 0)
                status = mt_netlink_items_add(&netlink->answer, message);
        }
    }
}

static int ask(struct mt_netlink *netlink, struct mt_netlink_message *message)
{
    struct nlmsghdr *header = &message->header;
    header->nlmsg_seq = ++netlink->sequence;
    header->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    if (send(netlink->fd, message->bytes, header->nlmsg_len, 0) < 0)
        return -EIO;
    return receive_answer(netlink);
}

int mt_netlink_request(struct mt_netlink *netlink, struct mt_netlink_message *message)
{
    int status = message->full ? -EMSGSIZE : need_socket(netlink);
    int tries = status == 0 ? 5 : 0;
    while (tries > 0) {
        status = ask(netlink, message);
        /* A dump that a change has interrupted is requested again. */
        tries = status == -EAGAIN ? tries - 1 : 0;
    }
    if (status == -EIO || status == -ETIMEDOUT)
        drop_socket(netlink); /* a late answer must not be taken for the next request's */
    return status;
}

int mt_netlink_dump(struct mt_netlink *netlink, enum mt_netlink_kind kind)
{
    const struct mt_netlink_form *form = &mt_netlink_forms[kind];
    const char header[32] = { 0 }; /* of any family */
    struct mt_netlink_message message;
    mt_netlink_begin(&message, form->type + 2, NLM_F_DUMP, header, form->header);
    return mt_netlink_request(netlink, &message);
}

const struct mt_netlink_item *mt_netlink_answer(struct mt_netlink *netlink, size_t *count)
{
    *count = netlink->answer.count;
    return netlink->answer.items;
}
