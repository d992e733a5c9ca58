/* SPDX-License-Identifier: MIT */
/* Tests core/wire/qmi.c: every message type with both headers, every truncation and refusal. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/qmi.h"

#define DMS 0x02
#define NAS 0x03

static const struct mt_qmi_message samples[] = {
    { .type = MT_QMI_REQUEST,
      .transaction = 1,
      .id = 0x0021,
      .tlvs = (const uint8_t *)"\x01\x01\x00\xFF",
      .tlvs_size = 4 },
    { .type = MT_QMI_RESPONSE,
      .from_modem = true,
      .transaction = 255,
      .id = 0x0022,
      .tlvs = (const uint8_t *)"\x02\x04\x00\x00\x00\x00\x00",
      .tlvs_size = 7 },
    { .type = MT_QMI_INDICATION, .from_modem = true, .id = 0x0027 },
    { .service = DMS, .client = 7, .type = MT_QMI_REQUEST, .transaction = 0x1234, .id = 0x0025 },
    { .service = DMS,
      .client = 7,
      .from_modem = true,
      .type = MT_QMI_RESPONSE,
      .transaction = 0xFFFF,
      .id = 0x555B,
      .tlvs = (const uint8_t *)"\x02\x04\x00\x01\x00\x0A\x00",
      .tlvs_size = 7 },
    { .service = NAS,
      .client = MT_QMI_CLIENT_ALL,
      .from_modem = true,
      .type = MT_QMI_INDICATION,
      .transaction = 3,
      .id = 0x0024,
      .tlvs = (const uint8_t *)"\x10\x01\x00\x05",
      .tlvs_size = 4 },
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void assert_same(const struct mt_qmi_message *a, const struct mt_qmi_message *b)
{
    assert_int_equal(a->service, b->service);
    assert_int_equal(a->client, b->client);
    assert_int_equal(a->from_modem, b->from_modem);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->transaction, b->transaction);
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->tlvs_size, b->tlvs_size);
    if (a->tlvs_size)
        assert_memory_equal(a->tlvs, b->tlvs, a->tlvs_size);
}

static size_t build(uint8_t *bytes, size_t capacity, const struct mt_qmi_message *message)
{
    struct mt_writer writer = mt_writer(bytes, capacity);

    assert_int_equal(mt_qmi_build(&writer, message), 0);
    return writer.used;
}

static void builds_the_bytes_of_qmux(void **state)
{
    /* clang-format off */
    static const uint8_t version_info[] = {
        0x01, 15, 0, 0, 0, 0, /* QMUX */
        0, 1, 0x21, 0, 4, 0,
        0x01, 1, 0, 0xFF,
    };
    static const uint8_t serving_system[] = {
        0x01, 16, 0, 0x80, NAS, 0xFF, /* QMUX */
        4, 3, 0, 0x24, 0, 4, 0,
        0x10, 1, 0, 5,
    };
    /* clang-format on */
    uint8_t bytes[64];

    (void)state;
    assert_int_equal(build(bytes, sizeof(bytes), &samples[0]), sizeof(version_info));
    assert_memory_equal(bytes, version_info, sizeof(version_info));
    assert_int_equal(build(bytes, sizeof(bytes), &samples[5]), sizeof(serving_system));
    assert_memory_equal(bytes, serving_system, sizeof(serving_system));
}

static void parses_what_it_builds(void **state)
{
    struct mt_qmi_message message;
    uint8_t bytes[64];

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t size = build(bytes, sizeof(bytes), &samples[i]);

        assert_int_equal(mt_qmi_parse(bytes, size, &message), MT_QMI_MESSAGE);
        assert_same(&message, &samples[i]);
        assert_int_equal(mt_qmi_parse(bytes, size + 7, &message), MT_QMI_MESSAGE);
        assert_same(&message, &samples[i]); /* trailing bytes do no harm */
        assert_int_equal(mt_qmi_frame_length(bytes, sizeof(bytes)), size);
    }
}

/* The bytes are copied to a block of their own size, so that the sanitizer sees any read beyond. */
static enum mt_qmi_result parse_copy(const uint8_t *bytes, size_t size,
                                     struct mt_qmi_message *message)
{
    uint8_t *copy = malloc(size ? size : 1);
    enum mt_qmi_result result;

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    result = mt_qmi_parse(copy, size, message);
    free(copy);
    return result;
}

static size_t header_size(const struct mt_qmi_message *message)
{
    return MT_QMI_QMUX_SIZE +
           (message->service == MT_QMI_CTL ? MT_QMI_CTL_SIZE : MT_QMI_SERVICE_SIZE);
}

static void refuses_every_truncation(void **state)
{
    struct mt_qmi_message message;
    uint8_t bytes[64];

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t size = build(bytes, sizeof(bytes), &samples[i]);

        for (size_t cut = 0; cut < size; cut++) {
            bool known = cut >= header_size(&samples[i]);

            assert_int_equal(parse_copy(bytes, cut, &message), MT_QMI_TRUNCATED);
            assert_int_equal(message.type, known ? samples[i].type : MT_QMI_REQUEST);
            assert_int_equal(message.transaction, known ? samples[i].transaction : 0);
            if (cut < 3)
                continue;                                /* it has no length yet */
            mt_store_uint(bytes + 1, 2, false, cut - 1); /* and where the header agrees with it */
            enum mt_qmi_result cut_short = cut < MT_QMI_FRAME_MIN ? MT_QMI_BAD_LENGTH
                                                                  : MT_QMI_TRUNCATED;
            assert_int_equal(parse_copy(bytes, cut, &message), known ? MT_QMI_BAD_TLVS : cut_short);
            assert_int_equal(message.type, known ? samples[i].type : MT_QMI_REQUEST);
            mt_store_uint(bytes + 1, 2, false, size - 1);
        }
    }
}

