/* SPDX-License-Identifier: MIT */
/* Fuzzes MBIM framing: what is put together must lie in its bytes and survive a round trip. */

#include <stdlib.h>

#include "wire/mbim.h"

/*
 * The input is a session: the size of a control transfer, then transfers as they were received,
 * each behind its length in two bytes.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void require_same(const struct mt_mbim_message *a, const struct mt_mbim_message *b)
{
    require(a->type == b->type && a->transaction == b->transaction && a->status == b->status);
    require(a->max_control == b->max_control && memcmp(a->service, b->service, 16) == 0);
    require(a->cid == b->cid && a->set == b->set && a->info_size == b->info_size);
    require(a->info_size == 0 || memcmp(a->info, b->info, a->info_size) == 0);
}

/* Builds the message anew, splits it, and puts it together again. */
static void send_back(const struct mt_mbim_message *message, size_t transfer)
{
    static uint8_t whole[MT_MBIM_MESSAGE_MAX], fragment[4096];
    static struct mt_mbim_assembly assembly;
    struct mt_writer writer = mt_writer(whole, sizeof(whole));
    enum mt_mbim_result result = MT_MBIM_MORE;
    struct mt_mbim_message again;
    struct mt_mbim_split split;

    require(mt_mbim_build(&writer, message) == 0);
    require(mt_mbim_split_start(&split, whole, writer.used, transfer) == 0);
    mt_mbim_assembly_reset(&assembly);
    for (;;) {
        writer = mt_writer(fragment, transfer);
        if (!mt_mbim_split_next(&split, &writer))
            break;
        require(result == MT_MBIM_MORE && !writer.overflow);
        result = mt_mbim_assembly_add(&assembly, fragment, writer.used, &again);
    }
    require(result == MT_MBIM_MESSAGE);
    require_same(message, &again);
    require(!mt_mbim_assembly_waits(&assembly));
}

/* A copy in memory of its own size, so that the sanitizer sees any read beyond. */
static void receive(struct mt_mbim_assembly *assembly, const uint8_t *bytes, size_t size,
                    size_t transfer)
{
    uint8_t *copy = malloc(size ? size : 1);
    struct mt_mbim_message message;
    enum mt_mbim_result result;

    require(copy != NULL);
    if (size != 0)
        memcpy(copy, bytes, size);
    result = mt_mbim_assembly_add(assembly, copy, size, &message);
    require(mt_mbim_result_name(result) != NULL);
    if (result == MT_MBIM_MESSAGE)
        send_back(&message, transfer);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mt_mbim_assembly assembly;
    struct mt_reader session = mt_reader(data, size);
    uint16_t length, transfer = 0;
    const uint8_t *bytes;

    mt_mbim_assembly_reset(&assembly);
    mt_take_le16(&session, &transfer);
    transfer = (uint16_t)(MT_MBIM_TRANSFER_MIN + transfer % (4096 - MT_MBIM_TRANSFER_MIN + 1));
    while (mt_take_le16(&session, &length)) {
        if (length > session.left)
            length = (uint16_t)session.left;
        mt_take(&session, length, &bytes);
        receive(&assembly, bytes, length, transfer);
    }
    return 0;
}
