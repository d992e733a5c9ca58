/* SPDX-License-Identifier: MIT */
/* libedit, which is loaded when a prompt is opened. */
#ifndef MT_HOST_LIBEDIT_H
#define MT_HOST_LIBEDIT_H

#include <histedit.h>

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

#define MT_LIBEDIT_POINTER(name) __typeof__(name) *name;

struct mt_libedit {
    MT_LIBEDIT_FUNCTIONS(MT_LIBEDIT_POINTER)
};

/*
 * Loads it into `library`, which stays as it is after a failure. Returns 0, or -ELIBACC or -ELIBBAD,
 * which only a failure to load returns: then mt_libedit_mistake() tells what is wrong.
 */
int mt_libedit_load(struct mt_libedit *library);

const char *mt_libedit_mistake(void);

#endif
