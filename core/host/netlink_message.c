/* SPDX-License-Identifier: MIT */
/* Messages of rtnetlink, written and read. */
#include "host/netlink_message.h"

#include <string.h>

/* ---- writing ---- */

void mt_netlink_begin(struct mt_netlink_message *message, int type, int flags, const void *header,
                      size_t size)
{
    memset(&message->header, 0, sizeof(message->header));
    message->full = false;
    message->header.nlmsg_type = (uint16_t)type;
    message->header.nlmsg_flags = (uint16_t)flags;
    message->header.nlmsg_len = NLMSG_HDRLEN;
    mt_netlink_append(message, header, size);
}

size_t mt_netlink_append(struct mt_netlink_message *message, const void *bytes, size_t size)
{
    size_t at = NLMSG_ALIGN(message->header.nlmsg_len), end = at + NLMSG_ALIGN(size);
    if (size > MT_NETLINK_ROOM || end > MT_NETLINK_ROOM) {
        message->full = true;
        return NLMSG_HDRLEN;
    }
    memset(message->bytes + at, 0, end - at);
    if (size)
        memcpy(message->bytes + at, bytes, size);
    message->header.nlmsg_len = (uint32_t)end;
    return at;
}

void mt_netlink_put(struct mt_netlink_message *message, int type, const void *value, size_t size)
{
    struct nlattr attribute = { .nla_len = (uint16_t)(NLA_HDRLEN + size),
                                .nla_type = (uint16_t)type };
    mt_netlink_append(message, &attribute, sizeof(attribute));
    mt_netlink_append(message, value, size);
}

void mt_netlink_put_u8(struct mt_netlink_message *message, int type, uint8_t value)
{
    mt_netlink_put(message, type, &value, sizeof(value));
}

void mt_netlink_put_u16(struct mt_netlink_message *message, int type, uint16_t value)
{
    mt_netlink_put(message, type, &value, sizeof(value));
}

void mt_netlink_put_u32(struct mt_netlink_message *message, int type, uint32_t value)
{
    mt_netlink_put(message, type, &value, sizeof(value));
}

void mt_netlink_put_string(struct mt_netlink_message *message, int type, const char *value)
{
    mt_netlink_put(message, type, value, strlen(value) + 1);
}

void mt_netlink_put_ip(struct mt_netlink_message *message, int type, const struct mt_netlink_ip *ip)
{
    if (ip->family)
        mt_netlink_put(message, type, ip->bytes, mt_netlink_ip_size(ip->family));
}

size_t mt_netlink_nest(struct mt_netlink_message *message, int type)
{
    struct nlattr attribute = { .nla_len = NLA_HDRLEN, .nla_type = (uint16_t)type };
    return mt_netlink_append(message, &attribute, sizeof(attribute));
}

void mt_netlink_end(struct mt_netlink_message *message, size_t nest)
{
    uint16_t length = (uint16_t)(message->header.nlmsg_len - nest);
    if (!message->full)
        memcpy(message->bytes + nest, &length, sizeof(length));
}

/* ---- reading ---- */

struct mt_reader mt_netlink_find(struct mt_reader attributes, int type)
{
    struct nlattr attribute;
    while (attributes.left >= sizeof(attribute)) {
        memcpy(&attribute, attributes.at, sizeof(attribute));
        if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > attributes.left)
            break;
        if ((attribute.nla_type & NLA_TYPE_MASK) == type)
            return mt_reader(attributes.at + NLA_HDRLEN, attribute.nla_len - NLA_HDRLEN);
        if (!mt_skip(&attributes, NLA_ALIGN(attribute.nla_len)))
            break;
    }
    return mt_reader(NULL, 0);
}

static void read_number(struct mt_reader value, void *number, size_t size)
{
    if (value.left >= size)
        memcpy(number, value.at, size);
}

uint32_t mt_netlink_u32(struct mt_reader value)
{
    uint32_t number = 0;
    read_number(value, &number, sizeof(number));
    return number;
}

uint16_t mt_netlink_u16(struct mt_reader value)
{
    uint16_t number = 0;
    read_number(value, &number, sizeof(number));
    return number;
}

uint8_t mt_netlink_u8(struct mt_reader value)
{
    uint8_t number = 0;
    read_number(value, &number, sizeof(number));
    return number;
}

const char *mt_netlink_string(struct mt_reader value)
{
    return value.at && memchr(value.at, '\0', value.left) ? (const char *)value.at : NULL;
}
