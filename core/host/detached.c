/* SPDX-License-Identifier: MIT */
/* Programs that outlive us: forked twice, so that init is their parent. */
#include "host/detached.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Tells the caller the errno: the other end of the pipe closes without one when execve() works. */
static _Noreturn void fail(int report, int error)
{
    ssize_t written = write(report, &error, sizeof(error));
    _exit(written == sizeof(error) ? 0 : 1);
}

/* Handlers of ours end with execve(), what is ignored or blocked does not. */
static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

enum { MAX_DESCRIPTORS = 1 << 16 };

/* Ours close with execve(); those that we were started with may not. */
static void keep_no_descriptors(void)
{
    long limit = sysconf(_SC_OPEN_MAX);
    for (int fd = STDERR_FILENO + 1; fd < MAX_DESCRIPTORS && (limit < 0 || fd < limit); fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Between fork() and execve(): nothing here takes a lock. */
static _Noreturn void become(char **arguments, int report)
{
    reset_signals();
    keep_no_descriptors();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        dup2(null, STDERR_FILENO) < 0 || chdir("/") < 0)
        fail(report, errno);
    execvp(arguments[0], arguments);
    fail(report, errno);
}

static _Noreturn void fork_again(char **arguments, int report)
{
    setsid();
    pid_t pid = fork();
    if (pid == 0)
        become(arguments, report);
    if (pid < 0)
        fail(report, errno);
    _exit(0);
}

static ssize_t read_report(int report, int *error)
{
    ssize_t count;
    do {
        count = read(report, error, sizeof(*error));
    } while (count < 0 && errno == EINTR);
    return count;
}

int mt_detached_start(char **arguments)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0)
        return -errno;
    pid_t pid = fork();
    if (pid == 0)
        fork_again(arguments, report[1]);
    int error = pid < 0 ? errno : 0;
    close(report[1]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (pid > 0 && read_report(report[0], &error) == 0)
        error = 0;
    close(report[0]);
    return -error;
}
