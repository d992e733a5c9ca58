/* SPDX-License-Identifier: MIT */
/* Loads Lua files from the bytecode that the build made of them: parsing is most of a short run. */
#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/limit.h"
#include "host/bundle.h"
#include "lua/modules.h"

/* What is loaded from where. A userdata, the upvalue of all functions here. */
struct bytecode {
    struct mt_bundle bundle;
    size_t length; /* of our home */
    char home[PATH_MAX];
};

static struct bytecode *bytecode_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int l_close(lua_State *L)
{
    struct bytecode *bytecode = lua_touserdata(L, 1);
    mt_bundle_close(&bytecode->bundle);
    return 0;
}

/*
 * The Lua library names its release. Bytecode of one patch release may misbehave in another, and a
 * distribution replaces the library without a new build of ours. Pushes the running library's
 * release, such as "5.4.6".
 */
static const char *push_release(lua_State *L)
{
    static const char before[] = "$LuaVersion: Lua ";
    const char *release = strstr(lua_ident, before);
    release = release ? release + strlen(before) : LUA_VERSION;
    return lua_pushlstring(L, release, strspn(release, "0123456789."));
}

/* Is this path of ours? Then its name in the bundle is the rest, and an installed tree has the same. */
static bool is_below_home(const struct bytecode *bytecode, const char *path)
{
    return strncmp(path, bytecode->home, bytecode->length) == 0 && path[bytecode->length] == '/';
}

static bool find(struct bytecode *bytecode, const char *path, const struct stat *info,
                 struct mt_bundle_part *part)
{
    const char *name = is_below_home(bytecode, path) ? path + bytecode->length + 1 : path;
    return mt_bundle_find(&bytecode->bundle, name, path, info, part);
}

/*
 * Hands bytecode to Lua, and puts the place of the source where string.dump() had its name: errors
 * tell where the source is, also when the tree was moved after the build.
 */
struct pieces {
    const struct mt_bundle_part *part;
    const char *path;
    size_t path_length;
    int next;
    char size[2 * sizeof(size_t)]; /* of the name, "@" and the path, as lundump.c reads it */
};

static const char *read_size(struct pieces *pieces, size_t size, size_t *length)
{
    size_t at = sizeof(pieces->size);
    pieces->size[--at] = (char)((size & 0x7f) | 0x80);
    while (size >>= 7)
        pieces->size[--at] = (char)(size & 0x7f);
    *length = sizeof(pieces->size) - at;
    return pieces->size + at;
}

static const char *read_piece(lua_State *L, void *data, size_t *length)
{
    struct pieces *pieces = data;
    const struct mt_bundle_part *part = pieces->part;
    (void)L;
    switch (pieces->next++) {
    case 0:
        *length = part->head;
        return part->bytes;
    case 1:
        return read_size(pieces, 1 + pieces->path_length + 1, length);
    case 2:
        *length = 1;
        return "@";
    case 3:
        *length = pieces->path_length;
        return pieces->path;
    case 4:
        *length = part->length - part->head;
        return part->bytes + part->head;
    default:
        *length = 0;
        return NULL;
    }
}

/* Pushes a function and returns true, or does neither. */
static bool load_bytecode(lua_State *L, struct bytecode *bytecode, const char *path,
                          const struct stat *info)
{
    struct mt_bundle_part part;
    if (!find(bytecode, path, info, &part))
        return false;
    struct pieces pieces = { .part = &part, .path = path, .path_length = strlen(path) };
    if (lua_load(L, read_piece, &pieces, path, "b") == LUA_OK)
        return true;
    lua_pop(L, 1); /* it was built for another machine */
    return false;
}

/* Pushes a function and returns true, or pushes a message. */
static bool load_file(lua_State *L, const char *path, const struct stat *info)
{
    return load_bytecode(L, bytecode_of(L), path, info) || luaL_loadfilex(L, path, "t") == LUA_OK;
}

/* Of a file that cannot be read, nothing: loading tells why. */
static void read_info(const char *path, struct stat *info)
{
    if (stat(path, info) < 0)
        memset(info, 0, sizeof(*info));
}

