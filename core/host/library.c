/* SPDX-License-Identifier: MIT */
/* Shared libraries that most runs do not need: each is loaded when it is first used. */
#include "host/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static char mistake[256];

const char *mt_library_mistake(void)
{
    return mistake;
}

static int fail(const char *library, int status)
{
    const char *why = dlerror();
    snprintf(mistake, sizeof(mistake), "%s cannot be loaded: %s", library, why ? why : "unknown");
    return status;
}

int mt_library_load(const char *library, const char *const *names, size_t count, void *functions)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return fail(library, -ELIBACC);
    for (size_t i = 0; i < count; i++) {
        if (!dlsym(handle, names[i]))
            return fail(library, -ELIBBAD);
    }
    for (size_t i = 0; i < count; i++) {
        void *function = dlsym(handle, names[i]);
        memcpy((char *)functions + i * sizeof(function), &function, sizeof(function));
    }
    return 0;
}
