/* SPDX-License-Identifier: MIT */
/* A /sys and a /dev of our own, for modems whose ports no driver here could make. */
#include "host/namespace_devices.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/namespace.h"

static bool is_own;

int mt_namespace_own_devices(void)
{
    if (!mt_namespace_is_inside())
        return -EPERM;
    if (is_own)
        return 0;
    /* libudev asks whether /sys is a sysfs, unless this is set. */
    if (setenv("SYSTEMD_DEVICE_VERIFY_SYSFS", "0", 1) < 0 ||
        mount("tmpfs", "/sys", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755") < 0)
        return -errno;
    int status = mt_namespace_cover("/dev", NULL);
    is_own = status == 0;
    return status;
}

enum { LONGEST_EVENT = 2048 };

int mt_namespace_tell_of_device(const char *event, size_t size)
{
    /* Any type but netlink's own; the acknowledgement tells what the kernel thinks of it. */
    struct {
        struct nlmsghdr header;
        char event[LONGEST_EVENT];
    } message = { .header = { .nlmsg_len = (unsigned)(NLMSG_HDRLEN + size),
                              .nlmsg_type = NLMSG_MIN_TYPE,
                              .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK } };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
    } answer = { 0 };
    if (!mt_namespace_is_inside())
        return -EPERM;
    if (size > sizeof(message.event))
        return -EMSGSIZE;
    memcpy(message.event, event, size);
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (fd < 0)
        return -errno;
    int status = 0;
    if (send(fd, &message, message.header.nlmsg_len, 0) < 0 ||
        recv(fd, &answer, sizeof(answer), MSG_DONTWAIT) < 0)
        status = -errno;
    else
        status = answer.error.error;
    close(fd);
    return status;
}
