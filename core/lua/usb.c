/* SPDX-License-Identifier: MIT */
/* core.usb: resetting a USB device, and writing to sysfs where that may take seconds. */
#include "host/usb.h"

#include <lauxlib.h>

#include "engine/error.h"
#include "engine/task.h"
#include "lua/modules.h"

struct usb_op {
    struct mt_op base;
    struct mt_usb_job *job;
    const char *verb, *path;
    int status;
};

static void on_done(void *context, int status)
{
    struct usb_op *op = context;
    op->job = NULL;
    op->status = status;
    mt_op_done(&op->base);
}

static void usb_cancel(struct mt_op *base)
{
    struct usb_op *op = (struct usb_op *)base;
    if (op->job)
        mt_usb_abandon(op->job);
    op->job = NULL;
}

static int usb_finish(lua_State *L, struct mt_op *base)
{
    struct usb_op *op = (struct usb_op *)base;
    if (op->status < 0)
        return mt_error_errno(L, op->status, "usb", "%s %s", op->verb, op->path);
    lua_pushboolean(L, 1);
    return 1;
}

static const struct mt_op_class usb_class = { usb_cancel, usb_finish, NULL };

static int wait_for(lua_State *L, struct usb_op *op, int status)
{
    if (status < 0)
        return mt_error_errno(L, status, "usb", "%s %s", op->verb, op->path);
    return mt_op_wait(L, &op->base);
}

/*
 * reset(node) waits -> true | nil, err. `node` is /dev/bus/usb/BBB/DDD. The kernel resets the port
 * and sets the device up again; drivers unbind from it, and bind again. Cancelling ends the wait:
 * the reset itself cannot be interrupted.
 */
static int l_reset(lua_State *L)
{
    const char *node = luaL_checkstring(L, 1);
    struct usb_op *op = mt_op_new(L, sizeof(*op), &usb_class);
    op->verb = "reset";
    op->path = node;
    return wait_for(L, op, mt_usb_reset(mt_loop(L), node, on_done, op, &op->job));
}

/*
 * write(path, text) waits -> true | nil, err. The file has to be there. Cancelling ends the wait,
 * as above.
 */
static int l_write(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    const char *text = luaL_checkstring(L, 2);
    struct usb_op *op = mt_op_new(L, sizeof(*op), &usb_class);
    op->verb = "write to";
    op->path = path;
    return wait_for(L, op, mt_usb_write(mt_loop(L), path, text, on_done, op, &op->job));
}

int mt_lua_usb_open(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_reset);
    lua_setfield(L, -2, "reset");
    lua_pushcfunction(L, l_write);
    lua_setfield(L, -2, "write");
    return 1;
}
