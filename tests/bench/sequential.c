/* SPDX-License-Identifier: MIT */
/* Connects as quectel-CM does by its own logs, one question after the other:
 * sequential mbim|qmi DEVICE INTERFACE APN
 *
 * The logs, with milliseconds, are those of a Quectel EC25 on USB: application/quectel_CM_5G_M/src/log/cdc_mbim.txt and
 * qmi_wwan_q.txt of github.com/FUjr/QModem. Each step here is one that a line of theirs names, in their order; where a
 * line took as long as several answers, it is one here. The processes that they show are started, too, by BusyBox as on
 * OpenWrt. Over QMI, where they run a DHCP client, the address that the modem has told is set as over MBIM.
 */

#include "sequential.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

void fail(const char *what)
{
    fprintf(stderr, "sequential: %s\n", what);
    exit(1);
}

void put(struct message *message, const void *bytes, size_t size)
{
    if (size > MAX_MESSAGE - message->size)
        fail("too long a message");
    memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

void put8(struct message *message, uint8_t value)
{
    put(message, &value, 1);
}

void put16(struct message *message, uint16_t value)
{
    put8(message, value & 0xff);
    put8(message, value >> 8);
}

void put32(struct message *message, uint32_t value)
{
    put16(message, value & 0xffff);
    put16(message, value >> 16);
}

uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint32_t get32(const uint8_t *bytes)
{
    return get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

void ask(const struct modem *modem, const struct message *request, struct message *answer,
         int (*is_answer)(const struct message *request, const struct message *answer))
{
    if (write(modem->fd, request->bytes, request->size) != (ssize_t)request->size)
        fail("the modem takes no message");
    do {
        ssize_t size = read(modem->fd, answer->bytes, sizeof answer->bytes);

        if (size <= 0)
            fail("the modem has gone");
        answer->size = (size_t)size;
    } while (!is_answer(request, answer));
}

void run(const struct modem *modem, const char *format)
{
    char command[256];

    snprintf(command, sizeof command, format, modem->interface);
    if (system(command) != 0)
        fail(command);
}

/* A cdc-wdm device, or the socket that the simulator has in its place. */
static int open_device(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct stat what;
    int fd;

    if (stat(path, &what) == 0 && !S_ISSOCK(what.st_mode)) {
        fd = open(path, O_RDWR);
    } else {
        strncpy(address.sun_path, path, sizeof address.sun_path - 1);
        fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
            fd = -1;
    }
    if (fd < 0)
        fail(strerror(errno));
    return fd;
}

static void configure(const struct modem *modem, const struct ipv4 *ip)
{
    const uint8_t *a = ip->address, *g = ip->gateway;
    char command[256];

    run(modem, "busybox ifconfig %s up");
    run(modem, "busybox ip -4 address flush dev %s");
    snprintf(command, sizeof command, "busybox ip -4 address add %u.%u.%u.%u/%u dev %%s", a[0],
             a[1], a[2], a[3], ip->prefix);
    run(modem, command);
    snprintf(command, sizeof command, "busybox ip -4 route add default via %u.%u.%u.%u dev %%s",
             g[0], g[1], g[2], g[3]);
    run(modem, command);
}

int main(int argc, char **argv)
{
    struct modem modem;
    struct ipv4 ip;

    if (argc != 5)
        fail("usage: sequential mbim|qmi DEVICE INTERFACE APN");
    modem = (struct modem){ .fd = open_device(argv[2]), .interface = argv[3], .apn = argv[4] };
    if (strcmp(argv[1], "mbim") == 0)
        connect_mbim(&modem, &ip);
    else
        connect_qmi(&modem, &ip);
    configure(&modem, &ip);
    return 0;
}
