/* SPDX-License-Identifier: MIT */
/* A heap for the many small blocks of a Lua state, whose sizes are known when they are given back. */
#ifndef MT_HOST_HEAP_H
#define MT_HOST_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* AddressSanitizer, which GCC and clang announce each in its way, sees only what malloc() made. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define MT_HEAP_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(MT_HEAP_SANITIZED)
enum { MT_HEAP_SMALL = 0 };
#else
enum { MT_HEAP_SMALL = 512 };
#endif

enum { MT_HEAP_CLASSES = 33, MT_HEAP_KINDS = 2, MT_HEAP_PAGE = 4096 };

struct mt_heap_free {
    struct mt_heap_free *next;
};

/* The beginning of a page of blocks of one size. */
struct mt_heap_page {
    struct mt_heap_page *next, *previous; /* among those with room; of an empty one, only `next` */
    struct mt_heap_free *free;            /* blocks that were given back */
    uint16_t kind;                        /* of its blocks */
    uint16_t size;                        /* of a block */
    uint16_t used;                        /* the number of blocks in use */
    uint16_t fresh;                       /* the offset of the first block that was never used */
};

struct mt_heap_list;

/*
 * A block of up to 512 bytes lies on a page whose blocks all have one size, and one of two kinds,
 * which mean something to the user of the heap alone; malloc() makes a larger block. When all fields
 * are zero, the heap has no memory yet. A page without blocks serves any size again. The heap keeps
 * the memory of the first MT_HEAP_KEPT such pages, 1 MiB, and the kernel receives that of the
 * others, so that a burst does not enlarge the process for good. For that, each such page costs a
 * system call, and a page fault when it is used again. Where the kernel's pages are larger than
 * ours, the heap keeps all.
 */
enum { MT_HEAP_KEPT = 256 };

struct mt_heap {
    struct mt_heap_page *pages[MT_HEAP_KINDS][MT_HEAP_CLASSES]; /* those with room for a block */
    struct mt_heap_page *empty;                                 /* those that keep their memory */
    size_t kept;                                                /* their number */
    struct mt_heap_list *returned;                              /* the other empty ones */
    char *rest; /* of the memory that was mapped last, where no page has been yet */
    size_t left;
};

/* Steps of 8 bytes up to 128, of 16 up to 256, of 32 up to 512. */
static inline unsigned mt_heap_class(size_t size)
{
    if (size <= 128)
        return (unsigned)(size + 7) / 8;
    if (size <= 256)
        return 16 + (unsigned)(size - 128 + 15) / 16;
    return 24 + (unsigned)(size - 256 + 31) / 32;
}

/* The rare cases of the next two functions: a page becomes full, or has room again, or is empty. */
void *mt_heap_take_slowly(struct mt_heap *heap, unsigned kind, unsigned class);
void mt_heap_give_slowly(struct mt_heap *heap, void *block, unsigned class);

static inline struct mt_heap_page *mt_heap_page_of(const void *block)
{
    return (void *)((uintptr_t)block & ~(uintptr_t)(MT_HEAP_PAGE - 1));
}

/* Of a block of up to 512 bytes. */
static inline unsigned mt_heap_kind(const void *block)
{
    return mt_heap_page_of(block)->kind;
}

/* As malloc(). It is inline because calls of it were a tenth of the instructions of decoding. */
static inline void *mt_heap_take(struct mt_heap *heap, unsigned kind, size_t size)
{
    if (size > MT_HEAP_SMALL)
        return malloc(size);
    unsigned class = mt_heap_class(size);
    struct mt_heap_page *page = heap->pages[kind][class];
    void *block = page ? page->free : NULL;
    if (block && page->free->next) {
        page->free = page->free->next;
    } else if (page && !block && page->fresh + 2U * page->size <= MT_HEAP_PAGE) {
        block = (char *)page + page->fresh; /* nearly each one, until garbage has been collected */
        page->fresh = (uint16_t)(page->fresh + page->size);
    } else {
        return mt_heap_take_slowly(heap, kind, class);
    }
    page->used++;
    return block;
}

/* As free(). */
static inline void mt_heap_give(struct mt_heap *heap, void *block, size_t size)
{
    if (size > MT_HEAP_SMALL) {
        free(block);
        return;
    }
    struct mt_heap_page *page = mt_heap_page_of(block);
    if (!page->free || page->used == 1) {
        mt_heap_give_slowly(heap, block, mt_heap_class(size));
        return;
    }
    struct mt_heap_free *given = block;
    given->next = page->free;
    page->free = given;
    page->used--;
}

/*
 * As realloc(), but that the block's size is given, and the kind that it is to have. Neither size is
 * 0. Returns NULL if there is no memory; then the block stays as it is.
 */
void *mt_heap_resize(struct mt_heap *heap, unsigned kind, void *block, size_t old_size,
                     size_t new_size);

#endif
