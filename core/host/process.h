/* SPDX-License-Identifier: MIT */
/* Child processes. */
#ifndef MT_HOST_PROCESS_H
#define MT_HOST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "host/loop.h"

/* What a child wrote; owned by its process. */
struct mt_child_output {
    char *data;
    size_t length;
    bool truncated; /* it wrote more than MT_OUTPUT_LIMIT; the rest was read and dropped */
};

enum { MT_OUTPUT_LIMIT = 1 << 20 };

struct mt_process_options {
    char **arguments;   /* ends with NULL; the first is looked up on PATH */
    char **environment; /* or NULL: ours */
    const char *input;  /* for its standard input; NULL: it reads /dev/null */
    size_t input_length;
    bool attached;  /* it shares our terminal and our process group instead */
    double timeout; /* seconds; < 0: none */
};

struct mt_process;

/* Lasts until it is released or abandoned. */
struct mt_process_result {
    int status; /* the exit status, or 128 + the signal that ended it */
    int signal; /* or 0 */
    bool timed_out;
    struct mt_child_output out, err;
};

/* The children of one engine. */
struct mt_processes {
    struct mt_loop *loop;
    struct mt_process *first;
};

/* Ends all that still run: SIGTERM, then SIGKILL after at most a second. */
void mt_processes_close(struct mt_processes *processes);

/*
 * Starts a child; `on_done` is called once, when it has ended and what it wrote is read. A child
 * that is not attached leads a process group (and a session) of its own, so that ending it ends
 * what it started, and so that it cannot ask our terminal for a password.
 */
int mt_process_start(struct mt_processes *processes, const struct mt_process_options *options,
                     void (*on_done)(void *context), void *context, struct mt_process **process);

/* Valid from on_done on. */
const struct mt_process_result *mt_process_result(const struct mt_process *process);

/* Frees a process that is done. */
void mt_process_release(struct mt_process *process);

/* Ends a process that is no longer needed (SIGTERM, SIGKILL after a second), and frees it. */
void mt_process_abandon(struct mt_process *process);

#endif
