#define _GNU_SOURCE
#include "include/CLineEdit.h"
#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

static volatile sig_atomic_t interrupts, seen_interrupts;

struct dcs_line_editor {
  EditLine *edit;
  History *history;
  char *prompt;
  dcs_line_complete complete;
  void *context;
  bool was_interrupted;
  // The line as the last TAB left it.
  char *completed;
};

static volatile sig_atomic_t was_resized;

static dcs_line_editor *owner(EditLine *edit) {
  void *data = NULL;
  el_get(edit, EL_CLIENTDATA, &data);
  return data;
}

static char *current_prompt(EditLine *edit) {
  dcs_line_editor *editor = owner(edit);
  return editor && editor->prompt ? editor->prompt : "";
}

// The row of the cursor below the prompt's first, in a terminal that folds lines at its new width.
static int cursor_row(dcs_line_editor *editor, int columns) {
  int row = 0, column = 0, hidden = 0;
  for (const char *c = editor->prompt; *c; c++) if (*c == 1) hidden = !hidden; else if (!hidden) column++;
  const LineInfoW *line = el_wline(editor->edit);
  for (const wchar_t *c = line->buffer; c < line->cursor; c++) {
    int width = wcwidth(*c);
    if (*c == L'\n') { row++; column = 0; } else column += width > 0 ? width : 0;
    if (column >= columns) { row++; column = 0; }
  }
  return row;
}

// libedit draws again from where it believes the cursor to be: it is put there, at the start of the prompt, with nothing below.
static void redraw_resized(dcs_line_editor *editor) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    int row = cursor_row(editor, size.ws_col);
    if (row) printf("\x1b[%dA", row);
  }
  fputs("\r\x1b[J", stdout);
  fflush(stdout);
  el_resize(editor->edit);
  el_set(editor->edit, EL_REFRESH);
}

// One character from the terminal. Interrupted by a new window size it draws again, by Ctrl-C it ends the line.
static int read_character(EditLine *edit, wchar_t *character) {
  dcs_line_editor *editor = owner(edit);
  char bytes[8];
  size_t count = 0;
  while (count < sizeof bytes) {
    if (interrupts != seen_interrupts) { editor->was_interrupted = true; seen_interrupts = interrupts; errno = EINTR; return -1; }
    ssize_t got = read(STDIN_FILENO, bytes + count, 1);
    if (got < 0 && errno != EINTR) return -1;
    if (got < 0) {
      if (was_resized) { was_resized = 0; redraw_resized(editor); }
      continue;
    }
    if (got == 0) return 0;
    count++;
    mbstate_t state = {0};
    size_t length = mbrtowc(character, bytes, count, &state);
    if (length == (size_t)-2) continue;
    if (length == (size_t)-1) { *character = L'\xfffd'; return 1; }   // no UTF-8: shown as what it is
    return 1;
  }
  *character = L'\xfffd';
  return 1;
}

static unsigned char on_tab(EditLine *edit, int key) {
  (void)key;
  dcs_line_editor *editor = owner(edit);
  if (!editor || !editor->complete) return CC_ERROR;
  const LineInfo *info = el_line(edit);
  char *before = strndup(info->buffer, (size_t)(info->cursor - info->buffer));
  char *after = strndup(info->cursor, (size_t)(info->lastchar - info->cursor));
  char *listing = NULL, *insert = NULL;
  if (before && after) {
    bool again = editor->completed && !strcmp(editor->completed, before);
    insert = editor->complete(editor->context, before, after, again, &listing);
  }
  free(before);
  free(after);
  unsigned char result = CC_REFRESH_BEEP;
  if (insert && *insert) result = el_insertstr(edit, insert) == -1 ? CC_ERROR : CC_REFRESH;
  free(insert);
  free(editor->completed);
  info = el_line(edit);
  editor->completed = strndup(info->buffer, (size_t)(info->cursor - info->buffer));
  if (listing) {
    printf("\n%s\n", listing);
    fflush(stdout);
    free(listing);
    el_set(edit, EL_REFRESH);
    result = CC_NORM;
  }
  return result;
}

// Bracketed paste: libedit knows nothing of it, so the sequence that opens one is bound to this, which takes all up to ESC[201~ as text.
static unsigned char on_paste(EditLine *edit, int key) {
  (void)key;
  static const wchar_t closing[] = L"\x1b[201~";
  const size_t closing_length = sizeof closing / sizeof *closing - 1;
  size_t capacity = 4096, length = 0;
  wchar_t *text = malloc(capacity * sizeof *text);
  if (!text) return CC_ERROR;
  wchar_t character;
  while (el_wgetc(edit, &character) == 1) {
    if (length + 2 > capacity) {
      wchar_t *larger = realloc(text, (capacity *= 2) * sizeof *text);
      if (!larger) break;
      text = larger;
    }
    text[length++] = character == L'\r' ? L'\n' : character;
    if (length >= closing_length && !wmemcmp(text + length - closing_length, closing, closing_length)) { length -= closing_length; break; }
  }
  while (length && text[length - 1] == L'\n') length--;
  // what would move the cursor when drawn is no text
  size_t kept = 0;
  for (size_t i = 0; i < length; i++) if (text[i] >= 0x20 || text[i] == L'\n' || text[i] == L'\t') text[kept++] = text[i];
  text[kept] = 0;
  int failed = kept && el_winsertstr(edit, text) == -1;
  free(text);
  return failed ? CC_ERROR : CC_REFRESH;
}

