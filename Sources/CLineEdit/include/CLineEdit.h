// libedit behind functions of fixed signature (its own are variadic, which Swift cannot call), and programs run for the prompt.
#pragma once
#include <stdbool.h>
#include <stddef.h>

typedef struct dcs_line_editor dcs_line_editor;

enum { DCS_LINE_END = 0, DCS_LINE_READ = 1, DCS_LINE_INTERRUPTED = -1 };

/// Called on TAB. `again`: nothing has changed since the last TAB. Returns text to insert at the cursor, or NULL; `*listing` may be set to lines to
/// show below. Both are malloc'ed and freed by the caller.
typedef char *(*dcs_line_complete)(void *context, const char *before, const char *after, bool again, char **listing);

/// Chooses a UTF-8 character type (the user's locale, else C.UTF-8): without it typed "µ" is dropped. Call once, before anything else.
void dcs_line_set_locale(void);

dcs_line_editor *dcs_line_create(const char *program);
void dcs_line_destroy(dcs_line_editor *editor);
void dcs_line_set_completion(dcs_line_editor *editor, dcs_line_complete complete, void *context);

/// Reads one line without its newline into `*line` (malloc'ed). A pasted block arrives as one line with newlines inside.
/// The prompt may hold escape sequences, each run of them between two bytes 1; it must not end with one.
int dcs_line_read(dcs_line_editor *editor, const char *prompt, char **line);

/// Makes `entry` (may span lines) the newest entry that ↑ recalls.
void dcs_line_remember(dcs_line_editor *editor, const char *entry);

/// Calls `handler(context)` on SIGINT, without restarting system calls; the handler must only touch lock-free atomics.
void dcs_on_interrupt(void (*handler)(void *), void *context);

/// Runs a command line with /bin/sh on this terminal and waits. Its exit code, 128 + n for a signal, -1 if it cannot be started.
int dcs_shell(const char *command);
/// The same with `text` as its standard input; a reader that leaves early is no error.
int dcs_shell_reading(const char *command, const char *text, size_t length);
