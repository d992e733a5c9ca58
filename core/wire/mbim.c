/* SPDX-License-Identifier: MIT */
/* MBIM framing: reads and builds messages, splits them into fragments and joins fragments. */

#include "wire/mbim.h"

#include <errno.h>

struct header {
    uint32_t type, length, transaction;
    uint32_t total, current; /* 1 and 0 for types that have no fragments */
};

const char *mt_mbim_result_name(enum mt_mbim_result result)
{
    switch (result) {
    case MT_MBIM_MESSAGE:
        return "message";
    case MT_MBIM_MORE:
        return "more";
    case MT_MBIM_TRUNCATED:
        return "truncated";
    case MT_MBIM_BAD_LENGTH:
        return "bad-length";
    case MT_MBIM_BAD_TYPE:
        return "bad-type";
    case MT_MBIM_BAD_INFO:
        return "bad-info";
    case MT_MBIM_BAD_FRAGMENT:
        return "bad-fragment";
    case MT_MBIM_OUT_OF_ORDER:
        return "out-of-order";
    case MT_MBIM_DUPLICATE:
        return "duplicate";
    case MT_MBIM_INTERLEAVED:
        return "interleaved";
    case MT_MBIM_TOO_LONG:
        return "too-long";
    }
    return NULL;
}

uint32_t mt_mbim_result_error(enum mt_mbim_result result)
{
    switch (result) {
    case MT_MBIM_TRUNCATED:
    case MT_MBIM_BAD_LENGTH:
    case MT_MBIM_BAD_INFO:
        return MT_MBIM_ERROR_LENGTH_MISMATCH;
    case MT_MBIM_BAD_FRAGMENT:
    case MT_MBIM_OUT_OF_ORDER:
    case MT_MBIM_DUPLICATE:
    case MT_MBIM_INTERLEAVED:
        return MT_MBIM_ERROR_FRAGMENT_OUT_OF_SEQUENCE;
    case MT_MBIM_TOO_LONG:
        return MT_MBIM_ERROR_MAX_TRANSFER;
    case MT_MBIM_BAD_TYPE:
    case MT_MBIM_MESSAGE:
    case MT_MBIM_MORE:
        break;
    }
    return MT_MBIM_ERROR_UNKNOWN;
}

const char *mt_mbim_error_name(uint32_t error)
{
    switch (error) {
    case MT_MBIM_ERROR_TIMEOUT_FRAGMENT:
        return "fragment-timeout";
    case MT_MBIM_ERROR_FRAGMENT_OUT_OF_SEQUENCE:
        return "fragment-out-of-sequence";
    case MT_MBIM_ERROR_LENGTH_MISMATCH:
        return "length-mismatch";
    case MT_MBIM_ERROR_DUPLICATED_TRANSACTION:
        return "duplicated-transaction";
    case MT_MBIM_ERROR_NOT_OPENED:
        return "not-opened";
    case MT_MBIM_ERROR_UNKNOWN:
        return "unknown";
    case MT_MBIM_ERROR_CANCEL:
        return "cancelled";
    case MT_MBIM_ERROR_MAX_TRANSFER:
        return "max-transfer-exceeded";
    }
    return NULL;
}

static bool has_fragments(uint32_t type)
{
    return type == MT_MBIM_COMMAND || type == MT_MBIM_COMMAND_DONE ||
           type == MT_MBIM_INDICATE_STATUS;
}

/*
 * Takes the header, and the fragment header where the type has one. Afterwards the reader holds
 * exactly the rest of this message, whatever follows it.
 */
static enum mt_mbim_result take_header(struct mt_reader *reader, struct header *header)
{
    size_t taken = MT_MBIM_HEADER_SIZE;

