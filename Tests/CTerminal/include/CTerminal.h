// A program on a pseudo-terminal of its own, for tests of the prompt.
#pragma once
#include <sys/types.h>

/// Starts `words` (NULL-terminated) with the environment `variables` in `folder` on a new terminal. Returns its other end, or -1.
int terminal_start(char *const words[], char *const variables[], const char *folder, int rows, int columns, pid_t *child);
/// Changes the window: the program gets SIGWINCH.
void terminal_resize(int terminal, int rows, int columns);
/// Bytes that come within `milliseconds`: how many, 0 for none yet, -1 at the end.
long terminal_read(int terminal, char *buffer, size_t size, int milliseconds);
/// The exit code, 128 + n for a signal; -1 if it is still running after `milliseconds`.
int terminal_wait(pid_t child, int milliseconds);
