/* SPDX-License-Identifier: MIT */
/* Requests to the kernel over rtnetlink and generic netlink, and its answers. */
#include "host/netlink.h"

#include <errno.h>
#include <netlink/errno.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

struct mt_netlink {
    struct nl_sock *socket; /* NULL until it is needed */
    struct nl_cb *callbacks;
    int protocol;
    mt_netlink_take *take; /* gets the answers, and this context; NULL: they become items */
    void *context;
    struct mt_netlink_items answer;
    int status;
    bool finished;
};

static int on_answer(struct nl_msg *message, void *context)
{
    struct mt_netlink *netlink = context;
    if (netlink->status == 0)
        netlink->status = netlink->take ? netlink->take(message, netlink->context)
                                        : mt_netlink_items_add(&netlink->answer, message);
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

static int open_protocol(int protocol, mt_netlink_take *take, void *context,
                         struct mt_netlink **netlink)
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
    made->protocol = protocol;
    made->take = take;
    made->context = context;
    *netlink = made;
    return 0;
}

int mt_netlink_open(struct mt_netlink **netlink)
{
    return open_protocol(NETLINK_ROUTE, NULL, NULL, netlink);
}

int mt_netlink_open_generic(mt_netlink_take *take, void *context, struct mt_netlink **netlink)
{
    return open_protocol(NETLINK_GENERIC, take, context, netlink);
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
    if (nl_connect(opened, netlink->protocol) < 0) {
        int status = -errno;
        nl_socket_free(opened);
        return status;
    }
    /* The kernel answers at once; with a limit, nothing can stop the loop. */
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
    int tries = status == 0 ? 5 : 0;
    while (tries > 0) {
        nlmsg_hdr(message)->nlmsg_seq = NL_AUTO_SEQ;
        status = nl_send_auto(netlink->socket, message) < 0 ? -EIO : receive_answer(netlink);
        /* A dump that a change has interrupted is requested again. */
        tries = status == -EAGAIN ? tries - 1 : 0;
    }
    nlmsg_free(message);
    if (status == -EIO || status == -ETIMEDOUT)
        drop_socket(netlink); /* a late answer must not be taken for the next request's */
    return status;
}

int mt_netlink_dump(struct mt_netlink *netlink, enum mt_netlink_kind kind)
{
    char header[32] = { 0 }; /* of any family */
    struct nl_msg *message = nlmsg_alloc_simple(mt_netlink_forms[kind].type + 2, NLM_F_DUMP);
    if (!message)
        return -ENOMEM;
    nlmsg_append(message, header, mt_netlink_forms[kind].header, NLMSG_ALIGNTO);
    return mt_netlink_request(netlink, message);
}

const struct mt_netlink_item *mt_netlink_answer(struct mt_netlink *netlink, size_t *count)
{
    *count = netlink->answer.count;
    return netlink->answer.items;
}