    *header = (struct header){ .total = 1 };
    if (reader->left < MT_MBIM_HEADER_SIZE)
        return MT_MBIM_TRUNCATED;
    mt_take_le32(reader, &header->type);
    mt_take_le32(reader, &header->length);
    mt_take_le32(reader, &header->transaction);
    if (has_fragments(header->type))
        taken = MT_MBIM_FRAGMENT_SIZE;
    if (header->length < taken)
        return MT_MBIM_BAD_LENGTH;
    if (header->length - MT_MBIM_HEADER_SIZE > reader->left)
        return MT_MBIM_TRUNCATED;
    reader->left = header->length - MT_MBIM_HEADER_SIZE;
    if (!has_fragments(header->type))
        return MT_MBIM_MESSAGE;
    mt_take_le32(reader, &header->total);
    mt_take_le32(reader, &header->current);
    if (header->total == 0 || header->current >= header->total)
        return MT_MBIM_BAD_FRAGMENT;
    return MT_MBIM_MESSAGE;
}

/* The last part of every fragmentable type: a length and that many bytes. */
static enum mt_mbim_result take_info(struct mt_reader *reader, struct mt_mbim_message *message)
{
    uint32_t size;

    if (!mt_take_le32(reader, &size))
        return MT_MBIM_TRUNCATED;
    if (!mt_take(reader, size, &message->info))
        return MT_MBIM_BAD_INFO;
    message->info_size = size;
    return MT_MBIM_MESSAGE;
}

static enum mt_mbim_result take_body(struct mt_reader *reader, struct mt_mbim_message *message)
{
    const uint8_t *service;
    uint32_t kind;

    switch (message->type) {
    case MT_MBIM_OPEN:
        return mt_take_le32(reader, &message->max_control) ? MT_MBIM_MESSAGE : MT_MBIM_TRUNCATED;
    case MT_MBIM_CLOSE:
        return MT_MBIM_MESSAGE;
    case MT_MBIM_COMMAND:
        if (!mt_take(reader, 16, &service) || !mt_take_le32(reader, &message->cid) ||
            !mt_take_le32(reader, &kind))
            return MT_MBIM_TRUNCATED;
        memcpy(message->service, service, 16);
        message->set = kind != 0;
        return take_info(reader, message);
    case MT_MBIM_HOST_ERROR:
    case MT_MBIM_OPEN_DONE:
    case MT_MBIM_CLOSE_DONE:
    case MT_MBIM_FUNCTION_ERROR:
        return mt_take_le32(reader, &message->status) ? MT_MBIM_MESSAGE : MT_MBIM_TRUNCATED;
    case MT_MBIM_COMMAND_DONE:
        if (!mt_take(reader, 16, &service) || !mt_take_le32(reader, &message->cid) ||
            !mt_take_le32(reader, &message->status))
            return MT_MBIM_TRUNCATED;
        memcpy(message->service, service, 16);
        return take_info(reader, message);
    case MT_MBIM_INDICATE_STATUS:
        if (!mt_take(reader, 16, &service) || !mt_take_le32(reader, &message->cid))
            return MT_MBIM_TRUNCATED;
        memcpy(message->service, service, 16);
        return take_info(reader, message);
    default:
        return MT_MBIM_BAD_TYPE;
    }
}

enum mt_mbim_result mt_mbim_parse(const void *bytes, size_t size, struct mt_mbim_message *message)
{
    struct mt_reader reader = mt_reader(bytes, size);
    struct header header;
    enum mt_mbim_result result = take_header(&reader, &header);

    *message = (struct mt_mbim_message){ .type = header.type, .transaction = header.transaction };
    if (result < 0)
        return result;
    if (header.total != 1)
        return MT_MBIM_BAD_FRAGMENT;
    return take_body(&reader, message);
}

static void put_info(struct mt_writer *writer, const struct mt_mbim_message *message)
{
    mt_put_le32(writer, (uint32_t)message->info_size);
    mt_put(writer, message->info, message->info_size);
}

