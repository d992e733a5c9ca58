/* SPDX-License-Identifier: MIT */
/* core.line_editor: a prompt on standard input and output, read in direct style. */
#include "host/line_editor.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/error.h"
#include "engine/task.h"
#include "host/library.h"
#include "lua/modules.h"
#include "lua/table.h"

struct read_op {
    struct mt_op base;
    struct mt_line_editor_reader reader;
    struct lua_prompt *prompt;
    char *line;
    size_t length;
    enum mt_line_editor_key key;
    int status;
};

struct lua_prompt {
    struct mt_line_editor *edit; /* NULL once closed */
    struct read_op *waiting;
};

static struct lua_prompt *check_prompt(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.prompt");
}

static struct mt_line_editor *check_open(lua_State *L)
{
    struct lua_prompt *prompt = check_prompt(L);
    luaL_argcheck(L, prompt->edit, 1, "the prompt is closed");
    return prompt->edit;
}

static void on_line(struct mt_line_editor_reader *reader, const char *line, size_t length,
                    enum mt_line_editor_key key)
{
    struct read_op *op = mt_container_of(reader, struct read_op, reader);
    op->prompt->waiting = NULL;
    op->line = malloc(length + 1);
    op->status = op->line ? 0 : -ENOMEM;
    if (op->line)
        memcpy(op->line, line, length);
    op->length = length;
    op->key = key;
    mt_op_done(&op->base);
}

static void read_release(struct mt_op *base)
{
    struct read_op *op = (struct read_op *)base;
    free(op->line);
    op->line = NULL;
}

static void read_cancel(struct mt_op *base)
{
    struct read_op *op = (struct read_op *)base;
    if (op->prompt->waiting == op) {
        op->prompt->waiting = NULL;
        mt_line_editor_stop(op->prompt->edit);
    }
    read_release(base);
}

static int read_finish(lua_State *L, struct mt_op *base)
{
    struct read_op *op = (struct read_op *)base;
    if (op->status < 0)
        return mt_error_errno(L, op->status, "line_editor", "read");
    lua_pushnil(L);
    if (op->key == MT_LINE_END)
        return 1;
    if (op->key == MT_LINE_INTERRUPTED) {
        mt_error_push(L, "interrupted", "line_editor", "interrupted");
        return 2;
    }
    lua_pushlstring(L, op->line, op->length);
    lua_pushboolean(L, op->key == MT_LINE_CTRL_Z);
    return 2;
}

static const struct mt_op_class read_class = { read_cancel, read_finish, read_release };

/*
 * prompt:read(text, ctrl_z = boolean?) waits -> line, ended_by_ctrl_z | nil, err. Asks with
 * `text`; `ctrl_z`: Ctrl-Z ends a line, too. Nil at the end (Ctrl-D, end of file); with an error,
 * "interrupted", for Ctrl-C.
 */
static int l_read(lua_State *L)
{
    struct lua_prompt *prompt = check_prompt(L);
    struct mt_line_editor *edit = check_open(L);
    const char *text = luaL_optstring(L, 2, "");
    bool ctrl_z = lua_toboolean(L, 3);
    if (prompt->waiting)
        return luaL_error(L, "another task is reading here");
    struct read_op *op = mt_op_new(L, sizeof(*op), &read_class);
    op->prompt = prompt;
    op->reader.on_line = on_line;
    prompt->waiting = op;
    int status = mt_line_editor_read(edit, text, ctrl_z, &op->reader);
    if (status < 0) {
        mt_line_editor_stop(edit);
        prompt->waiting = NULL;
        op->status = status;
        mt_op_done(&op->base);
    }
    return mt_op_wait(L, &op->base);
}

/* prompt:print(text): shows it, above the line being edited if there is one. */
static int l_print(lua_State *L)
{
    struct mt_line_editor *edit = check_open(L);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    mt_line_editor_print(edit, text, length);
    return 0;
}

/* prompt:remember(line): the arrow keys bring it back. */
static int l_remember(lua_State *L)
{
    struct mt_line_editor *edit = check_open(L);
    mt_line_editor_remember(edit, luaL_checkstring(L, 2));
    return 0;
}

/* prompt:is_terminal() -> boolean */
static int l_is_terminal(lua_State *L)
{
    lua_pushboolean(L, mt_line_editor_is_terminal(check_open(L)));
    return 1;
}

/* prompt:is_edited() -> boolean: Ctrl-C is a key while it reads, and no signal */
static int l_is_edited(lua_State *L)
{
    lua_pushboolean(L, mt_line_editor_is_edited(check_open(L)));
    return 1;
}

/* prompt:close(): a task that waits for a line gets the end. */
static int l_close(lua_State *L)
{
    struct lua_prompt *prompt = check_prompt(L);
    struct mt_line_editor *edit = prompt->edit;
    if (!edit)
        return 0;
    mt_line_editor_stop(edit);
    if (prompt->waiting)
        on_line(&prompt->waiting->reader, "", 0, MT_LINE_END);
    prompt->edit = NULL;
    mt_line_editor_close(edit);
    return 0;
}

static int fail_without_libedit(lua_State *L)
{
    lua_pushnil(L);
    mt_error_push(L, "io", "line_editor", "%s", mt_library_mistake());
    lua_pushliteral(L, "Install libedit; the package of Debian is libedit2.");
    lua_setfield(L, -2, "hint");
    return 2;
}

/* open() -> prompt | nil, err. There is one at a time. */
static int l_open(lua_State *L)
{
    struct lua_prompt *prompt = lua_newuserdatauv(L, sizeof(*prompt), 0);
    memset(prompt, 0, sizeof(*prompt));
    luaL_setmetatable(L, "mt.prompt");
    int status = mt_line_editor_open(mt_loop(L), &prompt->edit);
    if (status == -ELIBACC || status == -ELIBBAD)
        return fail_without_libedit(L);
    if (status < 0)
        return mt_error_errno(L, status, "line_editor", "open the terminal");
    return 1;
}

static const luaL_Reg methods[] = {
    { "close", l_close },   { "is_edited", l_is_edited }, { "is_terminal", l_is_terminal },
    { "print", l_print },   { "read", l_read },           { "remember", l_remember },
    { "__close", l_close }, { "__gc", l_close },          { NULL, NULL },
};

int mt_lua_line_editor_open(lua_State *L)
{
    mt_class_new(L, "mt.prompt", methods);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_open);
    lua_setfield(L, -2, "open");
    return 1;
}
