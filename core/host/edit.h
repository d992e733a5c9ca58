/* SPDX-License-Identifier: MIT */
/* Lines that a person types: edited with libedit on a terminal, or as they come from anything else. */
#ifndef MT_HOST_EDIT_H
#define MT_HOST_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "host/loop.h"

/* What ended a line. */
enum mt_edit_key {
    MT_EDIT_ENTER,
    MT_EDIT_CTRL_Z,       /* only where the reader asked for it; elsewhere it suspends us */
    MT_EDIT_INTERRUPTED,  /* Ctrl-C: what was typed is given up */
    MT_EDIT_END,          /* Ctrl-D on an empty line, or the end of the file */
};

/* Standard input and output, as a prompt. There is one at a time. */
struct mt_edit;

struct mt_edit_reader {
    /* Called once for each mt_edit_read(), maybe from inside it. `line` is valid during the call. */
    void (*on_line)(struct mt_edit_reader *reader, const char *line, size_t length,
                    enum mt_edit_key key);
};

/* -EBUSY when there is one already. */
int mt_edit_open(struct mt_loop *loop, struct mt_edit **edit);

/* Gives the terminal back as it was. The pointer is invalid at once. */
void mt_edit_close(struct mt_edit *edit);

/*
 * Asks for a line. While it is being edited, the terminal is ours: Ctrl-C is a key and no signal.
 * `ctrl_z`: Ctrl-Z ends the line, too. 0 or a negative errno.
 */
int mt_edit_read(struct mt_edit *edit, const char *prompt, bool ctrl_z,
                 struct mt_edit_reader *reader);

/* Gives up reading; what was typed is lost. */
void mt_edit_stop(struct mt_edit *edit);

/* Shows text: above the line that is being edited, if there is one. Line ends are added. */
void mt_edit_print(struct mt_edit *edit, const char *text, size_t length);

/* Adds a line to those that the arrow keys bring back. */
void mt_edit_remember(struct mt_edit *edit, const char *line);

/* Are standard input and output a terminal? */
bool mt_edit_is_terminal(const struct mt_edit *edit);

/* Does the terminal let us edit? Else Ctrl-C is a signal while we read, too. */
bool mt_edit_is_edited(const struct mt_edit *edit);

/* For signal handlers that end the process: gives the terminal its settings back. */
void mt_edit_restore_terminal(void);

#endif
