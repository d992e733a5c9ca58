/* SPDX-License-Identifier: MIT */
/* core.udev: devices, their properties, attributes and parents, and their coming and going. */
#include "host/udev.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "engine/error.h"
#include "engine/task.h"
#include "lua/modules.h"

/* ---- devices as tables ---- */

/* A list of devices on the Lua stack, so that a raise while tables are made of it leaks nothing. */
static struct mt_device **push_list(lua_State *L)
{
    struct mt_device **list = lua_newuserdatauv(L, sizeof(*list), 0);
    *list = NULL;
    luaL_setmetatable(L, "mt.devices");
    return list;
}

static int free_list(lua_State *L)
{
    struct mt_device **list = lua_touserdata(L, 1);
    mt_devices_free(*list);
    *list = NULL;
    return 0;
}

static void set_string(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);  /* nil for NULL */
    lua_setfield(L, -2, name);
}

/*
 * A device: { syspath, devnode?, subsystem, sysname, driver?, devtype?, initialized, properties }.
 * `initialized`: udev's rules have run for it; before that, its properties and permissions are not
 * what they will be.
 */
static void push_device(lua_State *L, const struct mt_device *device)
{
    lua_createtable(L, 0, 8);
    set_string(L, "syspath", device->syspath);
    set_string(L, "devnode", device->devnode);
    set_string(L, "subsystem", device->subsystem);
    set_string(L, "sysname", device->sysname);
    set_string(L, "driver", device->driver);
    set_string(L, "devtype", device->devtype);
    lua_pushboolean(L, device->initialized);
    lua_setfield(L, -2, "initialized");
    lua_createtable(L, 0, (int)device->property_count);
    for (size_t i = 0; i < device->property_count; i++)
        set_string(L, device->properties[i].name, device->properties[i].value);
    lua_setfield(L, -2, "properties");
}

static struct udev *udev_of(lua_State *L)
{
    return *(struct udev **)lua_touserdata(L, lua_upvalueindex(1));
}

