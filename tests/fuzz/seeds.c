/* SPDX-License-Identifier: MIT */
/* Writes the fuzzers' seeds: `seeds FOLDER` fills its subfolders at, mbim, qmi, schema. */

#include <errno.h>
#include <sys/stat.h>

#include "../unit/wire_codecs.h"
#include "../unit/wire_qmi_codecs.h"
#include "wire/mbim.h"
#include "wire/qmi.h"

static void make_folder(const char *folder)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        perror(folder);
        exit(1);
    }
}

static void save(const char *folder, const char *kind, lua_Integer number,
                 const struct mt_writer *seed)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, kind);
    make_folder(path);
    snprintf(path, sizeof(path), "%s/%s/%04d", folder, kind, (int)number);
    file = fopen(path, "wb");
    if (!file || fwrite(seed->bytes, 1, seed->used, file) != seed->used || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

/* A session of one MBIM message, in fragments of 64 bytes. */
static void save_session(const char *folder, lua_Integer number,
                         const struct mt_mbim_message *message)
{
    static uint8_t whole[MT_MBIM_MESSAGE_MAX], session[2 * MT_MBIM_MESSAGE_MAX], bytes[64];
    struct mt_writer writer = mt_writer(whole, sizeof(whole)), fragment;
    struct mt_writer seed = mt_writer(session, sizeof(session));
    struct mt_mbim_split split;

    if (mt_mbim_build(&writer, message) < 0 ||
        mt_mbim_split_start(&split, whole, writer.used, sizeof(bytes)) < 0)
        exit(1);
    mt_put_le16(&seed, 0);
    for (;;) {
        fragment = mt_writer(bytes, sizeof(bytes));
        if (!mt_mbim_split_next(&split, &fragment))
            break;
        mt_put_le16(&seed, (uint16_t)fragment.used);
        mt_put(&seed, bytes, fragment.used);
    }
    save(folder, "mbim", number, &seed);
}

/* A session of one QMUX frame, cut in two. */
static void save_frame(const char *folder, lua_Integer number, const struct mt_qmi_message *message)
{
    static uint8_t frame[MT_QMI_FRAME_MAX], session[2 * MT_QMI_FRAME_MAX];
    struct mt_writer writer = mt_writer(frame, sizeof(frame));
    struct mt_writer seed = mt_writer(session, sizeof(session));
    size_t half;

    if (mt_qmi_build(&writer, message) < 0)
        exit(1);
    half = writer.used / 2;
    mt_put_le16(&seed, 5);
    mt_put_le16(&seed, (uint16_t)half);
    mt_put(&seed, frame, half);
    mt_put_le16(&seed, (uint16_t)(writer.used - half));
    mt_put(&seed, frame + half, writer.used - half);
    save(folder, "qmi", number, &seed);
}

/* What modems say, in form: answers, errors, prompts, unsolicited lines, positions. */
static const char *const at_sessions[] = {
    "AT!SELRAT?\r\r\n!SELRAT: 06, LTE Only\r\n\r\nOK\r\n",
    "AT!USBCOMP?\r\r\nConfig Index: 1\r\nConfig Type:  1 (Generic)\r\n"
    "Interface bitmask: 00001009 (diag,modem,mbim)\r\n\r\nOK\r\n",
    "\r\n!GSTATUS: \r\nCurrent Time:  1205\t\tTemperature: 38\r\nMode:          ONLINE    \r\n"
    "LTE Scell band:B2\t\tLTE Scell bw:10 MHz\r\nTx Power:      --\t\tTAC:         8C65 (35666)\r\n"
    "\r\n\r\n\r\nOK\r\n",
    "\r\nIndex, Name,                        GW Band Mask     L Band Mask      TDS Band Mask\r\n"
    "00, All bands                     0002000007C00000 00000100130818DF 0000000000000000\r\n"
    "\r\n0000010000000000 - B41\r\n\r\nOK\r\n",
    "\r\n+CGDCONT: 1,\"IPV4V6\",\"r.ispsn\",\"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\",0,0,0,0\r\n"
    "+CGDCONT: 2,\"IP\",\"a,b\",\"\",0,0\r\n\r\nOK\r\n",
    "\r\n+COPS: (2,\"AT&T\",\"AT&T\",\"310410\",7)(1, \"T-Mobile\",\"\",\"310260\"),,"
    "(0,1,2,3,4),(0,1,2)\r\n\r\nOK\r\n",
    "\r\n+CSQ: 17,99\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n\r\nOK\r\n"
    "+CREG: 2,1,\"5D4\",\"01BC7511\",13\r\n",
    "AT+CMGS=\"+15550100\"\r\r\n> Hello\x1A\r\n\r\n+CMGS: 7\r\n\r\nOK\r\n",
    "\r\n+CME ERROR: 10\r\n\r\n+CME ERROR: SIM busy\r\n\r\n+CMS ERROR: 321\r\n\r\nERROR\r\n"
    "\r\nCONNECT 150000000\r\n\r\nNO CARRIER\r\n\r\nCOMMAND NOT SUPPORT\r\n",
    "\r\nRING\r\n$GPGGA,092750.0,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76\r\n"
    "+CMT: ,24\r\n07911326040000F0\r\n\r\nOK\r\n",
    "\r\n+QENG:\"NR5G-NSA\",1,01,65535\r\n+QNWPREFCFG: \"lte_band\",1:3:7\r\n\r\nOK\r\n",
};

/* A session, in parts of up to 7 bytes. */
static void save_at(const char *folder, size_t number)
{
    uint8_t bytes[512];
    struct mt_writer seed = mt_writer(bytes, sizeof(bytes));

    mt_put_u8(&seed, (uint8_t)(number % 8));
    mt_put(&seed, at_sessions[number], strlen(at_sessions[number]));
    if (seed.overflow)
        exit(1);
    save(folder, "at", (lua_Integer)number, &seed);
}

static lua_Integer get_number(lua_State *L, const char *name)
{
    lua_Integer number;

    lua_getfield(L, -1, name);
    number = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return number;
}

/* The entry of `codecs` at the top of the stack: only QMI's have a service. */
static void save_message(lua_State *L, const char *folder, lua_Integer number, const uint8_t *bytes,
                         size_t size)
{
    static const uint32_t types[] = {
        MT_MBIM_COMMAND, MT_MBIM_COMMAND_DONE, MT_MBIM_INDICATE_STATUS,
        MT_MBIM_OPEN,    MT_MBIM_CLOSE_DONE,   MT_MBIM_FUNCTION_ERROR,
    };
    const struct mt_mbim_message message = {
        .type = types[number % 6],
        .transaction = 5,
        .cid = 1,
        .info = bytes,
        .info_size = size,
    };
    const struct mt_qmi_message frame = {
        .service = (uint8_t)get_number(L, "service"),
        .client = (uint8_t)number,
        .type = (enum mt_qmi_type)get_number(L, "type"),
        .transaction = 5,
        .from_modem = get_number(L, "type") != MT_QMI_REQUEST,
        .id = (uint16_t)get_number(L, "id"),
        .tlvs = bytes,
        .tlvs_size = size,
    };
    bool is_qmi = lua_getfield(L, -1, "service") != LUA_TNIL;

    lua_pop(L, 1);
    if (is_qmi)
        save_frame(folder, number, &frame);
    else
        save_session(folder, number, &message);
}

static void save_sample(lua_State *L, const char *folder, lua_Integer number)
{
    struct mt_writer seed;
    const char *bytes;
    size_t size;

    lua_getfield(L, -1, "bytes");
    bytes = lua_tolstring(L, -1, &size);
    lua_pop(L, 1); /* `codecs` keeps it */
    seed = mt_writer(malloc(size + 2), size + 2);
    if (!seed.bytes)
        exit(1);
    mt_put_le16(&seed, (uint16_t)(number - 1));
    mt_put(&seed, bytes, size);
    save(folder, "schema", number, &seed);
    free(seed.bytes);
    save_message(L, folder, number, (const uint8_t *)bytes, size);
}

int main(int argc, char **argv)
{
    lua_State *L;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    make_folder(argv[1]);
    for (size_t i = 0; i < sizeof(at_sessions) / sizeof(at_sessions[0]); i++)
        save_at(argv[1], i);
    L = wire_lua_open();
    wire_codecs_open(L);
    wire_qmi_codecs_open(L);
    lua_getglobal(L, "codecs");
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 1); i++) {
        lua_rawgeti(L, 1, i);
        save_sample(L, argv[1], i);
        lua_pop(L, 1);
    }
    lua_close(L);
    return 0;
}
