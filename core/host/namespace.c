/* SPDX-License-Identifier: MIT */
/* Namespaces: a private network, /sys, /run and resolv.conf for this process and its children. */
#include "host/namespace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Namespaces are a thread's: one that exists already would stay outside. */
static bool has_threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks)
        return false;
    struct dirent *entry;
    while ((entry = readdir(tasks)))
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count > 1;
}

static int write_text(const char *path, int flags, const char *text, size_t length)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
    if (fd < 0)
        return -errno;
    ssize_t count = write(fd, text, length);
    int status = count < 0 ? -errno : (size_t)count < length ? -EIO : 0;
    close(fd);
    return status;
}

/* Our user becomes root of the new user namespace, and is its only user. */
static int map_user(const char *file, unsigned id)
{
    char line[32];
    int length = snprintf(line, sizeof(line), "0 %u 1", id);
    return write_text(file, 0, line, (size_t)length);
}

static int unshare_all(void)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    if (unshare(CLONE_NEWNET | CLONE_NEWNS | (user ? CLONE_NEWUSER : 0)) < 0)
        return -errno;
    if (user == 0)
        return 0;
    int status = map_user("/proc/self/uid_map", user);
    /* The kernel lets a process map its group only once it cannot drop groups any more. */
    if (status == 0)
        status = write_text("/proc/self/setgroups", 0, "deny", 4);
    if (status == 0)
        status = map_user("/proc/self/gid_map", group);
    return status;
}

static int raise_loopback(void)
{
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int status = ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
    close(fd);
    return status;
}

/* ---- mounts ---- */

static const char resolv_conf[] = "/etc/resolv.conf";

/* /etc/resolv.conf as it was before anything is mounted over it. */
struct resolver {
    bool exists;
    char link[PATH_MAX]; /* its target as it is written, or "" for a plain file */
    char path[PATH_MAX]; /* the file itself */
    char text[65536];
    size_t length;
};

/* The absolute path of a target that does not exist, or not yet. */
static void complete_link(const char *target, char path[PATH_MAX])
{
    if (strncmp(target, "../", 3) == 0)
        target += 2; /* /etc/.. is / */
    snprintf(path, PATH_MAX, "%.5s%.4000s", target[0] == '/' ? "" : "/etc/", target);
}

static void read_resolver(struct resolver *resolver)
{
    memset(resolver, 0, sizeof(*resolver));
    struct stat info;
    resolver->exists = lstat(resolv_conf, &info) == 0;
    if (readlink(resolv_conf, resolver->link, sizeof(resolver->link) - 1) < 0)
        resolver->link[0] = '\0';
    if (!realpath(resolv_conf, resolver->path))
        complete_link(resolver->link, resolver->path);
    int fd = open(resolver->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t count = read(fd, resolver->text, sizeof(resolver->text));
    resolver->length = count > 0 ? (size_t)count : 0;
    close(fd);
}

static int make_parents(const char *path)
{
    char parent[PATH_MAX];
    for (const char *slash = path; (slash = strchr(slash + 1, '/'));) {
        snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
        if (mkdir(parent, 0755) < 0 && errno != EEXIST)
            return -errno;
    }
    return 0;
}

/* A link to below /run stays one, its target in the new /run; all else becomes a plain file. */
static int make_resolver(const struct resolver *resolver)
{
    const char *path = resolv_conf;
    if (!resolver->exists)
        return 0;
    if (resolver->link[0] && strncmp(resolver->path, "/run/", 5) == 0) {
        path = resolver->path;
        if (symlink(resolver->link, resolv_conf) < 0)
            return -errno;
        int status = make_parents(path);
        if (status < 0)
            return status;
    }
    return write_text(path, O_CREAT | O_TRUNC, resolver->text, resolver->length);
}

#define BEFORE ".before" /* in a folder that is covered: what it was */

/* Makes one name of such a folder: a directory is mounted, a file linked to. */
static int make_name(const char *folder, const char *name)
{
    char from[PATH_MAX], here[PATH_MAX], target[PATH_MAX];
    struct stat info;
    snprintf(from, sizeof(from), "%s/" BEFORE "/%s", folder, name);
    snprintf(here, sizeof(here), "%s/%s", folder, name);
    if (lstat(from, &info) < 0)
        return 0;
    if (S_ISDIR(info.st_mode)) {
        if (mkdir(here, 0755) < 0 || mount(from, here, NULL, MS_BIND | MS_REC, NULL) < 0)
            return -errno;
        return 0;
    }
    /* Relative, so that it leads there in a further world inside of this one, too. */
    snprintf(target, sizeof(target), BEFORE "/%.255s", name);
    if (S_ISLNK(info.st_mode)) {
        ssize_t length = readlink(from, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = '\0';
    }
    return symlink(target, here) < 0 ? -errno : 0;
}

static int make_names(const char *folder, const char *left_out)
{
    char before[PATH_MAX];
    snprintf(before, sizeof(before), "%s/" BEFORE, folder);
    DIR *names = opendir(before);
    if (!names)
        return -errno;
    int status = 0;
    struct dirent *entry;
    while (status == 0 && (entry = readdir(names))) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, BEFORE) != 0 &&
            (!left_out || strcmp(name, left_out) != 0))
            status = make_name(folder, name);
    }
    closedir(names);
    return status;
}

