/* SPDX-License-Identifier: MIT */
/* The bundle: one file with what the build made of many sources, mapped once, with an index by name. */
#include "host/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * The file, which core/lua/precompile.lua writes: the header, the entries in the order of their
 * names, and texts that end in NUL, of which the last byte is one; then the parts. All offsets are
 * from its beginning. Integers are in this machine's order, and so another's file has a wrong size.
 */
struct header {
    char magic[8]; /* with the number of this format */
    char release[16];
    uint64_t checksum; /* of what follows, up to `end` */
    uint32_t size;     /* of the file */
    uint32_t end;      /* of the texts */
    uint32_t count;    /* of the entries */
    uint32_t unused;
};

struct entry {
    int64_t modified; /* seconds: archives and packages keep no more */
    uint64_t checksum;
    uint32_t name, note; /* texts */
    uint32_t source_size;
    uint32_t part, length, head;
};

enum { PAGE = 65536 }; /* or less */

static const char magic[8] = "mtbytes1";

uint64_t mt_bundle_checksum(const void *bytes, size_t length)
{
    uint64_t sum = length;
    for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, (const unsigned char *)bytes + i, sizeof(word));
        sum = (sum ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        sum ^= sum >> 32;
    }
    return sum;
}

static const struct header *header_of(const struct mt_bundle *bundle)
{
    return (const void *)bundle->bytes;
}

static const char *text(const struct mt_bundle *bundle, uint32_t offset)
{
    return offset < header_of(bundle)->end ? (const char *)bundle->bytes + offset : "";
}

static bool is_sound(const struct mt_bundle *bundle, const char *release)
{
    const struct header *header = header_of(bundle);
    const size_t start = offsetof(struct header, size);
    if (memcmp(header->magic, magic, sizeof(magic)) != 0 ||
        strncmp(header->release, release, sizeof(header->release)) != 0)
        return false;
    if (header->size != bundle->size || header->end > bundle->size || header->end % 8 != 0 ||
        header->end <= sizeof(*header) ||
        header->count > (header->end - sizeof(*header)) / sizeof(struct entry))
        return false;
    return bundle->bytes[header->end - 1] == '\0' &&
           mt_bundle_checksum(bundle->bytes + start, header->end - start) == header->checksum;
}

int mt_bundle_open(struct mt_bundle *bundle, const char *path, const char *release)
{
    struct stat info;
    memset(bundle, 0, sizeof(*bundle));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &info) == 0 && info.st_size >= (off_t)sizeof(struct header) &&
        info.st_size <= INT32_MAX)
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) {
        close(fd);
        return -EBADMSG;
    }
    *bundle = (struct mt_bundle){ .bytes = bytes, .size = (size_t)info.st_size, .fd = fd };
    if (is_sound(bundle, release))
        return 0;
    mt_bundle_close(bundle);
    return -EBADMSG;
}

void mt_bundle_close(struct mt_bundle *bundle)
{
    if (!bundle->bytes)
        return;
    munmap((void *)(uintptr_t)bundle->bytes, bundle->size);
    close(bundle->fd);
    memset(bundle, 0, sizeof(*bundle));
}

/* Reading beyond the end of a file that was cut short since would be the end of this process. */
static bool is_whole(const struct mt_bundle *bundle)
{
    struct stat info;
    return fstat(bundle->fd, &info) == 0 && info.st_size == (off_t)bundle->size;
}

static const struct entry *find_entry(const struct mt_bundle *bundle, const char *name)
{
    const struct entry *entries = (const void *)(bundle->bytes + sizeof(struct header));
    size_t first = 0, last = header_of(bundle)->count;
    while (first < last) {
        size_t middle = first + (last - first) / 2;
        int order = strcmp(name, text(bundle, entries[middle].name));
        if (order == 0)
            return &entries[middle];
        if (order < 0)
            last = middle;
        else
            first = middle + 1;
    }
    return NULL;
}

void mt_bundle_forget(const struct mt_bundle *bundle)
{
    if (!bundle->bytes)
        return;
    uintptr_t start = ((uintptr_t)bundle->bytes + header_of(bundle)->end + PAGE - 1) / PAGE * PAGE;
    uintptr_t end = (uintptr_t)bundle->bytes + bundle->size;
    if (start < end)
        madvise((void *)start, end - start, MADV_DONTNEED);
}

bool mt_bundle_find(const struct mt_bundle *bundle, const char *name, const struct stat *source,
                    struct mt_bundle_part *part)
{
    if (!bundle->bytes || !is_whole(bundle))
        return false;
    const struct entry *entry = find_entry(bundle, name);
    if (!entry || entry->modified != source->st_mtim.tv_sec ||
        entry->source_size != (uint64_t)source->st_size)
        return false;
    uint64_t padded = ((uint64_t)entry->length + 7) / 8 * 8;
    if (entry->part % 8 != 0 || entry->part + padded > bundle->size ||
        entry->head > entry->length ||
        mt_bundle_checksum(bundle->bytes + entry->part, padded) != entry->checksum)
        return false;
    *part = (struct mt_bundle_part){ .bytes = (const char *)bundle->bytes + entry->part,
                                     .length = entry->length,
                                     .head = entry->head,
                                     .note = text(bundle, entry->note) };
    return true;
}
