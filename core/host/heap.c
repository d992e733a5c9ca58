/* SPDX-License-Identifier: MIT */
/*
 * A heap for the many small blocks of a Lua state. malloc() and free() were a fifth of the
 * instructions of `up`, and added 16 bytes to each block.
 */
#include "host/heap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A sanitizer finds mistakes with blocks only where each is malloc()'s. */
#ifdef __SANITIZE_ADDRESS__
enum { SMALL = 0 };
#else
enum { SMALL = 512 };
#endif

enum { PAGE = 4096, MAPPED = 64 * PAGE };

struct mt_heap_page {
    struct mt_heap_page *next, *previous; /* among those with room; of an empty one, only `next` */
    struct given_back *free;
    uint16_t size, used; /* of a block; how many blocks are */
    uint16_t fresh;      /* where the first block lies that was never used */
};

struct given_back {
    struct given_back *next;
};

enum { FIRST = (sizeof(struct mt_heap_page) + 7) / 8 * 8 };

/* Steps of 8 bytes up to 128, of 16 up to 256, of 32 up to 512. */
static unsigned class_of(size_t size)
{
    if (size <= 128)
        return (unsigned)(size + 7) / 8;
    if (size <= 256)
        return 16 + (unsigned)(size - 128 + 15) / 16;
    return 24 + (unsigned)(size - 256 + 31) / 32;
}

static uint16_t size_of(unsigned class)
{
    unsigned size = class <= 16   ? 8 * class
                    : class <= 24 ? 128 + 16 * (class - 16)
                                  : 256 + 32 * (class - 24);
    return (uint16_t)size;
}

static bool is_full(const struct mt_heap_page *page)
{
    return !page->free && page->fresh + page->size > PAGE;
}

static void link_page(struct mt_heap *heap, struct mt_heap_page *page, unsigned class)
{
    page->previous = NULL;
    page->next = heap->pages[class];
    if (page->next)
        page->next->previous = page;
    heap->pages[class] = page;
}

static void unlink_page(struct mt_heap *heap, struct mt_heap_page *page, unsigned class)
{
    if (page->next)
        page->next->previous = page->previous;
    if (page->previous)
        page->previous->next = page->next;
    else
        heap->pages[class] = page->next;
}

/* An empty page, or one from where no page has been; NULL if there is no memory. */
static struct mt_heap_page *find_page(struct mt_heap *heap)
{
    struct mt_heap_page *page = heap->empty;
    if (page) {
        heap->empty = page->next;
        return page;
    }
    if (heap->left == 0) {
        void *mapped = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                            0);
        if (mapped == MAP_FAILED)
            return NULL;
        heap->rest = mapped;
        heap->left = MAPPED;
    }
    page = (struct mt_heap_page *)(void *)heap->rest;
    heap->rest += PAGE;
    heap->left -= PAGE;
    return page;
}

static struct mt_heap_page *begin_page(struct mt_heap *heap, unsigned class)
{
    struct mt_heap_page *page = find_page(heap);
    if (page) {
        *page = (struct mt_heap_page){ .size = size_of(class), .fresh = FIRST };
        link_page(heap, page, class);
    }
    return page;
}

static void *take(struct mt_heap *heap, unsigned class)
{
    struct mt_heap_page *page = heap->pages[class];
    if (!page && !(page = begin_page(heap, class)))
        return NULL;
    void *block = page->free;
    if (block) {
        page->free = page->free->next;
    } else {
        block = (char *)page + page->fresh;
        page->fresh = (uint16_t)(page->fresh + page->size);
    }
    page->used++;
    if (is_full(page))
        unlink_page(heap, page, class);
    return block;
}

static void give_back(struct mt_heap *heap, void *block, unsigned class)
{
    struct mt_heap_page *page = (void *)((uintptr_t)block & ~(uintptr_t)(PAGE - 1));
    struct given_back *given = block;
    if (is_full(page))
        link_page(heap, page, class);
    given->next = page->free;
    page->free = given;
    if (--page->used == 0) {
        unlink_page(heap, page, class);
        page->next = heap->empty;
        heap->empty = page;
    }
}

static void release(struct mt_heap *heap, void *block, size_t size)
{
    if (size > SMALL)
        free(block);
    else if (!heap->ends)
        give_back(heap, block, class_of(size));
}

void *mt_heap_resize(struct mt_heap *heap, void *block, size_t old_size, size_t new_size)
{
    if (block && new_size > 0) {
        if (old_size > SMALL && new_size > SMALL)
            return realloc(block, new_size);
        if (old_size <= SMALL && new_size <= SMALL && class_of(old_size) == class_of(new_size))
            return block;
    }
    void *moved = NULL;
    if (new_size > 0) {
        moved = new_size > SMALL ? malloc(new_size) : take(heap, class_of(new_size));
        if (!moved)
            return NULL;
    }
    if (block) {
        if (moved)
            memcpy(moved, block, old_size < new_size ? old_size : new_size);
        release(heap, block, old_size);
    }
    return moved;
}
