/* SPDX-License-Identifier: MIT */
/* The bundle: one file with what the build made of many sources, and an index by name, which is kept. */
#ifndef MT_HOST_BUNDLE_H
#define MT_HOST_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * When all fields are zero, there is no bundle, and nothing is found. The file is read and not mapped:
 * around each page that the program touches, the kernel would map many more, up to all of the file,
 * and so `up` would need 1.2 MiB more memory.
 */
struct mt_bundle {
    unsigned char *index; /* the file's beginning */
    size_t size;          /* of the file */
    int fd;
    unsigned char *part; /* the latest that was found */
    size_t room;         /* for it */
};

struct mt_bundle_part {
    const char *bytes; /* until the next one is found */
    size_t length;
    size_t head;      /* this many of the bytes come before the name of the source */
    const char *note; /* a text that the build keeps about the source, maybe "" */
};

/*
 * Opens the bundle that the build wrote for this release of the Lua library. Returns 0 or a negative
 * errno: -EBADMSG for one that is damaged, or made for another release or machine.
 */
int mt_bundle_open(struct mt_bundle *bundle, const char *path, const char *release);

void mt_bundle_close(struct mt_bundle *bundle);

/*
 * Finds what was made of a source, if that still has the size that it had then, and the same time or
 * else the same bytes. `path` is where the source is now.
 */
bool mt_bundle_find(struct mt_bundle *bundle, const char *name, const char *path,
                    const struct stat *source, struct mt_bundle_part *part);

/* Of bytes whose number is a multiple of 8, and which lie at such an address. */
uint64_t mt_bundle_checksum(const void *bytes, size_t length);

#endif
