/* SPDX-License-Identifier: MIT */
/* An exchange: requests and answers over a port, matched by transaction, each with a deadline. */
#include "host/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/port.h"
#include "wire/stream.h"

struct mt_exchange {
    struct mt_loop *loop;
    struct mt_port *port; /* NULL once it ended */
    struct mt_port_reader reader;
    const struct mt_protocol *protocol;
    void *state;
    struct mt_stream *stream; /* NULL where one read is whole transfers */
    size_t max_transfer;
    unsigned window, outstanding;
    uint32_t counter;         /* counts what was sent; transactions are made of it */
    uint64_t received;        /* transfers */
    struct mt_request *first; /* sent ones and waiting ones, oldest first */
    struct mt_tap *first_tap;
    struct mt_timer fragment_deadline;
    uint8_t *wakeup;
    size_t wakeup_length;
    unsigned wakeups; /* sent since the last answer */
    struct mt_timer silence;
    struct mt_exchange_events events;
};

enum { MAX_WAKEUPS = 2 };
static const double silence_before_wakeup = 1.5; /* seconds */
static const double last_moment = 1; /* in which a modem that has restarted may still answer */

static void on_silence(struct mt_timer *timer);

/* Call whenever what the modem owes has changed. */
static void arm_silence(struct mt_exchange *exchange)
{
    if (exchange->wakeup && exchange->outstanding > 0 && exchange->outstanding < exchange->window &&
        exchange->wakeups < MAX_WAKEUPS)
        mt_timer_start(exchange->loop, &exchange->silence, silence_before_wakeup, on_silence);
    else
        mt_timer_stop(&exchange->silence);
}

/* Takes a request off the list and its timer off the clock. */
static void detach(struct mt_request *request)
{
    struct mt_exchange *exchange = request->exchange;
    for (struct mt_request **at = &exchange->first; *at; at = &(*at)->next) {
        if (*at == request) {
            *at = request->next;
            break;
        }
    }
    mt_timer_stop(&request->deadline);
    free(request->message);
    request->message = NULL;
    request->exchange = NULL;
    if (request->id != 0)
        exchange->outstanding--;
}

static void finish(struct mt_request *request, int status, const void *view)
{
    detach(request);
    request->on_answer(request, status, view);
}

static struct mt_request *find_sent(struct mt_exchange *exchange, uint32_t id)
{
    struct mt_request *request = exchange->first;
    while (request && (request->id != id || id == 0))
        request = request->next;
    return request;
}

/* The window is smaller than the range of numbers, so one is free. */
static uint32_t number(struct mt_exchange *exchange, uint8_t *message, size_t length)
{
    uint32_t id;
    do
        id = exchange->protocol->number(message, length, exchange->counter++);
    while (find_sent(exchange, id));
    return id;
}

static void notify_taps(struct mt_exchange *exchange, bool sent, const uint8_t *bytes,
                        size_t length)
{
    for (struct mt_tap *tap = exchange->first_tap; tap; tap = tap->next)
        tap->on_transfer(tap, sent, bytes, length);
}

int mt_exchange_transfer(struct mt_exchange *exchange, const uint8_t *bytes, size_t length)
{
    if (exchange->first_tap)
        notify_taps(exchange, true, bytes, length);
    return mt_port_write(exchange->port, bytes, length);
}

/* No request waits for its answer. */
static void on_silence(struct mt_timer *timer)
{
    struct mt_exchange *exchange = mt_container_of(timer, struct mt_exchange, silence);
    exchange->wakeups++;
    number(exchange, exchange->wakeup, exchange->wakeup_length);
    exchange->protocol->send(exchange, exchange->wakeup, exchange->wakeup_length,
                             exchange->max_transfer);
    arm_silence(exchange);
}

static int send_request(struct mt_exchange *exchange, struct mt_request *request)
{
    request->id = number(exchange, request->message, request->length);
    exchange->outstanding++;
    int status = exchange->protocol->send(exchange, request->message, request->length,
                                          exchange->max_transfer);
    free(request->message);
    request->message = NULL;
    exchange->wakeups = 0;
    arm_silence(exchange);
    return status;
}