/* devices(subsystem) -> list of devices, initialised or not | nil, err */
static int l_devices(lua_State *L)
{
    const char *subsystem = luaL_checkstring(L, 1);
    struct mt_device **list = push_list(L);
    int status = mt_udev_devices(udev_of(L), subsystem, list);
    if (status < 0)
        return mt_error_errno(L, status, "udev", "devices of %s", subsystem);
    lua_newtable(L);
    lua_Integer count = 0;
    for (const struct mt_device *device = *list; device; device = device->next) {
        push_device(L, device);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

/* device(syspath) -> device | nil, err. A link to it will do, such as /sys/class/net/wwan0. */
static int l_device(lua_State *L)
{
    const char *syspath = luaL_checkstring(L, 1);
    struct mt_device **device = push_list(L);
    int status = mt_udev_device(udev_of(L), syspath, device);
    if (status < 0)
        return mt_error_errno(L, status, "udev", "%s", syspath);
    push_device(L, *device);
    return 1;
}

/* parent(syspath, subsystem, devtype?) -> the closest such device above it | nil, err */
static int l_parent(lua_State *L)
{
    const char *syspath = luaL_checkstring(L, 1);
    const char *subsystem = luaL_checkstring(L, 2);
    const char *devtype = luaL_optstring(L, 3, NULL);
    struct mt_device **parent = push_list(L);
    int status = mt_udev_parent(udev_of(L), syspath, subsystem, devtype, parent);
    if (status < 0)
        return mt_error_errno(L, status, "udev", "%s parent of %s", subsystem, syspath);
    push_device(L, *parent);
    return 1;
}

/* attribute(syspath, name) -> string | nil, err. Of a link, the name that it leads to. */
static int l_attribute(lua_State *L)
{
    char value[MT_ATTRIBUTE_SIZE];
    const char *syspath = luaL_checkstring(L, 1);
    const char *name = luaL_checkstring(L, 2);
    int status = mt_udev_attribute(udev_of(L), syspath, name, value);
    if (status < 0)
        return mt_error_errno(L, status, "udev", "attribute %s of %s", name, syspath);
    lua_pushstring(L, value);
    return 1;
}

/* ---- events ---- */

struct monitor {
    struct mt_udev_monitor *host;  /* NULL once closed */
    struct next_op *waiting;
};

/* The monitor stands at stack index 1 of the waiting function, below its op. */
struct next_op {
    struct mt_op base;
    struct monitor *monitor;
};

static struct monitor *check_monitor(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.udev.monitor");
}

static void on_event(void *context)
{
    struct monitor *monitor = context;
    struct next_op *op = monitor->waiting;
    monitor->waiting = NULL;
    mt_op_done(&op->base);
}

static void next_cancel(struct mt_op *base)
{
    struct monitor *monitor = ((struct next_op *)base)->monitor;
    monitor->waiting = NULL;
    if (monitor->host)
        mt_udev_monitor_unwatch(monitor->host);
}

static int l_next(lua_State *L);

static int next_finish(lua_State *L, struct mt_op *op)
{
    (void)op;
    return l_next(L);
}

static const struct mt_op_class next_class = { next_cancel, next_finish };

/*
 * monitor:next() waits -> action, device | nil, err
 * The actions are the kernel's: "add", "remove", "change", "move", "bind", "unbind"; or, without
 * a device, "overrun": events were lost, look at all devices again.
 */
static int l_next(lua_State *L)
{
    struct monitor *monitor = check_monitor(L);
    lua_settop(L, 1);
    struct mt_device **device = push_list(L);
    int status = monitor->host ? mt_udev_monitor_take(monitor->host, device) : -ENODEV;
    if (status == -ENOBUFS) {
        lua_pushliteral(L, "overrun");
        return 1;
    }
    if (status < 0)
        return mt_error_errno(L, status, "udev", "monitor");
    if (status > 0) {
        lua_pushstring(L, (*device)->action ? (*device)->action : "change");
        push_device(L, *device);
        return 2;
    }
    if (monitor->waiting)
        return luaL_error(L, "another task waits for this monitor");
    struct next_op *op = mt_op_new(L, sizeof(*op), &next_class);
    op->monitor = monitor;
    monitor->waiting = op;
    mt_udev_monitor_watch(monitor->host);
    return mt_op_wait(L, &op->base);
}

/* monitor:close(): who waits for it gets an error with the code "gone" */
static int l_monitor_close(lua_State *L)
{
    struct monitor *monitor = check_monitor(L);
    if (!monitor->host)
        return 0;
    mt_udev_monitor_close(monitor->host);
    monitor->host = NULL;
    if (monitor->waiting)
        on_event(monitor);
    return 0;
}

enum { MAX_SUBSYSTEMS = 16 };

/* The strings live as long as the table at index 1. */
static void read_subsystems(lua_State *L, const char *subsystems[MAX_SUBSYSTEMS + 1])
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_getfield(L, 1, "subsystems") != LUA_TTABLE)
        luaL_error(L, "subsystems is missing");
    int count = 0;
    while (lua_rawgeti(L, -1, count + 1) != LUA_TNIL) {
        if (count == MAX_SUBSYSTEMS || lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "subsystems: at most %d names expected", MAX_SUBSYSTEMS);
        subsystems[count++] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    subsystems[count] = NULL;
    lua_settop(L, 1);
}

/*
 * monitor { subsystems = { "usbmisc", "net", "tty" }, source = "udev" | "kernel" }
 * -> monitor | nil, err
 * "udev", the default, tells of a device once its rules have run, and needs a running udevd;
 * "kernel" tells at once.
 */
static int l_monitor(lua_State *L)
{
    static const char *const sources[] = { "udev", "kernel", NULL };
    const char *subsystems[MAX_SUBSYSTEMS + 1];
    read_subsystems(L, subsystems);
    lua_getfield(L, 1, "source");
    bool from_kernel = luaL_checkoption(L, 2, "udev", sources) == 1;
    struct monitor *monitor = lua_newuserdatauv(L, sizeof(*monitor), 0);
    memset(monitor, 0, sizeof(*monitor));
    luaL_setmetatable(L, "mt.udev.monitor");
    int status = mt_udev_monitor_open(mt_loop(L), udev_of(L), subsystems, from_kernel, on_event,
                                      monitor, &monitor->host);
    if (status < 0)
        return mt_error_errno(L, status, "udev", "monitor");
    return 1;
}

/* ---- the module ---- */

static int udev_gc(lua_State *L)
{
    struct udev **udev = lua_touserdata(L, 1);
    mt_udev_close(*udev);
    return 0;
}

static void new_class(lua_State *L, const char *name, lua_CFunction on_collected)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, on_collected);
    lua_setfield(L, -2, "__gc");
}

/* Pushes the one library context that all functions of this state share, as their upvalue. */
static void push_udev(lua_State *L)
{
    struct udev **udev = lua_newuserdatauv(L, sizeof(*udev), 0);
    *udev = NULL;
    new_class(L, "mt.udev", udev_gc);
    lua_setmetatable(L, -2);
    *udev = mt_udev_open();
    if (!*udev)
        luaL_error(L, "not enough memory");
}

static const luaL_Reg monitor_methods[] = {
    { "close", l_monitor_close },
    { "next", l_next },
    { "__close", l_monitor_close },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "attribute", l_attribute },
    { "device", l_device },
    { "devices", l_devices },
    { "monitor", l_monitor },
    { "parent", l_parent },
    { NULL, NULL },
};

int mt_lua_udev_open(lua_State *L)
{
    new_class(L, "mt.devices", free_list);
    new_class(L, "mt.udev.monitor", l_monitor_close);
    luaL_setfuncs(L, monitor_methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_newlibtable(L, functions);
    push_udev(L);
    luaL_setfuncs(L, functions, 1);
    return 1;
}
