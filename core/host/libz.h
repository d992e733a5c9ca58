/* SPDX-License-Identifier: MIT */
/* libz, which is loaded when a recording is written or read. */
#ifndef MT_HOST_LIBZ_H
#define MT_HOST_LIBZ_H

#include <zlib.h>

#include "host/library.h"

/* deflateInit2() and inflateInit2() are macros for those with an underscore. */
#define MT_LIBZ_FUNCTIONS(X) \
    X(deflate)               \
    X(deflateEnd)            \
    X(deflateInit2_)         \
    X(inflate)               \
    X(inflateEnd)            \
    X(inflateInit2_)

struct mt_libz {
    MT_LIBZ_FUNCTIONS(MT_LIBRARY_POINTER)
};

/* As mt_library_load(). */
int mt_libz_load(struct mt_libz *library);

#endif
