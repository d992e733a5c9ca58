/* SPDX-License-Identifier: MIT */
/* Lines that a person types: edited with libedit on a terminal, or as they come from anything else. */
#include "host/line_editor.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "host/libedit.h"

enum {
    MAX_PENDING = 65536,
    LONGEST_SEQUENCE = 16, /* of bytes that one key sends */
    HISTORY_SIZE = 1000,
    CTRL_C = 3,
    CTRL_D = 4,
    CTRL_Z = 26,
};

struct mt_line_editor {
    struct mt_loop *loop;
    uv_poll_t poll;
    uv_signal_t resized, continued;
    int open_handles;
    int fd;        /* a private one, for the poll */
    bool can_poll; /* else it is a file, which never lets us wait */
    bool at_end;
    EditLine *editor; /* NULL: no terminal, or one that cannot move its cursor */
    bool is_terminal;
    History *history;
    locale_t locale; /* the user's, for libedit alone: Lua keeps the "C" locale */
    char *prompt;
    bool ctrl_z;
    struct mt_line_editor_reader *reader; /* NULL: no line is being read */
    char bytes[MAX_PENDING];              /* read, and not yet made a line of */
    size_t length;
    size_t taken; /* of them, by libedit, for the key that it is at */
    bool starved; /* libedit needs more bytes than there are */
};

/* For signal handlers. */
static struct termios terminal; /* as we found it */
static volatile sig_atomic_t is_ours;
static bool is_open;

static struct mt_libedit lib;

