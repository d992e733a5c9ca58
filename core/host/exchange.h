/* SPDX-License-Identifier: MIT */
/* An exchange: requests and answers over a port, matched by transaction, each with a deadline. */
#ifndef MT_HOST_EXCHANGE_H
#define MT_HOST_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/loop.h"

struct mt_exchange;
struct mt_port;

/* What a received transfer is. */
enum mt_rx {
    MT_RX_NOTHING,
    MT_RX_ANSWER,
    MT_RX_MALFORMED, /* an answer that cannot be parsed */
    MT_RX_INDICATION,
};

/*
 * The functions that an exchange needs of a protocol. `state` is the protocol's own (fragments
 * under way). A view is the protocol's parsed message, valid during the call it is passed to.
 */
struct mt_protocol {
    void *(*state_new)(void);
    void (*state_reset)(void *state);
    /*
     * Writes the `counter`th transaction into a message, and returns the id by which its answer
     * will be known: never 0. Counted on, it comes back to an id after 255 others at the earliest.
     */
    uint32_t (*number)(uint8_t *message, size_t length, uint32_t counter);
    /* Sends a whole message in transfers of at most `max_transfer`, by mt_exchange_transfer(). */
    int (*send)(struct mt_exchange *exchange, const uint8_t *message, size_t length,
                size_t max_transfer);
    /*
     * How long is the transfer that begins here? 0 when more bytes are needed to tell; below zero
     * when none begins here.
     */
    int (*frame)(const uint8_t *bytes, size_t size);
    enum mt_rx (*receive)(void *state, const uint8_t *bytes, size_t length, uint32_t *id,
                          const void **view);
    bool (*incomplete)(const void *state); /* is a fragment missing? */
    double fragment_timeout; /* seconds that it, or the rest of a transfer, may take to come */
};

extern const struct mt_protocol mt_mbim_protocol;
extern const struct mt_protocol mt_qmi_protocol;

/*
 * A request under way. The caller owns it and keeps it until on_answer() was called, or until
 * mt_exchange_cancel(). on_answer() gets 0 and the answer's view, or a negative errno: -ETIMEDOUT,
 * -ENODEV (unplugged), -EPROTO (a malformed answer), -ECONNRESET (the modem was reset), or
 * whatever sending failed with. It is called once, and may start others.
 */
struct mt_request {
    struct mt_request *next;
    struct mt_exchange *exchange; /* NULL unless under way */
    struct mt_timer deadline;
    uint32_t id;       /* 0 while it waits for its turn */
    bool before_reset; /* see mt_exchange_fail_after_reset() */
    uint8_t *message;  /* ours, until it is sent */
    size_t length;
    void (*on_answer)(struct mt_request *request, int status, const void *view);
};

struct mt_exchange_events {
    void (*on_indication)(void *context, const void *view);
    void (*on_gone)(void *context, int status); /* after every request has failed */
    void *context;
};

/* The most requests that a modem gets at a time: QMI's control service has no more numbers. */
enum { MT_EXCHANGE_MAX_WINDOW = 255 };

/*
 * Takes over the port, also when it fails. At most `window` requests are with the modem at a time
 * (for MBIM, what its bMaxOutstandingCommandMessages allows); more wait their turn here.
 */
int mt_exchange_open(struct mt_loop *loop, struct mt_port *port, const struct mt_protocol *protocol,
                     size_t max_transfer, unsigned window, struct mt_exchange_events events,
                     struct mt_exchange **exchange);

/*
 * Gives the exchange a harmless request to send when the modem is silent although it owes answers.
 * A modem announces each answer, and the driver fetches one for each announcement. If an earlier
 * user closed the device between the two, every answer stays in the modem until the next one is
 * announced, and the last one for ever. This request makes the modem announce something.
 */
int mt_exchange_set_wakeup(struct mt_exchange *exchange, const uint8_t *message, size_t length);

/* Fails what is under way with -ENODEV, then closes the port. */
void mt_exchange_close(struct mt_exchange *exchange);

/* Copies the message. 0, or a negative errno and then no on_answer(). */
int mt_exchange_request(struct mt_exchange *exchange, struct mt_request *request,
                        const uint8_t *message, size_t length, double timeout);

/* Gives a request up; its answer, should it come, is ignored. Harmless when it is not under way. */
void mt_exchange_cancel(struct mt_request *request);

/*
 * How many transfers have come: answers and indications, each fragment by itself. A modem announces
 * each of them, and on USB an announcement takes its turn: 32 ms on many modems.
 */
uint64_t mt_exchange_received(const struct mt_exchange *exchange);

/*
 * The modem has restarted. It never answers requests that were sent before that, but it may answer
 * those sent since: all that are under way get one more second, and then fail with -ECONNRESET.
 */
void mt_exchange_fail_after_reset(struct mt_exchange *exchange);

/* For a protocol's send(): one transfer to the port, which taps see. */
int mt_exchange_transfer(struct mt_exchange *exchange, const uint8_t *bytes, size_t length);

/*
 * A tap sees every transfer of an exchange, in and out, as it is on the wire and before anything is
 * made of it: garbage and late answers too. Its owner takes it off before it is freed, unless
 * on_gone() came, which is the last call. A tap may not close the exchange.
 */
struct mt_tap {
    struct mt_tap *next;
    void (*on_transfer)(struct mt_tap *tap, bool sent, const uint8_t *bytes, size_t length);
    void (*on_gone)(struct mt_tap *tap, int status);
};

/* 0, or -ENODEV when the port has ended. */
int mt_exchange_tap(struct mt_exchange *exchange, struct mt_tap *tap);
void mt_exchange_untap(struct mt_exchange *exchange, struct mt_tap *tap);

#endif
