/* SPDX-License-Identifier: MIT */
/* The C modules that scripts see: `require "core.NAME"` calls mt_lua_NAME_open. */
#ifndef MT_LUA_MODULES_H
#define MT_LUA_MODULES_H

#include <lua.h>

/* Each pushes its module table. */
int mt_lua_at_open(lua_State *L);
int mt_lua_clock_open(lua_State *L);
int mt_lua_descriptor_open(lua_State *L);
int mt_lua_error_open(lua_State *L);
int mt_lua_fs_open(lua_State *L);
int mt_lua_http_open(lua_State *L);
int mt_lua_inet_open(lua_State *L);
int mt_lua_inotify_open(lua_State *L);
int mt_lua_json_open(lua_State *L);
int mt_lua_line_editor_open(lua_State *L);
int mt_lua_mbim_open(lua_State *L);
int mt_lua_mqtt_open(lua_State *L);
int mt_lua_namespace_open(lua_State *L);
int mt_lua_netlink_open(lua_State *L);
int mt_lua_ping_open(lua_State *L);
int mt_lua_port_open(lua_State *L);
int mt_lua_probe_open(lua_State *L);
int mt_lua_process_open(lua_State *L);
int mt_lua_qmi_open(lua_State *L);
int mt_lua_queue_open(lua_State *L);
int mt_lua_sandbox_open(lua_State *L);
int mt_lua_signal_open(lua_State *L);
int mt_lua_task_open(lua_State *L);
int mt_lua_udev_open(lua_State *L);
int mt_lua_usb_open(lua_State *L);
int mt_lua_version_open(lua_State *L);
int mt_lua_xml_open(lua_State *L);
int mt_lua_gzip_open(lua_State *L);

/*
 * A lua_CFunction with two arguments, the file of bytecode and the folder of our Lua files. Makes
 * require() use it, and returns a table { load = function(path), note = function(path), checksum =
 * function(bytes), bundle = that file, release = that of the Lua library that is running }.
 */
int mt_lua_bytecode_install(lua_State *L);

/* Registers all of them in package.preload. */
int mt_lua_preload(lua_State *L);

#endif
