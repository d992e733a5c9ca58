/* SPDX-License-Identifier: MIT */
/* MBIM for an exchange: fragments both ways, and which message answers which. */
#include <errno.h>
#include <stdlib.h>

#include "host/exchange.h"
#include "wire/mbim.h"

struct mbim_state {
    struct mt_mbim_message message;
    struct mt_mbim_assembly assembly; /* last, as it is large */
};

static void *state_new(void)
{
    struct mbim_state *state = malloc(sizeof(*state));
    if (state)
        mt_mbim_assembly_reset(&state->assembly);
    return state;
}

static void state_reset(void *state)
{
    mt_mbim_assembly_reset(&((struct mbim_state *)state)->assembly);
}

static bool incomplete(const void *state)
{
    return mt_mbim_assembly_waits(&((const struct mbim_state *)state)->assembly);
}

/* The number follows type and length; indications carry 0. */
static uint32_t number(uint8_t *message, size_t length, uint32_t counter)
{
    (void)length;
    uint32_t id = 1 + counter % UINT32_MAX;
    mt_store_uint(message + 8, 4, false, id);
    return id;
}

static int send_message(struct mt_exchange *exchange, const uint8_t *message, size_t length,
                        size_t max_transfer)
{
    uint8_t *fragment = malloc(max_transfer);
    if (!fragment)
        return -ENOMEM;
    struct mt_mbim_split split;
    int status = mt_mbim_split_start(&split, message, length, max_transfer);
    struct mt_writer writer = mt_writer(fragment, max_transfer);
    while (status == 0 && mt_mbim_split_next(&split, &writer)) {
        status = mt_exchange_transfer(exchange, writer.bytes, writer.used);
        writer = mt_writer(fragment, max_transfer);
    }
    free(fragment);
    return status;
}

/* Each fragment carries its own length, like a message in one piece. */
static int frame(const uint8_t *bytes, size_t size)
{
    struct mt_reader reader = mt_reader(bytes, size);
    uint32_t length;
    if (!mt_skip(&reader, 4) || !mt_take_le32(&reader, &length))
        return 0;
    return length < MT_MBIM_HEADER_SIZE || length > MT_MBIM_MESSAGE_MAX ? -EBADMSG : (int)length;
}

static bool answers(uint32_t type)
{
    /* A FUNCTION_ERROR carries the number of the request that it refuses. */
    return type == MT_MBIM_OPEN_DONE || type == MT_MBIM_CLOSE_DONE ||
           type == MT_MBIM_COMMAND_DONE || type == MT_MBIM_FUNCTION_ERROR;
}

static enum mt_rx receive(void *context, const uint8_t *bytes, size_t length, uint32_t *id,
                          const void **view)
{
    struct mbim_state *state = context;
    enum mt_mbim_result result = mt_mbim_assembly_add(&state->assembly, bytes, length,
                                                      &state->message);
    *view = &state->message;
    *id = state->message.transaction;
    if (result == MT_MBIM_MORE)
        return MT_RX_NOTHING;
    /*
     * An answer that cannot be parsed, but whose header names its request: failing that now is
     * better than a time-out.
     */
    if (result < 0)
        return answers(state->message.type) ? MT_RX_MALFORMED : MT_RX_NOTHING;
    if (state->message.type == MT_MBIM_INDICATE_STATUS)
        return MT_RX_INDICATION;
    return answers(state->message.type) ? MT_RX_ANSWER : MT_RX_NOTHING;
}

const struct mt_protocol mt_mbim_protocol = {
    .state_new = state_new,
    .state_reset = state_reset,
    .number = number,
    .send = send_message,
    .frame = frame,
    .receive = receive,
    .incomplete = incomplete,
    .fragment_timeout = 1.25, /* what libmbim allows between two fragments */
};
