/* SPDX-License-Identifier: MIT */
/* Tests core/host/heap.c: no block touches another, and memory that was given back serves again. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/heap.h"

enum { BLOCKS = 2000, ROUNDS = 200000, LONGEST = 700 };

struct block {
    uint8_t *bytes;
    size_t size;
    unsigned kind;
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
        block->bytes = mt_heap_take(heap, block->kind, size);
    else
        block->bytes = mt_heap_resize(heap, block->kind, block->bytes, block->size, size);
    assert_true((block->bytes != NULL) == (size > 0));
    if (size > 0 && size <= MT_HEAP_SMALL)
        assert_int_equal(mt_heap_kind(block->bytes), block->kind);
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
    for (int round = 0; round < ROUNDS; round++) {
        struct block *block = &blocks[rand() % BLOCKS];

        block->kind = (unsigned)rand() % MT_HEAP_KINDS;
        resize(&heap, block, rand() % 3 ? (size_t)(rand() % LONGEST) : 0);
    }
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

enum { BURST = 4000 }; /* pages: 16 MiB */

static size_t resident(uint8_t *const *blocks, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        unsigned char is_there;
        uintptr_t page = (uintptr_t)blocks[i] & ~(uintptr_t)(MT_HEAP_PAGE - 1);

        assert_int_equal(mincore((void *)page, 1, &is_there), 0);
        found += is_there & 1;
    }
    return found;
}

/* Each of the blocks is the first one of its page. A sanitizer's build maps nothing. */
static void a_burst_does_not_keep_its_memory(void **state)
{
    enum { SIZE = 512, PER_PAGE = 7 };
    static uint8_t *blocks[PER_PAGE * BURST], *firsts[BURST];
    struct mt_heap heap = { 0 };
    const char *rest;

    (void)state;
    for (int round = 0; round < 3 && MT_HEAP_SMALL > 0; round++) {
        for (int i = 0; i < PER_PAGE * BURST; i++) {
            blocks[i] = mt_heap_take(&heap, 0, SIZE);
            assert_non_null(blocks[i]);
            memset(blocks[i], i % 256, SIZE);
        }
        for (int i = 0; i < BURST; i++)
            firsts[i] = blocks[PER_PAGE * i];
        assert_int_equal(resident(firsts, BURST), BURST);
        if (round > 0)
            assert_ptr_equal(heap.rest, rest);
        rest = heap.rest;
        for (int i = 0; i < PER_PAGE * BURST; i++) {
            assert_int_equal(blocks[i][0], i % 256);
            assert_int_equal(blocks[i][SIZE - 1], i % 256);
            mt_heap_give(&heap, blocks[i], SIZE);
        }
        if (sysconf(_SC_PAGESIZE) == MT_HEAP_PAGE)
            assert_in_range(resident(firsts, BURST), 1, MT_HEAP_KEPT + BURST / 500 + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_their_bytes),
        cmocka_unit_test(pages_serve_any_size_again),
        cmocka_unit_test(a_burst_does_not_keep_its_memory),
    };

    return cmocka_run_group_tests_name("host/heap", tests, NULL, NULL);
}
