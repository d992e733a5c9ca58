/* SPDX-License-Identifier: MIT */
/* USB port reset, and writing to sysfs, for a device that does not respond. */
#include "host/usb.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/usbdevice_fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct mt_usb_job {
    uv_work_t work;
    struct mt_loop *loop;
    char path[PATH_MAX];
    char text[32]; /* to be written; "": reset */
    int status;
    void (*on_done)(void *context, int status); /* NULL: the caller does not wait any more */
    void *context;
};

/* In a thread of the pool: it touches nothing but the job. */
static void run(uv_work_t *work)
{
    struct mt_usb_job *job = mt_container_of(work, struct mt_usb_job, work);
    int fd = open(job->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    size_t length = strlen(job->text);
    if (fd < 0) {
        job->status = -errno;
        return;
    }
    if (length == 0)
        job->status = ioctl(fd, USBDEVFS_RESET) < 0 ? -errno : 0;
    else
        job->status = write(fd, job->text, length) < 0 ? -errno : 0;
    close(fd);
}

static void on_over(uv_work_t *work, int status)
{
    struct mt_usb_job *job = mt_container_of(work, struct mt_usb_job, work);
    job->loop->jobs--;
    if (job->on_done)
        job->on_done(job->context, status < 0 ? status : job->status);
    free(job);
}

static int start(struct mt_loop *loop, struct mt_usb_job parts, struct mt_usb_job **job)
{
    struct mt_usb_job *made = malloc(sizeof(*made));
    if (!made)
        return -ENOMEM;
    *made = parts;
    made->loop = loop;
    int status = uv_queue_work(&loop->uv, &made->work, run, on_over);
    if (status < 0) {
        free(made);
        return status;
    }
    loop->jobs++;
    *job = made;
    return 0;
}

static bool copy(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length >= size)
        return false;
    memcpy(to, from, length + 1);
    return true;
}

int mt_usb_reset(struct mt_loop *loop, const char *node, void (*on_done)(void *context, int status),
                 void *context, struct mt_usb_job **job)
{
    struct mt_usb_job parts = { .on_done = on_done, .context = context };
    return copy(parts.path, sizeof(parts.path), node) ? start(loop, parts, job) : -ENAMETOOLONG;
}

int mt_usb_write(struct mt_loop *loop, const char *path, const char *text,
                 void (*on_done)(void *context, int status), void *context, struct mt_usb_job **job)
{
    struct mt_usb_job parts = { .on_done = on_done, .context = context };
    if (!copy(parts.path, sizeof(parts.path), path))
        return -ENAMETOOLONG;
    if (text[0] == '\0' || !copy(parts.text, sizeof(parts.text), text))
        return -EINVAL;
    return start(loop, parts, job);
}

void mt_usb_abandon(struct mt_usb_job *job)
{
    job->on_done = NULL;
    uv_cancel((uv_req_t *)&job->work); /* a job that still waits for a thread need not begin */
}
