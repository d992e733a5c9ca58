/* SPDX-License-Identifier: MIT */
/* Loads Lua files from the bytecode that the build made of them: parsing is most of a short run. */
#include <fcntl.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/limit.h"
#include "lua/modules.h"

enum { MAX_BYTECODE = 256 << 10 };

/*
 * The Lua library names its release. Bytecode of one patch release may misbehave in another, and a
 * distribution replaces the library without a new build of ours. Pushes the running library's
 * release, such as "5.4.6".
 */
static void push_release(lua_State *L)
{
    static const char before[] = "$LuaVersion: Lua ";
    const char *release = strstr(lua_ident, before);
    release = release ? release + strlen(before) : LUA_VERSION;
    lua_pushlstring(L, release, strspn(release, "0123456789."));
}

/*
 * name(path) -> the file that bytecode of a source is kept in | nil: there is no such source, or
 * the path is not absolute. Upvalues: the folder of all bytecode, and our home. The name is the
 * source's below our home, so that an installed tree finds what the build made, and it holds the
 * source's time and size, so that a source that has changed since has no bytecode, and is parsed.
 * The time is in seconds, as archives and packages keep no more.
 */
static int l_name(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    size_t length;
    const char *home = lua_tolstring(L, lua_upvalueindex(2), &length);
    struct stat info;
    if (path[0] != '/' || stat(path, &info) < 0)
        return 0;
    if (strncmp(path, home, length) == 0 && path[length] == '/')
        path += length + 1;
    luaL_gsub(L, path, "/", "%");
    lua_pushfstring(L, "%s/%s.%I.%I", lua_tostring(L, lua_upvalueindex(1)), lua_tostring(L, -1),
                    (LUAI_UACINT)info.st_mtim.tv_sec, (LUAI_UACINT)info.st_size);
    return 1;
}

/* Pushes a function and returns true, or does neither. (luaL_loadfile opens such a file twice.) */
static bool load_bytecode(lua_State *L, const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0)
        return false;
    if (fstat(fd, &info) < 0 || info.st_size > MAX_BYTECODE)
        info.st_size = 0;
    /* A malloc'ed buffer would leak should Lua raise, and close() not be reached. */
    static char buffer[MAX_BYTECODE];
    ssize_t length = read(fd, buffer, (size_t)info.st_size);
    close(fd);
    if (length <= 0 || length != info.st_size)
        return false;
    if (luaL_loadbufferx(L, buffer, (size_t)length, name, "b") == LUA_OK)
        return true;
    lua_pop(L, 1);
    return false;
}

/* load(path) -> function | nil, message: as loadfile(path, "t"), but faster. Upvalue: name(). */
static int l_load(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    if (lua_isstring(L, -1) && load_bytecode(L, lua_tostring(L, -1)))
        return 1;
    if (luaL_loadfilex(L, path, "t") == LUA_OK)
        return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

/* Runs a module of ours, its upvalue, without charging the script that is the first to need it. */
static int l_load_ours(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    mt_limits_call_uncharged(L, 2, 1);
    return 1;
}

/* Is this file one of our modules? */
static bool is_ours(const char *path, const char *home, size_t length)
{
    static const char modules[] = "/modules/";
    return strncmp(path, home, length) == 0 &&
           strncmp(path + length, modules, sizeof(modules) - 1) == 0;
}

/*
 * A searcher for require(): what package.path finds, loaded by load(). Upvalues: load() and our
 * home.
 */
static int l_searcher(lua_State *L)
{
    size_t length;
    const char *name = luaL_checkstring(L, 1);
    const char *home = lua_tolstring(L, lua_upvalueindex(2), &length);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchpath");
    lua_pushvalue(L, 1);
    lua_getfield(L, -3, "path");
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2))
        return 1; /* where it was looked for */
    lua_pop(L, 1);
    bool ours = is_ours(lua_tostring(L, -1), home, length);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, -2);
    if (ours)
        mt_limits_call_uncharged(L, 1, 2);
    else
        lua_call(L, 1, 2);
    if (lua_isnil(L, -2))
        return luaL_error(L, "error loading module '%s':\n\t%s", name, lua_tostring(L, -1));
    lua_pop(L, 1);
    if (ours)
        lua_pushcclosure(L, l_load_ours, 1);
    lua_insert(L, -2);
    return 2; /* the loader, and the path that it is called with */
}

/* Index of Lua's own searcher of package.path, which ours replaces. */
enum { PATH_SEARCHER = 2 };

int mt_lua_bytecode_install(lua_State *L)
{
    luaL_checkstring(L, 1);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    mt_limits_set_modules(lua_pushfstring(L, "%s/modules", lua_tostring(L, 2)));
    lua_settop(L, 2);
    lua_newtable(L);
    lua_pushvalue(L, 1);
    lua_pushliteral(L, "/");
    push_release(L);
    lua_concat(L, 3);
    lua_pushvalue(L, -1);
    lua_setfield(L, 3, "bytecode_folder");
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, l_name, 2);
    lua_pushvalue(L, -1);
    lua_setfield(L, 3, "bytecode_name");
    lua_pushcclosure(L, l_load, 1);
    lua_setfield(L, 3, "load");

    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    lua_getfield(L, 3, "load");
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, l_searcher, 2);
    lua_rawseti(L, -2, PATH_SEARCHER);
    lua_settop(L, 3);
    return 1;
}