int mt_namespace_cover(const char *folder, const char *left_out)
{
    static const char made[] = "/run/cover", before[] = "/run/cover/" BEFORE;
    if ((mkdir(made, 0755) < 0 && errno != EEXIST) ||
        mount("tmpfs", made, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0 ||
        mkdir(before, 0755) < 0 || mount(folder, before, NULL, MS_BIND | MS_REC, NULL) < 0 ||
        mount(made, folder, NULL, MS_MOVE, NULL) < 0 || rmdir(made) < 0)
        return -errno;
    return make_names(folder, left_out);
}

/*
 * resolv.conf is replaced by renaming, so it is not enough to cover the file. What we keep in
 * /var/lib is about this computer's own modems.
 */
static int make_folders(void)
{
    int status = mt_namespace_cover("/etc", "resolv.conf");
    return status == 0 && access("/var/lib", F_OK) == 0
               ? mt_namespace_cover("/var/lib", "moontower")
               : status;
}

/*
 * A new sysfs shows the links of the new network namespace. In a user namespace the kernel may
 * refuse it; then /sys/class/net is wrong, but netlink is right.
 */
static int make_sys(void)
{
    if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 &&
        errno != EPERM)
        return -errno;
    return 0;
}

static int make_mounts(void)
{
    struct resolver *resolver = malloc(sizeof(*resolver));
    if (!resolver)
        return -ENOMEM;
    read_resolver(resolver);
    int status = 0;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
        status = -errno;
    if (status == 0)
        status = make_folders();
    if (status == 0)
        status = make_resolver(resolver);
    free(resolver);
    return status == 0 ? make_sys() : status;
}

static bool is_inside;

bool mt_namespace_is_inside(void)
{
    return is_inside;
}

int mt_namespace_enter(void)
{
    if (has_threads())
        return -EBUSY;
    int status = unshare_all();
    if (status == 0) {
        is_inside = true;
        status = make_mounts();
    }
    return status == 0 ? raise_loopback() : status;
}

/*
 * Returns how many it has killed. A process that has ended, or is another user's, does not say in
 * which namespace it is.
 */
static int kill_others(const struct stat *here)
{
    int killed = 0;
    DIR *processes = opendir("/proc");
    if (!processes)
        return 0;
    struct dirent *entry;
    while ((entry = readdir(processes))) {
        char path[64];
        struct stat there;
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid == getpid())
            continue;
        snprintf(path, sizeof(path), "/proc/%ld/ns/mnt", pid);
        if (stat(path, &there) == 0 && there.st_dev == here->st_dev && there.st_ino == here->st_ino)
            killed += kill((pid_t)pid, SIGKILL) == 0;
    }
    closedir(processes);
    return killed;
}

void mt_namespace_empty(void)
{
    enum { ROUNDS = 10 }; /* a process may start another between two looks */
    struct stat here;
    if (!is_inside || stat("/proc/self/ns/mnt", &here) < 0)
        return;
    for (int i = 0; i < ROUNDS && kill_others(&here) > 0; i++)
        continue;
}
