/* SPDX-License-Identifier: MIT */
/* core.fs: files, as far as the engine needs them: small ones, on local disks, at once. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/error.h"
#include "lua/modules.h"
#include "lua/table.h"

enum { READ_LIMIT = 1 << 20 };

/*
 * A descriptor on the Lua stack: closed when its function returns to Lua or raises. As a lock, it
 * is what the script holds.
 */
struct file {
    int fd; /* or -1 */
};

/* lock:close(): gives it back. */
static int l_file_close(lua_State *L)
{
    struct file *file = luaL_checkudata(L, 1, "mt.file");
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    return 0;
}

/*
 * Pushes a file and opens it; file->fd is a negative errno if that fails. Opening never waits, for
 * the other end of a FIFO, for example.
 */
static struct file *push_file(lua_State *L, const char *path, int flags, int mode)
{
    struct file *file = lua_newuserdatauv(L, sizeof(*file), 0);
    file->fd = -1;
    luaL_setmetatable(L, "mt.file");
    file->fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
    if (file->fd < 0)
        file->fd = -errno;
    return file;
}

static int result(lua_State *L, int status, const char *what, const char *path)
{
    if (status < 0)
        return mt_error_errno(L, status, "fs", "%s %s", what, path);
    lua_pushboolean(L, 1);
    return 1;
}

/* ---- reading and writing ---- */

static const char *type_name(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return "file";
    case S_IFDIR:
        return "directory";
    case S_IFCHR:
        return "character";
    case S_IFBLK:
        return "block";
    case S_IFSOCK:
        return "socket";
    case S_IFIFO:
        return "fifo";
    case S_IFLNK:
        return "link";
    default:
        return "unknown";
    }
}

/* Pushes nil and an error with the code "invalid"; detail.type says what is there. */
static int no_file(lua_State *L, const char *path, mode_t mode)
{
    lua_pushnil(L);
    mt_error_push(L, "invalid", "fs", "read %s: that is no file (it is of the type '%s')", path,
                  type_name(mode));
    lua_createtable(L, 0, 1);
    mt_table_set_string(L, "type", type_name(mode));
    lua_setfield(L, -2, "detail");
    return 2;
}

/*
 * read(path) -> string | nil, err. At most 1 MiB. Only files: reading anything else might wait for
 * ever.
 */
static int l_read(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct file *file = push_file(L, path, O_RDONLY, 0);
    if (file->fd < 0)
        return mt_error_errno(L, file->fd, "fs", "read %s", path);
    lua_toclose(L, -1);
    struct stat info;
    if (fstat(file->fd, &info) < 0)
        return mt_error_errno(L, -errno, "fs", "read %s", path);
    if (S_ISDIR(info.st_mode))
        return mt_error_errno(L, -EISDIR, "fs", "read %s", path);
    if (!S_ISREG(info.st_mode))
        return no_file(L, path, info.st_mode);

    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    size_t total = 0;
    for (;;) {
        char *space = luaL_prepbuffer(&buffer);
        ssize_t count = read(file->fd, space, LUAL_BUFFERSIZE);
        if (count < 0 && errno == EINTR)
            continue;
        total += count > 0 ? (size_t)count : 0;
        if (count < 0 || total > READ_LIMIT) {
            int status = count < 0 ? -errno : -EFBIG;
            luaL_pushresult(&buffer);
            return mt_error_errno(L, status, "fs", "read %s", path);
        }
        if (count == 0)
            break;
        luaL_addsize(&buffer, (size_t)count);
    }
    luaL_pushresult(&buffer);
    return 1;
}

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, data, length);
        if (count < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        data += count;
        length -= (size_t)count;
    }
    return 0;
}

static int optional_mode(lua_State *L, int index, int otherwise)
{
    lua_Integer mode = luaL_optinteger(L, index, otherwise);
    luaL_argcheck(L, mode >= 0 && mode <= 07777, index, "a file mode expected");
    return (int)mode;
}

/*
 * write(path, string, mode = 0644) -> true | nil, err. In place, for files that can't be replaced:
 * those in sysfs, or one that something is mounted on. `mode` is for a file that is created.
 */
