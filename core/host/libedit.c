/* SPDX-License-Identifier: MIT */
/*
 * libedit, which is loaded when a prompt is opened. It and the three libraries that it needs would
 * be a tenth of the instructions of a short run, and 370 KiB of its resident set, for nothing.
 */
#include "host/libedit.h"

int mt_libedit_load(struct mt_libedit *library)
{
#ifdef MT_LIBEDIT
    static const char *const names[] = { MT_LIBEDIT_FUNCTIONS(MT_LIBRARY_NAME) };
    return mt_library_load(MT_LIBEDIT, names, sizeof(names) / sizeof(names[0]), library);
#else
    *library = (struct mt_libedit){ MT_LIBEDIT_FUNCTIONS(MT_LIBRARY_LINKED) };
    return 0;
#endif
}
