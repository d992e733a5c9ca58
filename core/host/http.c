/* SPDX-License-Identifier: MIT */
/* An HTTP server on the loop, by libmicrohttpd. */
#include "host/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/libmicrohttpd.h"

enum {
    MEMORY = 16 << 10,  /* of each connection: its request line and headers, and its answer's */
    UNSENT = 256 << 10, /* of a stream whose client does not read */
    SILENCE = 20,       /* seconds after which a connection is ended on which nothing passes */
    TOO_LARGE = 413,    /* statuses of HTTP */
    FAILED = 500,
};

struct mt_http {
    uv_poll_t poll; /* of libmicrohttpd's epoll descriptor */
    struct mt_loop *loop;
    struct mt_timer deadline; /* the earliest of its connections */
    struct MHD_Daemon *daemon;
    struct mt_http_request *requests;      /* all whose connections are open */
    struct mt_http_request *first, **last; /* whole, and not taken yet */
    size_t body;
    void (*on_request)(void *context);
    void *context;
};

struct mt_http_request {
    struct mt_http *http;
    struct MHD_Connection *connection; /* NULL once the client, or the server, has gone */
    struct mt_http_request *next;      /* of those that are whole */
    struct mt_http_request *previous_open, *next_open;
    struct MHD_Response *response; /* to be sent when the connection goes on */
    struct leaving *leaving;       /* of a stream */
    void (*on_gone)(void *context);
    void *gone_context;
    struct mt_http_header {
        struct mt_http_header *next;
        char *name, *value;
    } * headers;
    unsigned status;
    union mt_address client;
    char *method, *path;
    char *bytes; /* the body, or what of a stream has not been sent */
    size_t length;
    enum { READING, WHOLE, ANSWERED, STREAMING, ENDED } state;
    bool is_held;      /* taken, and not released */
    bool is_suspended; /* libmicrohttpd leaves it alone until we say something */
    bool is_too_large;
    bool has_left; /* the client of a stream */
};

/* Libmicrohttpd does not look at a suspended connection, so we look whether the client of a stream leaves. */
struct leaving {
    uv_poll_t poll;
    struct mt_http_request *request;
};

static struct mt_libmicrohttpd mhd;

/* ---- requests ---- */

static void free_request(struct mt_http_request *request)
{
    while (request->headers) {
        struct mt_http_header *header = request->headers;
        request->headers = header->next;
        free(header->name);
        free(header->value);
        free(header);
    }
    if (request->response)
        mhd.MHD_destroy_response(request->response);
    free(request->method);
    free(request->path);
    free(request->bytes);
    free(request);
}

static void suspend(struct mt_http_request *request)
{
    request->is_suspended = true;
    mhd.MHD_suspend_connection(request->connection);
}

static void on_deadline(struct mt_timer *timer);

/* It goes on in the loop's next round. */
static void resume(struct mt_http_request *request)
{
    struct mt_http *http = request->http;
    if (!request->is_suspended)
        return;
    request->is_suspended = false;
    mhd.MHD_resume_connection(request->connection);
    mt_timer_start(http->loop, &http->deadline, 0, on_deadline);
}

static struct mt_http_request *new_request(struct mt_http *http, struct MHD_Connection *connection,
                                           const char *method, const char *path)
{
    struct mt_http_request *request = calloc(1, sizeof(*request));
    if (!request)
        return NULL;
    request->method = strdup(method);
    request->path = strdup(path);
    if (!request->method || !request->path) {
        free_request(request);
        return NULL;
    }
    request->http = http;
    request->connection = connection;
    const union MHD_ConnectionInfo *info = mhd.MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info && info->client_addr) {
        bool is_v6 = info->client_addr->sa_family == AF_INET6;
        memcpy(&request->client, info->client_addr,
               is_v6 ? sizeof(request->client.in6) : sizeof(request->client.in));
    }
    request->next_open = http->requests;
    if (http->requests)
        http->requests->previous_open = request;
    http->requests = request;
    return request;
}

/* Returns false without memory. */
static bool append(struct mt_http_request *request, const char *bytes, size_t length)
{
    char *more = realloc(request->bytes, request->length + length + 1);
    if (!more)
        return false;
    memcpy(more + request->length, bytes, length);
    request->bytes = more;
    request->length += length;
    return true;
}

static void read_body(struct mt_http_request *request, const char *bytes, size_t length)
{
    if (request->is_too_large || length > request->http->body - request->length ||
        !append(request, bytes, length))
        request->is_too_large = true;
}

/* ---- answers ---- */

static enum MHD_Result send_response(struct mt_http_request *request)
{
    struct MHD_Response *response = request->response;
    for (struct mt_http_header *header = request->headers; header; header = header->next)
        mhd.MHD_add_response_header(response, header->name, header->value);
    request->response = NULL;
    enum MHD_Result result = mhd.MHD_queue_response(request->connection, request->status, response);
    mhd.MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct mt_http_request *request, unsigned status)
{
    request->state = ANSWERED;
    request->status = status;
    request->response = mhd.MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    return request->response ? send_response(request) : MHD_NO;
}

