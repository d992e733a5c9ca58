/* SPDX-License-Identifier: MIT */
/* Measures libmbim-glib and libqmi-glib on the messages that codec.lua wrote: peer FOLDER */

#include "peer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* As in codec.lua: CPU time of each measurement; messages between looks at the clock. */
#define SECONDS 0.05
#define BATCH 200

/* A message of codec.lua. */
struct bytes {
    gchar *data;
    gsize size;
};

static struct bytes read_bytes(const char *folder, const char *name, const char *suffix)
{
    gchar *path = g_strdup_printf("%s/%s.%s", folder, name, suffix);
    GError *error = NULL;
    struct bytes bytes;

    peer_must(g_file_get_contents(path, &bytes.data, &bytes.size, &error), &error);
    g_free(path);
    return bytes;
}

/* Both sides' requests must be the same, byte by byte. */
static void check_request(const struct peer_message *message, const char *folder)
{
    struct bytes theirs = read_bytes(folder, message->name, "request");
    GByteArray *ours = message->encode();

    if (ours->len != theirs.size || memcmp(ours->data, theirs.data, ours->len) != 0)
        g_error("%s: the request has other bytes than codec.lua's", message->name);
    g_byte_array_unref(ours);
    g_free(theirs.data);
}

static void decode(const struct peer_message *message, const struct bytes *answer)
{
    message->decode((const guint8 *)answer->data, answer->size);
}

static void encode(const struct peer_message *message, const struct bytes *answer)
{
    (void)answer;
    g_byte_array_unref(message->encode());
}

/* Messages a second. */
static double measure(const struct peer_message *message, const struct bytes *answer,
                      void (*fn)(const struct peer_message *, const struct bytes *))
{
    clock_t start = clock(), used;
    long count = 0;

    do {
        for (int i = 0; i < BATCH; i++)
            fn(message, answer);
        count += BATCH;
        used = clock() - start;
    } while ((double)used < SECONDS * CLOCKS_PER_SEC);
    return (double)count * CLOCKS_PER_SEC / (double)used;
}

static void measure_all(const char *protocol, const struct peer_message messages[5],
                        const char *folder)
{
    for (int i = 0; i < 5; i++) {
        const struct peer_message *message = &messages[i];
        struct bytes answer = read_bytes(folder, message->name, "answer");

        check_request(message, folder);
        printf("%s\t%s\tdecode\t%.0f\n", protocol, message->name,
               measure(message, &answer, decode));
        printf("%s\t%s\tencode\t%.0f\n", protocol, message->name,
               measure(message, &answer, encode));
        g_free(answer.data);
    }
}

int main(int argc, char **argv)
{
    g_assert(argc == 2);
    measure_all("MBIM", peer_mbim, argv[1]);
    measure_all("QMI", peer_qmi, argv[1]);
    return 0;
}
