/* SPDX-License-Identifier: MIT */
/* Five messages of QMI through libqmi-glib's readers and writers of TLVs. */

#include <libqmi-glib.h>

#include "peer.h"

/*
 * libqmi-glib before 1.34 keeps its parsers to itself, behind a device that is open, and its
 * builders still. All they do is to call the library's public readers and writers, TLV by TLV and
 * field by field, and so does this; it makes no output object, which saves the library some work.
 */

struct tlv {
    guint8 tag;
    const char *fields; /* see take_field() */
};

static void take_string(QmiMessage *message, gsize tlv, gsize *offset, guint8 prefix)
{
    GError *error = NULL;
    gchar *string;

    peer_must(qmi_message_tlv_read_string(message, tlv, offset, prefix, 0, &string, &error),
              &error);
    g_free(string);
}

static guint8 take_u8(QmiMessage *message, gsize tlv, gsize *offset)
{
    GError *error = NULL;
    guint8 value;

    peer_must(qmi_message_tlv_read_guint8(message, tlv, offset, &value, &error), &error);
    return value;
}

static guint16 take_u16(QmiMessage *message, gsize tlv, gsize *offset)
{
    GError *error = NULL;
    guint16 value;

    peer_must(qmi_message_tlv_read_guint16(message, tlv, offset, QMI_ENDIAN_LITTLE, &value, &error),
              &error);
    return value;
}

static guint32 take_u32(QmiMessage *message, gsize tlv, gsize *offset)
{
    GError *error = NULL;
    guint32 value;

    peer_must(qmi_message_tlv_read_guint32(message, tlv, offset, QMI_ENDIAN_LITTLE, &value, &error),
              &error);
    return value;
}

/* Elements of one or two bytes, after their number. */
static void take_list(QmiMessage *message, gsize tlv, gsize *offset, int columns)
{
    guint8 count = take_u8(message, tlv, offset), element[2] = { 0 };
    GArray *list = g_array_sized_new(FALSE, FALSE, sizeof(element), count);

    for (guint8 i = 0; i < count; i++) {
        for (int column = 0; column < columns; column++)
            element[column] = take_u8(message, tlv, offset);
        g_array_append_val(list, element);
    }
    g_array_unref(list);
}

static void take_field(QmiMessage *message, gsize tlv, gsize *offset, char field)
{
    switch (field) {
    case '1':
        take_u8(message, tlv, offset);
        break;
    case '2':
        take_u16(message, tlv, offset);
        break;
    case '4':
        take_u32(message, tlv, offset);
        break;
    case 's': /* the whole TLV */
        take_string(message, tlv, offset, 0);
        break;
    case 'l': /* with its length in front */
        take_string(message, tlv, offset, 1);
        break;
    case 'a': /* a list of bytes */
        take_list(message, tlv, offset, 1);
        break;
    case 'p': /* a list of pairs */
        take_list(message, tlv, offset, 2);
        break;
    default: /* not in these messages */
        g_assert_not_reached();
    }
}

/* As a device does it: what was read is appended to a buffer, and a message taken off its front. */
static QmiMessage *open_response(const guint8 *answer, gsize size)
{
    static GByteArray *buffer;
    GError *error = NULL;
    QmiMessage *message;

    if (!buffer)
        buffer = g_byte_array_new();
    g_byte_array_append(buffer, answer, (guint)size);
    message = qmi_message_new_from_raw(buffer, &error);
    peer_must(message != NULL, &error);
    return message;
}

static void decode(const guint8 *answer, gsize size, const struct tlv *tlvs)
{
    QmiMessage *message = open_response(answer, size);
    gsize result = qmi_message_tlv_read_init(message, 0x02, NULL, NULL), offset = 0;

    peer_must(result != 0 && take_u16(message, result, &offset) == 0, NULL);
    take_u16(message, result, &offset);
    for (; tlvs->fields; tlvs++) {
        gsize tlv = qmi_message_tlv_read_init(message, tlvs->tag, NULL, NULL);

        offset = 0;
        for (const char *field = tlvs->fields; tlv != 0 && *field; field++)
            take_field(message, tlv, &offset, *field);
    }
    qmi_message_unref(message);
}

static QmiMessage *new_request(QmiService service, guint16 id)
{
    return qmi_message_new(service, PEER_CLIENT, PEER_TRANSACTION, id);
}

static gsize begin(QmiMessage *message, guint8 tag)
{
    GError *error = NULL;
    gsize tlv = qmi_message_tlv_write_init(message, tag, &error);

    peer_must(tlv != 0, &error);
    return tlv;
}

