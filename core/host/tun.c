/* SPDX-License-Identifier: MIT */
/* TUN devices: links whose packets a program reads and writes. */
#include "host/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int mt_tun_open(const char *name)
{
    struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof(request.ifr_name))
        return -EINVAL;
    memcpy(request.ifr_name, name, length);
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}
