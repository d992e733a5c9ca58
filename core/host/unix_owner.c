/* SPDX-License-Identifier: MIT */
/* The user of a bound socket of datagrams, which SO_PEERCRED does not have. */
#include "host/unix_owner.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdalign.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BUFFER_SIZE = 32768, ALL_STATES = -1 };

/*
 * The user of an entry of the list, if it has this name; else MT_UID_UNKNOWN. (The kernel's macros
 * know no const.)
 */
static int64_t owner_in(struct nlmsghdr *header, const char *name, size_t length)
{
    const struct unix_diag_msg *socket = NLMSG_DATA(header);
    int left = (int)header->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*socket));
    struct rtattr *attribute = (struct rtattr *)(void *)((char *)NLMSG_DATA(header) +
                                                         sizeof(*socket));
    int64_t uid = MT_UID_UNKNOWN;
    bool is_named = false;
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        if (attribute->rta_type == UNIX_DIAG_NAME)
            is_named = RTA_PAYLOAD(attribute) == length &&
                       memcmp(RTA_DATA(attribute), name, length) == 0;
        if (attribute->rta_type == UNIX_DIAG_UID && RTA_PAYLOAD(attribute) >= sizeof(uint32_t)) {
            uint32_t value;
            memcpy(&value, RTA_DATA(attribute), sizeof(value));
            uid = value;
        }
    }
    return is_named && socket->udiag_type == SOCK_DGRAM ? uid : MT_UID_UNKNOWN;
}

/* The kernel has the whole answer ready at once: nothing waits here. */
static int64_t read_list(int fd, const char *name, size_t length)
{
    static alignas(struct nlmsghdr) char buffer[BUFFER_SIZE]; /* one loop, one thread */
    while (true) {
        ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
        if (size <= 0)
            return MT_UID_UNKNOWN;
        int left = (int)size;
        for (struct nlmsghdr *header = (void *)buffer; left > 0 && NLMSG_OK(header, (unsigned)left);
             header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
                return MT_UID_UNKNOWN; /* the end, or an error */
            int64_t uid = owner_in(header, name, length);
            if (uid != MT_UID_UNKNOWN)
                return uid;
        }
    }
}

static int64_t owner_of_abstract(const char *name, size_t length)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req request;
    } message = {
        .header = { sizeof(message), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 0, 0 },
        .request = { .sdiag_family = AF_UNIX,
                     .udiag_states = (uint32_t)ALL_STATES,
                     .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_UID },
    };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0)
        return MT_UID_UNKNOWN;
    int64_t uid = MT_UID_UNKNOWN;
    if (send(fd, &message, sizeof(message), 0) == (ssize_t)sizeof(message))
        uid = read_list(fd, name, length);
    close(fd);
    return uid;
}

int64_t mt_unix_owner(const char *path)
{
    struct stat info;
    char name[sizeof(((struct sockaddr_un *)0)->sun_path)];
    size_t length = strlen(path);
    if (path[0] != '@')
        return stat(path, &info) == 0 ? (int64_t)info.st_uid : MT_UID_UNKNOWN;
    if (length > sizeof(name))
        return MT_UID_UNKNOWN;
    memcpy(name, path, length);
    name[0] = '\0';
    return owner_of_abstract(name, length);
}
