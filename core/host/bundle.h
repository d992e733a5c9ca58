/* SPDX-License-Identifier: MIT */
/* The bundle: one file with what the build made of many sources, mapped once, with an index by name. */
#ifndef MT_HOST_BUNDLE_H
#define MT_HOST_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* All zero: there is none, and nothing is found in it. */
struct mt_bundle {
    const unsigned char *bytes; /* the mapping */
    size_t size;
    int fd; /* of the file, which may be cut short while it is mapped */
};

struct mt_bundle_part {
    const char *bytes; /* in the mapping */
    size_t length;
    size_t head;      /* this many of the bytes come before the name of the source */
    const char *note; /* in the mapping: a text that the build keeps about the source, maybe "" */
};

/*
 * Maps the bundle that the build wrote for this release of the Lua library. Returns 0 or a negative
 * errno: -EBADMSG for one that is damaged, or made for another release or machine.
 */
int mt_bundle_open(struct mt_bundle *bundle, const char *path, const char *release);

void mt_bundle_close(struct mt_bundle *bundle);

/* Finds what was made of a source, if that still has the time and the size that it had then. */
bool mt_bundle_find(const struct mt_bundle *bundle, const char *name, const struct stat *source,
                    struct mt_bundle_part *part);

/*
 * Takes the parts out of this process's resident set, to which the kernel adds 16 pages for one that
 * is read. They can be read again.
 */
void mt_bundle_forget(const struct mt_bundle *bundle);

/* Of bytes whose number is a multiple of 8, and which lie at such an address. */
uint64_t mt_bundle_checksum(const void *bytes, size_t length);

#endif
