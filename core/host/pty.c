/* SPDX-License-Identifier: MIT */
/* Pseudo terminals. */
#include "host/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int mt_pty_open(char slave[PATH_MAX])
{
    int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, slave, PATH_MAX) != 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}
