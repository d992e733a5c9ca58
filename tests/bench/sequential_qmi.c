/* SPDX-License-Identifier: MIT */
/* The sequential client over QMI: the steps of qmi_wwan_q.txt. See sequential.c. */

#include "sequential.h"

#include <stdio.h>
#include <string.h>

enum { CTL = 0, WDS = 1, DMS = 2, NAS = 3, UIM = 11, WDA = 26 };

#define SYNC 0x0027
#define ALLOCATE_CID 0x0022
#define DMS_GET_REVISION 0x0023
#define WDA_SET_DATA_FORMAT 0x0020
#define UIM_GET_CARD_STATUS 0x002f
#define WDS_MODIFY_PROFILE 0x0028
#define WDS_GET_PROFILE 0x002b
#define NAS_GET_SERVING_SYSTEM 0x0024
#define WDS_GET_PACKET_SERVICE_STATUS 0x0022
#define WDS_START_NETWORK 0x0020
#define WDS_GET_SETTINGS 0x002d

#define RESPONSE 2     /* of a client; 1 of the control service */
#define NO_EFFECT 0x1a /* an error that says that all is as it should be */

static uint8_t clients[256];
static uint8_t transaction;

/* Where the TLVs of a frame begin: the control service has shorter transactions. */
static size_t tlvs_at(const struct message *message)
{
    return message->bytes[4] == CTL ? 12 : 13;
}

static int is_answer(const struct message *request, const struct message *answer)
{
    size_t at = tlvs_at(request);

    return answer->size >= at && answer->bytes[4] == request->bytes[4] &&
           answer->bytes[5] == request->bytes[5] && answer->bytes[6] == (at == 12 ? 1 : RESPONSE) &&
           memcmp(answer->bytes + 7, request->bytes + 7, at - 9) == 0;
}

static void put_tlv(struct message *tlvs, uint8_t type, const void *value, size_t size)
{
    put8(tlvs, type);
    put16(tlvs, (uint16_t)size);
    put(tlvs, value, size);
}

/* The value of a TLV that has at least `size` bytes. */
static const uint8_t *find_tlv(const struct message *answer, uint8_t type, size_t size)
{
    for (size_t at = tlvs_at(answer); at + 3 <= answer->size;
         at += 3u + get16(answer->bytes + at + 1)) {
        size_t length = get16(answer->bytes + at + 1);

        if (answer->bytes[at] == type && length >= size && at + 3 + length <= answer->size)
            return answer->bytes + at + 3;
    }
    fail("an answer lacks a value");
    return NULL;
}

static void request(const struct modem *modem, uint8_t service, uint16_t id,
                    const struct message *tlvs, struct message *answer)
{
    struct message frame = { .size = 0 };
    const uint8_t *result;

    transaction = transaction % 255 + 1;
    put8(&frame, 1);
    put16(&frame, (uint16_t)((service == CTL ? 11 : 12) + tlvs->size));
    put8(&frame, 0);
    put8(&frame, service);
    put8(&frame, clients[service]);
    put8(&frame, 0);
    put8(&frame, transaction);
    if (service != CTL)
        put8(&frame, 0);
    put16(&frame, id);
    put16(&frame, (uint16_t)tlvs->size);
    put(&frame, tlvs->bytes, tlvs->size);
    ask(modem, &frame, answer, is_answer);
    result = find_tlv(answer, 0x02, 4);
    if (get16(result) != 0 && get16(result + 2) != NO_EFFECT) {
        fprintf(stderr, "service %u, message 0x%04x: error %u\n", service, id, get16(result + 2));
        fail("a request failed");
    }
}

static void query(const struct modem *modem, uint8_t service, uint16_t id)
{
    struct message none = { .size = 0 }, answer;

    request(modem, service, id, &none, &answer);
}

