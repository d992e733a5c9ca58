/* SPDX-License-Identifier: MIT */
/* Five messages of MBIM through libmbim-glib's own parsers and builders. */

#include <libmbim-glib.h>

#include "peer.h"

static MbimMessage *open_answer(const guint8 *answer, gsize size)
{
    MbimMessage *message = mbim_message_new(answer, (guint32)size);
    GError *error = NULL;

    peer_must(mbim_message_response_get_result(message, MBIM_MESSAGE_TYPE_COMMAND_DONE, &error),
              &error);
    return message;
}

static GByteArray *close_request(MbimMessage *message, GError **error)
{
    peer_must(message != NULL, error);
    mbim_message_set_transaction_id(message, PEER_TRANSACTION);
    return (GByteArray *)message;
}

static void decode_device_caps(const guint8 *answer, gsize size)
{
    MbimMessage *message = open_answer(answer, size);
    MbimDeviceType device_type;
    MbimCellularClass cellular_class;
    MbimVoiceClass voice_class;
    MbimSimClass sim_class;
    MbimDataClass data_class;
    MbimSmsCaps sms_caps;
    MbimCtrlCaps control_caps;
    guint32 max_sessions;
    gchar *custom, *device_id, *firmware, *hardware;
    GError *error = NULL;

    peer_must(mbim_message_device_caps_response_parse(
                  message, &device_type, &cellular_class, &voice_class, &sim_class, &data_class,
                  &sms_caps, &control_caps, &max_sessions, &custom, &device_id, &firmware,
                  &hardware, &error),
              &error);
    g_free(custom);
    g_free(device_id);
    g_free(firmware);
    g_free(hardware);
    mbim_message_unref(message);
}

static GByteArray *encode_device_caps(void)
{
    GError *error = NULL;

    return close_request(mbim_message_device_caps_query_new(&error), &error);
}

static void decode_subscriber(const guint8 *answer, gsize size)
{
    MbimMessage *message = open_answer(answer, size);
    MbimSubscriberReadyState state;
    MbimReadyInfoFlag info;
    guint32 count;
    gchar *imsi, *iccid, **numbers;
    GError *error = NULL;

    peer_must(mbim_message_subscriber_ready_status_response_parse(message, &state, &imsi, &iccid,
                                                                  &info, &count, &numbers, &error),
              &error);
    g_free(imsi);
    g_free(iccid);
    g_strfreev(numbers);
    mbim_message_unref(message);
}

static GByteArray *encode_subscriber(void)
{
    GError *error = NULL;

    return close_request(mbim_message_subscriber_ready_status_query_new(&error), &error);
}

static void decode_register_state(const guint8 *answer, gsize size)
{
    MbimMessage *message = open_answer(answer, size);
    MbimNwError nw_error;
    MbimRegisterState state;
    MbimRegisterMode mode;
    MbimDataClass classes;
    MbimCellularClass cellular_class;
    MbimRegistrationFlag flags;
    gchar *id, *name, *roaming;
    GError *error = NULL;

    peer_must(mbim_message_register_state_response_parse(message, &nw_error, &state, &mode,
                                                         &classes, &cellular_class, &id, &name,
                                                         &roaming, &flags, &error),
              &error);
    g_free(id);
    g_free(name);
    g_free(roaming);
    mbim_message_unref(message);
}

static GByteArray *encode_register_state(void)
{
    GError *error = NULL;

    return close_request(mbim_message_register_state_set_new("310120", MBIM_REGISTER_ACTION_MANUAL,
                                                             MBIM_DATA_CLASS_LTE, &error),
                         &error);
}

static void decode_connect(const guint8 *answer, gsize size)
{
    MbimMessage *message = open_answer(answer, size);
    guint32 session, nw_error;
    MbimActivationState state;
    MbimVoiceCallState voice;
    MbimContextIpType ip_type;
    const MbimUuid *context_type;
    GError *error = NULL;

    peer_must(mbim_message_connect_response_parse(message, &session, &state, &voice, &ip_type,
                                                  &context_type, &nw_error, &error),
              &error);
    mbim_message_unref(message);
}

static GByteArray *encode_connect(void)
{
    GError *error = NULL;

    return close_request(mbim_message_connect_set_new(
                             0, MBIM_ACTIVATION_COMMAND_ACTIVATE, "r.ispsn", "user", "secret",
                             MBIM_COMPRESSION_NONE, MBIM_AUTH_PROTOCOL_CHAP,
                             MBIM_CONTEXT_IP_TYPE_IPV4V6,
                             mbim_uuid_from_context_type(MBIM_CONTEXT_TYPE_INTERNET), &error),
                         &error);
}

static void decode_ip_configuration(const guint8 *answer, gsize size)
{
    MbimMessage *message = open_answer(answer, size);
    guint32 session, ipv4_count, ipv6_count, ipv4_dns_count, ipv6_dns_count, ipv4_mtu, ipv6_mtu;
    MbimIPConfigurationAvailableFlag ipv4_available, ipv6_available;
    MbimIPv4ElementArray *ipv4;
    MbimIPv6ElementArray *ipv6;
    const MbimIPv4 *ipv4_gateway;
    const MbimIPv6 *ipv6_gateway;
    MbimIPv4 *ipv4_dns;
    MbimIPv6 *ipv6_dns;
    GError *error = NULL;

    peer_must(mbim_message_ip_configuration_response_parse(
                  message, &session, &ipv4_available, &ipv6_available, &ipv4_count, &ipv4,
                  &ipv6_count, &ipv6, &ipv4_gateway, &ipv6_gateway, &ipv4_dns_count, &ipv4_dns,
                  &ipv6_dns_count, &ipv6_dns, &ipv4_mtu, &ipv6_mtu, &error),
              &error);
    mbim_ipv4_element_array_free(ipv4);
    mbim_ipv6_element_array_free(ipv6);
    g_free(ipv4_dns);
    g_free(ipv6_dns);
    mbim_message_unref(message);
}

static GByteArray *encode_ip_configuration(void)
{
    GError *error = NULL;

    return close_request(mbim_message_ip_configuration_query_new(
                             0, MBIM_IP_CONFIGURATION_AVAILABLE_FLAG_NONE,
                             MBIM_IP_CONFIGURATION_AVAILABLE_FLAG_NONE, 0, NULL, 0, NULL, NULL,
                             NULL, 0, NULL, 0, NULL, 0, 0, &error),
                         &error);
}

const struct peer_message peer_mbim[5] = {
    { "Device Caps", decode_device_caps, encode_device_caps },
    { "Subscriber Ready Status", decode_subscriber, encode_subscriber },
    { "Register State", decode_register_state, encode_register_state },
    { "Connect", decode_connect, encode_connect },
    { "IP Configuration", decode_ip_configuration, encode_ip_configuration },
};
