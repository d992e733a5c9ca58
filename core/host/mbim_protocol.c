/* SPDX-License-Identifier: MIT */
/* What an exchange must know of MBIM: fragments both ways, and which message answers which. */
#include <errno.h>
#include <stdlib.h>

#include "host/exchange.h"
#include "host/port.h"
#include "wire/mbim.h"

struct mbim_state {
    struct mt_mbim_assembly assembly;
    struct mt_mbim_message message;
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

static int send_message(struct mt_port *port, uint8_t *message, size_t length, uint32_t id,
                        size_t max_transfer)
{
    uint8_t *fragment = malloc(max_transfer);
    if (!fragment)
        return -ENOMEM;
    /* The message was built without its number, which stands behind type and length. */
    struct mt_writer number = mt_writer(message + 8, 4);
    mt_put_le32(&number, id);

    struct mt_mbim_split split;
    int status = mt_mbim_split_start(&split, message, length, max_transfer);
    struct mt_writer writer = mt_writer(fragment, max_transfer);
    while (status == 0 && mt_mbim_split_next(&split, &writer)) {
        status = mt_port_write(port, writer.bytes, writer.used);
        writer = mt_writer(fragment, max_transfer);
    }
    free(fragment);
    return status;
}

static bool answers(uint32_t type)
{
    /* A FUNCTION_ERROR carries the number of the request that it refuses. */
    return type == MT_MBIM_OPEN_DONE || type == MT_MBIM_CLOSE_DONE ||
           type == MT_MBIM_COMMAND_DONE || type == MT_MBIM_FUNCTION_ERROR;
}

static enum mt_received receive(void *context, const uint8_t *bytes, size_t length, uint32_t *id,
                                const void **view)
{
    struct mbim_state *state = context;
    enum mt_mbim_result result =
        mt_mbim_assembly_add(&state->assembly, bytes, length, &state->message);
    *view = &state->message;
    *id = state->message.transaction;
    if (result == MT_MBIM_MORE)
        return MT_RECEIVED_NOTHING;
    /* An answer too broken to read, whose header still says whose it is: better than a time-out. */
    if (result < 0)
        return answers(state->message.type) ? MT_RECEIVED_BROKEN : MT_RECEIVED_NOTHING;
    if (state->message.type == MT_MBIM_INDICATE_STATUS)
        return MT_RECEIVED_INDICATION;
    return answers(state->message.type) ? MT_RECEIVED_ANSWER : MT_RECEIVED_NOTHING;
}

const struct mt_protocol mt_mbim_protocol = {
    .state_new = state_new,
    .state_reset = state_reset,
    .send = send_message,
    .receive = receive,
    .incomplete = incomplete,
    .fragment_timeout = 1.25,  /* what libmbim allows between two fragments */
};