/* Sends what waits for its turn. Callbacks may change the list, so it starts over after each. */
static void send_waiting(struct mt_exchange *exchange)
{
    while (exchange->port && exchange->outstanding < exchange->window) {
        struct mt_request *request = exchange->first;
        while (request && request->id != 0)
            request = request->next;
        if (!request)
            return;
        int status = send_request(exchange, request);
        if (status < 0)
            finish(request, status, NULL);
    }
}

static void on_deadline(struct mt_timer *timer)
{
    struct mt_request *request = mt_container_of(timer, struct mt_request, deadline);
    struct mt_exchange *exchange = request->exchange;
    finish(request, request->before_reset ? -ECONNRESET : -ETIMEDOUT, NULL);
    send_waiting(exchange);
    arm_silence(exchange);
}

static void on_fragment_deadline(struct mt_timer *timer)
{
    struct mt_exchange *exchange = mt_container_of(timer, struct mt_exchange, fragment_deadline);
    exchange->protocol->state_reset(exchange->state);
    if (exchange->stream)
        exchange->stream->used = 0;
}

static void answer(struct mt_exchange *exchange, uint32_t id, int status, const void *view)
{
    struct mt_request *request = find_sent(exchange, id);
    if (!request)
        return; /* late, or not for us */
    finish(request, status, view);
    exchange->wakeups = 0;
    send_waiting(exchange);
    arm_silence(exchange);
}

static void receive(struct mt_exchange *exchange, const uint8_t *transfer, size_t length)
{
    const void *view = NULL;
    uint32_t id = 0;
    exchange->received++;
    if (exchange->first_tap)
        notify_taps(exchange, false, transfer, length);
    switch (exchange->protocol->receive(exchange->state, transfer, length, &id, &view)) {
    case MT_RX_ANSWER:
        answer(exchange, id, 0, view);
        break;
    case MT_RX_MALFORMED:
        answer(exchange, id, -EPROTO, NULL);
        break;
    case MT_RX_INDICATION:
        exchange->events.on_indication(exchange->events.context, view);
        break;
    case MT_RX_NOTHING:
        break;
    }
}

/*
 * The next transfer in the bytes that were read. A driver may have joined several; on a stream,
 * they end anywhere. A transfer that a driver truncated is passed on as it is: the parser may still
 * find out which request it answers.
 */
static bool next_transfer(struct mt_exchange *exchange, struct mt_reader *input,
                          struct mt_reader *transfer)
{
    if (exchange->stream)
        return mt_stream_next(exchange->stream, input, transfer);
    if (input->left == 0)
        return false;
    int length = exchange->protocol->frame(input->at, input->left);
    if (length <= 0 || !mt_window(*input, 0, (size_t)length, transfer))
        *transfer = *input;
    return mt_skip(input, transfer->left);
}

static void on_data(struct mt_port_reader *reader, const uint8_t *data, size_t length)
{
    struct mt_exchange *exchange = mt_container_of(reader, struct mt_exchange, reader);
    struct mt_reader input = mt_reader(data, length), transfer;
    while (next_transfer(exchange, &input, &transfer))
        receive(exchange, transfer.at, transfer.left);
    if (exchange->protocol->incomplete(exchange->state) ||
        (exchange->stream && exchange->stream->used > 0))
        mt_timer_start(exchange->loop, &exchange->fragment_deadline,
                       exchange->protocol->fragment_timeout, on_fragment_deadline);
    else
        mt_timer_stop(&exchange->fragment_deadline);
}

uint64_t mt_exchange_received(const struct mt_exchange *exchange)
{
    return exchange->received;
}

static void end(struct mt_exchange *exchange, int status)
{
    if (!exchange->port)
        return;
    mt_port_close(exchange->port);
    exchange->port = NULL;
    mt_timer_stop(&exchange->fragment_deadline);
    mt_timer_stop(&exchange->silence);
    while (exchange->first)
        finish(exchange->first, status, NULL);
    while (exchange->first_tap) {
        struct mt_tap *tap = exchange->first_tap;
        exchange->first_tap = tap->next;
        tap->on_gone(tap, status);
    }
    exchange->events.on_gone(exchange->events.context, status);
}