/* libmicrohttpd calls this with the headers, with each part of the body, at its end, and when resumed. */
static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_size, void **own)
{
    struct mt_http *http = context;
    struct mt_http_request *request = *own;
    (void)version;
    if (!request) {
        *own = new_request(http, connection, method, url);
        return *own ? MHD_YES : MHD_NO;
    }
    if (*upload_size > 0) {
        read_body(request, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (request->response)
        return send_response(request);
    if (request->state != READING)
        return MHD_YES;
    if (request->is_too_large)
        return refuse(request, TOO_LARGE);
    request->state = WHOLE;
    request->is_held = true;
    *http->last = request;
    http->last = &request->next;
    suspend(request);
    http->on_request(http->context);
    return MHD_YES;
}

static void on_leaving_closed(uv_handle_t *handle)
{
    free(mt_container_of((uv_poll_t *)handle, struct leaving, poll));
}

static void unwatch(struct mt_http_request *request)
{
    if (request->leaving)
        uv_close((uv_handle_t *)&request->leaving->poll, on_leaving_closed);
    request->leaving = NULL;
}

static void on_leaving(uv_poll_t *poll, int status, int events)
{
    struct mt_http_request *request = mt_container_of(poll, struct leaving, poll)->request;
    (void)status;
    (void)events;
    unwatch(request);
    request->has_left = true;
    resume(request);
}

/* Without memory, the client is missed when something is sent. */
static void watch(struct mt_http_request *request)
{
    struct leaving *leaving = calloc(1, sizeof(*leaving));
    const union MHD_ConnectionInfo *info = mhd.MHD_get_connection_info(
        request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!leaving || !info ||
        uv_poll_init(&request->http->loop->uv, &leaving->poll, info->connect_fd) < 0) {
        free(leaving);
        return;
    }
    leaving->request = request;
    request->leaving = leaving;
    uv_poll_start(&leaving->poll, UV_DISCONNECT, on_leaving);
}

static void tell_gone(struct mt_http_request *request)
{
    if (request->on_gone)
        request->on_gone(request->gone_context);
    request->on_gone = NULL;
}

/* The connection is gone, or goes on with its next request. */
static void leave_connection(struct mt_http_request *request)
{
    struct mt_http *http = request->http;
    unwatch(request);
    if (request->next_open)
        request->next_open->previous_open = request->previous_open;
    if (request->previous_open)
        request->previous_open->next_open = request->next_open;
    else
        http->requests = request->next_open;
    request->connection = NULL;
    request->state = ENDED;
    tell_gone(request);
    if (!request->is_held)
        free_request(request);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **own,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    if (*own)
        leave_connection(*own);
    *own = NULL;
}

/* ---- the loop ---- */

static void run(struct mt_http *http)
{
    MHD_UNSIGNED_LONG_LONG milliseconds;
    mhd.MHD_run(http->daemon);
    if (mhd.MHD_get_timeout(http->daemon, &milliseconds) == MHD_YES)
        mt_timer_start(http->loop, &http->deadline, (double)milliseconds / 1000, on_deadline);
    else
        mt_timer_stop(&http->deadline);
}

static void on_deadline(struct mt_timer *timer)
{
    run(mt_container_of(timer, struct mt_http, deadline));
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(mt_container_of(poll, struct mt_http, poll));
}

static int open_socket(const union mt_address *address)
{
    static const int yes = 1;
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (address->any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
    if (bind(fd, &address->any, mt_address_size(address)) < 0 || listen(fd, SOMAXCONN) < 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

/* The server has the socket from now on, or it is closed. */
static int start(struct mt_http *http, int fd, const struct mt_http_options *options)
{
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key },
        { MHD_OPTION_END, 0, NULL },
    };
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    if (options->certificate)
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    http->daemon = mhd.MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, http, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT,
        options->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (options->connections + 1) / 2,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SILENCE, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (http->daemon)
        return 0;
    close(fd);
    return options->certificate ? -EKEYREJECTED : -EIO;
}

static int begin(struct mt_loop *loop, struct mt_http *http, const struct mt_http_options *options)
{
    int fd = open_socket(&options->address);
    int status = fd < 0 ? fd : start(http, fd, options);
    if (status < 0)
        return status;
    int epoll = mhd.MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    status = uv_poll_init(&loop->uv, &http->poll, epoll);
    if (status < 0) {
        mhd.MHD_stop_daemon(http->daemon);
        return status;
    }
    uv_poll_start(&http->poll, UV_READABLE, on_readable);
    return 0;
}

int mt_http_open(struct mt_loop *loop, const struct mt_http_options *options, struct mt_http **http)
{
    int status = mhd.MHD_run ? 0 : mt_libmicrohttpd_load(&mhd);
    if (status < 0)
        return status;
    struct mt_http *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->loop = loop;
    made->last = &made->first;
    made->body = options->body;
    made->on_request = options->on_request;
    made->context = options->context;
    status = begin(loop, made, options);
    if (status < 0)
        free(made);
    else
        *http = made;
    return status;
}

static void on_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_http, poll));
}

