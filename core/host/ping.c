/* SPDX-License-Identifier: MIT */
/* One ICMP or ICMPv6 echo request, and its reply, its refusal or its time-out. */
#include "host/ping.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "host/address.h"
#include "wire/bytes.h"
#include "wire/inet.h"

enum { HEADER_SIZE = 8, NONCE_SIZE = MT_PING_MIN_SIZE };

struct mt_ping {
    uv_poll_t poll;
    struct mt_timer deadline;
    int fd;
    bool raw; /* a raw socket; else a "ping socket", which the kernel demultiplexes for us */
    union mt_address target;
    uint16_t id, sequence;
    uint8_t nonce[NONCE_SIZE];
    double sent_at;
    void (*on_done)(void *context, const struct mt_ping_result *result);
    void *context;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool is_ipv6(const struct mt_ping *ping)
{
    return ping->target.any.sa_family == AF_INET6;
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_ping, poll));
}

void mt_ping_cancel(struct mt_ping *ping)
{
    mt_timer_stop(&ping->deadline);
    uv_poll_stop(&ping->poll);
    close(ping->fd);
    uv_close((uv_handle_t *)&ping->poll, on_poll_closed);
}

static void finish(struct mt_ping *ping, const struct mt_ping_result *result)
{
    void (*on_done)(void *, const struct mt_ping_result *) = ping->on_done;
    void *context = ping->context;
    mt_ping_cancel(ping);
    on_done(context, result);
}

/* ---- what comes back ---- */

/* Is this ICMP message, or the beginning of one, of the given type and ours? */
static bool is_ours(const struct mt_ping *ping, struct mt_reader icmp, uint8_t type)
{
    const uint8_t *header;
    if (!mt_take(&icmp, HEADER_SIZE, &header) || header[0] != type)
        return false;
    uint16_t id = (uint16_t)(header[4] << 8 | header[5]);
    uint16_t sequence = (uint16_t)(header[6] << 8 | header[7]);
    return id == ping->id && sequence == ping->sequence;
}

/* The kernel gives a ping socket, even a connected one, replies from any host. */
static bool is_target(const struct mt_ping *ping, const union mt_address *from)
{
    if (from->any.sa_family != ping->target.any.sa_family)
        return false;
    if (is_ipv6(ping))
        return memcmp(&from->in6.sin6_addr, &ping->target.in6.sin6_addr, 16) == 0;
    return from->in.sin_addr.s_addr == ping->target.in.sin_addr.s_addr;
}