static void names_what_it_refuses(void **state)
{
    struct mt_qmi_message message;
    uint8_t bytes[64];
    size_t size = build(bytes, sizeof(bytes), &samples[4]);

    (void)state;
    bytes[11] += 1; /* the TLVs' length */
    assert_int_equal(mt_qmi_parse(bytes, size, &message), MT_QMI_BAD_TLVS);
    assert_int_equal(message.type, MT_QMI_RESPONSE);
    assert_int_equal(message.transaction, 0xFFFF);
    assert_int_equal(message.tlvs_size, 0);
    mt_store_uint(bytes + 11, 2, false, 0xFFFF);
    assert_int_equal(mt_qmi_parse(bytes, size, &message), MT_QMI_BAD_TLVS);
    mt_store_uint(bytes + 11, 2, false, 3); /* shorter than what is there is fine */
    assert_int_equal(mt_qmi_parse(bytes, size, &message), MT_QMI_MESSAGE);
    assert_int_equal(message.tlvs_size, 3);

    for (unsigned flags = 0; flags < 256; flags++) {
        bytes[6] = (uint8_t)flags;
        assert_int_equal(mt_qmi_parse(bytes, size, &message),
                         (flags & 1) || (flags & 6) == 6 ? MT_QMI_BAD_TYPE : MT_QMI_MESSAGE);
    }
    bytes[1] = MT_QMI_FRAME_MIN - 2;
    assert_int_equal(mt_qmi_parse(bytes, size, &message), MT_QMI_BAD_LENGTH);
    bytes[1] = MT_QMI_FRAME_MIN - 1; /* long enough for CTL, but not for DMS */
    assert_int_equal(mt_qmi_parse(bytes, size, &message), MT_QMI_TRUNCATED);
    bytes[0] = 0x02;
    assert_int_equal(mt_qmi_parse(bytes, size, &message), MT_QMI_BAD_MARKER);
    assert_int_equal(mt_qmi_frame_length(bytes, 1), MT_QMI_BAD_MARKER);

    size = build(bytes, sizeof(bytes), &samples[0]);
    bytes[6] = 3;
    assert_int_equal(mt_qmi_parse(bytes, size, &message), MT_QMI_BAD_TYPE);
    for (int i = MT_QMI_BAD_TLVS; i <= MT_QMI_TRUNCATED; i++)
        assert_non_null(mt_qmi_result_name((enum mt_qmi_result)i));
    assert_non_null(mt_qmi_result_name(MT_QMI_MESSAGE));
    assert_null(mt_qmi_result_name((enum mt_qmi_result)0));
}

static void builds_only_what_can_be_said(void **state)
{
    static uint8_t tlvs[MT_QMI_FRAME_MAX], bytes[MT_QMI_FRAME_MAX];
    struct mt_writer writer = mt_writer(bytes, sizeof(bytes));
    struct mt_qmi_message message = samples[0], parsed;

    (void)state;
    message.transaction = 256;
    assert_int_equal(mt_qmi_build(&writer, &message), -EINVAL);
    message = samples[3];
    message.type = (enum mt_qmi_type)3;
    assert_int_equal(mt_qmi_build(&writer, &message), -EINVAL);
    message = samples[3];
    message.tlvs = tlvs;
    message.tlvs_size = MT_QMI_TLVS_MAX + 1;
    assert_int_equal(mt_qmi_build(&writer, &message), -EMSGSIZE);
    assert_int_equal(writer.used, 0);
    message.tlvs_size = MT_QMI_TLVS_MAX;
    assert_int_equal(build(bytes, sizeof(bytes), &message), MT_QMI_FRAME_MAX);
    assert_int_equal(mt_qmi_parse(bytes, sizeof(bytes), &parsed), MT_QMI_MESSAGE);
    assert_same(&parsed, &message);
    writer = mt_writer(bytes, 12);
    assert_int_equal(mt_qmi_build(&writer, &samples[3]), -ENOBUFS);
}

static void numbers_are_never_zero(void **state)
{
    struct mt_qmi_message message;
    uint8_t bytes[64];
    size_t size = build(bytes, sizeof(bytes), &samples[0]);

    (void)state;
    for (uint32_t counter = 0; counter < 3 * 255; counter++) {
        assert_int_equal(mt_qmi_number(bytes, counter), 1 + counter % 255);
        assert_int_equal(mt_qmi_parse(bytes, size, &message), MT_QMI_MESSAGE);
        assert_int_equal(message.transaction, 1 + counter % 255);
        message.transaction = samples[0].transaction; /* and nothing else has changed */
        assert_same(&message, &samples[0]);
    }
    size = build(bytes, sizeof(bytes), &samples[3]);
    for (uint32_t counter = 0; counter < 3 * 65535; counter++) {
        assert_int_equal(mt_qmi_number(bytes, counter), 1 + counter % 65535);
        assert_int_equal(mt_qmi_parse(bytes, size, &message), MT_QMI_MESSAGE);
        assert_int_equal(message.transaction, 1 + counter % 65535);
        message.transaction = samples[3].transaction;
        assert_same(&message, &samples[3]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_the_bytes_of_qmux),     cmocka_unit_test(parses_what_it_builds),
        cmocka_unit_test(refuses_every_truncation),     cmocka_unit_test(names_what_it_refuses),
        cmocka_unit_test(builds_only_what_can_be_said), cmocka_unit_test(numbers_are_never_zero),
    };

    return cmocka_run_group_tests_name("wire/qmi", tests, NULL, NULL);
}