/* load(path) -> function | nil, message: as loadfile(path, "t"), but faster. */
static int l_load(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct stat info;
    read_info(path, &info);
    if (load_file(L, path, &info))
        return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

/*
 * built(path) -> function | nil: what the build made of one of our files, if that is the same. The
 * source is never loaded: it may have changed in between, and the build has not checked it since.
 */
static int l_built(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct stat info;
    return stat(path, &info) == 0 && load_bytecode(L, bytecode_of(L), path, &info);
}

/* note(path) -> string | nil: what the build has noted about one of our files, if it is the same. */
static int l_note(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct mt_bundle_part part;
    struct stat info;
    if (stat(path, &info) < 0 || !find(bytecode_of(L), path, &info, &part) || !part.note[0])
        return 0;
    lua_pushstring(L, part.note);
    return 1;
}

/* checksum(bytes) -> integer: as the bundle has it; the number of bytes is a multiple of 8. */
static int l_checksum(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    luaL_argcheck(L, length % 8 == 0, 1, "not a multiple of 8 bytes");
    lua_pushinteger(L, (lua_Integer)mt_bundle_checksum(bytes, length));
    return 1;
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

/*
 * load_module(path, name, info) -> function; raises, as require() does, if there is a mistake in it.
 * For the searchers alone: `info` is a pointer to the file's struct stat.
 */
static int l_load_module(lua_State *L)
{
    const char *path = lua_tostring(L, 1), *name = lua_tostring(L, 2);
    if (load_file(L, path, lua_touserdata(L, 3)))
        return 1;
    return luaL_error(L, "error loading module '%s':\n\t%s", name, lua_tostring(L, -1));
}

/*
 * Pushes the path of a module of ours, and returns true, or does neither. Ours come first: they are
 * not searched in all the folders of package.path, which opens each file that might be one.
 */
static bool push_our_path(lua_State *L, const struct bytecode *bytecode, const char *name,
                          struct stat *info)
{
    static const char folder[] = "/modules/";
    static const char *const ends[] = { ".lua", "/init.lua" };
    char path[PATH_MAX + 32];
    size_t length = bytecode->length + strlen(folder), name_length = strlen(name);
    if (length + name_length + strlen(ends[1]) >= sizeof(path))
        return false;
    memcpy(path, bytecode->home, bytecode->length);
    memcpy(path + bytecode->length, folder, strlen(folder));
    for (size_t i = 0; i < name_length; i++)
        path[length++] = name[i] == '.' ? '/' : name[i];
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        strcpy(path + length, ends[i]);
        if (stat(path, info) == 0) {
            lua_pushstring(L, path);
            return true;
        }
    }
    return false;
}

/* Pushes the function that loads a file as a module; at the top is the file's path, which stays. */
static void push_loaded(lua_State *L, struct stat *info, bool ours)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, l_load_module, 1);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, info);
    if (ours)
        mt_limits_call_uncharged(L, 3, 1);
    else
        lua_call(L, 3, 1);
}

/*
 * The first searcher of require(): what is in package.preload, or ours. Lua's own for package.preload
 * makes a message for each module that is not in it: 70,000 instructions of `up`.
 */
static int l_search_ours(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct stat info;
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    if (lua_getfield(L, -1, name) != LUA_TNIL) {
        lua_pushliteral(L, ":preload:");
        return 2;
    }
    if (!push_our_path(L, bytecode_of(L), name, &info))
        return 0;
    push_loaded(L, &info, true);
    lua_pushcclosure(L, l_load_ours, 1);
    lua_insert(L, -2);
    return 2; /* the loader, and the path that it is called with */
}

/* The second one: what package.path finds. */
static int l_search_path(lua_State *L)
{
    struct stat info;
    luaL_checkstring(L, 1);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchpath");
    lua_pushvalue(L, 1);
    lua_getfield(L, -3, "path");
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2))
        return 1; /* where it was looked for */
    lua_pop(L, 1);
    read_info(lua_tostring(L, -1), &info);
    push_loaded(L, &info, false);
    lua_insert(L, -2);
    return 2;
}

/* In the places of Lua's own searchers of package.preload and package.path. */
static const lua_CFunction searchers[] = { l_search_ours, l_search_path };

static const luaL_Reg functions[] = {
    { "built", l_built },       { "load", l_load }, { "note", l_note },
    { "checksum", l_checksum }, { NULL, NULL },
};

int mt_lua_bytecode_install(lua_State *L)
{
    const char *bundle = luaL_checkstring(L, 1), *home = luaL_checkstring(L, 2);
    lua_settop(L, 2);
    mt_limits_set_modules(lua_pushfstring(L, "%s/modules", home));
    luaL_newlibtable(L, functions);
    lua_pushstring(L, bundle);
    lua_setfield(L, -2, "bundle");
    const char *release = push_release(L);
    lua_setfield(L, -2, "release");

    struct bytecode *bytecode = lua_newuserdatauv(L, sizeof(*bytecode), 0);
    memset(&bytecode->bundle, 0, sizeof(bytecode->bundle));
    snprintf(bytecode->home, sizeof(bytecode->home), "%s", home);
    bytecode->length = strlen(bytecode->home);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_close);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    mt_bundle_open(&bytecode->bundle, bundle, release); /* without one, sources are parsed */

    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    for (lua_Integer i = 0; i < 2; i++) {
        lua_pushvalue(L, -3);
        lua_pushcclosure(L, searchers[i], 1);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pop(L, 2);
    luaL_setfuncs(L, functions, 1);
    return 1;
}
