// libedit behind functions of fixed signature: its own are variadic, which Swift cannot call.
#pragma once
#include <stdbool.h>

typedef struct dcs_line_editor dcs_line_editor;

enum { DCS_LINE_END = 0, DCS_LINE_READ = 1, DCS_LINE_INTERRUPTED = -1 };

/// Called on TAB with the buffer and the cursor (a byte offset); returns text to insert at the cursor (malloc'ed, freed by the caller) or NULL.
typedef char *(*dcs_line_complete)(void *context, const char *buffer, long cursor);

/// Chooses a UTF-8 character type (the user's locale, else C.UTF-8): without it typed "µ" is dropped. Call once, before anything else.
void dcs_line_set_locale(void);

dcs_line_editor *dcs_line_create(const char *program);
void dcs_line_destroy(dcs_line_editor *editor);
void dcs_line_set_completion(dcs_line_editor *editor, dcs_line_complete complete, void *context);

/// Reads one line without its newline into `*line` (malloc'ed). A pasted block arrives as one line with newlines inside.
int dcs_line_read(dcs_line_editor *editor, const char *prompt, char **line);

/// Makes `entry` (may span lines) the newest entry that ↑ recalls.
void dcs_line_remember(dcs_line_editor *editor, const char *entry);

/// Calls `handler(context)` on SIGINT, without restarting system calls; the handler must only touch lock-free atomics.
void dcs_on_interrupt(void (*handler)(void *), void *context);
