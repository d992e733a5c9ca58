/* SPDX-License-Identifier: MIT */
/* libz, which is loaded when a recording is written or read: few runs have to do with one. */
#include "host/libz.h"

int mt_libz_load(struct mt_libz *library)
{
#ifdef MT_LIBZ
    static const char *const names[] = { MT_LIBZ_FUNCTIONS(MT_LIBRARY_NAME) };
    return mt_library_load(MT_LIBZ, names, sizeof(names) / sizeof(names[0]), library);
#else
    *library = (struct mt_libz){ MT_LIBZ_FUNCTIONS(MT_LIBRARY_LINKED) };
    return 0;
#endif
}
