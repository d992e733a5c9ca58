/* SPDX-License-Identifier: MIT */
/* QMI framing: reads and builds messages, with QMUX's header or without. */

#include "wire/qmi.h"

#include <errno.h>

#define MARKER 0x01
#define FROM_MODEM 0x80
#define COMPOUND 0x01 /* of every service but CTL: several messages in one */

const char *mt_qmi_result_name(enum mt_qmi_result result)
{
    switch (result) {
    case MT_QMI_MESSAGE:
        return "message";
    case MT_QMI_TRUNCATED:
        return "truncated";
    case MT_QMI_BAD_MARKER:
        return "bad-marker";
    case MT_QMI_BAD_LENGTH:
        return "bad-length";
    case MT_QMI_BAD_TYPE:
        return "bad-type";
    case MT_QMI_BAD_TLVS:
        return "bad-tlvs";
    }
    return NULL;
}

/* The flags of a message hold its type: those of CTL in the lowest bits, others one bit higher. */
static unsigned type_shift(uint8_t service)
{
    return service == MT_QMI_CTL ? 0 : 1;
}

int mt_qmi_frame_length(const uint8_t *bytes, size_t size)
{
    struct mt_reader reader = mt_reader(bytes, size);
    uint16_t length;
    uint8_t marker;

    if (!mt_take_u8(&reader, &marker))
        return 0;
    if (marker != MARKER)
        return MT_QMI_BAD_MARKER;
    if (!mt_take_le16(&reader, &length))
        return 0;
    return length + 1 < MT_QMI_FRAME_MIN ? MT_QMI_BAD_LENGTH : length + 1;
}

/* Takes a message whose service is known. Other bits of the flags are left for later versions. */
static enum mt_qmi_result take_sdu(struct mt_reader *reader, struct mt_qmi_message *message)
{
    bool ctl = message->service == MT_QMI_CTL;
    /* No compiler sees that all of these are taken after the check below. */
    uint8_t flags = 0, number = 0;
    uint16_t size = 0;
    unsigned type;

    if (reader->left < (ctl ? MT_QMI_CTL_SIZE : MT_QMI_SERVICE_SIZE))
        return MT_QMI_TRUNCATED;
    mt_take_u8(reader, &flags);
    if (ctl) {
        mt_take_u8(reader, &number);
        message->transaction = number;
    } else {
        mt_take_le16(reader, &message->transaction);
    }
    mt_take_le16(reader, &message->id);
    mt_take_le16(reader, &size);
    type = flags >> type_shift(message->service) & 3;
    if (type > MT_QMI_INDICATION || (!ctl && (flags & COMPOUND)))
        return MT_QMI_BAD_TYPE;
    message->type = (enum mt_qmi_type)type;
    if (!mt_take(reader, size, &message->tlvs))
        return MT_QMI_BAD_TLVS;
    message->tlvs_size = size;
    return MT_QMI_MESSAGE;
}

enum mt_qmi_result mt_qmi_parse(const void *bytes, size_t size, struct mt_qmi_message *message)
{
    struct mt_reader reader = mt_reader(bytes, size);
    int length = mt_qmi_frame_length(bytes, size);
    enum mt_qmi_result result;
    uint8_t flags = 0;

    *message = (struct mt_qmi_message){ 0 };
    if (length < 0)
        return (enum mt_qmi_result)length;
    if (size < MT_QMI_QMUX_SIZE)
        return MT_QMI_TRUNCATED;
    if ((size_t)length < size)
        reader.left = (size_t)length;
    mt_skip(&reader, 3); /* marker and length */
    mt_take_u8(&reader, &flags);
    mt_take_u8(&reader, &message->service);
    mt_take_u8(&reader, &message->client);
    message->from_modem = (flags & FROM_MODEM) != 0;
    result = take_sdu(&reader, message);
    return (size_t)length > size ? MT_QMI_TRUNCATED : result;
}

int mt_qmi_build(struct mt_writer *writer, const struct mt_qmi_message *message)
{
    bool ctl = message->service == MT_QMI_CTL;
    size_t size = MT_QMI_QMUX_SIZE + (ctl ? MT_QMI_CTL_SIZE : MT_QMI_SERVICE_SIZE);

    if (message->type > MT_QMI_INDICATION || (ctl && message->transaction > UINT8_MAX))
        return -EINVAL;
    if (message->tlvs_size > MT_QMI_FRAME_MAX - size)
        return -EMSGSIZE;
    mt_put_u8(writer, MARKER);
    mt_put_le16(writer, (uint16_t)(size + message->tlvs_size - 1));
    mt_put_u8(writer, message->from_modem ? FROM_MODEM : 0);
    mt_put_u8(writer, message->service);
    mt_put_u8(writer, message->client);
    mt_put_u8(writer, (uint8_t)(message->type << type_shift(message->service)));
    mt_put_uint(writer, ctl ? 1 : 2, false, message->transaction);
    mt_put_le16(writer, message->id);
    mt_put_le16(writer, (uint16_t)message->tlvs_size);
    mt_put(writer, message->tlvs, message->tlvs_size);
    return writer->overflow ? -ENOBUFS : 0;
}

uint16_t mt_qmi_number(uint8_t *frame, uint32_t counter)
{
    uint8_t service = frame[MT_QMI_QMUX_SIZE - 2];
    uint16_t number = (uint16_t)(1 + counter % (service == MT_QMI_CTL ? UINT8_MAX : UINT16_MAX));

    mt_store_uint(frame + MT_QMI_QMUX_SIZE + 1, service == MT_QMI_CTL ? 1 : 2, false, number);
    return number;
}
