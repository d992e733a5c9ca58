/* SPDX-License-Identifier: MIT */
/* Tests core/host/heap.c: no block touches another, and memory that was given back serves again. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host/heap.h"

enum { BLOCKS = 2000, ROUNDS = 200000, LONGEST = 700 };

struct block {
    uint8_t *bytes;
    size_t size;
    uint8_t mark; /* which fills it */
};

static void check(const struct block *block, size_t size)
{
    for (size_t i = 0; i < size; i++)
        assert_int_equal(block->bytes[i], block->mark);
}

static void resize(struct mt_heap *heap, struct block *block, size_t size)
{
    size_t kept = size < block->size ? size : block->size;

    check(block, block->size);
    if (size == 0 && block->size > 0)
        mt_heap_give(heap, block->bytes, block->size);
    if (size == 0)
        block->bytes = NULL;
    else if (block->size == 0)
        block->bytes = mt_heap_take(heap, size);
    else
        block->bytes = mt_heap_resize(heap, block->bytes, block->size, size);
    assert_true((block->bytes != NULL) == (size > 0));
    assert_int_equal((uintptr_t)block->bytes % 8, 0);
    check(block, kept);
    block->size = size;
    block->mark++;
    if (size > 0)
        memset(block->bytes, block->mark, size);
}

static void blocks_keep_their_bytes(void **state)
{
    static struct block blocks[BLOCKS];
    struct mt_heap heap = { 0 };

    (void)state;
    srand(1);
    for (int round = 0; round < ROUNDS; round++)
        resize(&heap, &blocks[rand() % BLOCKS], rand() % 3 ? (size_t)(rand() % LONGEST) : 0);
    for (int i = 0; i < BLOCKS; i++)
        resize(&heap, &blocks[i], 0);
}

static void all_sizes(struct mt_heap *heap, size_t first, size_t last)
{
    for (size_t size = first; size <= last; size++) {
        static struct block blocks[BLOCKS];

        for (int i = 0; i < BLOCKS; i++)
            resize(heap, &blocks[i], size);
        for (int i = 0; i < BLOCKS; i++)
            resize(heap, &blocks[i], 0);
    }
}

/* A sanitizer's build maps nothing. */
static void pages_serve_any_size_again(void **state)
{
    struct mt_heap heap = { 0 };
    const char *rest;

    (void)state;
    all_sizes(&heap, 512, 512);
    rest = heap.rest;
    all_sizes(&heap, 1, 512);
    assert_ptr_equal(heap.rest, rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_their_bytes),
        cmocka_unit_test(pages_serve_any_size_again),
    };

    return cmocka_run_group_tests_name("host/heap", tests, NULL, NULL);
}
