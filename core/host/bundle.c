/* SPDX-License-Identifier: MIT */
/* The bundle: one file with what the build made of many sources, and an index by name, which is kept. */
#include "host/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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
    uint64_t checksum, source_checksum;
    uint32_t name, note; /* texts */
    uint32_t source_size;
    uint32_t part, length, head;
};

static const char magic[8] = "mtbytes3";

uint64_t mt_bundle_checksum(const void *bytes, size_t length)
{
    uint64_t sum = length;
#pragma GCC unroll 8
    for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, (const unsigned char *)bytes + i, sizeof(word));
        sum = (sum << 29 | sum >> 35) ^ word;
        sum *= UINT64_C(0x9E3779B97F4A7C15);
    }
    return sum;
}

static const struct header *header_of(const struct mt_bundle *bundle)
{
    return (const void *)bundle->index;
}

static const char *text(const struct mt_bundle *bundle, uint32_t offset)
{
    return offset < header_of(bundle)->end ? (const char *)bundle->index + offset : "";
}

/* A file that was cut short is not read to the end. */
static bool read_at(int fd, void *bytes, size_t length, size_t offset)
{
    return pread(fd, bytes, length, (off_t)offset) == (ssize_t)length;
}

static bool is_sound(const struct header *header, const char *release, off_t size)
{
    return memcmp(header->magic, magic, sizeof(magic)) == 0 &&
           strncmp(header->release, release, sizeof(header->release)) == 0 &&
           header->size == size && header->end <= header->size && header->end % 8 == 0 &&
           header->end > sizeof(*header) &&
           header->count <= (header->end - sizeof(*header)) / sizeof(struct entry);
}

static bool has_sound_index(const struct mt_bundle *bundle)
{
    const size_t start = offsetof(struct header, size);
    const struct header *header = header_of(bundle);
    return bundle->index[header->end - 1] == '\0' &&
           mt_bundle_checksum(bundle->index + start, header->end - start) == header->checksum;
}

int mt_bundle_open(struct mt_bundle *bundle, const char *path, const char *release)
{
    struct header header;
    struct stat info;
    memset(bundle, 0, sizeof(*bundle));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) == 0 && read_at(fd, &header, sizeof(header), 0) &&
        is_sound(&header, release, info.st_size))
        bundle->index = malloc(header.end);
    if (!bundle->index) {
        close(fd);
        return -EBADMSG;
    }
    bundle->fd = fd;
    bundle->size = header.size;
    if (read_at(fd, bundle->index, header.end, 0) &&
        memcmp(bundle->index, &header, sizeof(header)) == 0 && has_sound_index(bundle))
        return 0;
    mt_bundle_close(bundle);
    return -EBADMSG;
}

void mt_bundle_close(struct mt_bundle *bundle)
{
    if (!bundle->index)
        return;
    free(bundle->index);
    free(bundle->part);
    close(bundle->fd);
    memset(bundle, 0, sizeof(*bundle));
}

static bool make_room(struct mt_bundle *bundle, size_t length)
{
    if (length > bundle->room) {
        unsigned char *part = realloc(bundle->part, length);
        if (!part)
            return false;
        bundle->part = part;
        bundle->room = length;
    }
    return true;
}

static size_t padded(size_t length)
{
    return (length + 7) / 8 * 8;
}

/*
 * A package may have given all files one time; then their bytes decide. For an empty script, reading
 * them takes 0.16 million instructions, and parsing them would take 8.4 million.
 */
static bool has_same_bytes(struct mt_bundle *bundle, const struct entry *entry, const char *path)
{
    size_t length = padded(entry->source_size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_same = length > 0 && make_room(bundle, length);
    if (is_same) {
        memset(bundle->part, 0, length);
        is_same = read_at(fd, bundle->part, entry->source_size, 0) &&
                  mt_bundle_checksum(bundle->part, length) == entry->source_checksum;
    }
    close(fd);
    return is_same;
}

static bool is_same(struct mt_bundle *bundle, const struct entry *entry, const char *path,
                    const struct stat *source)
{
    return entry->source_size == (uint64_t)source->st_size &&
           (entry->modified == source->st_mtim.tv_sec || has_same_bytes(bundle, entry, path));
}

static const struct entry *find_entry(const struct mt_bundle *bundle, const char *name)
{
    const struct entry *entries = (const void *)(bundle->index + sizeof(struct header));
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

bool mt_bundle_find(struct mt_bundle *bundle, const char *name, const char *path,
                    const struct stat *source, struct mt_bundle_part *part)
{
    if (!bundle->index)
        return false;
    const struct entry *entry = find_entry(bundle, name);
    if (!entry || !is_same(bundle, entry, path, source))
        return false;
    uint64_t length = padded(entry->length);
    if (entry->part + length > bundle->size || entry->head > entry->length ||
        !make_room(bundle, length) || !read_at(bundle->fd, bundle->part, length, entry->part) ||
        mt_bundle_checksum(bundle->part, length) != entry->checksum)
        return false;
    *part = (struct mt_bundle_part){ .bytes = (const char *)bundle->part,
                                     .length = entry->length,
                                     .head = entry->head,
                                     .note = text(bundle, entry->note) };
    return true;
}
