/* SPDX-License-Identifier: MIT */
/* MBIM framing: messages in and out of bytes, fragments apart and together; no I/O, no memory. */

#ifndef MT_WIRE_MBIM_H
#define MT_WIRE_MBIM_H

#include "wire/bytes.h"

/* Message types: what the host sends, and what the modem ("function" in the standard) sends. */
#define MT_MBIM_OPEN 0x00000001u
#define MT_MBIM_CLOSE 0x00000002u
#define MT_MBIM_COMMAND 0x00000003u
#define MT_MBIM_HOST_ERROR 0x00000004u
#define MT_MBIM_OPEN_DONE 0x80000001u
#define MT_MBIM_CLOSE_DONE 0x80000002u
#define MT_MBIM_COMMAND_DONE 0x80000003u
#define MT_MBIM_FUNCTION_ERROR 0x80000004u
#define MT_MBIM_INDICATE_STATUS 0x80000007u

#define MT_MBIM_HEADER_SIZE 12    /* type, length, transaction */
#define MT_MBIM_FRAGMENT_SIZE 20  /* the header, total, current: what every fragment repeats */
#define MT_MBIM_COMMAND_SIZE 48   /* a COMMAND or COMMAND_DONE with nothing in it */
#define MT_MBIM_TRANSFER_MIN 64   /* the smallest control transfer the standard allows */
#define MT_MBIM_MESSAGE_MAX 65536 /* the largest message put together or taken apart here */

/* The protocol errors of HOST_ERROR and FUNCTION_ERROR. */
#define MT_MBIM_ERROR_TIMEOUT_FRAGMENT 1u
#define MT_MBIM_ERROR_FRAGMENT_OUT_OF_SEQUENCE 2u
#define MT_MBIM_ERROR_LENGTH_MISMATCH 3u
#define MT_MBIM_ERROR_DUPLICATED_TRANSACTION 4u
#define MT_MBIM_ERROR_NOT_OPENED 5u
#define MT_MBIM_ERROR_UNKNOWN 6u
#define MT_MBIM_ERROR_CANCEL 7u
#define MT_MBIM_ERROR_MAX_TRANSFER 8u

/*
 * One message of any type. Fields that a type does not have are zero. Parsed, it is a view: `info`
 * points into the bytes that were parsed and lives as long as they do.
 */
struct mt_mbim_message {
    uint32_t type;
    uint32_t transaction; /* 0 in indications */
    uint32_t status;      /* of *_DONE: 0 is success; of *_ERROR: the protocol error */
    uint32_t max_control; /* of OPEN */
    uint8_t service[16];
    uint32_t cid;
    bool set; /* of COMMAND: a set, not a query */
    const uint8_t *info;
    size_t info_size;
};

/* The result of reading bytes. Below zero they were refused, and each reason has its name. */
enum mt_mbim_result {
    MT_MBIM_MESSAGE = 1,       /* a message is complete */
    MT_MBIM_MORE = 0,          /* a fragment was kept: more must follow */
    MT_MBIM_TRUNCATED = -1,    /* fewer bytes than its own length, or than its type needs */
    MT_MBIM_BAD_LENGTH = -2,   /* a length that no message can have */
    MT_MBIM_BAD_TYPE = -3,     /* no message type of the standard */
    MT_MBIM_BAD_INFO = -4,     /* the information buffer is longer than what is there */
    MT_MBIM_BAD_FRAGMENT = -5, /* a fragment that contradicts itself or those before it */
    MT_MBIM_OUT_OF_ORDER = -6, /* a fragment is missing before this one */
    MT_MBIM_DUPLICATE = -7,    /* a fragment came twice */
    MT_MBIM_INTERLEAVED = -8,  /* a fragment of another message came before the last one of this */
    MT_MBIM_TOO_LONG = -9,     /* more than MT_MBIM_MESSAGE_MAX bytes in all */
};

/* "truncated", "out-of-order", ...: for logs and for the `code` of an error; NULL for no result. */
const char *mt_mbim_result_name(enum mt_mbim_result result);

/* The protocol error with which a receiver answers a refused message. */
uint32_t mt_mbim_result_error(enum mt_mbim_result result);

/* "fragment-timeout", "not-opened", ...: a protocol error's name; NULL for an unknown number. */
const char *mt_mbim_error_name(uint32_t error);

/*
 * Reads one whole, unfragmented message. Bytes after it are ignored, as some modems send them.
 * Returns MT_MBIM_MESSAGE or a reason below zero; type and transaction are filled in whenever the
 * header was there.
 */
enum mt_mbim_result mt_mbim_parse(const void *bytes, size_t size, struct mt_mbim_message *message);

/*
 * Appends one whole message, unfragmented: the twin of mt_mbim_parse. Returns 0, -EINVAL for a type
 * that is none, -EMSGSIZE beyond MT_MBIM_MESSAGE_MAX, or -ENOBUFS when the writer is full.
 */
int mt_mbim_build(struct mt_writer *writer, const struct mt_mbim_message *message);

/*
 * Takes a built message apart into fragments no longer than a control transfer. It borrows the
 * message's bytes; the caller keeps both until the last fragment is out.
 */
struct mt_mbim_split {
    struct mt_reader payload; /* what is left to send */
    const uint8_t *header;
    size_t transfer;
    uint32_t total, current;
};

/* Returns 0, -EINVAL for a bad message or size, -EMSGSIZE when its type has no fragments. */
int mt_mbim_split_start(struct mt_mbim_split *split, const void *message, size_t size,
                        size_t transfer);

/* Appends the next fragment to a writer with room for a transfer; false when there is none left. */
bool mt_mbim_split_next(struct mt_mbim_split *split, struct mt_writer *fragment);

/* A message of which not all fragments have come. */
struct mt_mbim_partial {
    uint32_t type, transaction;
    uint32_t total, next; /* total 0: nothing under way */
    size_t used;
    uint8_t *bytes; /* MT_MBIM_MESSAGE_MAX of them */
};

/*
 * Puts together what one side receives. The caller owns it (it is large: keep it on the heap) and
 * must reset it before the first use, after a fragment's deadline (1.25 s is usual), and when the
 * port is opened again. Indications may come between the fragments of an answer, so they have a
 * separate place.
 */
struct mt_mbim_assembly {
    struct mt_mbim_partial exchange; /* commands, or their answers */
    struct mt_mbim_partial indication;
    uint8_t bytes[2][MT_MBIM_MESSAGE_MAX]; /* last: pages without a fragment are never touched */
};

void mt_mbim_assembly_reset(struct mt_mbim_assembly *assembly);

/* Is a message incomplete: should a fragment's deadline be running? */
bool mt_mbim_assembly_waits(const struct mt_mbim_assembly *assembly);

/*
 * Takes one transfer as it was received. MT_MBIM_MESSAGE: `message` is a view, valid until the next
 * call and as long as `bytes`. Below zero: the message under way in the same place is dropped, and
 * `message` has the type and transaction of the one that was lost. A first fragment begins its
 * message even where it comes too early: then the older message is lost.
 */
enum mt_mbim_result mt_mbim_assembly_add(struct mt_mbim_assembly *assembly, const void *bytes,
                                         size_t size, struct mt_mbim_message *message);

#endif
