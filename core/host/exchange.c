/* SPDX-License-Identifier: MIT */
/* An exchange: requests and answers over a port, matched by transaction, each with a deadline. */
#include "host/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/port.h"

struct mt_exchange {
    struct mt_loop *loop;
    struct mt_port *port;  /* NULL once it ended */
    struct mt_port_reader reader;
    const struct mt_protocol *protocol;
    void *state;
    size_t max_transfer;
    unsigned window, outstanding;
    uint32_t last_id;
    struct mt_request *first;  /* sent ones and waiting ones, oldest first */
    struct mt_timer fragment_deadline;
    uint8_t *nudge;
    size_t nudge_length;
    unsigned nudges;  /* sent since the last answer */
    struct mt_timer silence;
    struct mt_exchange_events events;
};

enum { MAX_NUDGES = 2 };
static const double silence_before_nudge = 1.5;  /* seconds */

static void on_silence(struct mt_timer *timer);

/* Call whenever what the modem owes has changed. */
static void watch_silence(struct mt_exchange *exchange)
{
    if (exchange->nudge && exchange->outstanding > 0 &&
        exchange->outstanding < exchange->window && exchange->nudges < MAX_NUDGES)
        mt_timer_start(exchange->loop, &exchange->silence, silence_before_nudge, on_silence);
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

static uint32_t next_id(struct mt_exchange *exchange)
{
    if (++exchange->last_id == 0)
        exchange->last_id = 1;  /* 0 is what indications carry */
    return exchange->last_id;
}

/* Its answer will be nobody's. */
static void on_silence(struct mt_timer *timer)
{
    struct mt_exchange *exchange = mt_container_of(timer, struct mt_exchange, silence);
    exchange->nudges++;
    exchange->protocol->send(exchange->port, exchange->nudge, exchange->nudge_length,
                             next_id(exchange), exchange->max_transfer);
    watch_silence(exchange);
}

static int send_request(struct mt_exchange *exchange, struct mt_request *request)
{
    request->id = next_id(exchange);
    exchange->outstanding++;
    int status = exchange->protocol->send(exchange->port, request->message, request->length,
                                          request->id, exchange->max_transfer);
    free(request->message);
    request->message = NULL;
    exchange->nudges = 0;
    watch_silence(exchange);
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
    finish(request, -ETIMEDOUT, NULL);
    send_waiting(exchange);
    watch_silence(exchange);
}

static void on_fragment_deadline(struct mt_timer *timer)
{
    struct mt_exchange *exchange = mt_container_of(timer, struct mt_exchange, fragment_deadline);
    exchange->protocol->state_reset(exchange->state);
}

static void answer(struct mt_exchange *exchange, uint32_t id, int status, const void *view)
{
    struct mt_request *request = exchange->first;
    while (request && (request->id != id || id == 0))
        request = request->next;
    if (!request)
        return;  /* late, or not for us */
    finish(request, status, view);
    exchange->nudges = 0;
    send_waiting(exchange);
    watch_silence(exchange);
}

static void on_data(struct mt_port_reader *reader, const uint8_t *data, size_t length)
{
    struct mt_exchange *exchange = mt_container_of(reader, struct mt_exchange, reader);
    const struct mt_protocol *protocol = exchange->protocol;
    const void *view = NULL;
    uint32_t id = 0;

    enum mt_received received = protocol->receive(exchange->state, data, length, &id, &view);
    if (!protocol->incomplete(exchange->state))
        mt_timer_stop(&exchange->fragment_deadline);
    else
        mt_timer_start(exchange->loop, &exchange->fragment_deadline, protocol->fragment_timeout,
                       on_fragment_deadline);
    if (received == MT_RECEIVED_ANSWER)
        answer(exchange, id, 0, view);
    else if (received == MT_RECEIVED_BROKEN)
        answer(exchange, id, -EPROTO, NULL);
    else if (received == MT_RECEIVED_INDICATION)
        exchange->events.on_indication(exchange->events.context, view);
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
    exchange->events.on_gone(exchange->events.context, status);
}

static void on_closed(struct mt_port_reader *reader, int status)
{
    end(mt_container_of(reader, struct mt_exchange, reader), status ? status : -ENODEV);
}

int mt_exchange_open(struct mt_loop *loop, struct mt_port *port, const struct mt_protocol *protocol,
                     size_t max_transfer, unsigned window, struct mt_exchange_events events,
                     struct mt_exchange **exchange)
{
    struct mt_exchange *made = calloc(1, sizeof(*made));
    if (made)
        made->state = protocol->state_new();
    if (!made || !made->state) {
        free(made);
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
     * A modem keeps answers that nobody fetched and hands them to whoever opens it next, so two
     * runs of ours in a row must not count alike.
     */
    made->last_id = (uint32_t)(uv_hrtime() >> 10) & 0x00ffffff;
    made->reader = (struct mt_port_reader){ on_data, on_closed };
    mt_port_set_reader(port, &made->reader);
    *exchange = made;
    return 0;
}

void mt_exchange_close(struct mt_exchange *exchange)
{
    end(exchange, -ENODEV);
    free(exchange->nudge);
    free(exchange->state);
    free(exchange);
}

int mt_exchange_set_nudge(struct mt_exchange *exchange, const uint8_t *message, size_t length)
{
    uint8_t *copy = malloc(length);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, message, length);
    free(exchange->nudge);
    exchange->nudge = copy;
    exchange->nudge_length = length;
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
    watch_silence(exchange);
}
