/* SPDX-License-Identifier: MIT */
/* Receives datagrams of the simulated network's generator of characters: download ADDRESS DATAGRAMS
 *
 * It asks for a few hundred at once, and prints how many came and their bytes, IP and UDP headers included.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PORT = 19, AT_ONCE = 500, HEADERS = 28, PATIENCE = 2, BUFFER = 8 << 20 };

static int fail(const char *what)
{
    perror(what);
    return 1;
}

/* Returns how many of those asked for have come; fewer where some were lost. */
static long receive(int fd, long wanted, long *bytes)
{
    char buffer[2048];
    long count = 0;
    while (count < wanted) {
        ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
        if (size < 0)
            break;
        *bytes += size + HEADERS;
        count++;
    }
    return count;
}

int main(int argc, char **argv)
{
    struct sockaddr_in network = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    struct timeval patience = { .tv_sec = PATIENCE };
    int size = BUFFER;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (argc != 3 || inet_pton(AF_INET, argv[1], &network.sin_addr) != 1) {
        fprintf(stderr, "usage: download ADDRESS DATAGRAMS\n");
        return 2;
    }
    if (fd < 0 || connect(fd, (struct sockaddr *)&network, sizeof(network)) < 0)
        return fail("download");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    long wanted = atol(argv[2]), packets = 0, bytes = 0;
    for (long asked = 0; asked < wanted; asked += AT_ONCE) {
        char request[16];
        snprintf(request, sizeof(request), "%d", AT_ONCE);
        if (send(fd, request, strlen(request), 0) < 0)
            return fail("download");
        packets += receive(fd, AT_ONCE, &bytes);
    }
    printf("%ld %ld\n", packets, bytes);
    close(fd);
    return packets > 0 ? 0 : 1;
}