// The ESC before it has left the insert mode and moved the cursor back: both are undone.
static unsigned char on_paste_vi(EditLine *edit, int key) {
  el_cursor(edit, 1);
  el_push(edit, "a");
  return on_paste(edit, key);
}

void dcs_line_set_locale(void) {
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8")) setlocale(LC_CTYPE, "C.UTF-8");
}

static void on_resize(int number) {
  (void)number;
  was_resized = 1;
}

// In vi's insert mode ESC leaves it: a sequence that begins with ESC is bound without it, in the map of the command mode.
static void bind_sequence(EditLine *edit, bool vi, const char *after_escape, const char *function) {
  char sequence[16];
  snprintf(sequence, sizeof sequence, "%s%s", vi ? "" : "\x1b", after_escape);
  if (vi) el_set(edit, EL_BIND, "-a", sequence, function, NULL); else el_set(edit, EL_BIND, sequence, function, NULL);
}

static void bind_keys(EditLine *edit, bool vi) {
  el_set(edit, EL_BIND, "\t", "dcs-complete", NULL);
  el_set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
  bind_sequence(edit, vi, "[200~", vi ? "dcs-paste-vi" : "dcs-paste");
  // keys that libedit leaves without a meaning in most terminals
  bind_sequence(edit, vi, "[3~", "ed-delete-next-char");
  static const char *const home[] = {"[H", "OH", "[1~"}, *const end[] = {"[F", "OF", "[4~"};
  for (int i = 0; i < 3; i++) {
    bind_sequence(edit, vi, home[i], "ed-move-to-beg");
    bind_sequence(edit, vi, end[i], "ed-move-to-end");
  }
  bind_sequence(edit, vi, "[1;5D", "ed-prev-word");
  bind_sequence(edit, vi, "[1;5C", "em-next-word");
}

dcs_line_editor *dcs_line_create(const char *program) {
  dcs_line_editor *editor = calloc(1, sizeof *editor);
  if (!editor) return NULL;
  editor->edit = el_init(program, stdin, stdout, stderr);
  editor->history = history_init();
  if (!editor->edit || !editor->history) { dcs_line_destroy(editor); return NULL; }
  HistEvent event;
  history(editor->history, &event, H_SETSIZE, 2000);
  history(editor->history, &event, H_SETUNIQUE, 1);
  el_set(editor->edit, EL_CLIENTDATA, editor);
  el_set(editor->edit, EL_PROMPT_ESC, current_prompt, '\1');
  el_set(editor->edit, EL_EDITOR, "emacs");
  el_set(editor->edit, EL_SIGNAL, 0);
  el_set(editor->edit, EL_GETCFN, read_character);
  el_set(editor->edit, EL_HIST, history, editor->history);
  el_set(editor->edit, EL_ADDFN, "dcs-complete", "complete the word", on_tab);
  el_set(editor->edit, EL_ADDFN, "dcs-paste", "take a pasted block as text", on_paste);
  el_set(editor->edit, EL_ADDFN, "dcs-paste-vi", "take a pasted block as text", on_paste_vi);
  bind_keys(editor->edit, false);
  el_source(editor->edit, NULL);
  // `bind -v` there starts from an empty map
  const char *map = NULL;
  if (el_get(editor->edit, EL_EDITOR, &map) == 0 && map && !strcmp(map, "vi")) bind_keys(editor->edit, true);
  struct sigaction action = {.sa_handler = on_resize};
  sigemptyset(&action.sa_mask);
  sigaction(SIGWINCH, &action, NULL);
  return editor;
}

void dcs_line_destroy(dcs_line_editor *editor) {
  if (!editor) return;
  if (editor->edit) el_end(editor->edit);
  if (editor->history) history_end(editor->history);
  free(editor->prompt);
  free(editor->completed);
  free(editor);
}

void dcs_line_set_completion(dcs_line_editor *editor, dcs_line_complete complete, void *context) {
  editor->complete = complete;
  editor->context = context;
}

int dcs_line_read(dcs_line_editor *editor, const char *prompt, char **line) {
  free(editor->prompt);
  editor->prompt = strdup(prompt);
  free(editor->completed);
  editor->completed = NULL;
  editor->was_interrupted = false;
  seen_interrupts = interrupts;
  if (was_resized) { was_resized = 0; el_resize(editor->edit); }
  fputs("\x1b[?2004h", stdout);
  fflush(stdout);
  int count = 0;
  const char *text = el_gets(editor->edit, &count);
  fputs("\x1b[?2004l", stdout);
  fflush(stdout);
  if (!text) return editor->was_interrupted ? DCS_LINE_INTERRUPTED : DCS_LINE_END;
  size_t length = strlen(text);
  if (length && text[length - 1] == '\n') length--;
  *line = strndup(text, length);
  return *line ? DCS_LINE_READ : DCS_LINE_END;
}

void dcs_line_remember(dcs_line_editor *editor, const char *entry) {
  HistEvent event;
  history(editor->history, &event, H_ENTER, entry);
}

static void (*interrupt_handler)(void *);
static void *interrupt_context;

static void on_sigint(int number) {
  (void)number;
  int saved = errno;
  interrupts++;
  if (interrupt_handler) interrupt_handler(interrupt_context);
  errno = saved;
}

void dcs_on_interrupt(void (*handler)(void *), void *context) {
  interrupt_handler = handler;
  interrupt_context = context;
  struct sigaction action = {.sa_handler = on_sigint};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}