void mt_line_editor_restore_terminal(void)
{
    if (is_ours)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

/* ---- libedit, which never waits ---- */

/*
 * libedit reads keys where it needs them, also several for one command, and expects to wait for
 * them. So it only gets the keys that there are. When those are not enough, the command does
 * nothing, and is tried again from its first byte once there are more. Commands to which that would
 * do harm are not bound to any key: see bind_keys().
 */
static int take_character(EditLine *editor, wchar_t *character)
{
    struct mt_line_editor *edit;
    mbstate_t state = { 0 };
    lib.el_get(editor, EL_CLIENTDATA, &edit);
    size_t left = edit->length - edit->taken;
    size_t size = left ? mbrtowc(character, edit->bytes + edit->taken, left, &state) : (size_t)-2;
    if (size == (size_t)-2) {
        edit->starved = true;
        return -1;
    }
    if (size == (size_t)-1)
        *character = L'?';
    edit->taken += size == (size_t)-1 || size == 0 ? 1 : size;
    return 1;
}

static char *prompt_of(EditLine *editor)
{
    struct mt_line_editor *edit;
    lib.el_get(editor, EL_CLIENTDATA, &edit);
    return edit->prompt;
}

static void bind_keys(EditLine *editor)
{
    static const char *const unassigned[] = { "^@", "^Q", "^V", "^X^X", "\\ex", "\\eX" };
    for (size_t i = 0; i < sizeof(unassigned) / sizeof(unassigned[0]); i++)
        lib.el_set(editor, EL_BIND, unassigned[i], "ed-unassigned", NULL);
    /* These search for earlier lines that begin with the text typed so far. */
    lib.el_set(editor, EL_BIND, "^R", "ed-search-prev-history", NULL);
    lib.el_set(editor, EL_BIND, "^S", "ed-search-next-history", NULL);
    lib.el_set(editor, EL_SETTY, "-d", "-isig", NULL);
}

/*
 * The user's. A user without one, or with plain "C", mostly has a terminal with UTF-8 nevertheless.
 */
static locale_t user_locale(void)
{
    locale_t user = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (user && strcmp(nl_langinfo_l(CODESET, user), "ANSI_X3.4-1968") != 0)
        return user;
    locale_t plain = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (user && plain)
        freelocale(user);
    return plain ? plain : user;
}

static int start_editor(struct mt_line_editor *edit)
{
    HistEvent event;
    edit->locale = user_locale();
    if (!edit->locale || tcgetattr(STDIN_FILENO, &terminal) < 0)
        return -errno;
    int status = mt_libedit_load(&lib);
    if (status < 0)
        return status;
    locale_t outer = uselocale(edit->locale);
    edit->editor = lib.el_init("moontower", stdin, stdout, stderr);
    edit->history = lib.history_init();
    if (edit->editor && edit->history) {
        lib.el_set(edit->editor, EL_CLIENTDATA, edit);
        lib.el_set(edit->editor, EL_PROMPT, prompt_of);
        lib.el_set(edit->editor, EL_EDITOR, "emacs");
        lib.el_set(edit->editor, EL_SIGNAL, 0);
        lib.el_set(edit->editor, EL_GETCFN, take_character);
        bind_keys(edit->editor);
        lib.history(edit->history, &event, H_SETSIZE, HISTORY_SIZE);
        lib.history(edit->history, &event, H_SETUNIQUE, 1);
        lib.el_set(edit->editor, EL_HIST, lib.history, edit->history);
    }
    uselocale(outer);
    return edit->editor && edit->history ? 0 : -ENOMEM;
}

static void end_editor(struct mt_line_editor *edit)
{
    locale_t outer = edit->locale ? uselocale(edit->locale) : (locale_t)0;
    if (edit->editor)
        lib.el_end(edit->editor);
    if (edit->history)
        lib.history_end(edit->history);
    if (edit->locale) {
        uselocale(outer);
        freelocale(edit->locale);
    }
    edit->editor = NULL;
    edit->history = NULL;
}

/* Editing shows the prompt and makes the terminal ours; ending that gives it back. */
static void set_editing(struct mt_line_editor *edit, bool editing)
{
    locale_t outer = uselocale(edit->locale);
    is_ours |= editing;
    lib.el_set(edit->editor, EL_UNBUFFERED, (int)editing);
    lib.el_set(edit->editor, EL_PREP_TERM, (int)editing);
    is_ours = editing;
    uselocale(outer);
}

/* ---- the line on the screen ---- */

static size_t width_of(const wchar_t *from, const wchar_t *to, size_t column)
{
    for (; from < to; from++) {
        int width = wcwidth(*from);
        if (*from == L'\t')
            column += 8 - column % 8;
        else
            column += width >= 0 ? (size_t)width : 2; /* libedit shows ^A */
    }
    return column;
}

static size_t columns(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* Takes prompt and line off the screen, however many rows they fill. */
static void erase_line(struct mt_line_editor *edit)
{
    wchar_t prompt[128];
    size_t length = mbstowcs(prompt, edit->prompt, sizeof(prompt) / sizeof(prompt[0]));
    const LineInfoW *line = lib.el_wline(edit->editor);
    size_t column = length == (size_t)-1 ? strlen(edit->prompt)
                                         : width_of(prompt, prompt + length, 0);
    size_t rows = width_of(line->buffer, line->cursor, column) / columns();
    if (rows > 0)
        printf("\033[%zuA", rows);
    fputs("\r\033[J", stdout);
}

static void write_lines(const char *text, size_t length)
{
    fwrite(text, 1, length, stdout);
    if (length == 0 || text[length - 1] != '\n')
        fputc('\n', stdout);
}

void mt_line_editor_print(struct mt_line_editor *edit, const char *text, size_t length)
{
    if (edit->editor && edit->reader) {
        locale_t outer = uselocale(edit->locale);
        erase_line(edit);
        write_lines(text, length);
        lib.el_set(edit->editor, EL_REFRESH);
        uselocale(outer);
    } else if (edit->is_terminal && edit->reader) {
        fputc('\n', stdout);
        write_lines(text, length);
        fputs(edit->prompt, stdout);
    } else {
        write_lines(text, length);
    }
    fflush(stdout);
}

static void on_resized(uv_signal_t *handle, int number)
{
    struct mt_line_editor *edit = mt_container_of(handle, struct mt_line_editor, resized);
    (void)number;
    if (edit->reader) {
        locale_t outer = uselocale(edit->locale);
        erase_line(edit);
        lib.el_resize(edit->editor);
        lib.el_set(edit->editor, EL_REFRESH);
        uselocale(outer);
    }
}

/* We were suspended, and the shell has used the terminal since. */
static void on_continued(uv_signal_t *handle, int number)
{
    struct mt_line_editor *edit = mt_container_of(handle, struct mt_line_editor, continued);
    (void)number;
    if (edit->reader) {
        locale_t outer = uselocale(edit->locale);
        lib.el_set(edit->editor, EL_PREP_TERM, 0);
        lib.el_set(edit->editor, EL_PREP_TERM, 1);
        lib.el_set(edit->editor, EL_REFRESH);
        uselocale(outer);
    }
}

/* ---- from bytes to a line ---- */

static void drop(struct mt_line_editor *edit, size_t count)
{
    edit->length -= count;
    memmove(edit->bytes, edit->bytes + count, edit->length);
}

static void finish(struct mt_line_editor *edit, const char *line, size_t length,
                   enum mt_line_editor_key key)
{
    struct mt_line_editor_reader *reader = edit->reader;
    char *copy = malloc(length + 1); /* libedit's own ends with the editing */
    if (copy && length)
        memcpy(copy, line, length);
    mt_line_editor_stop(edit);
    reader->on_line(reader, copy ? copy : "", copy ? length : 0, key);
    free(copy);
}

/* Ends the line as it has been typed so far, by a key that libedit does not get. */
static void finish_edited(struct mt_line_editor *edit, const char *shown,
                          enum mt_line_editor_key key)
{
    const LineInfo *line = lib.el_line(edit->editor);
    size_t length = (size_t)(line->lastchar - line->buffer);
    fputs(shown, stdout);
    finish(edit, line->buffer, length, key);
}

/* Suspends us, as Ctrl-Z does any program; on_continued() resumes. */
static void suspend(struct mt_line_editor *edit)
{
    lib.el_set(edit->editor, EL_PREP_TERM, 0);
    fputc('\n', stdout);
    fflush(stdout);
    kill(0, SIGTSTP);
}

/* Returns whether the bytes were enough for a command. */
static bool edit_key(struct mt_line_editor *edit)
{
    int count = 0;
    edit->taken = 0;
    edit->starved = false;
    const char *line = lib.el_gets(edit->editor, &count);
    if (edit->starved && edit->length < LONGEST_SEQUENCE)
        return false;
    drop(edit, edit->starved ? 1 : edit->taken);
    if (line && count > 0 && line[count - 1] == '\n')
        finish(edit, line, (size_t)count - 1, MT_LINE_ENTER);
    else if (line && count == 1 && line[0] == CTRL_D) {
        fputc('\n', stdout);
        finish(edit, "", 0, MT_LINE_END);
    }
    return true;
}

static void edit_bytes(struct mt_line_editor *edit)
{
    bool enough = true;
    locale_t outer = uselocale(edit->locale);
    while (enough && edit->reader && edit->length > 0) {
        char key = edit->bytes[0];
        if (key == CTRL_C || key == CTRL_Z)
            drop(edit, 1);
        if (key == CTRL_C)
            finish_edited(edit, "^C\n", MT_LINE_INTERRUPTED);
        else if (key == CTRL_Z && edit->ctrl_z)
            finish_edited(edit, "^Z\n", MT_LINE_CTRL_Z);
        else if (key == CTRL_Z)
            suspend(edit);
        else
            enough = edit_key(edit);
    }
    if (edit->at_end && edit->reader)
        finish(edit, "", 0, MT_LINE_END);
    uselocale(outer);
}

static void cut_line(struct mt_line_editor *edit)
{
    char line[MAX_PENDING];
    size_t length = 0;
    while (length < edit->length && edit->bytes[length] != '\n' &&
           !(edit->ctrl_z && edit->bytes[length] == CTRL_Z))
        length++;
    if (length == edit->length && length < MAX_PENDING && !edit->at_end)
        return;
    if (length == 0 && edit->length == 0) {
        finish(edit, "", 0, MT_LINE_END);
        return;
    }
    bool is_text_end = length < edit->length && edit->bytes[length] == CTRL_Z;
    size_t used = length < edit->length ? length + 1 : length;
    memcpy(line, edit->bytes, length);
    drop(edit, used);
    if (length > 0 && line[length - 1] == '\r')
        length--;
    finish(edit, line, length, is_text_end ? MT_LINE_CTRL_Z : MT_LINE_ENTER);
}

static void use_bytes(struct mt_line_editor *edit)
{
    if (edit->editor)
        edit_bytes(edit);
    else
        cut_line(edit);
}

static void fill(struct mt_line_editor *edit)
{
    ssize_t count = read(edit->fd, edit->bytes + edit->length, MAX_PENDING - edit->length);
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (count <= 0) {
        edit->at_end = true;
        return;
    }
    edit->length += (size_t)count;
    /* As a terminal does it: Ctrl-C throws away what was typed before it. */
    char *interrupted = edit->editor ? memrchr(edit->bytes, CTRL_C, edit->length) : NULL;
    if (interrupted)
        drop(edit, (size_t)(interrupted - edit->bytes));
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct mt_line_editor *edit = mt_container_of(poll, struct mt_line_editor, poll);
    (void)events;
    if (status < 0)
        edit->at_end = true;
    else
        fill(edit);
    use_bytes(edit);
}

/* ---- opening, reading, closing ---- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct mt_line_editor *edit = handle->data;
    if (--edit->open_handles == 0)
        free(edit);
}

static void close_handle(struct mt_line_editor *edit, uv_handle_t *handle)
{
    handle->data = edit;
    uv_close(handle, on_handle_closed);
}

/* libuv makes what it polls non-blocking, and here that is also the shell's, and standard output's. */
static int watch_input(struct mt_line_editor *edit)
{
    int flags = fcntl(edit->fd, F_GETFL);
    int status = uv_poll_init(&edit->loop->uv, &edit->poll, edit->fd);
    if (flags >= 0)
        fcntl(edit->fd, F_SETFL, flags);
    edit->can_poll = status == 0;
    edit->open_handles += edit->can_poll;
    return status == 0 || status == UV_EPERM ? 0 : status;
}

static int watch_signals(struct mt_line_editor *edit)
{
    int status = uv_signal_init(&edit->loop->uv, &edit->resized);
    if (status < 0)
        return status;
    edit->open_handles++;
    status = uv_signal_init(&edit->loop->uv, &edit->continued);
    if (status < 0)
        return status;
    edit->open_handles++;
    status = uv_signal_start(&edit->resized, on_resized, SIGWINCH);
    return status < 0 ? status : uv_signal_start(&edit->continued, on_continued, SIGCONT);
}

/* A dumb one, such as Emacs's, shows escape sequences as they are: it has the kernel's editing. */
static bool can_edit(void)
{
    const char *kind = getenv("TERM");
    return kind && *kind && strcmp(kind, "dumb") != 0;
}

int mt_line_editor_open(struct mt_loop *loop, struct mt_line_editor **edit)
{
    if (is_open)
        return -EBUSY;
    struct mt_line_editor *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->loop = loop;
    is_open = true;
    made->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    int status = made->fd < 0 ? -errno : watch_input(made);
    made->is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (status == 0 && made->is_terminal && can_edit()) {
        status = watch_signals(made);
        if (status == 0)
            status = start_editor(made);
    }
    if (status < 0) {
        mt_line_editor_close(made);
        return status;
    }
    *edit = made;
    return 0;
}

void mt_line_editor_stop(struct mt_line_editor *edit)
{
    if (!edit->reader)
        return;
    edit->reader = NULL;
    if (edit->can_poll)
        uv_poll_stop(&edit->poll);
    if (edit->editor)
        set_editing(edit, false);
}

void mt_line_editor_close(struct mt_line_editor *edit)
{
    int handles = edit->open_handles;
    mt_line_editor_stop(edit);
    end_editor(edit);
    free(edit->prompt);
    edit->prompt = NULL;
    is_open = false;
    if (edit->fd >= 0 && !edit->can_poll)
        close(edit->fd);
    if (edit->can_poll) {
        uv_poll_stop(&edit->poll);
        close(edit->fd);
        close_handle(edit, (uv_handle_t *)&edit->poll);
        handles--;
    }
    if (handles > 0)
        close_handle(edit, (uv_handle_t *)&edit->resized);
    if (handles > 1)
        close_handle(edit, (uv_handle_t *)&edit->continued);
    if (edit->open_handles == 0)
        free(edit);
}

int mt_line_editor_read(struct mt_line_editor *edit, const char *prompt, bool ctrl_z,
                        struct mt_line_editor_reader *reader)
{
    char *copy = strdup(prompt);
    if (!copy)
        return -ENOMEM;
    free(edit->prompt);
    edit->prompt = copy;
    edit->ctrl_z = ctrl_z;
    edit->reader = reader;
    if (edit->editor) {
        set_editing(edit, true);
    } else if (edit->is_terminal) {
        fputs(prompt, stdout);
        fflush(stdout);
    }
    /* A file never lets us wait, so its line is read at once. */
    use_bytes(edit);
    while (edit->reader && !edit->can_poll) {
        fill(edit);
        use_bytes(edit);
    }
    return edit->reader ? uv_poll_start(&edit->poll, UV_READABLE, on_readable) : 0;
}

void mt_line_editor_remember(struct mt_line_editor *edit, const char *line)
{
    HistEvent event;
    if (!edit->editor)
        return;
    locale_t outer = uselocale(edit->locale);
    lib.history(edit->history, &event, H_ENTER, line);
    uselocale(outer);
}

bool mt_line_editor_is_terminal(const struct mt_line_editor *edit)
{
    return edit->is_terminal;
}

bool mt_line_editor_is_edited(const struct mt_line_editor *edit)
{
    return edit->editor != NULL;
}
