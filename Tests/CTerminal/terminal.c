#define _GNU_SOURCE
#include "include/CTerminal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

int terminal_start(char *const words[], char *const variables[], const char *folder, int rows, int columns, pid_t *child) {
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  int terminal;
  *child = forkpty(&terminal, NULL, NULL, &size);
  if (*child < 0) return -1;
  if (*child == 0) {
    // threads of the test runner block signals; children inherit that
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    if (chdir(folder) == 0) execve(words[0], words, variables);
    _exit(127);
  }
  fcntl(terminal, F_SETFD, FD_CLOEXEC);
  return terminal;
}

void terminal_resize(int terminal, int rows, int columns) {
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  ioctl(terminal, TIOCSWINSZ, &size);
}

long terminal_read(int terminal, char *buffer, size_t size, int milliseconds) {
  struct pollfd ready = {.fd = terminal, .events = POLLIN};
  int count = poll(&ready, 1, milliseconds);
  if (count == 0 || (count < 0 && errno == EINTR)) return 0;
  long got = read(terminal, buffer, size);
  return got > 0 ? got : -1;
}

int terminal_wait(pid_t child, int milliseconds) {
  for (int waited = 0;; waited += 10) {
    int status;
    pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (ended < 0 || waited >= milliseconds) return -1;
    usleep(10000);
  }
}
