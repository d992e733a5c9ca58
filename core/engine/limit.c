/* SPDX-License-Identifier: MIT */
/* Limits on scripts: how long a task may run between two waits, and how much memory it may hold. */
#include "engine/limit.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "engine/engine.h"
#include "engine/error.h"

/* A step can be a C function that takes a millisecond, or a string of megabytes. */
enum { STEPS_BETWEEN_LOOKS = 200, STEPS_NEAR_THE_LIMIT = 10 };

struct mt_account {
    size_t references;
    struct mt_allowance allowance;
    char name[64];
    char place[LUA_IDSIZE + 16]; /* where one of its tasks was at the latest look: "FILE:LINE:" */

    size_t held;
    size_t gc_threshold; /* holding more, garbage is collected, to see what it really holds */
    bool limit_raised;   /* that it holds too much: it may spend the reserve, to clean up */
    bool is_refused;     /* memory, since the last error for it */

    uint64_t used, allowed; /* nanoseconds, in this generation of its tasks */
    int overruns;           /* the first is raised, the second ends what runs */
    bool is_closing;        /* time was added, in this generation, to close variables */

    struct mt_turns turns;
    struct mt_task *first; /* its end ends the others, which are its children; or NULL */
    void (*cancel)(lua_State *L, struct mt_task *task);
    size_t tasks, started; /* now; ever */
    size_t refused;        /* tasks with a number up to this that have not run yet never will */
};

static uint64_t nanoseconds_of(const struct mt_account *account)
{
    return (uint64_t)(account->allowance.seconds * 1e9);
}

/* ---- memory ---- */

/*
 * A block that an account pays for, or a large one, has a header. The others, nearly all, have none:
 * in `up`, headers were 130 KiB. They are told apart by the kind of their page.
 */
enum { BARE, WITH_HEADER };

/* Aligned for all that Lua puts into a block. */
union header {
    struct mt_account *account;
    LUAI_MAXALIGN;
};

struct mt_account *mt_account_new(const char *name, const struct mt_allowance *allowance)
{
    struct mt_account *account = calloc(1, sizeof(*account));
    if (account) {
        account->references = 1;
        account->allowance = *allowance;
        account->gc_threshold = allowance->bytes / 2;
        account->turns.last = &account->turns.first;
        account->allowed = nanoseconds_of(account);
        snprintf(account->name, sizeof(account->name), "%s", name);
    }
    return account;
}

struct mt_account *mt_account_ref(struct mt_account *account)
{
    if (account)
        account->references++;
    return account;
}

void mt_account_unref(struct mt_account *account)
{
    if (account && --account->references == 0)
        free(account);
}

struct mt_turns *mt_account_turns(struct mt_account *account)
{
    return &account->turns;
}

void mt_account_begin_generation(struct mt_account *account)
{
    if (account->overruns > 1)
        return; /* its tasks are being ended, and get no more time */
    account->used = 0;
    account->allowed = nanoseconds_of(account);
    account->is_closing = false;
}

void mt_account_set_first(struct mt_account *account, struct mt_task *first,
                          void (*cancel)(lua_State *L, struct mt_task *task))
{
    account->first = first;
    account->cancel = cancel;
    account->overruns = 0;
}

void mt_account_unset_first(lua_State *L, struct mt_account *account, const struct mt_task *first)
{
    if (!account || account->first != first)
        return;
    account->first = NULL;
    if (account->overruns > 0) {
        lua_pushnil(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, account);
    }
}

double mt_account_cleanup(const struct mt_account *account)
{
    return account ? account->allowance.cleanup : 0;
}

size_t mt_account_held(const struct mt_account *account)
{
    return account->held;
}

/*
 * Lua may be moving the stack for which it needs memory, so the allocator calls nothing of Lua's.
 * An account that is only a little above its limit is left to the hook, a few steps later: there an
 * error can be raised with a traceback, and never in the middle of a C function.
 */
