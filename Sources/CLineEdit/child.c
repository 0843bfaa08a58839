// Programs that the prompt runs on its terminal: the pager, the editor, `:!`. They share its process group, so that Ctrl-C reaches them.
#define _GNU_SOURCE
#include "include/CLineEdit.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int wait_for(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) == -1) if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// `input`: what becomes its standard input, or -1 for ours. The child gets back the signals that this process handles or ignores.
static int start(const char *command, int input, pid_t *child) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&actions)) return -1;
  if (posix_spawnattr_init(&attributes)) { posix_spawn_file_actions_destroy(&actions); return -1; }
  if (input >= 0) posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  sigset_t ordinary;
  sigemptyset(&ordinary);
  sigaddset(&ordinary, SIGINT);
  sigaddset(&ordinary, SIGPIPE);
  sigaddset(&ordinary, SIGWINCH);
  posix_spawnattr_setsigdefault(&attributes, &ordinary);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  char *words[] = {"sh", "-c", (char *)command, NULL};
  int failed = posix_spawn(child, "/bin/sh", &actions, &attributes, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return failed ? -1 : 0;
}

int dcs_shell(const char *command) {
  pid_t child;
  return start(command, -1, &child) ? -1 : wait_for(child);
}

int dcs_shell_reading(const char *command, const char *text, size_t length) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return -1;
  pid_t child;
  int failed = start(command, ends[0], &child);
  close(ends[0]);
  if (failed) { close(ends[1]); return -1; }
  while (length) {
    ssize_t count = write(ends[1], text, length);
    if (count > 0) { text += count; length -= (size_t)count; } else if (errno != EINTR) break;
  }
  close(ends[1]);
  return wait_for(child);
}