static int l_write(lua_State *L)
{
    size_t length;
    const char *path = luaL_checkstring(L, 1);
    const char *data = luaL_checklstring(L, 2, &length);
    int mode = optional_mode(L, 3, 0644);
    struct file *file = push_file(L, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    if (file->fd < 0)
        return result(L, file->fd, "write", path);
    lua_toclose(L, -1);
    return result(L, write_all(file->fd, data, length), "write", path);
}

/* A rename is only safe on disk once the directory is. */
static int sync_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int status = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return status;
}

struct attributes {
    uid_t uid; /* -1: this process's */
    gid_t gid;
    mode_t mode;
};

static int replace(int fd, const char *temporary, const char *path,
                   const struct attributes *attributes, const char *data, size_t length)
{
    int status = write_all(fd, data, length);
    /* First the owner, as that may take bits off the mode. One may lack the right, or a namespace that user. */
    bool owned = attributes->uid != (uid_t)-1 || attributes->gid != (gid_t)-1;
    if (status == 0 && owned && fchown(fd, attributes->uid, attributes->gid) < 0 &&
        errno != EPERM && errno != EINVAL)
        status = -errno;
    if (status == 0 && (fchmod(fd, attributes->mode) < 0 || fsync(fd) < 0))
        status = -errno;
    if (status == 0 && rename(temporary, path) < 0)
        status = -errno;
    if (status < 0)
        unlink(temporary);
    return status < 0 ? status : sync_directory(path);
}

/*
 * write_atomic(path, string, mode = 0644, uid?, gid?) -> true | nil, err. A reader, also after a
 * power failure, finds the old content or the new. Who may not give the file away keeps it.
 */
static int l_write_atomic(lua_State *L)
{
    size_t length;
    const char *path = luaL_checkstring(L, 1);
    const char *data = luaL_checklstring(L, 2, &length);
    struct attributes attributes = {
        .mode = (mode_t)optional_mode(L, 3, 0644),
        .uid = (uid_t)luaL_optinteger(L, 4, -1),
        .gid = (gid_t)luaL_optinteger(L, 5, -1),
    };
    const char *temporary = lua_pushfstring(L, "%s.%d.new", path, (int)getpid());
    /* Left over from a process that died; of ours, there is only one at a time. */
    unlink(temporary);
    struct file *file = push_file(L, temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file->fd < 0)
        return result(L, file->fd, "write", path);
    lua_toclose(L, -1);
    return result(L, replace(file->fd, temporary, path, &attributes, data, length), "write", path);
}

/*
 * lock(path) -> lock | nil, err ("busy": another holder has it). lock:close() gives it back, and
 * so does the end of the process. The file itself stays.
 */
static int l_lock(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct file *file = push_file(L, path, O_RDWR | O_CREAT, 0600);
    if (file->fd < 0)
        return result(L, file->fd, "lock", path);
    if (flock(file->fd, LOCK_EX | LOCK_NB) < 0) {
        int status = errno == EWOULDBLOCK ? -EBUSY : -errno;
        close(file->fd);
        file->fd = -1;
        return result(L, status, "lock", path);
    }
    return 1;
}

/* ---- names ---- */

/* With this mode, whatever the umask is: others may have to read what a daemon with the umask 0077 makes. */
static int make_directory(const char *path, mode_t mode)
{
    return mkdir(path, mode) < 0 || chmod(path, mode) < 0 ? -errno : 0;
}

static int make_directories(char *path, mode_t mode)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        int status = make_directory(path, mode);
        *slash = '/';
        if (status < 0 && status != -EEXIST)
            return status;
    }
    int status = make_directory(path, mode);
    struct stat info;
    return status == -EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? 0 : status;
}

/*
 * mkdir(path, mode = 0755) -> true | nil, err. Parents, too; no error when it is there. `mode` holds whatever the umask
 * is.
 */
static int l_mkdir(lua_State *L)
{
    char path[PATH_MAX];
    size_t length;
    const char *given = luaL_checklstring(L, 1, &length);
    int mode = optional_mode(L, 2, 0755);
    if (length == 0 || length >= sizeof(path))
        return result(L, length ? -ENAMETOOLONG : -ENOENT, "create", given);
    memcpy(path, given, length + 1);
    return result(L, make_directories(path, (mode_t)mode), "create", given);
}

