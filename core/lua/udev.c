/* SPDX-License-Identifier: MIT */
/* core.udev: devices, their attributes and parents, and their coming and going. */
#include "host/udev.h"

#include <errno.h>
#include <lauxlib.h>

#include "engine/error.h"
#include "engine/task.h"
#include "lua/modules.h"
#include "lua/monitor.h"
#include "lua/table.h"

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

/*
 * device = { syspath, devnode = string?, subsystem, sysname = string, driver = string?, devtype?,
 * initialized }
 * `initialized`: udev's rules have run for it; before that, its name and permissions are not what
 * they will be. For a device on a bus, only a monitor knows that and `devnode`.
 */
static void push_device(lua_State *L, const struct mt_device *device)
{
    lua_createtable(L, 0, 7);
    mt_table_set_string(L, "syspath", device->syspath);
    mt_table_set_string(L, "devnode", device->devnode);
    mt_table_set_string(L, "subsystem", device->subsystem);
    mt_table_set_string(L, "sysname", device->sysname);
    mt_table_set_string(L, "driver", device->driver);
    mt_table_set_string(L, "devtype", device->devtype);
    mt_table_set_flag(L, "initialized", device->initialized);
}

static struct mt_udev *udev_of(lua_State *L)
{
    return *(struct mt_udev **)lua_touserdata(L, lua_upvalueindex(1));
}

/* devices(subsystem) -> list of device | nil, err. Initialised or not. */
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

/*
 * device(syspath) -> device | nil, err. A link to it will do, such as /sys/class/net/wwan0.
 */
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

/*
 * parent(syspath, subsystem, devtype?) -> device | nil, err. The closest such device above
 * it.
 */
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
    int status = mt_udev_attribute(syspath, name, value);
    if (status < 0)
        return mt_error_errno(L, status, "udev", "attribute %s of %s", name, syspath);
    lua_pushstring(L, value);
    return 1;
}

/* ---- events ---- */

/*
 * monitor:next() -> action, device | nil, err
 * The actions are the kernel's: "add", "remove", "change", "move", "bind", "unbind"; or, without
 * a device, "overrun": events were lost, look at all devices again.
 */
static int take_event(lua_State *L, struct mt_monitor *host)
{
    struct mt_device **device = push_list(L);
    int status = mt_udev_monitor_take(host, device);
    if (status == -ENOBUFS) {
        lua_pushliteral(L, "overrun");
        return 1;
    }
    if (status <= 0)
        return status;
    lua_pushstring(L, (*device)->action ? (*device)->action : "change");
    push_device(L, *device);
    return 2;
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
 * monitor { subsystems = list of string, source = "udev" | "kernel"? } -> monitor | nil, err.
 * "udev", the default, notifies of a device once its rules have run, and needs a running udevd;
 * "kernel" does at once.
 */
static int l_monitor(lua_State *L)
{
    static const char *const sources[] = { "udev", "kernel", NULL };
    const char *subsystems[MAX_SUBSYSTEMS + 1];
    read_subsystems(L, subsystems);
    lua_getfield(L, 1, "source");
    bool from_kernel = luaL_checkoption(L, 2, "udev", sources) == 1;
    struct mt_monitor **host = mt_lua_monitor_new(L, "udev", take_event);
    int status = mt_udev_monitor_open(mt_loop(L), udev_of(L), subsystems, from_kernel, host);
    if (status < 0)
        return mt_error_errno(L, status, "udev", "monitor");
    return 1;
}

/* ---- the module ---- */

static int udev_gc(lua_State *L)
{
    struct mt_udev **udev = lua_touserdata(L, 1);
    if (*udev)
        mt_udev_close(*udev);
    return 0;
}

/* Pushes what all functions of this state share, as their upvalue. */
static void push_udev(lua_State *L)
{
    struct mt_udev **udev = mt_shared_new(L, sizeof(*udev), udev_gc);
    *udev = mt_udev_open();
    if (!*udev)
        luaL_error(L, "not enough memory");
}

static const luaL_Reg list_methods[] = {
    { "__gc", free_list },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "attribute", l_attribute }, { "device", l_device }, { "devices", l_devices },
    { "monitor", l_monitor },     { "parent", l_parent }, { NULL, NULL },
};

int mt_lua_udev_open(lua_State *L)
{
    mt_class_new(L, "mt.devices", list_methods);
    mt_lua_monitor_register(L);
    luaL_newlibtable(L, functions);
    push_udev(L);
    luaL_setfuncs(L, functions, 1);
    return 1;
}
