/* SPDX-License-Identifier: MIT */
/* Fuzzes QMI framing: what is taken out of a stream must survive a round trip. */

#include <stdlib.h>

#include "wire/qmi.h"
#include "wire/stream.h"

/*
 * The input is a session: the size of the parts that frames are sent back in, then what was read
 * from a stream, each read behind its length in two bytes.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void require_same(const struct mt_qmi_message *a, const struct mt_qmi_message *b)
{
    require(a->service == b->service && a->client == b->client && a->from_modem == b->from_modem);
    require(a->type == b->type && a->transaction == b->transaction && a->id == b->id);
    require(a->tlvs_size == b->tlvs_size);
    require(a->tlvs_size == 0 || memcmp(a->tlvs, b->tlvs, a->tlvs_size) == 0);
}

static void reset(struct mt_stream *stream)
{
    stream->frame = mt_qmi_frame_length;
    stream->used = 0;
}

/* Builds the message anew, and takes it out of another stream, where it comes in parts. */
static void send_back(const struct mt_qmi_message *message, size_t part)
{
    static uint8_t whole[MT_QMI_FRAME_MAX];
    static struct mt_stream stream;
    struct mt_writer writer = mt_writer(whole, sizeof(whole));
    struct mt_reader rest, input, taken;
    struct mt_qmi_message again;
    bool came = false;

    require(mt_qmi_build(&writer, message) == 0);
    reset(&stream);
    for (rest = mt_reader(whole, writer.used); rest.left != 0; mt_skip(&rest, part)) {
        require(!came);
        if (part > rest.left)
            part = rest.left;
        mt_window(rest, 0, part, &input);
        came = mt_stream_next(&stream, &input, &taken);
    }
    require(came && taken.left == writer.used);
    require(mt_qmi_parse(taken.at, taken.left, &again) == MT_QMI_MESSAGE);
    require_same(message, &again);
}

/* A copy in memory of its own size, so that the sanitizer sees any read beyond. */
static void receive(struct mt_stream *stream, const uint8_t *bytes, size_t size, size_t part)
{
    uint8_t *copy = malloc(size ? size : 1);
    struct mt_reader input, taken;
    struct mt_qmi_message message;

    require(copy != NULL);
    if (size != 0)
        memcpy(copy, bytes, size);
    input = mt_reader(copy, size);
    while (mt_stream_next(stream, &input, &taken)) {
        enum mt_qmi_result result = mt_qmi_parse(taken.at, taken.left, &message);

        require(taken.left != 0 && mt_qmi_result_name(result) != NULL);
        if (result == MT_QMI_MESSAGE)
            send_back(&message, part);
    }
    require(input.left == 0);
    mt_qmi_parse(copy, size, &message);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mt_stream stream;
    struct mt_reader session = mt_reader(data, size);
    uint16_t length, part = 0;
    const uint8_t *bytes;

    reset(&stream);
    mt_take_le16(&session, &part);
    while (mt_take_le16(&session, &length)) {
        if (length > session.left)
            length = (uint16_t)session.left;
        mt_take(&session, length, &bytes);
        receive(&stream, bytes, length, part ? part : 1);
    }
    return 0;
}