static void on_closed(struct mt_port_reader *reader, int status)
{
    end(mt_container_of(reader, struct mt_exchange, reader), status ? status : -ENODEV);
}

static struct mt_stream *stream_new(const struct mt_protocol *protocol)
{
    struct mt_stream *stream = malloc(sizeof(*stream));
    if (stream) {
        stream->frame = protocol->frame;
        stream->used = 0;
    }
    return stream;
}

static void exchange_free(struct mt_exchange *exchange)
{
    free(exchange->wakeup);
    free(exchange->stream);
    free(exchange->state);
    free(exchange);
}

int mt_exchange_open(struct mt_loop *loop, struct mt_port *port, const struct mt_protocol *protocol,
                     size_t max_transfer, unsigned window, struct mt_exchange_events events,
                     struct mt_exchange **exchange)
{
    bool is_stream = mt_port_kind(port) == MT_PORT_STREAM;
    struct mt_exchange *made = calloc(1, sizeof(*made));
    if (made) {
        made->state = protocol->state_new();
        made->stream = is_stream ? stream_new(protocol) : NULL;
    }
    if (!made || !made->state || (is_stream && !made->stream)) {
        if (made)
            exchange_free(made);
        mt_port_close(port);
        return -ENOMEM;
    }
    made->loop = loop;
    made->port = port;
    made->protocol = protocol;
    made->max_transfer = max_transfer;
    made->window = window;
    made->events = events;
    /*
     * A modem keeps answers that were not fetched and hands them to the next program that opens it.
     * Start at a random transaction id, so a stale answer to an earlier run is not mistaken for
     * ours.
     */
    made->counter = (uint32_t)(uv_hrtime() >> 10) & 0x00ffffff;
    made->reader = (struct mt_port_reader){ on_data, on_closed };
    mt_port_set_reader(port, &made->reader);
    *exchange = made;
    return 0;
}

void mt_exchange_close(struct mt_exchange *exchange)
{
    end(exchange, -ENODEV);
    exchange_free(exchange);
}

int mt_exchange_set_wakeup(struct mt_exchange *exchange, const uint8_t *message, size_t length)
{
    uint8_t *copy = malloc(length);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, message, length);
    free(exchange->wakeup);
    exchange->wakeup = copy;
    exchange->wakeup_length = length;
    return 0;
}

int mt_exchange_request(struct mt_exchange *exchange, struct mt_request *request,
                        const uint8_t *message, size_t length, double timeout)
{
    if (!exchange->port)
        return -ENODEV;
    request->message = malloc(length);
    if (!request->message)
        return -ENOMEM;
    memcpy(request->message, message, length);
    request->length = length;
    request->exchange = exchange;
    request->id = 0;
    request->before_reset = false;
    request->next = NULL;
    struct mt_request **at = &exchange->first;
    while (*at)
        at = &(*at)->next;
    *at = request;
    mt_timer_start(exchange->loop, &request->deadline, timeout, on_deadline);
    send_waiting(exchange);
    return 0;
}

void mt_exchange_cancel(struct mt_request *request)
{
    struct mt_exchange *exchange = request->exchange;
    if (!exchange)
        return;
    detach(request);
    send_waiting(exchange);
    arm_silence(exchange);
}

void mt_exchange_fail_after_reset(struct mt_exchange *exchange)
{
    for (struct mt_request *request = exchange->first; request; request = request->next) {
        if (request->id == 0 || request->before_reset)
            continue;
        request->before_reset = true;
        mt_timer_start(exchange->loop, &request->deadline, last_moment, on_deadline);
    }
}

int mt_exchange_tap(struct mt_exchange *exchange, struct mt_tap *tap)
{
    if (!exchange->port)
        return -ENODEV;
    tap->next = exchange->first_tap;
    exchange->first_tap = tap;
    return 0;
}

void mt_exchange_untap(struct mt_exchange *exchange, struct mt_tap *tap)
{
    for (struct mt_tap **at = &exchange->first_tap; *at; at = &(*at)->next) {
        if (*at == tap) {
            *at = tap->next;
            return;
        }
    }
}