static void allocate(const struct modem *modem, uint8_t service)
{
    struct message tlvs = { .size = 0 }, answer;

    put_tlv(&tlvs, 0x01, &service, 1);
    request(modem, CTL, ALLOCATE_CID, &tlvs, &answer);
    clients[service] = find_tlv(&answer, 0x01, 2)[1];
}

/* No line of the log names this one: its driver sees to raw IP, the kernel's own does not. It is one of the four
 * answers for which the SIM's state takes time there. */
static void set_raw_ip(const struct modem *modem)
{
    const uint8_t raw_ip[] = { 2, 0, 0, 0 };
    struct message tlvs = { .size = 0 }, answer;

    put_tlv(&tlvs, 0x11, raw_ip, sizeof raw_ip);
    request(modem, WDA, WDA_SET_DATA_FORMAT, &tlvs, &answer);
}

static void set_kernel_raw_ip(const struct modem *modem)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "/sys/class/net/%s/qmi/raw_ip", modem->interface);
    file = fopen(path, "w");
    if (file == NULL)
        return; /* not the real driver */
    if (fputs("Y", file) < 0 || fclose(file) != 0)
        fail(path);
}

static void profile(const struct modem *modem, uint16_t id, int has_apn)
{
    const uint8_t first[] = { 0, 1 };
    struct message tlvs = { .size = 0 }, answer;

    put_tlv(&tlvs, 0x01, first, sizeof first);
    if (has_apn)
        put_tlv(&tlvs, 0x14, modem->apn, strlen(modem->apn));
    request(modem, WDS, id, &tlvs, &answer);
}

static void start_network(const struct modem *modem)
{
    const uint8_t ipv4 = 4, first = 1;
    struct message tlvs = { .size = 0 }, answer;

    put_tlv(&tlvs, 0x14, modem->apn, strlen(modem->apn));
    put_tlv(&tlvs, 0x19, &ipv4, 1);
    put_tlv(&tlvs, 0x31, &first, 1);
    request(modem, WDS, WDS_START_NETWORK, &tlvs, &answer);
}

/* QMI has addresses the other way round. */
static void reverse(uint8_t *target, const uint8_t *source)
{
    for (int i = 0; i < 4; i++)
        target[i] = source[3 - i];
}

static void settings(const struct modem *modem, struct ipv4 *result)
{
    const uint8_t wanted[] = { 0x10, 0x03, 0, 0 }; /* DNS, address; gateway and mask */
    struct message tlvs = { .size = 0 }, answer;

    put_tlv(&tlvs, 0x10, wanted, sizeof wanted);
    request(modem, WDS, WDS_GET_SETTINGS, &tlvs, &answer);
    reverse(result->address, find_tlv(&answer, 0x1e, 4));
    reverse(result->gateway, find_tlv(&answer, 0x20, 4));
    result->prefix = 0;
    for (uint32_t mask = get32(find_tlv(&answer, 0x21, 4)); mask != 0; mask <<= 1)
        result->prefix++;
}

void connect_qmi(const struct modem *modem, struct ipv4 *result)
{
    query(modem, CTL, SYNC); /* the time before the first client id is that of two answers */
    allocate(modem, WDS);
    allocate(modem, DMS);
    allocate(modem, NAS);
    allocate(modem, UIM);
    allocate(modem, WDA);
    query(modem, DMS, DMS_GET_REVISION);
    set_raw_ip(modem);
    query(modem, UIM, UIM_GET_CARD_STATUS);
    profile(modem, WDS_MODIFY_PROFILE, 1);
    profile(modem, WDS_GET_PROFILE, 0);
    query(modem, NAS, NAS_GET_SERVING_SYSTEM);
    query(modem, WDS, WDS_GET_PACKET_SERVICE_STATUS);
    run(modem, "busybox ifconfig %s 0.0.0.0");
    run(modem, "busybox ifconfig %s down");
    set_kernel_raw_ip(modem);
    start_network(modem);
    settings(modem, result);
}