static bool may_hold_more(struct mt_account *account, size_t more)
{
    size_t reserve = account->allowance.bytes / 4;
    size_t after = account->held + more;
    if (account->allowance.bytes == 0)
        return true;
    if (account->limit_raised && after < account->allowance.bytes - reserve) {
        account->limit_raised = false;
        account->gc_threshold = account->allowance.bytes;
    }
    if (after > account->allowance.bytes + reserve)
        account->is_refused = true;
    return after <= account->allowance.bytes + reserve;
}

/* Where a sanitizer looks, all have one. */
static bool may_be_bare(size_t size)
{
    return MT_HEAP_SMALL > 0 && size <= MT_HEAP_SMALL - sizeof(union header);
}

static bool is_bare(const void *lua_block, size_t size)
{
    return may_be_bare(size) && mt_heap_kind(lua_block) == BARE;
}

static union header *header_of(void *lua_block)
{
    return (union header *)lua_block - 1;
}

static void pay(union header *header, struct mt_account *payer, size_t size)
{
    header->account = payer;
    if (payer) {
        payer->held += size;
        payer->references++;
    }
}

static void stop_paying(struct mt_account *owner, size_t size)
{
    if (owner) {
        owner->held -= size;
        mt_account_unref(owner);
    }
}

static void *take(struct mt_limits *limits, struct mt_account *payer, size_t size)
{
    if (!payer && may_be_bare(size))
        return mt_heap_take(limits->heap, BARE, size);
    union header *header = mt_heap_take(limits->heap, WITH_HEADER, sizeof(*header) + size);
    if (!header)
        return NULL;
    pay(header, payer, size);
    return header + 1;
}

static void give(struct mt_limits *limits, void *lua_block, size_t size)
{
    if (is_bare(lua_block, size)) {
        mt_heap_give(limits->heap, lua_block, size);
        return;
    }
    union header *header = header_of(lua_block);
    struct mt_account *owner = header->account;
    mt_heap_give(limits->heap, header, sizeof(*header) + size);
    stop_paying(owner, size);
}

static void *resize_with_header(struct mt_limits *limits, union header *header,
                                struct mt_account *payer, size_t old_size, size_t new_size)
{
    struct mt_account *owner = header->account;
    union header *resized = mt_heap_resize(limits->heap, WITH_HEADER, header,
                                           sizeof(*header) + old_size, sizeof(*header) + new_size);
    if (!resized)
        return NULL;
    pay(resized, payer, new_size);
    stop_paying(owner, old_size);
    return resized + 1;
}

/* The task that makes a block grow pays for all of it. NULL: Lua keeps the old one. */
static void *resize(struct mt_limits *limits, void *lua_block, size_t old_size, size_t new_size)
{
    bool was_bare = is_bare(lua_block, old_size);
    struct mt_account *owner = was_bare ? NULL : header_of(lua_block)->account;
    struct mt_account *payer = new_size > old_size ? limits->charged : owner;
    if (payer && new_size > old_size &&
        !may_hold_more(payer, new_size - (payer == owner ? old_size : 0)))
        return NULL;
    bool will_be_bare = !payer && may_be_bare(new_size);
    if (was_bare && will_be_bare)
        return mt_heap_resize(limits->heap, BARE, lua_block, old_size, new_size);
    if (!was_bare && !will_be_bare)
        return resize_with_header(limits, header_of(lua_block), payer, old_size, new_size);
    void *moved = take(limits, payer, new_size);
    if (moved) {
        memcpy(moved, lua_block, old_size < new_size ? old_size : new_size);
        give(limits, lua_block, old_size);
    }
    return moved;
}

__attribute__((noinline)) /* or each call saves its registers: 0.2 million instructions of `up` */
static void *
allocate_otherwise(struct mt_limits *limits, void *lua_block, size_t old_size, size_t new_size)
{
    if (lua_block && new_size > 0)
        return resize(limits, lua_block, old_size, new_size);
    if (lua_block)
        give(limits, lua_block, old_size);
    else if (!limits->charged || may_hold_more(limits->charged, new_size))
        return take(limits, limits->charged, new_size);
    return NULL;
}

