/* SPDX-License-Identifier: MIT */
/* Loads Lua files from the bytecode that the build made of them: parsing is most of a short run. */
#include <fcntl.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lua/modules.h"

enum { MAX_BYTECODE = 256 << 10 };

/*
 * The name that bytecode of a source file is kept under, in the folder that is this function's
 * upvalue. It tells the source's time and size, so a file that has been changed since the build
 * has none, and is parsed. Pushes it, or nil when there is no such source,
 * or no absolute path to it.
 */
static int l_name(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct stat info;
    if (path[0] != '/' || stat(path, &info) < 0)
        return 0;
    luaL_gsub(L, path, "/", "%");
    lua_pushfstring(L, "%s/%s.%I.%I.%I", lua_tostring(L, lua_upvalueindex(1)), lua_tostring(L, -1),
                    (LUAI_UACINT)info.st_mtim.tv_sec, (LUAI_UACINT)info.st_mtim.tv_nsec,
                    (LUAI_UACINT)info.st_size);
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

/* load(path) -> function | nil, message: as loadfile(path, "t"), but faster */
static int l_load(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, l_name, 1);
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

/* A searcher for require(): what package.path finds, loaded by load(), its upvalue. */
static int l_searcher(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchpath");
    lua_pushvalue(L, 1);
    lua_getfield(L, -3, "path");
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2))
        return 1;  /* where it was looked for */
    lua_pop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, -2);
    lua_call(L, 1, 2);
    if (lua_isnil(L, -2))
        return luaL_error(L, "error loading module '%s':\n\t%s", name, lua_tostring(L, -1));
    lua_pop(L, 1);
    lua_insert(L, -2);
    return 2;  /* the loader, and the path that it is called with */
}

/* Index of Lua's own searcher of package.path, which ours stands in for. */
enum { PATH_SEARCHER = 2 };

int mt_lua_bytecode_install(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, l_name, 1);
    lua_setfield(L, 2, "bytecode_name");
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, l_load, 1);
    lua_setfield(L, 2, "load");

    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    lua_getfield(L, 2, "load");
    lua_pushcclosure(L, l_searcher, 1);
    lua_rawseti(L, -2, PATH_SEARCHER);
    lua_settop(L, 2);
    return 1;
}
