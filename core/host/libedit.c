/* SPDX-License-Identifier: MIT */
/*
 * libedit, which is loaded when a prompt is opened. It and the three libraries that it needs would
 * be a tenth of the instructions of a short run, and 370 KiB of its resident set, for nothing.
 */
#include "host/libedit.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static char mistake[256];

const char *mt_libedit_mistake(void)
{
    return mistake;
}

#ifdef MT_LIBEDIT
static int fail(int status)
{
    const char *why = dlerror();
    snprintf(mistake, sizeof(mistake), MT_LIBEDIT " cannot be loaded: %s", why ? why : "unknown");
    return status;
}

#define FIND(name)                        \
    if (!(symbol = dlsym(handle, #name))) \
        return fail(-ELIBBAD);            \
    memcpy(&found.name, &symbol, sizeof(symbol)); /* C does not convert it */

int mt_libedit_load(struct mt_libedit *library)
{
    struct mt_libedit found;
    void *symbol, *handle = dlopen(MT_LIBEDIT, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return fail(-ELIBACC);
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
