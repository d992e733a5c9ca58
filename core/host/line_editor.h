/* SPDX-License-Identifier: MIT */
/* Lines that a person types: edited with libedit on a terminal, or as they come from anything else. */
#ifndef MT_HOST_LINE_EDITOR_H
#define MT_HOST_LINE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "host/loop.h"

/* What ended a line. */
enum mt_line_editor_key {
    MT_LINE_ENTER,
    MT_LINE_CTRL_Z,      /* only where the reader has requested it; elsewhere it suspends us */
    MT_LINE_INTERRUPTED, /* Ctrl-C: what was typed is given up */
    MT_LINE_END,         /* Ctrl-D on an empty line, or the end of the file */
};

/* Standard input and output, as a prompt. There is one at a time. */
struct mt_line_editor;

struct mt_line_editor_reader {
    /* Called once for each mt_line_editor_read(), maybe from inside it. `line` is valid during the call. */
    void (*on_line)(struct mt_line_editor_reader *reader, const char *line, size_t length,
                    enum mt_line_editor_key key);
};

/* -EBUSY when there is one already; -ELIBACC or -ELIBBAD: see mt_library_load(). */
int mt_line_editor_open(struct mt_loop *loop, struct mt_line_editor **edit);

/* Gives the terminal back as it was. The pointer is invalid at once. */
void mt_line_editor_close(struct mt_line_editor *edit);

/*
 * Asks for a line. While it is being edited, the terminal is ours: Ctrl-C is a key and no signal.
 * `ctrl_z`: Ctrl-Z ends the line, too. 0 or a negative errno.
 */
int mt_line_editor_read(struct mt_line_editor *edit, const char *prompt, bool ctrl_z,
                        struct mt_line_editor_reader *reader);

/* Gives up reading; what was typed is lost. */
void mt_line_editor_stop(struct mt_line_editor *edit);

/* Shows text: above the line that is being edited, if there is one. Line ends are added. */
void mt_line_editor_print(struct mt_line_editor *edit, const char *text, size_t length);

/* Adds a line to those that the arrow keys bring back. */
void mt_line_editor_remember(struct mt_line_editor *edit, const char *line);

/* Are standard input and output a terminal? */
bool mt_line_editor_is_terminal(const struct mt_line_editor *edit);

/* Does the terminal let us edit? Else Ctrl-C is a signal while we read, too. */
bool mt_line_editor_is_edited(const struct mt_line_editor *edit);

/* For signal handlers that end the process: gives the terminal its settings back. */
void mt_line_editor_restore_terminal(void);

#endif
