/* SPDX-License-Identifier: MIT */
/* libedit, which is loaded when a prompt is opened. */
#ifndef MT_HOST_LIBEDIT_H
#define MT_HOST_LIBEDIT_H

#include <histedit.h>

#include "host/library.h"

#define MT_LIBEDIT_FUNCTIONS(X) \
    X(el_end)                   \
    X(el_get)                   \
    X(el_gets)                  \
    X(el_init)                  \
    X(el_line)                  \
    X(el_resize)                \
    X(el_set)                   \
    X(el_wline)                 \
    X(history)                  \
    X(history_end)              \
    X(history_init)

struct mt_libedit {
    MT_LIBEDIT_FUNCTIONS(MT_LIBRARY_POINTER)
};

/* As mt_library_load(). */
int mt_libedit_load(struct mt_libedit *library);

#endif
