/* SPDX-License-Identifier: MIT */
/* Limits on scripts: how long a task may run between two waits, and how much memory it may hold. */
#include "engine/limit.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "engine/error.h"
#include "engine/runtime.h"

/* A step can be a C function that takes a millisecond, or a string of megabytes. */
enum { STEPS_BETWEEN_LOOKS = 200, STEPS_NEAR_THE_LIMIT = 10 };

struct mt_account {
    size_t references;
    size_t held, bytes;
    size_t look_at;     /* holding more, garbage is collected, to see what it really holds */
    bool is_told;       /* that it holds too much: it may spend the reserve, to clean up */
    uint64_t nanoseconds;
    double cleanup;
    bool is_refused;    /* memory, since that was last explained */
    char name[64];
    char place[LUA_IDSIZE + 16];  /* where one of its tasks was at the latest look: "FILE:LINE:" */
};

/* ---- memory ---- */

/* Aligned for all that Lua puts into a block. */
union header {
    struct mt_account *account;
    LUAI_MAXALIGN;
};

struct mt_account *mt_account_new(const char *name, double seconds, double cleanup, size_t bytes)
{
    struct mt_account *account = calloc(1, sizeof(*account));
    if (account) {
        account->references = 1;
        account->bytes = bytes;
        account->look_at = bytes / 2;
        account->nanoseconds = (uint64_t)(seconds * 1e9);
        account->cleanup = cleanup;
        snprintf(account->name, sizeof(account->name), "%s", name);
    }
    return account;
}

void mt_account_unref(struct mt_account *account)
{
    if (account && --account->references == 0)
        free(account);
}

double mt_account_cleanup(const struct mt_account *account)
{
    return account ? account->cleanup : 0;
}

size_t mt_account_held(const struct mt_account *account)
{
    return account->held;
}

/*
 * Lua may be moving the stack that it asks memory for, so an allocator uses nothing of Lua's. What is
 * only a little too much is for the hook, a few steps later: there it can be raised as an error with a
 * traceback, and never in the middle of a C function.
 */
static bool may_hold_more(struct mt_account *account, size_t more)
{
    size_t reserve = account->bytes / 4;
    size_t after = account->held + more;
    if (account->bytes == 0)
        return true;
    if (account->is_told && after < account->bytes - reserve) {
        account->is_told = false;
        account->look_at = account->bytes;
    }
    if (after > account->bytes + reserve)
        account->is_refused = true;
    return after <= account->bytes + reserve;
}

static void release(union header *block, size_t size)
{
    struct mt_account *account = block->account;
    free(block);
    if (account) {
        account->held -= size;
        mt_account_unref(account);
    }
}

/* A block that grows is paid for by who makes it grow. */
void *mt_limits_allocate(void *context, void *lua_block, size_t old_size, size_t new_size)
{
    struct mt_limits *limits = context;
    union header *block = lua_block ? (union header *)lua_block - 1 : NULL;
    if (!block)
        old_size = 0;  /* then Lua passes the kind of the object here */
    if (new_size == 0) {
        if (block)
            release(block, old_size);
        return NULL;
    }
    struct mt_account *owner = block ? block->account : NULL;
    struct mt_account *payer = new_size > old_size ? limits->charged : owner;
    if (payer && new_size > old_size &&
        !may_hold_more(payer, new_size - (payer == owner ? old_size : 0)))
        return NULL;
    union header *resized = realloc(block, sizeof(*block) + new_size);
    if (!resized)
        return NULL;  /* the old one is Lua's still */
    resized->account = payer;
    if (payer) {
        payer->held += new_size;
        payer->references++;
    }
    if (owner) {
        owner->held -= old_size;
        mt_account_unref(owner);
    }
    return resized + 1;
}

/* ---- time ---- */

/*
 * The task's own time: that the machine was busy with others, or slow to read a file, is not the
 * script's fault. Reading this clock is a system call, so only who seems to be late is asked.
 */
uint64_t mt_processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void start_clock(struct mt_run *run)
{
    run->processor = mt_processor_time();
    run->due = uv_hrtime() + run->account->nanoseconds;
    run->is_stopping = false;
}

static bool is_overdue(struct mt_run *run)
{
    uint64_t now = uv_hrtime();
    if (now < run->due)
        return false;
    uint64_t used = mt_processor_time() - run->processor;
    if (used >= run->account->nanoseconds)
        return true;
    run->due = now + run->account->nanoseconds - used;
    return false;
}

/* ---- what a script meets ---- */

static void push_memory_error(lua_State *L, const struct mt_account *account, const char *where)
{
    bool is_large = account->bytes >= 1 << 20;
    mt_error_push(L, "raised", "limit", "%s %s: more than %d %s of memory", where, account->name,
                  (int)(account->bytes >> (is_large ? 20 : 10)), is_large ? "MiB" : "KiB");
}

/*
 * When memory is refused, no function of ours runs until the script, or what called it, has caught
 * that; so the hook notes where it is each time.
 */
static void note_place(lua_State *L, struct mt_account *account, lua_Debug *where)
{
    lua_getinfo(L, "Sl", where);
    snprintf(account->place, sizeof(account->place), "%s:%d:", where->short_src, where->currentline);
}

