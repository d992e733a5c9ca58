/* SPDX-License-Identifier: MIT */
/* The sequential client over MBIM: the steps of cdc_mbim.txt. See sequential.c. */

#include "sequential.h"

#include <string.h>

#define OPEN 1
#define COMMAND 3
#define DONE 0x80000000
#define HEADER 12 /* type, length, transaction */
#define ANSWER_STATUS 40
#define ANSWER_INFO 48

/* Commands of Basic Connect, a289cc33-bcbb-8b4f-b6b0-133ec2aae6df. */
#define DEVICE_CAPS 1
#define SUBSCRIBER_READY_STATUS 2
#define RADIO_STATE 3
#define REGISTER_STATE 9
#define PACKET_SERVICE 10
#define CONNECT 12
#define IP_CONFIGURATION 15
#define DEVICE_SERVICES 16

static const uint8_t basic_connect[16] = { 0xa2, 0x89, 0xcc, 0x33, 0xbc, 0xbb, 0x8b, 0x4f,
                                           0xb6, 0xb0, 0x13, 0x3e, 0xc2, 0xaa, 0xe6, 0xdf };
/* The context type "internet", 7e5e2a7e-4e6f-7272-736b-656e7e5e2a7e. */
static const uint8_t internet[16] = { 0x7e, 0x5e, 0x2a, 0x7e, 0x4e, 0x6f, 0x72, 0x72,
                                      0x73, 0x6b, 0x65, 0x6e, 0x7e, 0x5e, 0x2a, 0x7e };

static int is_answer(const struct message *request, const struct message *answer)
{
    return answer->size >= HEADER + 4 && get32(answer->bytes) == (get32(request->bytes) | DONE) &&
           get32(answer->bytes + 8) == get32(request->bytes + 8);
}

static uint32_t transaction;

static void open_function(const struct modem *modem)
{
    struct message request = { .size = 0 }, answer;

    put32(&request, OPEN);
    put32(&request, 16);
    put32(&request, ++transaction);
    put32(&request, MAX_MESSAGE);
    ask(modem, &request, &answer, is_answer);
    if (get32(answer.bytes + HEADER) != 0)
        fail("OPEN failed");
}

/* Zeroes follow `info`, up to `size` bytes. */
static void command(const struct modem *modem, uint32_t cid, int is_set, const struct message *info,
                    struct message *answer)
{
    struct message request = { .size = 0 };

    put32(&request, COMMAND);
    put32(&request, (uint32_t)(48 + info->size));
    put32(&request, ++transaction);
    put32(&request, 1); /* one fragment, the first */
    put32(&request, 0);
    put(&request, basic_connect, sizeof basic_connect);
    put32(&request, cid);
    put32(&request, is_set ? 1 : 0);
    put32(&request, (uint32_t)info->size);
    put(&request, info->bytes, info->size);
    ask(modem, &request, answer, is_answer);
    if (answer->size < ANSWER_INFO || get32(answer->bytes + ANSWER_STATUS) != 0)
        fail("a command failed");
}

static void query(const struct modem *modem, uint32_t cid, size_t size)
{
    struct message info = { .size = size }, answer;

    command(modem, cid, 0, &info, &answer);
}

static void turn_radio_on(const struct modem *modem)
{
    struct message info = { .size = 0 }, answer;

    put32(&info, 1);
    command(modem, RADIO_STATE, 1, &info, &answer);
}

static void activate(const struct modem *modem)
{
    struct message info = { .size = 0 }, answer;
    size_t length = strlen(modem->apn);

    put32(&info, 0); /* session */
    put32(&info, 1); /* activate */
    put32(&info, 60);
    put32(&info, (uint32_t)(2 * length));
    for (int i = 0; i < 4; i++)
        put32(&info, 0); /* no user, no password */
    put32(&info, 0);     /* no compression */
    put32(&info, 0);     /* no authentication */
    put32(&info, 1);     /* IPv4 */
    put(&info, internet, sizeof internet);
    for (size_t i = 0; i < length; i++)
        put16(&info, (uint8_t)modem->apn[i]);
    command(modem, CONNECT, 1, &info, &answer);
}

/* Four bytes at an offset into the answer's information. */
static const uint8_t *at(const struct message *answer, size_t offset)
{
    if (offset > answer->size - ANSWER_INFO || answer->size - ANSWER_INFO - offset < 4)
        fail("an answer is too short");
    return answer->bytes + ANSWER_INFO + offset;
}

static void configuration(const struct modem *modem, struct ipv4 *result)
{
    struct message info = { .size = 60 }, answer;
    uint32_t element;

    command(modem, IP_CONFIGURATION, 0, &info, &answer);
    element = get32(at(&answer, 16));
    result->prefix = get32(at(&answer, element));
    memcpy(result->address, at(&answer, element + 4), 4);
    memcpy(result->gateway, at(&answer, get32(at(&answer, 28))), 4);
}

void connect_mbim(const struct modem *modem, struct ipv4 *result)
{
    open_function(modem);
    query(modem, DEVICE_CAPS, 0);
    query(modem, DEVICE_SERVICES, 0);
    turn_radio_on(modem);
    query(modem, SUBSCRIBER_READY_STATUS, 0);
    query(modem, REGISTER_STATE, 0);
    query(modem, PACKET_SERVICE, 0);
    query(modem, CONNECT, 36);
    run(modem, "busybox ifconfig %s 0.0.0.0");
    run(modem, "busybox ifconfig %s down");
    activate(modem);
    configuration(modem, result);
}
