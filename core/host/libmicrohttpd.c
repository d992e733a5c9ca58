/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd, which is loaded when a server is opened: with the GnuTLS that it needs, it has more
 * code than the rest of this program, and few daemons have a page.
 */
#include "host/libmicrohttpd.h"

int mt_libmicrohttpd_load(struct mt_libmicrohttpd *library)
{
#ifdef MT_LIBMICROHTTPD
    static const char *const names[] = { MT_LIBMICROHTTPD_FUNCTIONS(MT_LIBRARY_NAME) };
    return mt_library_load(MT_LIBMICROHTTPD, names, sizeof(names) / sizeof(names[0]), library);
#else
    *library = (struct mt_libmicrohttpd){ MT_LIBMICROHTTPD_FUNCTIONS(MT_LIBRARY_LINKED) };
    return 0;
#endif
}