static int put_body(struct mt_writer *writer, const struct mt_mbim_message *message)
{
    switch (message->type) {
    case MT_MBIM_OPEN:
        mt_put_le32(writer, message->max_control);
        return 0;
    case MT_MBIM_CLOSE:
        return 0;
    case MT_MBIM_COMMAND:
        mt_put(writer, message->service, 16);
        mt_put_le32(writer, message->cid);
        mt_put_le32(writer, message->set);
        put_info(writer, message);
        return 0;
    case MT_MBIM_HOST_ERROR:
    case MT_MBIM_OPEN_DONE:
    case MT_MBIM_CLOSE_DONE:
    case MT_MBIM_FUNCTION_ERROR:
        mt_put_le32(writer, message->status);
        return 0;
    case MT_MBIM_COMMAND_DONE:
        mt_put(writer, message->service, 16);
        mt_put_le32(writer, message->cid);
        mt_put_le32(writer, message->status);
        put_info(writer, message);
        return 0;
    case MT_MBIM_INDICATE_STATUS:
        mt_put(writer, message->service, 16);
        mt_put_le32(writer, message->cid);
        put_info(writer, message);
        return 0;
    default:
        return -EINVAL;
    }
}

int mt_mbim_build(struct mt_writer *writer, const struct mt_mbim_message *message)
{
    size_t start = writer->used;
    int result;

    if (message->info_size > MT_MBIM_MESSAGE_MAX - MT_MBIM_COMMAND_SIZE)
        return -EMSGSIZE;
    mt_put_le32(writer, message->type);
    mt_put_le32(writer, 0); /* the length, once it is known */
    mt_put_le32(writer, message->transaction);
    if (has_fragments(message->type)) {
        mt_put_le32(writer, 1);
        mt_put_le32(writer, 0);
    }
    result = put_body(writer, message);
    if (result < 0)
        return result;
    mt_patch_le32(writer, start + 4, (uint32_t)(writer->used - start));
    return writer->overflow ? -ENOBUFS : 0;
}

int mt_mbim_split_start(struct mt_mbim_split *split, const void *message, size_t size,
                        size_t transfer)
{
    struct mt_reader reader = mt_reader(message, size);
    struct header header;
    size_t room;

    if (transfer < MT_MBIM_TRANSFER_MIN || take_header(&reader, &header) < 0 || header.total != 1)
        return -EINVAL;
    if (!has_fragments(header.type)) {
        if (header.length > transfer)
            return -EMSGSIZE;
        *split = (struct mt_mbim_split){ .payload = reader, .header = message, .total = 1 };
        split->transfer = transfer;
        return 0;
    }
    room = transfer - MT_MBIM_FRAGMENT_SIZE;
    *split = (struct mt_mbim_split){ .payload = reader, .header = message, .transfer = transfer };
    split->total = (uint32_t)(reader.left / room + (reader.left % room != 0));
    if (split->total == 0)
        split->total = 1;
    return 0;
}

bool mt_mbim_split_next(struct mt_mbim_split *split, struct mt_writer *fragment)
{
    struct mt_reader header = mt_reader(split->header, MT_MBIM_HEADER_SIZE);
    uint32_t type = 0, length = 0, transaction = 0;
    size_t fixed, size;

    if (split->current == split->total)
        return false;
    mt_take_le32(&header, &type);
    mt_take_le32(&header, &length);
    mt_take_le32(&header, &transaction);
    fixed = has_fragments(type) ? MT_MBIM_FRAGMENT_SIZE : MT_MBIM_HEADER_SIZE;
    size = split->transfer - fixed;
    if (size > split->payload.left)
        size = split->payload.left;
    mt_put_le32(fragment, type);
    mt_put_le32(fragment, (uint32_t)(fixed + size));
    mt_put_le32(fragment, transaction);
    if (has_fragments(type)) {
        mt_put_le32(fragment, split->total);
        mt_put_le32(fragment, split->current);
    }
    mt_put(fragment, split->payload.at, size);
    mt_skip(&split->payload, size);
    split->current++;
    return true;
}

void mt_mbim_assembly_reset(struct mt_mbim_assembly *assembly)
{
    assembly->exchange.total = 0;
    assembly->exchange.bytes = assembly->bytes[0];
    assembly->indication.total = 0;
    assembly->indication.bytes = assembly->bytes[1];
}

bool mt_mbim_assembly_waits(const struct mt_mbim_assembly *assembly)
{
    return assembly->exchange.total != 0 || assembly->indication.total != 0;
}