/* chmod(path, mode) -> true | nil, err */
static int l_chmod(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    mode_t mode = (mode_t)luaL_checkinteger(L, 2);
    return result(L, chmod(path, mode) < 0 ? -errno : 0, "change the mode of", path);
}

/* chgrp(path, name) -> true | nil, err. "invalid" when there is no such group. */
static int l_chgrp(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    const char *name = luaL_checkstring(L, 2);
    errno = 0;
    const struct group *group = getgrnam(name);
    if (!group)
        return mt_error_errno(L, errno ? -errno : -EINVAL, "fs", "group %s", name);
    int status = chown(path, (uid_t)-1, group->gr_gid) < 0 ? -errno : 0;
    return result(L, status, "change the group of", path);
}

/* remove(path) -> true | nil, err. A file, or an empty directory. */
static int l_remove(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    return result(L, remove(path) < 0 ? -errno : 0, "remove", path);
}

/* rename(from, to) -> true | nil, err. What is at `to` is replaced. */
static int l_rename(lua_State *L)
{
    const char *from = luaL_checkstring(L, 1);
    const char *to = luaL_checkstring(L, 2);
    return result(L, rename(from, to) < 0 ? -errno : 0, "rename", from);
}

/* readlink(path) -> string | nil, err */
static int l_readlink(lua_State *L)
{
    char target[PATH_MAX];
    const char *path = luaL_checkstring(L, 1);
    ssize_t length = readlink(path, target, sizeof(target));
    if (length < 0)
        return result(L, -errno, "read link", path);
    lua_pushlstring(L, target, (size_t)length);
    return 1;
}

/* symlink(target, path) -> true | nil, err */
static int l_symlink(lua_State *L)
{
    const char *target = luaL_checkstring(L, 1);
    const char *path = luaL_checkstring(L, 2);
    return result(L, symlink(target, path) < 0 ? -errno : 0, "link", path);
}

/* realpath(path) -> string | nil, err */
static int l_realpath(lua_State *L)
{
    char resolved[PATH_MAX];
    const char *path = luaL_checkstring(L, 1);
    if (!realpath(path, resolved))
        return result(L, -errno, "resolve", path);
    lua_pushstring(L, resolved);
    return 1;
}

/* ---- looking around ---- */

/* free(path) -> integer | nil, err. Bytes that are left where it is, for any user. */
static int l_free(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct statvfs info;
    if (statvfs(path, &info) < 0)
        return result(L, -errno, "look at the space of", path);
    lua_pushinteger(L, (lua_Integer)(info.f_bavail * info.f_frsize));
    return 1;
}

/*
 * stat(path, how = "link"?) -> { type = "file" | "directory" | "character" | "block" | "socket" |
 * "fifo" | "link", size, mode, uid, gid, inode, device, rdev_major?, rdev_minor?, mtime } | nil,
 * err. With "link", a symbolic link is not followed.
 */
static int l_stat(lua_State *L)
{
    static const char *const choices[] = { "target", "link", NULL };
    const char *path = luaL_checkstring(L, 1);
    bool follow = luaL_checkoption(L, 2, "target", choices) == 0;
    struct stat info;
    if ((follow ? stat(path, &info) : lstat(path, &info)) < 0)
        return result(L, -errno, "stat", path);
    lua_createtable(L, 0, 10);
    mt_table_set_string(L, "type", type_name(info.st_mode));
    mt_table_set_integer(L, "size", info.st_size);
    mt_table_set_integer(L, "mode", info.st_mode & 07777);
    mt_table_set_integer(L, "uid", info.st_uid);
    mt_table_set_integer(L, "gid", info.st_gid);
    mt_table_set_integer(L, "inode", (lua_Integer)info.st_ino);
    mt_table_set_integer(L, "device", (lua_Integer)info.st_dev);
    if (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)) {
        mt_table_set_integer(L, "rdev_major", major(info.st_rdev));
        mt_table_set_integer(L, "rdev_minor", minor(info.st_rdev));
    }
    lua_pushnumber(L, (lua_Number)info.st_mtim.tv_sec + (lua_Number)info.st_mtim.tv_nsec / 1e9);
    lua_setfield(L, -2, "mtime");
    return 1;
}

