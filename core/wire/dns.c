/* SPDX-License-Identifier: MIT */
/* DNS (RFC 1035), as much as it takes to ask one question and to read its answer. */

#include "wire/dns.h"

enum {
    CLASS_IN = 1,
    RESPONSE = 0x8000,
    OPCODE = 0x7800,
    RECURSION_DESIRED = 0x0100,
    MAX_NAME = 255,
    MAX_LABEL = 63,
    POINTER = 0xc0, /* the rest of a name is elsewhere */
};

/* Labels, each after its length, and the empty one at the end. */
static bool put_name(struct mt_writer *writer, const char *name)
{
    size_t start = writer->used;

    if (name[0] == '.' && name[1] == '\0')
        name++;
    while (*name) {
        size_t length = strcspn(name, ".");

        if (length == 0 || length > MAX_LABEL)
            return false;
        mt_put_u8(writer, (uint8_t)length);
        mt_put(writer, name, length);
        name += length + (name[length] == '.');
    }
    mt_put_u8(writer, 0);
    return !writer->overflow && writer->used - start <= MAX_NAME;
}

bool mt_dns_put_query(struct mt_writer *writer, uint16_t id, const char *name,
                      enum mt_dns_type type)
{
    mt_put_be16(writer, id);
    mt_put_be16(writer, RECURSION_DESIRED);
    mt_put_be16(writer, 1); /* questions; no answers, authorities, additionals */
    mt_put_zeros(writer, 6);
    if (!put_name(writer, name))
        return false;
    mt_put_be16(writer, (uint16_t)type);
    mt_put_be16(writer, CLASS_IN);
    return !writer->overflow;
}

struct header {
    uint16_t id, flags, questions;
};

static bool take_header(struct mt_reader *reader, struct header *header)
{
    return mt_take_be16(reader, &header->id) && mt_take_be16(reader, &header->flags) &&
           mt_take_be16(reader, &header->questions) && mt_skip(reader, 6);
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

/* Servers may change the case of letters. (A label's length is no letter: it is below 64.) */
static bool starts_with(struct mt_reader message, struct mt_reader question)
{
    if (message.left < question.left)
        return false;
    for (size_t i = 0; i < question.left; i++) {
        if (lower(message.at[i]) != lower(question.at[i]))
            return false;
    }
    return true;
}

bool mt_dns_answers(struct mt_reader message, struct mt_reader query)
{
    struct header answer, asked;

    if (!take_header(&message, &answer) || !take_header(&query, &asked))
        return false;
    if (answer.id != asked.id || (answer.flags & (RESPONSE | OPCODE)) != RESPONSE)
        return false;
    return answer.questions == 0 || (answer.questions == 1 && starts_with(message, query));
}

static bool skip_name(struct mt_reader *reader)
{
    uint8_t length;

    while (mt_take_u8(reader, &length)) {
        if (length >= POINTER)
            return mt_skip(reader, 1);
        if (length == 0 || length > MAX_LABEL)
            return length == 0;
        if (!mt_skip(reader, length))
            return false;
    }
    return false;
}

struct record {
    uint16_t type, class, size;
    const uint8_t *data;
};

static bool take_record(struct mt_reader *reader, struct record *record)
{
    return skip_name(reader) && mt_take_be16(reader, &record->type) &&
           mt_take_be16(reader, &record->class) && mt_skip(reader, 4) &&
           mt_take_be16(reader, &record->size) && mt_take(reader, record->size, &record->data);
}

size_t mt_dns_ipv6_addresses(struct mt_reader message, uint8_t (*addresses)[MT_DNS_AAAA_SIZE],
                             size_t most)
{
    uint16_t questions, answers;
    struct record record;
    size_t count = 0;

    if (!mt_skip(&message, 4) || !mt_take_be16(&message, &questions) ||
        !mt_take_be16(&message, &answers) || !mt_skip(&message, 4))
        return 0;
    for (; questions > 0; questions--) {
        if (!skip_name(&message) || !mt_skip(&message, 4))
            return 0;
    }
    for (; answers > 0 && count < most && take_record(&message, &record); answers--) {
        if (record.type == MT_DNS_AAAA && record.class == CLASS_IN &&
            record.size == MT_DNS_AAAA_SIZE)
            memcpy(addresses[count++], record.data, MT_DNS_AAAA_SIZE);
    }
    return count;
}
