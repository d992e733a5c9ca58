/* SPDX-License-Identifier: MIT */
/* moontower: starts the engine and hands over to modules/main.lua. */
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "engine/runtime.h"
#include "lua/modules.h"

struct places {
    char program[PATH_MAX];  /* this program; read before it can enter a namespace */
    char home[PATH_MAX];     /* the folder of modules/, scripts/ and carriers/ */
    char bytecode[PATH_MAX]; /* the file of the bytecode that the build made of them */
};

/* A path that is relative to the folder of this program. */
static void set_place(char place[PATH_MAX], const char *here, const char *path)
{
    char joined[PATH_MAX];
    snprintf(joined, sizeof(joined), "%.3000s/%.1000s", here, path);
    if (!realpath(joined, place))
        snprintf(place, PATH_MAX, "%s", joined);
}

/*
 * A program in its build folder, build/PRESET, uses the source tree around it. An installed one
 * uses the folders that were installed with it, by their relative path, and looks nowhere else.
 */
static void find_places(struct places *places)
{
    char here[PATH_MAX], cache[PATH_MAX + 32];
    ssize_t length = readlink("/proc/self/exe", here, sizeof(here) - 1);
    here[length > 0 ? length : 0] = '\0';
    if (length <= 0 && !realpath((const char *)getauxval(AT_EXECFN), here)) /* /proc is not there */
        here[0] = '\0';
    snprintf(places->program, sizeof(places->program), "%s", here);
    char *slash = strrchr(here, '/');
    if (slash)
        *slash = '\0';
    snprintf(cache, sizeof(cache), "%s/CMakeCache.txt", here);
    bool is_build = access(cache, F_OK) == 0;
    set_place(places->home, here, is_build ? "../.." : MT_WAY_TO_DATA);
    set_place(places->bytecode, here, is_build ? "moontower.bytecode" : MT_WAY_TO_BYTECODE);
}

/*
 * Takes the current folder, Lua's last resort, off one of the paths in `package`, at the top:
 * another user may have put files into it.
 */
static void forget_current_folder(lua_State *L, const char *path, const char *entries)
{
    lua_getfield(L, -1, path);
    luaL_gsub(L, lua_tostring(L, -1), entries, "");
    lua_setfield(L, -3, path);
    lua_pop(L, 1);
}

/*
 * Pushes modules/main.lua as a function: called in the first task, it returns the exit status.
 * `require "core.program"` tells scripts where this program and their files are, the version, and
 * how to load more.
 */
static int load_main(lua_State *L)
{
    struct places places = { .home = "" };
    find_places(&places);
    lua_getglobal(L, "package");
    forget_current_folder(L, "path", ";./?.lua;./?/init.lua");
    forget_current_folder(L, "cpath", ";./?.so");
    lua_pushfstring(L, "%s/modules/?.lua;%s/modules/?/init.lua;", places.home, places.home);
    lua_getfield(L, -2, "path");
    lua_concat(L, 2);
    lua_setfield(L, -2, "path");

    lua_getfield(L, -1, "loaded");
    lua_pushcfunction(L, mt_lua_bytecode_install);
    lua_pushstring(L, places.bytecode);
    lua_pushstring(L, places.home);
    lua_call(L, 2, 1);
    lua_pushstring(L, places.home);
    lua_setfield(L, -2, "home");
    lua_pushstring(L, places.program);
    lua_setfield(L, -2, "executable");
    lua_pushliteral(L, MT_VERSION);
    lua_setfield(L, -2, "version");
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "core.program");

    lua_getfield(L, -1, "load");
    lua_pushfstring(L, "%s/modules/main.lua", places.home);
    lua_call(L, 1, 2);
    if (lua_isnil(L, -2))
        return lua_error(L);
    lua_pop(L, 1);
    return 1;
}

/* The global `arg`, as lua(1) has it: the program at 0, its arguments from 1. */
static int set_arguments(lua_State *L)
{
    char **argv = lua_touserdata(L, 1);
    lua_newtable(L);
    for (int i = 0; argv[i]; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_setglobal(L, "arg");
    return load_main(L);
}

/* A missing standard descriptor would be given to the next thing that is opened. */
static void fill_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct mt_runtime runtime;
    (void)argc;
    fill_standard_descriptors();
    if (mt_runtime_open(&runtime, mt_lua_preload) < 0) {
        fprintf(stderr, "moontower: the engine cannot start\n");
        return 1;
    }
    int status = 1;
    lua_pushcfunction(runtime.L, set_arguments);
    lua_pushlightuserdata(runtime.L, argv);
    if (lua_pcall(runtime.L, 1, 1, 0) == LUA_OK)
        status = mt_runtime_run(&runtime);
    else
        fprintf(stderr, "moontower: %s\n", lua_tostring(runtime.L, -1));
    int leaked = mt_runtime_close(&runtime);
    return status ? status : leaked;
}
