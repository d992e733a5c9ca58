/* SPDX-License-Identifier: MIT */
/* Registers the C modules, so that scripts can require them. */
#include <lauxlib.h>

#include "lua/modules.h"
#include "wire/schema.h"

static const luaL_Reg modules[] = {
    { "core.at", mt_lua_at_open },
    { "core.clock", mt_lua_clock_open },
    { "core.descriptor", mt_lua_descriptor_open },
    { "core.error", mt_lua_error_open },
    { "core.fs", mt_lua_fs_open },
#ifdef MT_HTTP
    { "core.http", mt_lua_http_open },
#endif
#ifdef MT_GZIP
    { "core.gzip", mt_lua_gzip_open },
#endif
    { "core.inet", mt_lua_inet_open },
    { "core.inotify", mt_lua_inotify_open },
    { "core.json", mt_lua_json_open },
    { "core.line_editor", mt_lua_line_editor_open },
    { "core.mbim", mt_lua_mbim_open },
#ifdef MT_MQTT
    { "core.mqtt", mt_lua_mqtt_open },
#endif
    { "core.namespace", mt_lua_namespace_open },
    { "core.netlink", mt_lua_netlink_open },
    { "core.ping", mt_lua_ping_open },
    { "core.port", mt_lua_port_open },
    { "core.probe", mt_lua_probe_open },
    { "core.process", mt_lua_process_open },
    { "core.qmi", mt_lua_qmi_open },
    { "core.queue", mt_lua_queue_open },
    { "core.sandbox", mt_lua_sandbox_open },
    { "core.schema", mt_schema_open },
    { "core.signal", mt_lua_signal_open },
    { "core.task", mt_lua_task_open },
    { "core.udev", mt_lua_udev_open },
    { "core.usb", mt_lua_usb_open },
    { "core.version", mt_lua_version_open },
#ifdef MT_XML
    { "core.xml", mt_lua_xml_open },
#endif
    { NULL, NULL },
};

int mt_lua_preload(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    luaL_setfuncs(L, modules, 0);
    return 0;
}
