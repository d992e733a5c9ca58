/* SPDX-License-Identifier: MIT */
/*
 * A heap for the many small blocks of a Lua state. malloc() and free() were a fifth of the
 * instructions of `up`, and added 16 bytes to each block.
 */
#include "host/heap.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAPPED = 64 * MT_HEAP_PAGE };
enum { FIRST = (sizeof(struct mt_heap_page) + 7) / 8 * 8 };
enum { LISTED = MT_HEAP_PAGE / sizeof(void *) - 2 };

/* Empty pages that have no memory, and so cannot be linked. The list lies on an empty page itself. */
struct mt_heap_list {
    struct mt_heap_list *next;
    size_t count;
    struct mt_heap_page *pages[LISTED];
};

_Static_assert(sizeof(struct mt_heap_list) <= MT_HEAP_PAGE, "a list is larger than a page");

static uint16_t size_of(unsigned class)
{
    unsigned size = class <= 16   ? 8 * class
                    : class <= 24 ? 128 + 16 * (class - 16)
                                  : 256 + 32 * (class - 24);
    return (uint16_t)size;
}

static bool is_full(const struct mt_heap_page *page)
{
    return !page->free && page->fresh + page->size > MT_HEAP_PAGE;
}

static void link_page(struct mt_heap *heap, struct mt_heap_page *page, unsigned class)
{
    page->previous = NULL;
    page->next = heap->pages[page->kind][class];
    if (page->next)
        page->next->previous = page;
    heap->pages[page->kind][class] = page;
}

static void unlink_page(struct mt_heap *heap, struct mt_heap_page *page, unsigned class)
{
    if (page->next)
        page->next->previous = page->previous;
    if (page->previous)
        page->previous->next = page->next;
    else
        heap->pages[page->kind][class] = page->next;
}

/* NULL: there is none. */
static struct mt_heap_page *take_empty(struct mt_heap *heap)
{
    struct mt_heap_page *page = heap->empty;
    struct mt_heap_list *list = heap->returned;
    if (page) {
        heap->empty = page->next;
        heap->kept--;
    } else if (list && list->count > 0) {
        page = list->pages[--list->count];
    } else if (list) {
        heap->returned = list->next;
        page = (struct mt_heap_page *)(void *)list;
    }
    return page;
}

/* madvise() would discard what lies behind the page, too, if the kernel's pages were larger. */
static void give_empty(struct mt_heap *heap, struct mt_heap_page *page)
{
    struct mt_heap_list *list = heap->returned;
    if (heap->kept < MT_HEAP_KEPT || sysconf(_SC_PAGESIZE) != MT_HEAP_PAGE) {
        page->next = heap->empty;
        heap->empty = page;
        heap->kept++;
    } else if (!list || list->count == LISTED) {
        heap->returned = (struct mt_heap_list *)(void *)page;
        heap->returned->next = list;
        heap->returned->count = 0;
    } else {
        madvise(page, MT_HEAP_PAGE, MADV_DONTNEED);
        list->pages[list->count++] = page;
    }
}

/* An empty page, or a place where no page has been; NULL if there is no memory. */
static struct mt_heap_page *find_page(struct mt_heap *heap)
{
    struct mt_heap_page *page = take_empty(heap);
    if (page)
        return page;
    if (heap->left == 0) {
        void *mapped = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                            0);
        if (mapped == MAP_FAILED)
            return NULL;
        heap->rest = mapped;
        heap->left = MAPPED;
    }
    page = (struct mt_heap_page *)(void *)heap->rest;
    heap->rest += MT_HEAP_PAGE;
    heap->left -= MT_HEAP_PAGE;
    return page;
}

static struct mt_heap_page *begin_page(struct mt_heap *heap, unsigned kind, unsigned class)
{
    struct mt_heap_page *page = find_page(heap);
    if (page) {
        *page = (struct mt_heap_page){ .kind = (uint16_t)kind };
        page->size = size_of(class);
        page->fresh = FIRST;
        link_page(heap, page, class);
    }
    return page;
}

void *mt_heap_take_slowly(struct mt_heap *heap, unsigned kind, unsigned class)
{
    struct mt_heap_page *page = heap->pages[kind][class];
    if (!page && !(page = begin_page(heap, kind, class)))
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

void mt_heap_give_slowly(struct mt_heap *heap, void *block, unsigned class)
{
    struct mt_heap_page *page = mt_heap_page_of(block);
    struct mt_heap_free *given = block;
    if (is_full(page))
        link_page(heap, page, class);
    given->next = page->free;
    page->free = given;
    if (--page->used == 0) {
        unlink_page(heap, page, class);
        give_empty(heap, page);
    }
}

void *mt_heap_resize(struct mt_heap *heap, unsigned kind, void *block, size_t old_size,
                     size_t new_size)
{
    if (old_size > MT_HEAP_SMALL && new_size > MT_HEAP_SMALL)
        return realloc(block, new_size);
    if (old_size <= MT_HEAP_SMALL && new_size <= MT_HEAP_SMALL &&
        mt_heap_class(old_size) == mt_heap_class(new_size) && mt_heap_kind(block) == kind)
        return block;
    void *moved = mt_heap_take(heap, kind, new_size);
    if (moved) {
        memcpy(moved, block, old_size < new_size ? old_size : new_size);
        mt_heap_give(heap, block, old_size);
    }
    return moved;
}