static bool is_our_reply(const struct mt_ping *ping, struct mt_reader packet)
{
    const uint8_t *header, *nonce;
    if (ping->raw && !is_ipv6(ping)) {
        /* A raw IPv4 socket hands out the IP header, too. */
        struct mt_reader whole = packet;
        if (!mt_take(&whole, 1, &header) || !mt_skip(&packet, (size_t)(header[0] & 15) * 4))
            return false;
    }
    return is_ours(ping, packet, is_ipv6(ping) ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
           mt_skip(&packet, HEADER_SIZE) && mt_take(&packet, NONCE_SIZE, &nonce) &&
           memcmp(nonce, ping->nonce, NONCE_SIZE) == 0;
}

/* Reads what is there; true when it ended the ping. */
static bool read_replies(struct mt_ping *ping)
{
    static uint8_t buffer[65536]; /* one loop, one thread: one buffer serves every ping */
    for (;;) {
        union mt_address from = { .any.sa_family = AF_UNSPEC };
        socklen_t length = sizeof(from);
        ssize_t size = recvfrom(ping->fd, buffer, sizeof(buffer), 0, &from.any, &length);
        if (size < 0)
            return false; /* empty, or an error that the error queue describes */
        double received_at = now();
        if (is_target(ping, &from) && is_our_reply(ping, mt_reader(buffer, (size_t)size))) {
            finish(ping, &(struct mt_ping_result){ .seconds = received_at - ping->sent_at });
            return true;
        }
    }
}

static void set_reporter(struct mt_ping_result *result, const struct sock_extended_err *error)
{
    const union mt_address *offender = (const void *)(error + 1); /* SO_EE_OFFENDER */
    result->icmp_type = error->ee_type;
    result->icmp_code = error->ee_code;
    if (offender->any.sa_family == AF_INET)
        inet_ntop(AF_INET, &offender->in.sin_addr, result->from, sizeof(result->from));
    else if (offender->any.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &offender->in6.sin6_addr, result->from, sizeof(result->from));
}

/* Reads the error queue; true when it ended the ping. */
static bool read_errors(struct mt_ping *ping)
{
    uint8_t packet[128];
    union {
        struct cmsghdr alignment;
        uint8_t bytes[512];
    } control;
    for (;;) {
        struct iovec part = { packet, sizeof(packet) };
        struct msghdr message = {
            .msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof(control),
        };
        ssize_t size = recvmsg(ping->fd, &message, MSG_ERRQUEUE);
        if (size < 0)
            return false;
        struct cmsghdr *found = CMSG_FIRSTHDR(&message);
        while (found && !(found->cmsg_level == SOL_IP && found->cmsg_type == IP_RECVERR) &&
               !(found->cmsg_level == SOL_IPV6 && found->cmsg_type == IPV6_RECVERR))
            found = CMSG_NXTHDR(&message, found);
        /* The queue holds the request that was refused. */
        uint8_t type = is_ipv6(ping) ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
        if (!found || !is_ours(ping, mt_reader(packet, (size_t)size), type))
            continue;
        const struct sock_extended_err *error = (const void *)CMSG_DATA(found);
        struct mt_ping_result result = { .status = -(int)error->ee_errno };
        if (result.status != -EMSGSIZE && result.status != -ENETUNREACH)
            result.status = -EHOSTUNREACH; /* no port or protocol of ours was refused */
        set_reporter(&result, error);
        finish(ping, &result);
        return true;
    }
}

/* libuv reports a pending error (POLLERR) as a bad descriptor. It then stops polling. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct mt_ping *ping = mt_container_of(poll, struct mt_ping, poll);
    (void)events;
    if (read_replies(ping) || read_errors(ping))
        return;
    if (status < 0)
        uv_poll_start(poll, UV_READABLE, on_ready);
}

static void on_deadline(struct mt_timer *timer)
{
    struct mt_ping *ping = mt_container_of(timer, struct mt_ping, deadline);
    finish(ping, &(struct mt_ping_result){ .status = -ETIMEDOUT });
}

/* ---- starting ---- */

/*
 * Ping sockets need no privilege, but only groups within net.ipv4.ping_group_range may have them
 * (for IPv6, too), and by default no group is.
 */
static int open_socket(struct mt_ping *ping)
{
    int family = ping->target.any.sa_family;
    int protocol = is_ipv6(ping) ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    ping->fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (ping->fd < 0 && (errno == EACCES || errno == EPERM || errno == EPROTONOSUPPORT)) {
        ping->raw = true;
        ping->fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    }
    return ping->fd < 0 ? -errno : 0;
}

/* Once connected, the socket receives errors about the target alone. */
static int connect_socket(struct mt_ping *ping, const char *link)
{
    int on = 1;
    union mt_address self;
    socklen_t length = sizeof(self);
    int status = mt_address_use_link(ping->fd, link);
    if (status < 0)
        return status;
    if (is_ipv6(ping))
        setsockopt(ping->fd, SOL_IPV6, IPV6_RECVERR, &on, sizeof(on));
    else
        setsockopt(ping->fd, SOL_IP, IP_RECVERR, &on, sizeof(on));
    if (connect(ping->fd, &ping->target.any, mt_address_size(&ping->target)) < 0)
        return -errno;
    if (ping->raw)
        return 0;
    /* A ping socket's port is its ICMP id; the kernel chose it. */
    if (getsockname(ping->fd, &self.any, &length) < 0)
        return -errno;
    ping->id = ntohs(is_ipv6(ping) ? self.in6.sin6_port : self.in.sin_port);
    return 0;
}

static int send_request(struct mt_ping *ping, size_t size)
{
    uint8_t packet[HEADER_SIZE + MT_PING_MAX_SIZE] = { 0 };
    packet[0] = is_ipv6(ping) ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
    packet[4] = (uint8_t)(ping->id >> 8);
    packet[5] = (uint8_t)ping->id;
    packet[6] = (uint8_t)(ping->sequence >> 8);
    packet[7] = (uint8_t)ping->sequence;
    memcpy(packet + HEADER_SIZE, ping->nonce, NONCE_SIZE);
    for (size_t i = NONCE_SIZE; i < size; i++)
        packet[HEADER_SIZE + i] = (uint8_t)i;
    if (!is_ipv6(ping)) {
        /* The kernel sums ICMPv6 itself: only it knows the source address that goes in. */
        struct mt_inet_sum sum = { 0 };
        mt_inet_add(&sum, packet, HEADER_SIZE + size);
        uint16_t checksum = mt_inet_checksum(&sum);
        packet[2] = (uint8_t)(checksum >> 8);
        packet[3] = (uint8_t)checksum;
    }
    ping->sent_at = now();
    return send(ping->fd, packet, HEADER_SIZE + size, 0) < 0 ? -errno : 0;
}

static int prepare(struct mt_ping *ping, const char *address, const char *link)
{
    struct {
        uint16_t id, sequence;
        uint8_t nonce[NONCE_SIZE];
    } random;
    int status = mt_address_parse(address, 0, link, &ping->target);
    if (status < 0)
        return status;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -EIO;
    ping->id = random.id;
    ping->sequence = random.sequence;
    memcpy(ping->nonce, random.nonce, NONCE_SIZE);
    status = open_socket(ping);
    return status < 0 ? status : connect_socket(ping, link);
}

int mt_ping_start(struct mt_loop *loop, const char *address, const char *link, size_t size,
                  double timeout,
                  void (*on_done)(void *context, const struct mt_ping_result *result),
                  void *context, struct mt_ping **ping)
{
    struct mt_ping *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->fd = -1;
    made->on_done = on_done;
    made->context = context;
    int status = prepare(made, address, link);
    if (status == 0)
        status = send_request(made, size);
    if (status == 0)
        status = uv_poll_init(&loop->uv, &made->poll, made->fd);
    if (status < 0) {
        if (made->fd >= 0)
            close(made->fd);
        free(made);
        return status;
    }
    uv_poll_start(&made->poll, UV_READABLE, on_ready);
    mt_timer_start(loop, &made->deadline, timeout, on_deadline);
    *ping = made;
    return 0;
}