static void end(QmiMessage *message, gsize tlv)
{
    GError *error = NULL;

    peer_must(qmi_message_tlv_write_complete(message, tlv, &error), &error);
}

static void put_string(QmiMessage *message, guint8 tag, const gchar *value)
{
    gsize tlv = begin(message, tag);
    GError *error = NULL;

    peer_must(qmi_message_tlv_write_string(message, 0, value, -1, &error), &error);
    end(message, tlv);
}

static void put_u8(QmiMessage *message, guint8 tag, guint8 value)
{
    gsize tlv = begin(message, tag);
    GError *error = NULL;

    peer_must(qmi_message_tlv_write_guint8(message, value, &error), &error);
    end(message, tlv);
}

static void put_u32(QmiMessage *message, guint8 tag, guint32 value)
{
    gsize tlv = begin(message, tag);
    GError *error = NULL;

    peer_must(qmi_message_tlv_write_guint32(message, QMI_ENDIAN_LITTLE, value, &error), &error);
    end(message, tlv);
}

/* ---- the messages ---- */

static void decode_ids(const guint8 *answer, gsize size)
{
    static const struct tlv tlvs[] = {
        { 0x10, "s" }, /* ESN */
        { 0x11, "s" }, /* IMEI */
        { 0x12, "s" }, /* MEID */
        { 0x13, "s" }, /* software version */
        { 0 },
    };

    decode(answer, size, tlvs);
}

static GByteArray *encode_ids(void)
{
    return (GByteArray *)new_request(QMI_SERVICE_DMS, 0x0025);
}

static void decode_serving_system(const guint8 *answer, gsize size)
{
    static const struct tlv tlvs[] = {
        { 0x01, "1111a" }, /* registration, CS and PS attach, network, radio interfaces */
        { 0x10, "1" },     /* roaming indicator */
        { 0x11, "a" },     /* data services */
        { 0x12, "22l" },   /* PLMN */
        { 0x13, "22" },    /* CDMA system */
        { 0x14, "244" },   /* CDMA base station */
        { 0x15, "p" },     /* roaming indicators */
        { 0x16, "1" },     /* default roaming indicator */
        { 0x17, "111" },   /* time zone 3GPP2 */
        { 0x18, "1" },     /* CDMA P_REV */
        { 0x1a, "1" },     /* time zone 3GPP */
        { 0x1b, "1" },     /* daylight saving time */
        { 0x1c, "2" },     /* LAC */
        { 0x1d, "4" },     /* cell */
        { 0x1e, "1" },     /* concurrent service */
        { 0x1f, "1" },     /* PRL indicator */
        { 0x20, "1" },     /* DTM support */
        { 0x21, "11111" }, /* detailed service status */
        { 0x22, "21" },    /* CDMA system information */
        { 0x23, "1" },     /* HDR personality */
        { 0x24, "2" },     /* TAC */
        { 0x25, "44" },    /* call barring */
        { 0x26, "2" },     /* scrambling code */
        { 0x27, "221" },   /* PLMN, and how long its MNC is */
        { 0x29, "4" },     /* source of the name */
        { 0 },
    };

    decode(answer, size, tlvs);
}

static GByteArray *encode_serving_system(void)
{
    return (GByteArray *)new_request(QMI_SERVICE_NAS, 0x0024);
}

static void decode_signal_info(const guint8 *answer, gsize size)
{
    static const struct tlv tlvs[] = {
        { 0x10, "12" },   /* CDMA */
        { 0x11, "1214" }, /* HDR */
        { 0x12, "1" },    /* GSM */
        { 0x13, "12" },   /* WCDMA */
        { 0x14, "1122" }, /* LTE */
        { 0x15, "1" },    /* TD-SCDMA */
        { 0x16, "4444" }, /* more of it */
        { 0x17, "22" },   /* NR */
        { 0x18, "2" },    /* more of it */
        { 0 },
    };

    decode(answer, size, tlvs);
}

static GByteArray *encode_signal_info(void)
{
    return (GByteArray *)new_request(QMI_SERVICE_NAS, 0x004f);
}

static void decode_start_network(const guint8 *answer, gsize size)
{
    static const struct tlv tlvs[] = {
        { 0x01, "4" },  /* handle */
        { 0x10, "2" },  /* call-end reason */
        { 0x11, "22" }, /* the same at length */
        { 0 },
    };

    decode(answer, size, tlvs);
}

