/* SPDX-License-Identifier: MIT */
/* libexpat, which is loaded when an XML text is read: few runs have to look into one. */
#include "host/libexpat.h"

int mt_libexpat_load(struct mt_libexpat *library)
{
#ifdef MT_LIBEXPAT
    static const char *const names[] = { MT_LIBEXPAT_FUNCTIONS(MT_LIBRARY_NAME) };
    return mt_library_load(MT_LIBEXPAT, names, sizeof(names) / sizeof(names[0]), library);
#else
    *library = (struct mt_libexpat){ MT_LIBEXPAT_FUNCTIONS(MT_LIBRARY_LINKED) };
    return 0;
#endif
}
