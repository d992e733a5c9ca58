/* SPDX-License-Identifier: MIT */
/* What the files of the codec benchmark's peer share: libmbim-glib and libqmi-glib, measured. */

#ifndef MT_BENCH_PEER_H
#define MT_BENCH_PEER_H

#include <glib.h>

/* Of both sides' requests, so that they can be compared. */
#define PEER_CLIENT 3
#define PEER_TRANSACTION 7

struct peer_message {
    const char *name;
    void (*decode)(const guint8 *answer, gsize size); /* and reads every field */
    GByteArray *(*encode)(void); /* a request; what both libraries call a message is one */
};

extern const struct peer_message peer_mbim[5], peer_qmi[5];

/* Nothing may fail: a message that is refused early would look fast. */
static inline void peer_must(gboolean ok, GError **error)
{
    if (!ok)
        g_error("refused: %s", error && *error ? (*error)->message : "no reason given");
}

#endif