static GByteArray *encode_start_network(void)
{
    QmiMessageWdsStartNetworkInput *input = qmi_message_wds_start_network_input_new();
    QmiMessage *message = new_request(QMI_SERVICE_WDS, 0x0020);
    QmiWdsAuthentication authentication;
    const gchar *apn, *user, *password;
    QmiWdsIpFamily family;

    qmi_message_wds_start_network_input_set_apn(input, "r.ispsn", NULL);
    qmi_message_wds_start_network_input_set_authentication_preference(
        input, QMI_WDS_AUTHENTICATION_CHAP, NULL);
    qmi_message_wds_start_network_input_set_username(input, "user", NULL);
    qmi_message_wds_start_network_input_set_password(input, "secret", NULL);
    qmi_message_wds_start_network_input_set_ip_family_preference(input, QMI_WDS_IP_FAMILY_IPV4,
                                                                 NULL);
    qmi_message_wds_start_network_input_get_apn(input, &apn, NULL);
    qmi_message_wds_start_network_input_get_authentication_preference(input, &authentication, NULL);
    qmi_message_wds_start_network_input_get_username(input, &user, NULL);
    qmi_message_wds_start_network_input_get_password(input, &password, NULL);
    qmi_message_wds_start_network_input_get_ip_family_preference(input, &family, NULL);
    put_string(message, 0x14, apn);
    put_u8(message, 0x16, (guint8)authentication);
    put_string(message, 0x17, user);
    put_string(message, 0x18, password);
    put_u8(message, 0x19, (guint8)family);
    qmi_message_wds_start_network_input_unref(input);
    return (GByteArray *)message;
}

static void decode_current_settings(const guint8 *answer, gsize size)
{
    static const struct tlv tlvs[] = {
        { 0x10, "s" },            /* profile's name */
        { 0x11, "1" },            /* PDP type */
        { 0x14, "s" },            /* APN */
        { 0x15, "4" },            /* DNS */
        { 0x16, "4" },            /* DNS, the second */
        { 0x17, "144441411144" }, /* UMTS QoS */
        { 0x19, "44444" },        /* GPRS QoS */
        { 0x1b, "s" },            /* user */
        { 0x1d, "1" },            /* authentication */
        { 0x1e, "4" },            /* address */
        { 0x1f, "11" },           /* profile */
        { 0x20, "4" },            /* gateway */
        { 0x21, "4" },            /* mask */
        { 0x22, "1" },            /* P-CSCF by PCO */
        { 0x23, "?" },            /* its addresses */
        { 0x24, "?" },            /* its names */
        { 0x25, "222222221" },    /* IPv6 address */
        { 0x26, "222222221" },    /* IPv6 gateway */
        { 0x27, "22222222" },     /* IPv6 DNS */
        { 0x28, "22222222" },     /* IPv6 DNS, the second */
        { 0x29, "4" },            /* MTU */
        { 0x2a, "?" },            /* domain names */
        { 0x2b, "1" },            /* IP family */
        { 0x2c, "1" },            /* IMCN flag */
        { 0x2d, "2" },            /* technology */
        { 0x2f, "?" },            /* operator's PCO */
        { 0 },
    };

    decode(answer, size, tlvs);
}

static GByteArray *encode_current_settings(void)
{
    QmiMessageWdsGetCurrentSettingsInput *input = qmi_message_wds_get_current_settings_input_new();
    QmiMessage *message = new_request(QMI_SERVICE_WDS, 0x002d);
    QmiWdsRequestedSettings settings;

    qmi_message_wds_get_current_settings_input_set_requested_settings(
        input,
        QMI_WDS_REQUESTED_SETTINGS_DNS_ADDRESS | QMI_WDS_REQUESTED_SETTINGS_IP_ADDRESS |
            QMI_WDS_REQUESTED_SETTINGS_GATEWAY_INFO | QMI_WDS_REQUESTED_SETTINGS_MTU |
            QMI_WDS_REQUESTED_SETTINGS_IP_FAMILY,
        NULL);
    qmi_message_wds_get_current_settings_input_get_requested_settings(input, &settings, NULL);
    put_u32(message, 0x10, settings);
    qmi_message_wds_get_current_settings_input_unref(input);
    return (GByteArray *)message;
}

const struct peer_message peer_qmi[5] = {
    { "Get IDs", decode_ids, encode_ids },
    { "Get Serving System", decode_serving_system, encode_serving_system },
    { "Get Signal Info", decode_signal_info, encode_signal_info },
    { "Start Network", decode_start_network, encode_start_network },
    { "Get Current Settings", decode_current_settings, encode_current_settings },
};
