/* SPDX-License-Identifier: MIT */
/* Writes the fuzzers' seeds: `seeds FOLDER` fills its subfolders mbim, qmi and schema. */

#include <errno.h>
#include <sys/stat.h>

#include "../unit/wire_codecs.h"
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
    snprintf(path, sizeof(path), "%s/%s/%03d", folder, kind, (int)number);
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

static void save_sample(const char *folder, lua_Integer number, const char *info, size_t size)
{
    static const uint32_t types[] = {
        MT_MBIM_COMMAND, MT_MBIM_COMMAND_DONE, MT_MBIM_INDICATE_STATUS, MT_MBIM_OPEN,
        MT_MBIM_CLOSE_DONE, MT_MBIM_FUNCTION_ERROR,
    };
    struct mt_mbim_message message = {
        .type = types[number % 6], .transaction = 5, .cid = 1, .info = (const uint8_t *)info,
        .info_size = size,
    };
    const struct mt_qmi_message frame = {
        .service = (uint8_t)(number % 4), .client = (uint8_t)number,
        .type = (enum mt_qmi_type)(number % 3), .from_modem = number % 3 != 0, .transaction = 5,
        .id = 0x0020, .tlvs = message.info, .tlvs_size = size,
    };
    struct mt_writer seed = mt_writer(malloc(size + 1), size + 1);

    if (!seed.bytes)
        exit(1);
    mt_put_u8(&seed, (uint8_t)(number - 1));
    mt_put(&seed, info, size);
    save(folder, "schema", number, &seed);
    free(seed.bytes);
    save_session(folder, number, &message);
    save_frame(folder, number, &frame);
}

int main(int argc, char **argv)
{
    lua_State *L;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    make_folder(argv[1]);
    L = wire_lua_open();
    wire_codecs_open(L);
    lua_getglobal(L, "codecs");
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 1); i++) {
        size_t size;
        const char *info;

        lua_rawgeti(L, 1, i);
        lua_getfield(L, -1, "bytes");
        info = lua_tolstring(L, -1, &size);
        save_sample(argv[1], i, info, size);
        lua_pop(L, 2);
    }
    lua_close(L);
    return 0;
}
