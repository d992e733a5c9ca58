/* SPDX-License-Identifier: MIT */
/* QMI for an exchange: how requests are numbered, and which message answers which. */
#include <stdlib.h>

#include "host/exchange.h"
#include "wire/qmi.h"

/* One message at a time, kept between no two calls: QMI has no fragments. */
static void *state_new(void)
{
    return malloc(sizeof(struct mt_qmi_message));
}

static void state_reset(void *state)
{
    (void)state;
}

static bool incomplete(const void *state)
{
    (void)state;
    return false;
}

/* Each client of each service counts for itself. */
static uint32_t id_of(const struct mt_qmi_message *message)
{
    return (uint32_t)message->service << 24 | (uint32_t)message->client << 16 |
           message->transaction;
}

static uint32_t number(uint8_t *frame, size_t length, uint32_t counter)
{
    struct mt_qmi_message message;
    mt_qmi_number(frame, counter);
    mt_qmi_parse(frame, length, &message);
    return id_of(&message);
}

static int send_message(struct mt_exchange *exchange, const uint8_t *message, size_t length,
                        size_t max_transfer)
{
    (void)max_transfer; /* a frame is one transfer, or the modem takes none of it */
    return mt_exchange_transfer(exchange, message, length);
}

static enum mt_rx receive(void *state, const uint8_t *bytes, size_t length, uint32_t *id,
                          const void **view)
{
    struct mt_qmi_message *message = state;
    enum mt_qmi_result result = mt_qmi_parse(bytes, length, message);
    *view = message;
    *id = id_of(message);
    switch (message->type) {
    case MT_QMI_RESPONSE:
        return result < 0 ? MT_RX_MALFORMED : MT_RX_ANSWER;
    case MT_QMI_INDICATION:
        return result < 0 ? MT_RX_NOTHING : MT_RX_INDICATION;
    case MT_QMI_REQUEST:
        break;
    }
    return MT_RX_NOTHING;
}

const struct mt_protocol mt_qmi_protocol = {
    .state_new = state_new,
    .state_reset = state_reset,
    .number = number,
    .send = send_message,
    .frame = mt_qmi_frame_length,
    .receive = receive,
    .incomplete = incomplete,
    .fragment_timeout = 1.25, /* for the rest of a frame on a stream: as long as for MBIM's */
};