/* Nearly each call makes a new block or ends one, and unless a script is limited, for no account. */
void *mt_limits_allocate(void *context, void *lua_block, size_t old_size, size_t new_size)
{
    struct mt_limits *limits = context;
    if (!lua_block && new_size == 0)
        return NULL; /* as for the parts that a table does not have */
    if (!lua_block && !limits->charged && may_be_bare(new_size))
        return mt_heap_take(limits->heap, BARE, new_size);
    if (new_size == 0 && is_bare(lua_block, old_size)) {
        mt_heap_give(limits->heap, lua_block, old_size);
        return NULL;
    }
    return allocate_otherwise(limits, lua_block, old_size, new_size);
}

/* ---- time ---- */

/*
 * The task's own time: a script is not charged for a busy machine or a slow disk. Reading this
 * clock is a system call, so it is read only once the wall clock says that the task may be late.
 */
uint64_t mt_processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void start_clock(struct mt_slice *slice)
{
    const struct mt_account *account = slice->account;
    uint64_t left = account->allowed > account->used ? account->allowed - account->used : 0;
    slice->processor = mt_processor_time();
    slice->due = uv_hrtime() + left;
}

static void charge(struct mt_slice *slice)
{
    uint64_t now = mt_processor_time();
    slice->account->used += now - slice->processor;
    slice->processor = now;
}

static bool is_overdue(struct mt_slice *slice)
{
    if (slice->account->allowance.seconds == 0 || uv_hrtime() < slice->due)
        return false;
    charge(slice);
    start_clock(slice);
    return slice->account->used >= slice->account->allowed;
}

/* ---- the hook ---- */

static void push_memory_error(lua_State *L, const struct mt_account *account, const char *where)
{
    size_t bytes = account->allowance.bytes;
    bool is_large = bytes >= 1 << 20;
    mt_error_push(L, "raised", "limit", "%s %s: more than %d %s of memory", where, account->name,
                  (int)(bytes >> (is_large ? 20 : 10)), is_large ? "MiB" : "KiB");
}

static char our_modules[1024]; /* the folder of our modules, with a slash at its end */

void mt_limits_set_modules(const char *folder)
{
    snprintf(our_modules, sizeof(our_modules), "@%s/", folder);
}

/*
 * After a refusal of memory, no function of ours runs until the script, or its caller, has caught
 * the error; so the hook notes its place each time: the innermost line that is the script's own.
 */
static void note_place(lua_State *L, struct mt_account *account, lua_Debug *where)
{
    enum { LEVELS = 8 };
    lua_Debug at = *where;
    for (int level = 0; level < LEVELS && lua_getstack(L, level, &at); level++) {
        lua_getinfo(L, "Sl", &at);
        if (at.currentline >= 0 && strncmp(at.source, our_modules, strlen(our_modules)) != 0) {
            snprintf(account->place, sizeof(account->place), "%s:%d:", at.short_src,
                     at.currentline);
            return;
        }
    }
    if (account->place[0])
        return;
    lua_getinfo(L, "Sl", where);
    snprintf(account->place, sizeof(account->place), "%s:%d:", where->short_src,
             where->currentline);
}

/* Pushes the error, whose traceback begins with the function in which the hook was called. */
static void push_failure(lua_State *L, struct mt_limits *limits, bool of_memory)
{
    struct mt_account *account = limits->slice->account;
    limits->charged = NULL; /* its account may have no memory left for the error */
    if (of_memory)
        push_memory_error(L, account, account->place);
    else
        mt_error_push(L, "raised", "limit", "%s %s: ran %f s without waiting", account->place,
                      account->name, (lua_Number)account->allowance.seconds);
    luaL_traceback(L, L, NULL, 0);
    lua_setfield(L, -2, "traceback");
    limits->charged = account;
}

