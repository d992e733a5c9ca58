/* SPDX-License-Identifier: MIT */
/* Numbers that repeat, and bytes changed by them: what the tests of a million rounds share. */

#ifndef MT_TESTS_MUTATIONS_H
#define MT_TESTS_MUTATIONS_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "wire/bytes.h"
#include "wire_lua.h"

#define ROUNDS 1000000
#define SEED UINT64_C(0x6D6F6F6E746F7772)

static uint64_t random_state = SEED;

/* xorshift64*: the same numbers everywhere, from the printed seed. */
static inline uint32_t draw(uint32_t below)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * UINT64_C(0x2545F4914F6CDD1D)) >> 32) % below;
}

/* The numbers at which length checks go wrong. */
static inline uint32_t draw_tricky(size_t size)
{
    static const uint32_t tricky[] = {
        0,       1,          2,          3,          4,          7,          8,          12,
        16,      20,         0x7F,       0x80,       0xFF,       0x7FFF,     0x8000,     0xFFFF,
        0x10000, 0x3FFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF,
    };

    switch (draw(3)) {
    case 0:
        return tricky[draw(sizeof(tricky) / sizeof(tricky[0]))];
    case 1:
        return (uint32_t)size - 4 + draw(9);
    default:
        return draw((uint32_t)size + 1) & ~3u;
    }
}

/* Changes some bytes, some words, or the length. */
static inline size_t mutate(uint8_t *bytes, size_t size)
{
    for (uint32_t changes = 1 + draw(4); changes > 0 && size > 0; changes--) {
        switch (draw(4)) {
        case 0:
            bytes[draw((uint32_t)size)] ^= (uint8_t)(1u << draw(8));
            break;
        case 1:
            bytes[draw((uint32_t)size)] = (uint8_t)draw(256);
            break;
        case 2:
            if (size >= 4)
                mt_store_uint(bytes + draw((uint32_t)size / 4) * 4, 4, false, draw_tricky(size));
            break;
        case 3:
            if (draw(8) == 0)
                size = draw((uint32_t)size + 1);
            break;
        }
    }
    return size;
}

/* How many rounds to go; seeds the numbers, and prints how to have the same ones again. */
static inline uint32_t start_rounds(uint32_t sample_count)
{
    const char *seed = getenv("MT_SEED"), *rounds = getenv("MT_ROUNDS");
    uint32_t count = rounds ? (uint32_t)strtoul(rounds, NULL, 0) : ROUNDS;

    random_state = seed ? strtoull(seed, NULL, 0) : SEED;
    print_message("seed 0x%" PRIx64 " (MT_SEED), %" PRIu32 " rounds (MT_ROUNDS), %" PRIu32
                  " samples\n",
                  random_state, count, sample_count);
    return count;
}

/* Puts the bytes through the codec of a sample (counted from 0): do they decode? */
static inline bool check_bytes(lua_State *L, uint32_t sample, const uint8_t *bytes, size_t size)
{
    bool decoded;

    lua_getglobal(L, "check");
    lua_getglobal(L, "codecs");
    lua_rawgeti(L, -1, sample + 1);
    lua_getfield(L, -1, "codec");
    lua_replace(L, -3);
    lua_pop(L, 1);
    lua_pushlstring(L, (const char *)bytes, size);
    if (lua_pcall(L, 2, 1, 0) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
    decoded = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return decoded;
}

#endif