static bool belongs(const struct mt_mbim_partial *partial, const struct header *header)
{
    return partial->total != 0 && partial->type == header->type &&
           partial->transaction == header->transaction;
}

/* Keeps a first fragment, header and all: the later ones are appended to it. */
static enum mt_mbim_result keep_first(struct mt_mbim_partial *partial, const struct header *header,
                                      const void *bytes)
{
    if (header->length > MT_MBIM_MESSAGE_MAX)
        return MT_MBIM_TOO_LONG;
    partial->type = header->type;
    partial->transaction = header->transaction;
    partial->total = header->total;
    partial->next = 1;
    partial->used = header->length;
    memcpy(partial->bytes, bytes, header->length);
    return MT_MBIM_MORE;
}

/* Keeps the payload of a later fragment. An empty one is refused, or a message might never end. */
static enum mt_mbim_result keep_next(struct mt_mbim_partial *partial, const struct header *header,
                                     struct mt_reader payload)
{
    if (header->total != partial->total || payload.left == 0)
        return MT_MBIM_BAD_FRAGMENT;
    if (header->current < partial->next)
        return MT_MBIM_DUPLICATE;
    if (header->current > partial->next)
        return MT_MBIM_OUT_OF_ORDER;
    if (payload.left > MT_MBIM_MESSAGE_MAX - partial->used)
        return MT_MBIM_TOO_LONG;
    memcpy(partial->bytes + partial->used, payload.at, payload.left);
    partial->used += payload.left;
    partial->next++;
    return partial->next == partial->total ? MT_MBIM_MESSAGE : MT_MBIM_MORE;
}

/* Reads a message that is complete, as if it had come in one piece. */
static enum mt_mbim_result parse_whole(struct mt_mbim_partial *partial,
                                       struct mt_mbim_message *message)
{
    struct mt_writer writer = mt_writer(partial->bytes, partial->used);

    partial->total = 0;
    writer.used = partial->used;
    mt_patch_le32(&writer, 4, (uint32_t)partial->used);
    mt_patch_le32(&writer, 12, 1);
    mt_patch_le32(&writer, 16, 0);
    return mt_mbim_parse(partial->bytes, partial->used, message);
}

static enum mt_mbim_result drop(struct mt_mbim_partial *partial, enum mt_mbim_result reason,
                                struct mt_mbim_message *message)
{
    if (partial->total != 0) {
        message->type = partial->type;
        message->transaction = partial->transaction;
    }
    partial->total = 0;
    return reason;
}

enum mt_mbim_result mt_mbim_assembly_add(struct mt_mbim_assembly *assembly, const void *bytes,
                                         size_t size, struct mt_mbim_message *message)
{
    struct mt_reader reader = mt_reader(bytes, size);
    struct mt_mbim_partial *partial = &assembly->exchange;
    enum mt_mbim_result result;
    struct header header;
    bool ours;

    result = take_header(&reader, &header);
    *message = (struct mt_mbim_message){ .type = header.type, .transaction = header.transaction };
    if (header.type == MT_MBIM_INDICATE_STATUS)
        partial = &assembly->indication;
    ours = belongs(partial, &header);
    if (result < 0)
        return ours ? drop(partial, result, message) : result;
    if (header.total == 1)
        return take_body(&reader, message); /* whole: it passes by what is under way */
    if (header.current == 0) {
        if (partial->total != 0)
            result = drop(partial, ours ? MT_MBIM_DUPLICATE : MT_MBIM_INTERLEAVED, message);
        else
            result = MT_MBIM_MORE;
        return keep_first(partial, &header, bytes) < 0 ? MT_MBIM_TOO_LONG : result;
    }
    if (!ours)
        return drop(partial, partial->total ? MT_MBIM_INTERLEAVED : MT_MBIM_OUT_OF_ORDER, message);
    result = keep_next(partial, &header, reader);
    if (result == MT_MBIM_MESSAGE)
        return parse_whole(partial, message);
    return result < 0 ? drop(partial, result, message) : result;
}