/* A directory on the Lua stack, closed like a file. */
static int l_directory_close(lua_State *L)
{
    DIR **directory = luaL_checkudata(L, 1, "mt.directory");
    if (*directory)
        closedir(*directory);
    *directory = NULL;
    return 0;
}

/* list(path) -> list of string | nil, err. The names in a directory, sorted. */
static int l_list(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "sort");
    lua_newtable(L);
    DIR **directory = lua_newuserdatauv(L, sizeof(*directory), 0);
    *directory = NULL;
    luaL_setmetatable(L, "mt.directory");
    *directory = opendir(path);
    if (!*directory)
        return result(L, -errno, "list", path);
    lua_toclose(L, -1);
    struct dirent *entry;
    for (lua_Integer count = 0; (entry = readdir(*directory));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        lua_pushstring(L, entry->d_name);
        lua_rawseti(L, 4, ++count);
    }
    lua_pushvalue(L, 3);
    lua_pushvalue(L, 4);
    lua_call(L, 1, 0);
    lua_pushvalue(L, 4);
    return 1;
}

static bool is_program(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* executable(name) -> path | nil: the full one, searched on PATH. */
static int l_executable(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *place = getenv("PATH");
    if (strchr(name, '/'))
        place = NULL;
    while (place && *place) {
        size_t length = strcspn(place, ":");
        lua_pushlstring(L, place, length);
        lua_pushfstring(L, "%s/%s", lua_tostring(L, -1), name);
        if (length > 0 && is_program(lua_tostring(L, -1)))
            return 1;
        lua_pop(L, 2);
        place += length + (place[length] == ':');
    }
    return 0;
}

/* ---- this process ---- */

/* geteuid() -> integer */
static int l_geteuid(lua_State *L)
{
    lua_pushinteger(L, geteuid());
    return 1;
}

/* getpid() -> integer */
static int l_getpid(lua_State *L)
{
    lua_pushinteger(L, getpid());
    return 1;
}

/* isatty(fd) -> boolean */
static int l_isatty(lua_State *L)
{
    lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
    return 1;
}

/* terminal_size(fd) -> columns, rows | nil, err */
static int l_terminal_size(lua_State *L)
{
    struct winsize size;
    int fd = (int)luaL_checkinteger(L, 1);
    if (ioctl(fd, TIOCGWINSZ, &size) < 0)
        return mt_error_errno(L, -errno, "fs", "size of terminal %d", fd);
    lua_pushinteger(L, size.ws_col);
    lua_pushinteger(L, size.ws_row);
    return 2;
}

/* ---- the module ---- */

static const luaL_Reg file_methods[] = {
    { "close", l_file_close },
    { "__close", l_file_close },
    { "__gc", l_file_close },
    { NULL, NULL },
};

static const luaL_Reg directory_methods[] = {
    { "__close", l_directory_close },
    { "__gc", l_directory_close },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "chgrp", l_chgrp },
    { "chmod", l_chmod },
    { "executable", l_executable },
    { "geteuid", l_geteuid },
    { "getpid", l_getpid },
    { "isatty", l_isatty },
    { "list", l_list },
    { "lock", l_lock },
    { "mkdir", l_mkdir },
    { "read", l_read },
    { "readlink", l_readlink },
    { "realpath", l_realpath },
    { "remove", l_remove },
    { "rename", l_rename },
    { "free", l_free },
    { "stat", l_stat },
    { "symlink", l_symlink },
    { "terminal_size", l_terminal_size },
    { "write", l_write },
    { "write_atomic", l_write_atomic },
    { NULL, NULL },
};

int mt_lua_fs_open(lua_State *L)
{
    mt_class_new(L, "mt.file", file_methods);
    mt_class_new(L, "mt.directory", directory_methods);
    luaL_newlib(L, functions);
    return 1;
}
