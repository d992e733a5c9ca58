/* SPDX-License-Identifier: MIT */
/*
 * libedit, which is loaded when a prompt is opened. It and the three libraries that it needs would
 * be a tenth of the instructions of a short run, and 370 KiB of its resident set, for nothing.
 */
#include "host/libedit.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#ifdef MT_LIBEDIT
#define FIND(name)                        \
    if (!(symbol = dlsym(handle, #name))) \
        return -ELIBBAD;                  \
    memcpy(&found.name, &symbol, sizeof(symbol)); /* C does not convert it */

int mt_libedit_load(struct mt_libedit *library)
{
    struct mt_libedit found;
    void *symbol, *handle = dlopen(MT_LIBEDIT, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return -ELIBACC;
    MT_LIBEDIT_FUNCTIONS(FIND)
    *library = found;
    return 0;
}

#else /* in a static program */
#define NAME(name) .name = name,

int mt_libedit_load(struct mt_libedit *library)
{
    *library = (struct mt_libedit){ MT_LIBEDIT_FUNCTIONS(NAME) };
    return 0;
}
#endif
