/* SPDX-License-Identifier: MIT */
/*
 * libudev, which is loaded when it is first needed: not by a command that the daemon runs, nor for
 * help or a simulated modem, whose resident set it would make 104 KiB larger.
 */
#include "host/libudev.h"

int mt_libudev_load(struct mt_libudev *library)
{
#ifdef MT_LIBUDEV
    static const char *const names[] = { MT_LIBUDEV_FUNCTIONS(MT_LIBRARY_NAME) };
    return mt_library_load(MT_LIBUDEV, names, sizeof(names) / sizeof(names[0]), library);
#else
    *library = (struct mt_libudev){ MT_LIBUDEV_FUNCTIONS(MT_LIBRARY_LINKED) };
    return 0;
#endif
}
