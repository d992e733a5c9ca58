/* SPDX-License-Identifier: MIT */
/*
 * An HTTP server on the loop, by libmicrohttpd: it parses HTTP, speaks TLS, and limits what clients
 * may take; its epoll descriptor is polled by ours.
 */
#ifndef MT_HOST_HTTP_H
#define MT_HOST_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "host/address.h"
#include "host/loop.h"

struct mt_http;

/* A request that is whole, until it is released. What a client sends is not trusted. */
struct mt_http_request;

struct mt_http_options {
    union mt_address address;
    const char *certificate, *key; /* PEM; NULL: no TLS */
    unsigned connections;          /* that all clients together may have open */
    size_t body; /* the most bytes of a request's body; more are answered with 413 */
    void (*on_request)(void *context); /* there is one to take */
    void *context;
};

/*
 * 0 or a negative errno, as mt_library_load() too, and -EKEYREJECTED. `certificate` and `key` are not needed afterwards.
 */
int mt_http_open(struct mt_loop *loop, const struct mt_http_options *options,
                 struct mt_http **http);

/* Ends all connections; requests that were taken are gone, and have to be released still. */
void mt_http_close(struct mt_http *http);

/* The port that it listens on. */
unsigned mt_http_port(const struct mt_http *http);

/* The oldest request that has not been taken, or NULL. */
struct mt_http_request *mt_http_take(struct mt_http *http);

/* Has its client gone? Then the functions below return NULL or -EPIPE, but for the first two. */
bool mt_http_is_gone(const struct mt_http_request *request);

/*
 * Calls on_gone once its client has gone, or it is released; NULL: it does not. While nothing is
 * sent, the leaving of a client is noticed during a stream alone.
 */
void mt_http_notify_gone(struct mt_http_request *request, void (*on_gone)(void *context),
                         void *context);

const char *mt_http_method(const struct mt_http_request *request);
const char *mt_http_path(const struct mt_http_request *request); /* without what follows "?" */
const char *mt_http_header(const struct mt_http_request *request, const char *name);
const char *mt_http_query(const struct mt_http_request *request, const char *name);
const char *mt_http_body(const struct mt_http_request *request, size_t *length);
const union mt_address *mt_http_client(const struct mt_http_request *request);

/* A header of the answer, before that is sent. -ENOMEM, or -EINVAL for one that HTTP cannot have. */
int mt_http_set_header(struct mt_http_request *request, const char *name, const char *value);

/* Sends the whole answer. -EALREADY if the answer has begun. */
int mt_http_answer(struct mt_http_request *request, unsigned status, const char *body,
                   size_t length);

/* Begins an answer whose parts mt_http_write() sends; it ends when the request is released. */
int mt_http_stream(struct mt_http_request *request, unsigned status);

/* -ENOBUFS: the client does not read what it was sent before. */
int mt_http_write(struct mt_http_request *request, const char *bytes, size_t length);

/* One that has not been answered is answered with 500. */
void mt_http_release(struct mt_http_request *request);

#endif