/* Pushes the error, whose traceback begins with the function in which the hook was called. */
static void push_failure(lua_State *L, struct mt_limits *limits, bool of_memory)
{
    struct mt_account *account = limits->run->account;
    limits->charged = NULL;  /* it is told that there is no memory, so not from that memory */
    if (of_memory)
        push_memory_error(L, account, account->place);
    else
        mt_error_push(L, "raised", "limit", "%s %s: ran %f s without waiting", account->place,
                      account->name, (lua_Number)account->nanoseconds / 1e9);
    luaL_traceback(L, L, NULL, 0);
    lua_setfield(L, -2, "traceback");
    limits->charged = account;
}

static void on_steps(lua_State *L, lua_Debug *where);

/* Looks again at once after it has raised: what was held is garbage then, and room to clean up. */
static void look_at_memory(lua_State *L, struct mt_limits *limits)
{
    struct mt_account *account = limits->run->account;
    int steps = lua_gethookcount(L) * 2;
    int most = account->bytes && account->held > account->bytes / 2 ? STEPS_NEAR_THE_LIMIT
                                                                    : STEPS_BETWEEN_LOOKS;
    if (steps != most * 2)
        lua_sethook(L, on_steps, LUA_MASKCOUNT, steps < most ? steps : most);
    if (account->bytes == 0 || account->held <= account->look_at)
        return;
    lua_gc(L, LUA_GCCOLLECT);
    size_t soon = account->held + account->bytes / 8;
    if (account->held > account->bytes && account->is_told) {
        account->look_at = soon;
    } else if (account->held > account->bytes) {
        account->is_told = true;
        account->look_at = 0;
        lua_sethook(L, on_steps, LUA_MASKCOUNT, 1);
        push_failure(L, limits, true);
        lua_error(L);
    } else {
        account->look_at = soon < account->bytes / 2 ? account->bytes / 2
                           : soon < account->bytes ? soon : account->bytes;
    }
}

/*
 * Running for too long raises once. Who swallows that and runs on is not asked again: the coroutine
 * yields, and mt_run_end_stopped() ends it. One that it has made and is in yields to it, before that.
 * Where nothing can yield (in table.sort, string.gsub, or closing variables), each next step raises.
 */
static void on_steps(lua_State *L, lua_Debug *where)
{
    struct mt_limits *limits = &mt_engine_of(L)->limits;
    struct mt_run *run = limits->run;
    if (!run || !run->account) {
        lua_sethook(L, NULL, 0, 0);  /* of a coroutine that a task made before it left its limits */
        return;
    }
    note_place(L, run->account, where);
    if (!run->is_stopping) {
        look_at_memory(L, limits);
        if (run->account->nanoseconds == 0 || !is_overdue(run))
            return;
        run->overruns++;
        if (run->overruns == 1) {
            start_clock(run);
            push_failure(L, limits, false);
            lua_error(L);
        }
        run->is_stopping = true;
        push_failure(L, limits, false);
        lua_rawsetp(L, LUA_REGISTRYINDEX, run);
    }
    lua_sethook(L, on_steps, LUA_MASKCOUNT, 1);
    lua_sethook(limits->thread, on_steps, LUA_MASKCOUNT, 1);
    if (lua_isyieldable(L)) {
        lua_yield(L, 0);
    } else {
        lua_rawgetp(L, LUA_REGISTRYINDEX, run);
        lua_error(L);
    }
}

bool mt_limits_explain(lua_State *L)
{
    static const char no_memory[] = "not enough memory";
    struct mt_limits *limits = &mt_engine_of(L)->limits;
    struct mt_account *account = limits->run ? limits->run->account : NULL;
    size_t length;
    if (!account || !account->is_refused)
        return false;
    const char *message = lua_tolstring(L, -1, &length) + length;
    if (length < sizeof(no_memory) - 1 || strcmp(message - sizeof(no_memory) + 1, no_memory) != 0)
        return false;
    account->is_refused = false;
    push_memory_error(L, account, account->place);
    lua_replace(L, -2);
    lua_pushfstring(L, "stack traceback:\n\t%s here, or a few steps later", account->place);
    lua_setfield(L, -2, "traceback");
    return true;
}

void mt_run_set_account(struct mt_run *run, struct mt_account *account)
{
    struct mt_account *old = run->account;
    if (account)
        account->references++;
    run->account = account;
    mt_account_unref(old);
}

void mt_run_set_hook(const struct mt_run *run, lua_State *thread)
{
    if (run->account)
        lua_sethook(thread, on_steps, LUA_MASKCOUNT, 1);  /* then after 2, 4 ... steps */
    else
        lua_sethook(thread, NULL, 0, 0);
}

void mt_run_enter(struct mt_run *run, lua_State *thread, struct mt_limits *limits)
{
    limits->charged = run->account;
    limits->run = run;
    limits->thread = thread;
    if (run->account) {
        start_clock(run);
        mt_run_set_hook(run, thread);
    }
}

bool mt_run_end_stopped(struct mt_run *run, lua_State *thread)
{
    if (!run->is_stopping)
        return false;
    start_clock(run);
    mt_run_set_hook(run, thread);
    lua_resetthread(thread);
    lua_settop(thread, 0);
    lua_rawgetp(thread, LUA_REGISTRYINDEX, run);
    return true;
}

void mt_run_end(struct mt_run *run, lua_State *L)
{
    if (run->overruns > 1) {
        lua_pushnil(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, run);
    }
    mt_run_set_account(run, NULL);
}
