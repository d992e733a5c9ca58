/* SPDX-License-Identifier: MIT */
/* What /proc says about other processes. */
#include "host/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Only descriptors that lead below /dev are examined: stat() on others, a dead network mount for
 * one, may block.
 */
static bool leads_to_device(int directory, const char *name, dev_t device)
{
    char target[6];
    struct stat info;
    return readlinkat(directory, name, target, sizeof(target)) >= 5 &&
           strncmp(target, "/dev/", 5) == 0 && fstatat(directory, name, &info, 0) == 0 &&
           S_ISCHR(info.st_mode) && info.st_rdev == device;
}

/* Kernel threads have no program, and no descriptors. Often they are most of all processes. */
static bool has_program(const char *pid)
{
    char path[64], target;
    snprintf(path, sizeof(path), "/proc/%.20s/exe", pid);
    return readlink(path, &target, 1) > 0;
}

static bool holds(const char *pid, dev_t device)
{
    char path[64];
    if (!has_program(pid))
        return false;
    snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
    DIR *descriptors = opendir(path);
    if (!descriptors)
        return false;
    bool found = false;
    struct dirent *entry;
    while (!found && (entry = readdir(descriptors)))
        found = entry->d_name[0] != '.' &&
                leads_to_device(dirfd(descriptors), entry->d_name, device);
    closedir(descriptors);
    return found;
}

static ssize_t read_small(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t length = read(fd, text, size - 1);
    if (length < 0)
        length = -errno;
    text[length > 0 ? length : 0] = '\0';
    close(fd);
    return length;
}

static void read_name(char *name, size_t size, const char *pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
    read_small(path, name, size);
    name[strcspn(name, "\n")] = '\0';
}

/* The next entry of /proc that is a process. */
static const char *next_process(DIR *processes)
{
    struct dirent *entry;
    while ((entry = readdir(processes))) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            return entry->d_name;
    }
    return NULL;
}

int mt_proc_holders(const char *path, struct mt_holder *holders, int limit)
{
    struct stat info;
    if (stat(path, &info) < 0)
        return -errno;
    if (!S_ISCHR(info.st_mode))
        return -ENODEV;
    DIR *processes = opendir("/proc");
    if (!processes)
        return -errno;
    int count = 0, own = getpid();
    const char *pid;
    while (count < limit && (pid = next_process(processes))) {
        if (atoi(pid) != own && holds(pid, info.st_rdev)) {
            struct mt_holder *holder = &holders[count++];
            holder->pid = (pid_t)atoi(pid);
            read_name(holder->name, sizeof(holder->name), pid);
        }
    }
    closedir(processes);
    return count;
}

int mt_proc_named(const char *name, pid_t *pids, int limit)
{
    DIR *processes = opendir("/proc");
    if (!processes)
        return -errno;
    int count = 0;
    const char *pid;
    while (count < limit && (pid = next_process(processes))) {
        char found[16] = "";
        read_name(found, sizeof(found), pid);
        if (!strcmp(found, name))
            pids[count++] = (pid_t)atoi(pid);
    }
    closedir(processes);
    return count;
}

int mt_proc_start_time(pid_t pid, uint64_t *ticks)
{
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    ssize_t length = read_small(path, text, sizeof(text));
    if (length < 0)
        return length == -ESRCH ? -ENOENT : (int)length;
    /* The second field, the name in parentheses, may itself hold spaces and parentheses. */
    const char *field = strrchr(text, ')');
    for (int number = 2; field && number < 22; number++) {
        field = strchr(field, ' ');
        if (field)
            field++;
    }
    if (!field)
        return -EPROTO;
    *ticks = strtoull(field, NULL, 10);
    return 0;
}
