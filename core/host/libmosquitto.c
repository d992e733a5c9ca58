/* SPDX-License-Identifier: MIT */
/* libmosquitto, which is loaded when a client is made: it needs OpenSSL, and few daemons publish. */
#include "host/libmosquitto.h"

int mt_libmosquitto_load(struct mt_libmosquitto *library)
{
#ifdef MT_LIBMOSQUITTO
    static const char *const names[] = { MT_LIBMOSQUITTO_FUNCTIONS(MT_LIBRARY_NAME) };
    return mt_library_load(MT_LIBMOSQUITTO, names, sizeof(names) / sizeof(names[0]), library);
#else
    *library = (struct mt_libmosquitto){ MT_LIBMOSQUITTO_FUNCTIONS(MT_LIBRARY_LINKED) };
    return 0;
#endif
}
