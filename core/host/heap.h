/* SPDX-License-Identifier: MIT */
/* A heap for the many small blocks of a Lua state, whose sizes are known when they are given back. */
#ifndef MT_HOST_HEAP_H
#define MT_HOST_HEAP_H

#include <stdbool.h>
#include <stddef.h>

enum { MT_HEAP_CLASSES = 33 };

/*
 * Blocks of up to 512 bytes lie on pages of blocks of one size; larger ones are malloc()'s. All zero:
 * a heap without memory. Pages without blocks serve any size again; they stay the process's.
 */
struct mt_heap {
    struct mt_heap_page *pages[MT_HEAP_CLASSES]; /* those with room, by their blocks' size */
    struct mt_heap_page *empty;
    char *rest; /* of the memory that was mapped last, where no page has been yet */
    size_t left;
    bool ends; /* with the process: small blocks are not given back any more */
};

/*
 * As realloc(), but that the block's size is given: 0 with a block of NULL. A new size of 0 frees
 * it. Returns NULL if there is no memory; then the block stays as it is.
 */
void *mt_heap_resize(struct mt_heap *heap, void *block, size_t old_size, size_t new_size);

#endif