void mt_http_close(struct mt_http *http)
{
    uv_poll_stop(&http->poll);
    struct mt_http_request *request;
    while ((request = mt_http_take(http)))
        mt_http_release(request);
    for (request = http->requests; request; request = request->next_open)
        resume(request); /* or libmicrohttpd ends the program */
    mt_timer_stop(&http->deadline);
    mhd.MHD_stop_daemon(http->daemon);
    uv_close((uv_handle_t *)&http->poll, on_closed);
}

unsigned mt_http_port(const struct mt_http *http)
{
    union mt_address address = { 0 };
    socklen_t size = sizeof(address);
    int fd = mhd.MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd;
    getsockname(fd, &address.any, &size);
    return ntohs(address.any.sa_family == AF_INET6 ? address.in6.sin6_port : address.in.sin_port);
}

/* ---- what is asked ---- */

struct mt_http_request *mt_http_take(struct mt_http *http)
{
    struct mt_http_request *request = http->first;
    if (!request)
        return NULL;
    http->first = request->next;
    if (!http->first)
        http->last = &http->first;
    request->next = NULL;
    return request;
}

bool mt_http_is_gone(const struct mt_http_request *request)
{
    return !request->connection;
}

void mt_http_notify_gone(struct mt_http_request *request, void (*on_gone)(void *context),
                         void *context)
{
    request->on_gone = on_gone;
    request->gone_context = context;
}

const char *mt_http_method(const struct mt_http_request *request)
{
    return request->method;
}

const char *mt_http_path(const struct mt_http_request *request)
{
    return request->path;
}

static const char *look_up(const struct mt_http_request *request, enum MHD_ValueKind kind,
                           const char *name)
{
    if (!request->connection)
        return NULL;
    return mhd.MHD_lookup_connection_value(request->connection, kind, name);
}

const char *mt_http_header(const struct mt_http_request *request, const char *name)
{
    return look_up(request, MHD_HEADER_KIND, name);
}

const char *mt_http_query(const struct mt_http_request *request, const char *name)
{
    return look_up(request, MHD_GET_ARGUMENT_KIND, name);
}

const char *mt_http_body(const struct mt_http_request *request, size_t *length)
{
    *length = request->state == WHOLE ? request->length : 0;
    return *length ? request->bytes : NULL;
}

const union mt_address *mt_http_client(const struct mt_http_request *request)
{
    return &request->client;
}

/* ---- what is answered ---- */

int mt_http_set_header(struct mt_http_request *request, const char *name, const char *value)
{
    if (strpbrk(name, " :\r\n\t") || strpbrk(value, "\r\n"))
        return -EINVAL;
    struct mt_http_header *header = calloc(1, sizeof(*header));
    if (!header)
        return -ENOMEM;
    header->name = strdup(name);
    header->value = strdup(value);
    header->next = request->headers;
    request->headers = header;
    return header->name && header->value ? 0 : -ENOMEM;
}

static int begin_answer(struct mt_http_request *request, unsigned status,
                        struct MHD_Response *response, int state)
{
    if (!response)
        return -ENOMEM;
    request->state = state;
    request->response = response;
    request->status = status;
    resume(request);
    return 0;
}

static int may_answer(const struct mt_http_request *request)
{
    return !request->connection ? -EPIPE : request->state != WHOLE ? -EALREADY : 0;
}

int mt_http_answer(struct mt_http_request *request, unsigned status, const char *body,
                   size_t length)
{
    int may = may_answer(request);
    if (may < 0)
        return may;
    return begin_answer(
        request, status,
        mhd.MHD_create_response_from_buffer(length, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY),
        ANSWERED);
}

/* libmicrohttpd wants more of a stream. */
static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t size)
{
    struct mt_http_request *request = context;
    (void)position;
    size_t part = request->length < size ? request->length : size;
    if (part > 0) {
        memcpy(buffer, request->bytes, part);
        request->length -= part;
        memmove(request->bytes, request->bytes + part, request->length);
        return (ssize_t)part;
    }
    if (request->has_left)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!request->is_held)
        return MHD_CONTENT_READER_END_OF_STREAM;
    suspend(request);
    return 0;
}

int mt_http_stream(struct mt_http_request *request, unsigned status)
{
    int may = may_answer(request);
    if (may < 0)
        return may;
    request->length = 0;
    watch(request);
    return begin_answer(request, status,
                        mhd.MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, MEMORY / 4,
                                                              read_stream, request, NULL),
                        STREAMING);
}

int mt_http_write(struct mt_http_request *request, const char *bytes, size_t length)
{
    if (!request->connection)
        return -EPIPE;
    if (request->state != STREAMING)
        return -EINVAL;
    if (length > UNSENT - request->length)
        return -ENOBUFS;
    if (!append(request, bytes, length))
        return -ENOMEM;
    resume(request);
    return 0;
}

void mt_http_release(struct mt_http_request *request)
{
    if (request->state == WHOLE && request->connection)
        mt_http_answer(request, FAILED, NULL, 0);
    request->is_held = false;
    tell_gone(request);
    if (!request->connection)
        free_request(request);
    else
        resume(request);
}