static void on_steps(lua_State *L, lua_Debug *where);

/* After raising, the hook looks at the next step already: garbage may have made room. */
static void check_memory(lua_State *L, struct mt_limits *limits)
{
    struct mt_account *account = limits->slice->account;
    size_t bytes = account->allowance.bytes;
    int steps = lua_gethookcount(L) * 2;
    int most = bytes && account->held > bytes / 2 ? STEPS_NEAR_THE_LIMIT : STEPS_BETWEEN_LOOKS;
    if (steps != most * 2)
        lua_sethook(L, on_steps, LUA_MASKCOUNT, steps < most ? steps : most);
    if (bytes == 0 || account->held <= account->gc_threshold)
        return;
    lua_gc(L, LUA_GCCOLLECT);
    size_t soon = account->held + bytes / 8;
    if (account->held > bytes && account->limit_raised) {
        account->gc_threshold = soon;
    } else if (account->held > bytes) {
        account->limit_raised = true;
        account->gc_threshold = 0;
        account->refused = account->started;
        lua_sethook(L, on_steps, LUA_MASKCOUNT, 1);
        push_failure(L, limits, true);
        lua_error(L);
    } else {
        account->gc_threshold = soon < bytes / 2 ? bytes / 2 : soon < bytes ? soon : bytes;
    }
}

/* The script runs on in spite of the error: cancels its first task. The error stays on L. */
static void end_account(lua_State *L, struct mt_limits *limits)
{
    struct mt_account *account = limits->slice->account;
    if (!account->first)
        return;
    limits->charged = NULL;
    lua_pushvalue(L, -1);
    account->cancel(L, account->first);
    limits->charged = account;
}

/*
 * Pushes the error of running for too long, and keeps it: tasks that are ended for the same reason
 * end with this one, and not with one that names the line where they happened to be.
 */
static void push_overrun(lua_State *L, struct mt_limits *limits)
{
    struct mt_account *account = limits->slice->account;
    if (account->overruns > 2 && lua_rawgetp(L, LUA_REGISTRYINDEX, account) == LUA_TTABLE)
        return;
    push_failure(L, limits, false);
    limits->charged = NULL;
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, account);
    limits->charged = account;
}

/*
 * Running for too long raises once, in whichever of the account's tasks runs then; they have the
 * same time once more to clean up. A task that swallows the error and runs on gets no second one:
 * its coroutine yields, and mt_slice_end_stopped() ends it. A coroutine that the task has made yields
 * to the task first. Where nothing can yield (in table.sort, string.gsub, or closing variables),
 * each next step raises.
 */
static void on_steps(lua_State *L, lua_Debug *where)
{
    struct mt_limits *limits = mt_engine_of(L)->limits;
    struct mt_slice *slice = limits->slice;
    struct mt_account *account = slice ? slice->account : NULL;
    if (limits->loads > 0)
        return;
    if (!account) {
        lua_sethook(L, NULL, 0, 0); /* a task made this coroutine before it left its limits */
        return;
    }
    note_place(L, account, where);
    if (!slice->is_stopping) {
        check_memory(L, limits);
        if (!is_overdue(slice))
            return;
        account->refused = account->started;
        account->overruns++;
        if (account->overruns <= 2)
            account->allowed += nanoseconds_of(account);
        push_overrun(L, limits);
        if (account->overruns == 1) {
            start_clock(slice);
            lua_error(L);
        }
        if (account->overruns == 2)
            end_account(L, limits);
        slice->is_stopping = true;
        lua_rawsetp(L, LUA_REGISTRYINDEX, slice);
    }
    lua_sethook(L, on_steps, LUA_MASKCOUNT, 1);
    lua_sethook(limits->thread, on_steps, LUA_MASKCOUNT, 1);
    if (lua_isyieldable(L)) {
        lua_yield(L, 0);
    } else {
        lua_rawgetp(L, LUA_REGISTRYINDEX, slice);
        lua_error(L);
    }
}

