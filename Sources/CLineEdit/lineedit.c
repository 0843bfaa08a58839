#include "include/CLineEdit.h"
#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dcs_line_editor {
  EditLine *edit;
  History *history;
  char *prompt;
  dcs_line_complete complete;
  void *context;
  bool end_of_input;
};

static dcs_line_editor *owner(EditLine *edit) {
  void *data = NULL;
  el_get(edit, EL_CLIENTDATA, &data);
  return data;
}

static char *current_prompt(EditLine *edit) {
  dcs_line_editor *editor = owner(edit);
  return editor && editor->prompt ? editor->prompt : "";
}

static unsigned char on_tab(EditLine *edit, int key) {
  (void)key;
  dcs_line_editor *editor = owner(edit);
  if (!editor || !editor->complete) return CC_ERROR;
  const LineInfo *info = el_line(edit);
  size_t length = (size_t)(info->lastchar - info->buffer);
  char *buffer = malloc(length + 1);
  if (!buffer) return CC_ERROR;
  memcpy(buffer, info->buffer, length);
  buffer[length] = 0;
  char *insert = editor->complete(editor->context, buffer, info->cursor - info->buffer);
  free(buffer);
  if (!insert) return CC_REFRESH_BEEP;
  int failed = *insert && el_insertstr(edit, insert) == -1;
  free(insert);
  return failed ? CC_ERROR : CC_REFRESH;
}

// Bracketed paste: libedit knows nothing of it, so the sequence that opens one is bound to this, which takes all up to ESC[201~ as text.
static unsigned char on_paste(EditLine *edit, int key) {
  (void)key;
  static const char closing[] = "\x1b[201~";
  size_t capacity = 4096, length = 0;
  char *text = malloc(capacity);
  if (!text) return CC_ERROR;
  char byte;
  while (el_getc(edit, &byte) == 1) {
    if (length + 2 > capacity) {
      char *larger = realloc(text, capacity *= 2);
      if (!larger) break;
      text = larger;
    }
    text[length++] = byte == '\r' ? '\n' : byte;
    if (length >= sizeof closing - 1 && !memcmp(text + length - (sizeof closing - 1), closing, sizeof closing - 1)) { length -= sizeof closing - 1; break; }
  }
  while (length && text[length - 1] == '\n') length--;
  text[length] = 0;
  int failed = length && el_insertstr(edit, text) == -1;
  free(text);
  return failed ? CC_ERROR : CC_REFRESH;
}

void dcs_line_set_locale(void) {
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8")) setlocale(LC_CTYPE, "C.UTF-8");
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
  el_set(editor->edit, EL_PROMPT, current_prompt);
  el_set(editor->edit, EL_EDITOR, "emacs");
  el_set(editor->edit, EL_SIGNAL, 0);
  el_set(editor->edit, EL_HIST, history, editor->history);
  el_set(editor->edit, EL_ADDFN, "dcs-complete", "complete the word", on_tab);
  el_set(editor->edit, EL_ADDFN, "dcs-paste", "take a pasted block as text", on_paste);
  el_set(editor->edit, EL_BIND, "\t", "dcs-complete", NULL);
  el_set(editor->edit, EL_BIND, "\x1b[200~", "dcs-paste", NULL);
  el_set(editor->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_source(editor->edit, NULL);
  return editor;
}

void dcs_line_destroy(dcs_line_editor *editor) {
  if (!editor) return;
  if (editor->edit) el_end(editor->edit);
  if (editor->history) history_end(editor->history);
  free(editor->prompt);
  free(editor);
}

void dcs_line_set_completion(dcs_line_editor *editor, dcs_line_complete complete, void *context) {
  editor->complete = complete;
  editor->context = context;
}

int dcs_line_read(dcs_line_editor *editor, const char *prompt, char **line) {
  free(editor->prompt);
  editor->prompt = strdup(prompt);
  fputs("\x1b[?2004h", stdout);
  fflush(stdout);
  int count = 0;
  errno = 0;
  const char *text = el_gets(editor->edit, &count);
  int reason = errno;
  fputs("\x1b[?2004l", stdout);
  fflush(stdout);
  if (!text) return count == -1 && reason == EINTR ? DCS_LINE_INTERRUPTED : DCS_LINE_END;
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
