/* SPDX-License-Identifier: MIT */
/* Is there a way to a host? One TCP connection that is begun, or one DNS query, and how it ends. */
#include "host/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "host/address.h"

struct mt_probe {
    uv_poll_t poll;
    struct mt_timer deadline;
    int fd;
    enum mt_probe_kind kind;
    int outcome; /* TCP: what connect() returned, -EINPROGRESS when that is still to come */
    double sent_at;
    uint8_t query[MT_DNS_MAX_QUERY];
    size_t query_size;
    char say[MT_PROBE_SAID];
    char ending[MT_PROBE_ENDING];
    struct mt_probe_result result;
    void (*on_done)(void *context, const struct mt_probe_result *result);
    void *context;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_probe, poll));
}

void mt_probe_cancel(struct mt_probe *probe)
{
    mt_timer_stop(&probe->deadline);
    uv_poll_stop(&probe->poll);
    close(probe->fd);
    uv_close((uv_handle_t *)&probe->poll, on_poll_closed);
}

/* An answer that has begun counts, however it ended. */
static void finish(struct mt_probe *probe, int status)
{
    struct mt_probe_result *result = &probe->result;
    result->refused = probe->kind == MT_PROBE_TCP && status == -ECONNREFUSED;
    result->status = result->refused || result->heard_size > 0 ? 0 : status;
    if (result->heard_size == 0)
        result->seconds = now() - probe->sent_at;
    mt_probe_cancel(probe);
    probe->on_done(probe->context, result);
}

static void on_deadline(struct mt_timer *timer)
{
    finish(mt_container_of(timer, struct mt_probe, deadline), -ETIMEDOUT);
}

/* ---- TCP ---- */

static void on_heard(uv_poll_t *poll, int status, int events)
{
    struct mt_probe *probe = mt_container_of(poll, struct mt_probe, poll);
    struct mt_probe_result *result = &probe->result;
    size_t room = sizeof(result->heard) - result->heard_size;
    ssize_t size = recv(probe->fd, result->heard + result->heard_size, room, 0);
    (void)status;
    (void)events;
    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0) {
        finish(probe, size < 0 ? -errno : 0);
        return;
    }
    if (result->heard_size == 0)
        result->seconds = now() - probe->sent_at;
    result->heard_size += (size_t)size;
    if (result->heard_size == sizeof(result->heard) ||
        memmem(result->heard, result->heard_size, probe->ending, strlen(probe->ending)))
        finish(probe, 0);
}

static void on_connected(uv_poll_t *poll, int status, int events)
{
    struct mt_probe *probe = mt_container_of(poll, struct mt_probe, poll);
    int error = -probe->outcome;
    socklen_t length = sizeof(error);
    (void)status;
    (void)events;
    if (error == EINPROGRESS && getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        error = errno;
    if (error == 0 && probe->say[0] && send(probe->fd, probe->say, strlen(probe->say), 0) < 0)
        error = errno;
    if (error == 0 && probe->say[0])
        uv_poll_start(&probe->poll, UV_READABLE, on_heard);
    else
        finish(probe, -error);
}

static int begin_connection(struct mt_probe *probe, const union mt_address *address)
{
    /* Closed with a reset, the connection leaves no packets of its end on a path that may be dead. */
    struct linger reset = { .l_onoff = 1 };
    setsockopt(probe->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    int status = connect(probe->fd, &address->any, mt_address_size(address)) < 0 ? -errno : 0;
    probe->outcome = status;
    return status == -EINPROGRESS || status == -ECONNREFUSED ? 0 : status;
}

/* ---- DNS ---- */

/* libuv reports a pending error (POLLERR) as a bad descriptor, and recv() returns which it is. */
static void on_datagram(uv_poll_t *poll, int status, int events)
{
    static uint8_t buffer[65536]; /* one loop, one thread: one buffer serves every probe */
    struct mt_probe *probe = mt_container_of(poll, struct mt_probe, poll);
    struct mt_reader query = mt_reader(probe->query, probe->query_size);
    (void)status;
    (void)events;
    for (;;) {
        ssize_t size = recv(probe->fd, buffer, sizeof(buffer), 0);
        if (size < 0 && errno == EAGAIN)
            return;
        if (size < 0) {
            finish(probe, -errno);
            return;
        }
        struct mt_reader message = mt_reader(buffer, (size_t)size);
        if (mt_dns_answers(message, query)) {
            struct mt_probe_result *result = &probe->result;
            result->count = mt_dns_ipv6_addresses(message, result->addresses, MT_PROBE_ADDRESSES);
            finish(probe, 0);
            return;
        }
    }
}

/* Connected, the socket receives from this server alone, and the errors on the way to it. */
static int send_query(struct mt_probe *probe, const union mt_address *address)
{
    int on = 1;
    if (address->any.sa_family == AF_INET6)
        setsockopt(probe->fd, SOL_IPV6, IPV6_RECVERR, &on, sizeof(on));
    else
        setsockopt(probe->fd, SOL_IP, IP_RECVERR, &on, sizeof(on));
    if (connect(probe->fd, &address->any, mt_address_size(address)) < 0 ||
        send(probe->fd, probe->query, probe->query_size, 0) < 0)
        return -errno;
    return 0;
}

static int make_query(struct mt_probe *probe, const struct mt_probe_target *target)
{
    struct mt_writer writer = mt_writer(probe->query, sizeof(probe->query));
    uint16_t id;
    if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id))
        return -EIO;
    if (!mt_dns_put_query(&writer, id, target->name, target->type))
        return -EINVAL;
    probe->query_size = writer.used;
    return 0;
}

/* ---- starting ---- */

static bool copy_text(char *to, size_t size, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (length >= size)
        return false;
    memcpy(to, text ? text : "", length + 1);
    return true;
}

static int begin(struct mt_probe *probe, const struct mt_probe_target *target)
{
    bool is_tcp = target->kind == MT_PROBE_TCP;
    union mt_address address;
    int status = mt_address_parse(target->address, target->port, target->link, &address);
    if (status == 0 && !is_tcp)
        status = make_query(probe, target);
    if (status == 0 && !(copy_text(probe->say, sizeof(probe->say), target->say) &&
                         copy_text(probe->ending, sizeof(probe->ending), target->ending)))
        status = -EINVAL;
    if (status < 0)
        return status;
    int type = (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    probe->fd = socket(address.any.sa_family, type, 0);
    if (probe->fd < 0)
        return -errno;
    status = mt_address_use_link(probe->fd, target->link);
    if (status < 0)
        return status;
    probe->sent_at = now();
    return is_tcp ? begin_connection(probe, &address) : send_query(probe, &address);
}

int mt_probe_start(struct mt_loop *loop, const struct mt_probe_target *target, double timeout,
                   void (*on_done)(void *context, const struct mt_probe_result *result),
                   void *context, struct mt_probe **probe)
{
    struct mt_probe *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->fd = -1;
    made->kind = target->kind;
    made->on_done = on_done;
    made->context = context;
    int status = begin(made, target);
    if (status == 0)
        status = uv_poll_init(&loop->uv, &made->poll, made->fd);
    if (status < 0) {
        if (made->fd >= 0)
            close(made->fd);
        free(made);
        return status;
    }
    if (made->kind == MT_PROBE_TCP)
        uv_poll_start(&made->poll, UV_WRITABLE, on_connected);
    else
        uv_poll_start(&made->poll, UV_READABLE, on_datagram);
    mt_timer_start(loop, &made->deadline, timeout, on_deadline);
    *probe = made;
    return 0;
}
