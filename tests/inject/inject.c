/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the program: counts its system calls of the kinds below, and fails one of them, or
 * kills the program there.
 *
 * MT_INJECT=n       the nth call; 0: none
 * MT_INJECT_KILL=1  SIGKILL instead of an error
 * MT_INJECT_FILE=f  gets the name of the call that was hit, or else, at the end, how many there were
 * Programs that the program starts are left alone.
 */
#define _GNU_SOURCE
/* A compiler for a machine of 32 bits may set these, and open() would be open64(), which is here, too. */
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long wanted = -1; /* none until the constructor has run, and in other programs */
static long calls;
static bool kills;
static pid_t our_pid;

/* Without the functions that are counted. */
static void tell(const char *text)
{
    const char *path = getenv("MT_INJECT_FILE");
    long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (fd < 0)
        return;
    syscall(SYS_write, fd, text, strlen(text));
    syscall(SYS_close, fd);
}

__attribute__((constructor)) static void begin(void)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    const char *number = getenv("MT_INJECT");
    if (length < 0 || !number)
        return;
    path[length] = '\0';
    const char *name = strrchr(path, '/');
    if (!name || strcmp(name, "/moontower") != 0)
        return;
    kills = getenv("MT_INJECT_KILL") != NULL;
    our_pid = getpid();
    wanted = strtol(number, NULL, 10);
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    if (wanted != 0 || getpid() != our_pid)
        return;
    snprintf(text, sizeof(text), "%ld\n", calls);
    tell(text);
}

/* Is it this call? */
static bool is_hit(const char *name, int error)
{
    char text[64];
    if (wanted < 0 || getpid() != our_pid || ++calls != wanted)
        return false;
    snprintf(text, sizeof(text), "%s (%s)\n", name, kills ? "killed" : strerror(error));
    tell(text);
    if (kills)
        kill(our_pid, SIGKILL);
    errno = error;
    return true;
}

#define COUNTED(type, name, error, failure, parameters, arguments)         \
    type name parameters                                                   \
    {                                                                      \
        static type(*next) parameters;                                     \
        if (!next)                                                         \
            next = (type(*) parameters)(uintptr_t)dlsym(RTLD_NEXT, #name); \
        return is_hit(#name, error) ? failure : next arguments;            \
    }

COUNTED(ssize_t, sendmsg, ENOBUFS, -1, (int fd, const struct msghdr *message, int flags),
        (fd, message, flags))
COUNTED(ssize_t, sendto, ENOBUFS, -1,
        (int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
         socklen_t length),
        (fd, data, size, flags, to, length))
COUNTED(ssize_t, recvmsg, ENOBUFS, -1, (int fd, struct msghdr *message, int flags),
        (fd, message, flags))
COUNTED(int, socket, EMFILE, -1, (int domain, int type, int protocol), (domain, type, protocol))
COUNTED(int, connect, ENOBUFS, -1, (int fd, const struct sockaddr *to, socklen_t length),
        (fd, to, length))
COUNTED(int, rename, EIO, -1, (const char *from, const char *to), (from, to))
COUNTED(int, remove, EIO, -1, (const char *path), (path))
COUNTED(int, unlink, EIO, -1, (const char *path), (path))
COUNTED(int, mkdir, ENOSPC, -1, (const char *path, mode_t mode), (path, mode))
COUNTED(int, fsync, EIO, -1, (int fd), (fd))
COUNTED(int, fchmod, EIO, -1, (int fd, mode_t mode), (fd, mode))
COUNTED(int, symlink, ENOSPC, -1, (const char *target, const char *path), (target, path))
COUNTED(int, flock, ENOLCK, -1, (int fd, int operation), (fd, operation))
COUNTED(DIR *, opendir, EMFILE, NULL, (const char *path), (path))
COUNTED(int, stat, EIO, -1, (const char *path, struct stat *info), (path, info))
COUNTED(int, lstat, EIO, -1, (const char *path, struct stat *info), (path, info))
COUNTED(pid_t, fork, EAGAIN, -1, (void), ())

/* The loop's own descriptors (an eventfd, a pipe) have no such errors. */
ssize_t write(int fd, const void *data, size_t size)
{
    struct stat info;
    bool counts = syscall(SYS_fstat, fd, &info) == 0 && (info.st_mode & S_IFMT) != 0 &&
                  !S_ISFIFO(info.st_mode);
    if (counts && is_hit("write", ENOSPC))
        return -1;
    return syscall(SYS_write, fd, data, size);
}

#define OPENED(name)                                                                               \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, int) : 0;                        \
        va_end(rest);                                                                              \
        return is_hit(#name, EMFILE) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode); \
    }

OPENED(open)
OPENED(open64)

int ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return is_hit("ioctl", EIO) ? -1 : (int)syscall(SYS_ioctl, fd, request, argument);
}
