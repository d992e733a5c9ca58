/* SPDX-License-Identifier: MIT */
/* Child processes. */
#include "host/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a child may take to end after SIGTERM, and its pipes to run dry after its end. */
#define GRACE 1.0

struct pipe_end {
    uv_pipe_t pipe;
    struct mt_process *process;
    struct mt_child_output *output;
    bool open;
};

struct mt_process {
    struct mt_processes *owner;
    struct mt_process *next;
    uv_process_t child;
    struct pipe_end in, out, err;
    uv_write_t write;
    uv_shutdown_t shutdown;
    char *input;
    struct mt_timer deadline;
    struct mt_process_result result;
    void (*on_done)(void *context); /* NULL once abandoned */
    void *context;
    int handles; /* that libuv has not closed */
    bool attached, running, done, released;
};

/* ---- the end ---- */

static void free_if_unused(struct mt_process *process)
{
    if (!process->released || process->handles > 0)
        return;
    free(process->input);
    free(process->result.out.data);
    free(process->result.err.data);
    free(process);
}

static void on_child_closed(uv_handle_t *handle)
{
    struct mt_process *process = mt_container_of(handle, struct mt_process, child);
    process->handles--;
    free_if_unused(process);
}

static void on_pipe_closed(uv_handle_t *handle)
{
    struct pipe_end *end = mt_container_of(handle, struct pipe_end, pipe);
    end->process->handles--;
    free_if_unused(end->process);
}

static void close_end(struct pipe_end *end)
{
    if (!end->open)
        return;
    end->open = false;
    uv_close((uv_handle_t *)&end->pipe, on_pipe_closed);
}

void mt_process_release(struct mt_process *process)
{
    struct mt_process **at = &process->owner->first;
    while (*at != process)
        at = &(*at)->next;
    *at = process->next;
    process->released = true;
    free_if_unused(process);
}

static void finish(struct mt_process *process)
{
    mt_timer_stop(&process->deadline);
    close_end(&process->in);
    close_end(&process->out);
    close_end(&process->err);
    process->done = true;
    if (process->on_done)
        process->on_done(process->context);
    else
        mt_process_release(process);
}

static void finish_if_dry(struct mt_process *process)
{
    if (!process->done && !process->running && !process->out.open && !process->err.open)
        finish(process);
}

/* A process that it left behind keeps the pipes open: no reason to wait for ever. */
static void on_not_dry(struct mt_timer *timer)
{
    finish(mt_container_of(timer, struct mt_process, deadline));
}

static void on_ended(uv_process_t *child, int64_t status, int number)
{
    struct mt_process *process = mt_container_of(child, struct mt_process, child);
    process->running = false;
    process->result.signal = number;
    process->result.status = number ? 128 + number : (int)status;
    uv_close((uv_handle_t *)child, on_child_closed);
    mt_timer_start(process->owner->loop, &process->deadline, GRACE, on_not_dry);
    finish_if_dry(process);
}

static void send_signal(const struct mt_process *process, int number)
{
    kill(process->attached ? process->child.pid : -process->child.pid, number);
}

static void on_stubborn(struct mt_timer *timer)
{
    send_signal(mt_container_of(timer, struct mt_process, deadline), SIGKILL);
}

static void terminate(struct mt_process *process)
{
    send_signal(process, SIGTERM);
    mt_timer_start(process->owner->loop, &process->deadline, GRACE, on_stubborn);
}

static void on_timeout(struct mt_timer *timer)
{
    struct mt_process *process = mt_container_of(timer, struct mt_process, deadline);
    process->result.timed_out = true;
    terminate(process);
}

void mt_process_abandon(struct mt_process *process)
{
    process->on_done = NULL;
    if (process->done)
        mt_process_release(process);
    else if (process->running)
        terminate(process);
    else
        finish(process); /* the rest of its output is not needed */
}

/*
 * The loop does not run any more, so this waits for a pidfd, which becomes readable when its
 * process ends.
 */
static void reap(struct mt_process *process)
{
    struct pollfd ended = { .events = POLLIN };
    send_signal(process, SIGTERM);
    ended.fd = (int)syscall(SYS_pidfd_open, process->child.pid, 0);
    if (ended.fd >= 0) {
        poll(&ended, 1, (int)(GRACE * 1000));
        close(ended.fd);
    }
    send_signal(process, SIGKILL);
    waitpid(process->child.pid, NULL, 0);
}

void mt_processes_close(struct mt_processes *processes)
{
    while (processes->first) {
        struct mt_process *process = processes->first;
        process->on_done = NULL;
        if (process->running) {
            reap(process);
            process->running = false;
            uv_close((uv_handle_t *)&process->child, on_child_closed);
        }
        if (process->done)
            mt_process_release(process);
        else
            finish(process);
    }
}

/* ---- its input and output ---- */

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char shared[65536]; /* one loop, one thread: read into it and copied at once */
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(shared, sizeof(shared));
}

