/* SPDX-License-Identifier: MIT */
/* QMI framing: messages in and out of bytes, with QMUX's header or without; no I/O, no memory. */

#ifndef MT_WIRE_QMI_H
#define MT_WIRE_QMI_H

#include "wire/bytes.h"

#define MT_QMI_CTL 0x00u        /* the control service: its messages have a shorter header */
#define MT_QMI_CLIENT_ALL 0xFFu /* an indication for every client of the service */

#define MT_QMI_QMUX_SIZE 6    /* marker, length, flags, service, client */
#define MT_QMI_CTL_SIZE 6     /* flags, transaction (one byte), message, length of the TLVs */
#define MT_QMI_SERVICE_SIZE 7 /* flags, transaction (two bytes), message, length of the TLVs */
#define MT_QMI_FRAME_MIN (MT_QMI_QMUX_SIZE + MT_QMI_CTL_SIZE)
#define MT_QMI_FRAME_MAX 65536 /* the largest length in 16 bits, plus the marker */
#define MT_QMI_TLVS_MAX (MT_QMI_FRAME_MAX - MT_QMI_QMUX_SIZE - MT_QMI_SERVICE_SIZE)

enum mt_qmi_type { MT_QMI_REQUEST, MT_QMI_RESPONSE, MT_QMI_INDICATION };

/* One message. Parsed, it is a view: `tlvs` points into the bytes and lives as long as they do. */
struct mt_qmi_message {
    uint8_t service;
    uint8_t client;
    bool from_modem; /* QMUX names the sender */
    enum mt_qmi_type type;
    uint16_t transaction; /* one byte of it for CTL; in indications any number */
    uint16_t id;          /* which of its service's messages it is */
    const uint8_t *tlvs;
    size_t tlvs_size;
};

/* The result of reading bytes. Below zero they were refused, and each reason has its name. */
enum mt_qmi_result {
    MT_QMI_MESSAGE = 1,     /* here is a message */
    MT_QMI_TRUNCATED = -1,  /* fewer bytes than its own length says, or than its header takes */
    MT_QMI_BAD_MARKER = -2, /* it does not begin as a QMUX frame does */
    MT_QMI_BAD_LENGTH = -3, /* a length that no frame can have */
    MT_QMI_BAD_TYPE = -4,   /* a response and an indication at once, or several messages in one */
    MT_QMI_BAD_TLVS = -5,   /* the TLVs are longer than what is there */
};

/* "truncated", "bad-tlvs", ...: for logs and messages; NULL for no result. */
const char *mt_qmi_result_name(enum mt_qmi_result result);

/*
 * The length of the QMUX frame that begins here; 0 when more bytes are needed to tell; or a reason
 * below zero why none begins here.
 */
int mt_qmi_frame_length(const uint8_t *bytes, size_t size);

/*
 * Reads one QMUX frame; bytes after it are ignored. Returns MT_QMI_MESSAGE or a reason below zero.
 * For MT_QMI_TRUNCATED and MT_QMI_BAD_TLVS the header is filled in if it was there; if not, `type`
 * is MT_QMI_REQUEST.
 */
enum mt_qmi_result mt_qmi_parse(const void *bytes, size_t size, struct mt_qmi_message *message);

/*
 * Appends a QMUX frame: the twin of mt_qmi_parse. Returns 0, -EINVAL for a type that is none or a
 * transaction that its service has no room for, -EMSGSIZE beyond MT_QMI_FRAME_MAX, or -ENOBUFS when
 * the writer is full.
 */
int mt_qmi_build(struct mt_writer *writer, const struct mt_qmi_message *message);

/*
 * Overwrites the transaction of a frame that was built, with the `counter`th number that its
 * service has: never 0. Returns that number.
 */
uint16_t mt_qmi_number(uint8_t *frame, uint32_t counter);

#endif