void mt_limits_call_uncharged(lua_State *L, int arguments, int results)
{
    struct mt_limits *limits = mt_engine_of(L)->limits;
    struct mt_slice *slice = limits->slice;
    struct mt_account *payer = limits->charged;
    if (!slice || !slice->account || limits->loads > 0) {
        lua_call(L, arguments, results);
        return;
    }
    charge(slice);
    limits->loads++;
    limits->charged = NULL;
    int status = lua_pcall(L, arguments, results, 0);
    limits->charged = payer;
    limits->loads--;
    start_clock(slice);
    if (status != LUA_OK)
        lua_error(L);
}

bool mt_limits_explain(lua_State *L)
{
    static const char no_memory[] = "not enough memory";
    struct mt_limits *limits = mt_engine_of(L)->limits;
    struct mt_account *account = limits->slice ? limits->slice->account : NULL;
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

void mt_slice_set_account(struct mt_slice *slice, struct mt_account *account)
{
    struct mt_account *old = slice->account;
    slice->account = mt_account_ref(account);
    if (account) {
        account->tasks++;
        slice->number = ++account->started;
    }
    if (old)
        old->tasks--;
    mt_account_unref(old);
}

void mt_account_check_tasks(lua_State *L, struct mt_account *account)
{
    struct mt_limits *limits = mt_engine_of(L)->limits;
    if (!account || account->allowance.tasks == 0 || account->tasks < account->allowance.tasks)
        return;
    account->refused = account->started;
    limits->charged = NULL;
    luaL_where(L, 2); /* 1 is the group's method */
    mt_error_push(L, "raised", "limit", "%s%s: more than %d tasks at a time", lua_tostring(L, -1),
                  account->name, (int)account->allowance.tasks);
    luaL_traceback(L, L, NULL, 1);
    lua_setfield(L, -2, "traceback");
    limits->charged = account;
    lua_error(L);
}

bool mt_slice_is_refused(const struct mt_slice *slice)
{
    const struct mt_account *account = slice->account;
    return account && (slice->number <= account->refused || account->overruns > 1);
}

void mt_slice_push_refusal(lua_State *L, const struct mt_slice *slice)
{
    mt_error_push(L, "raised", "limit", "%s: it has used up what it may, and starts no tasks",
                  slice->account->name);
}

void mt_slice_set_hook(const struct mt_slice *slice, lua_State *thread)
{
    if (slice->account)
        lua_sethook(thread, on_steps, LUA_MASKCOUNT, 1); /* then after 2, 4 ... steps */
    else
        lua_sethook(thread, NULL, 0, 0);
}

void mt_slice_enter(struct mt_slice *slice, lua_State *thread, struct mt_limits *limits)
{
    limits->charged = slice->account;
    limits->slice = slice;
    limits->thread = thread;
    if (slice->account) {
        start_clock(slice);
        mt_slice_set_hook(slice, thread);
    }
}

void mt_slice_leave(struct mt_slice *slice)
{
    if (slice->account)
        charge(slice);
}

bool mt_slice_end_stopped(struct mt_slice *slice, lua_State *thread)
{
    struct mt_account *account = slice->account;
    if (!slice->is_stopping)
        return false;
    slice->is_stopping = false;
    if (!account->is_closing) {
        account->is_closing = true;
        account->allowed = account->used + nanoseconds_of(account);
    }
    start_clock(slice);
    mt_slice_set_hook(slice, thread);
    lua_resetthread(thread);
    lua_settop(thread, 0);
    lua_rawgetp(thread, LUA_REGISTRYINDEX, slice);
    lua_pushnil(thread);
    lua_rawsetp(thread, LUA_REGISTRYINDEX, slice);
    return true;
}

void mt_slice_end(struct mt_slice *slice, lua_State *L)
{
    if (slice->is_stopping) {
        lua_pushnil(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, slice);
    }
    mt_slice_set_account(slice, NULL);
}