static void append(struct mt_child_output *output, const char *data, size_t length)
{
    if (length > MT_OUTPUT_LIMIT - output->length) {
        length = MT_OUTPUT_LIMIT - output->length;
        output->truncated = true;
    }
    char *grown = realloc(output->data, output->length + length + 1);
    if (!grown) {
        output->truncated = true;
        return;
    }
    output->data = grown;
    memcpy(grown + output->length, data, length);
    output->length += length;
}

static void on_output(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct pipe_end *end = mt_container_of(stream, struct pipe_end, pipe);
    if (count > 0)
        append(end->output, buffer->base, (size_t)count);
    if (count >= 0)
        return;
    close_end(end);
    finish_if_dry(end->process);
}

static void on_shut_down(uv_shutdown_t *shutdown, int status)
{
    struct mt_process *process = mt_container_of(shutdown, struct mt_process, shutdown);
    (void)status;
    close_end(&process->in);
}

/* A child that does not read its input is no error. */
static void on_written(uv_write_t *write, int status)
{
    struct mt_process *process = mt_container_of(write, struct mt_process, write);
    uv_stream_t *stream = (uv_stream_t *)&process->in.pipe;
    if (!process->in.open)
        return;
    if (status < 0 || uv_shutdown(&process->shutdown, stream, on_shut_down) < 0)
        close_end(&process->in);
}

/* ---- the beginning ---- */

static void open_end(struct mt_process *process, struct pipe_end *end,
                     struct mt_child_output *output)
{
    end->process = process;
    end->output = output;
    end->open = uv_pipe_init(&process->owner->loop->uv, &end->pipe, 0) == 0;
    process->handles++;
}

static void set_stdio(struct mt_process *process, const struct mt_process_options *options,
                      uv_stdio_container_t stdio[3])
{
    if (options->attached) {
        for (int fd = 0; fd < 3; fd++) {
            stdio[fd].flags = UV_INHERIT_FD;
            stdio[fd].data.fd = fd;
        }
        return;
    }
    stdio[0].flags = UV_IGNORE;
    if (options->input) {
        open_end(process, &process->in, NULL);
        stdio[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
        stdio[0].data.stream = (uv_stream_t *)&process->in.pipe;
    }
    open_end(process, &process->out, &process->result.out);
    stdio[1].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
    stdio[1].data.stream = (uv_stream_t *)&process->out.pipe;
    open_end(process, &process->err, &process->result.err);
    stdio[2].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
    stdio[2].data.stream = (uv_stream_t *)&process->err.pipe;
}

static int spawn(struct mt_process *process, const struct mt_process_options *options)
{
    uv_stdio_container_t stdio[3];
    set_stdio(process, options, stdio);
    uv_process_options_t spawning = {
        .exit_cb = on_ended,
        .file = options->arguments[0],
        .args = options->arguments,
        .env = options->environment,
        .flags = options->attached ? 0 : UV_PROCESS_DETACHED,
        .stdio = stdio,
        .stdio_count = 3,
    };
    process->handles++;
    return uv_spawn(&process->owner->loop->uv, &process->child, &spawning);
}

static void start_pipes(struct mt_process *process, const struct mt_process_options *options)
{
    if (process->in.open) {
        uv_buf_t input = uv_buf_init(process->input, (unsigned)options->input_length);
        uv_stream_t *stream = (uv_stream_t *)&process->in.pipe;
        if (uv_write(&process->write, stream, &input, 1, on_written) < 0)
            close_end(&process->in);
    }
    if (process->out.open)
        uv_read_start((uv_stream_t *)&process->out.pipe, on_allocate, on_output);
    if (process->err.open)
        uv_read_start((uv_stream_t *)&process->err.pipe, on_allocate, on_output);
}

static char *copy_input(const struct mt_process_options *options)
{
    char *copy = malloc(options->input_length + 1);
    if (copy && options->input_length > 0)
        memcpy(copy, options->input, options->input_length);
    return copy;
}

int mt_process_start(struct mt_processes *processes, const struct mt_process_options *options,
                     void (*on_done)(void *context), void *context, struct mt_process **process)
{
    struct mt_process *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    if (options->input) {
        made->input = copy_input(options);
        if (!made->input) {
            free(made);
            return -ENOMEM;
        }
    }
    made->owner = processes;
    made->attached = options->attached;
    made->next = processes->first;
    processes->first = made;
    int status = spawn(made, options);
    if (status < 0) {
        /* libuv requires that even a process that it could not start is closed. */
        uv_close((uv_handle_t *)&made->child, on_child_closed);
        finish(made);
        return status;
    }
    made->running = true;
    made->on_done = on_done;
    made->context = context;
    start_pipes(made, options);
    if (options->timeout >= 0)
        mt_timer_start(processes->loop, &made->deadline, options->timeout, on_timeout);
    *process = made;
    return 0;
}

const struct mt_process_result *mt_process_result(const struct mt_process *process)
{
    return &process->result;
}
