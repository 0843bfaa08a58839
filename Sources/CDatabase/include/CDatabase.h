// Statements of SQL, in a file through SQLite and on a server through PostgreSQL. Both libraries are loaded at their first use and not before.
//
// API: https://sqlite.org/c3ref/intro.html, https://www.postgresql.org/docs/current/libpq.html. What is used of it is declared here, so no headers are needed to build.

#ifndef CDATABASE_H
#define CDATABASE_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
  CDATABASE_DONE,
  CDATABASE_MISSING,  // the library is not on this system, or too old
  CDATABASE_FAILED,   // `text` says why
  CDATABASE_BUSY,     // somebody else holds it, or the server wants it tried again
  CDATABASE_LOST,     // the connection is gone
  CDATABASE_STOPPED,  // `stop` said so
  CDATABASE_REFUSED   // `row` wanted no more
} cdatabase_outcome;

typedef enum { CDATABASE_NULL, CDATABASE_INTEGER, CDATABASE_REAL, CDATABASE_TEXT } cdatabase_kind;

// What is bound to $1, $2, … and what a row holds. PostgreSQL gives all its values as text.
typedef struct {
  cdatabase_kind kind;
  int64_t integer;
  double real;
  const char *text;
  size_t count;
} cdatabase_value;

// Asked at least every 50 ms while it waits or works; not 0: give up.
typedef int (*cdatabase_stop)(void *context);
// A row; not 0: no more of them.
typedef int (*cdatabase_row)(void *context, const cdatabase_value *cells, int count);

// One connection, for one thread at a time.
typedef struct cdatabase cdatabase;

// A file; made if `may_create`. With the outcome DONE, *database is to be closed.
cdatabase_outcome cdatabase_open_file(const char *path, int may_create, cdatabase_stop stop, void *context, cdatabase **database, char *text, size_t room);
// A server, by its URL; libpq reads what the URL does not say from its own variables and files.
cdatabase_outcome cdatabase_open_server(const char *url, cdatabase_stop stop, void *context, cdatabase **database, char *text, size_t room);
// One statement. `row` may be NULL.
cdatabase_outcome cdatabase_run(cdatabase *database, const char *sql, const cdatabase_value *values, int count, cdatabase_row row, void *row_context,
                                cdatabase_stop stop, void *context, char *text, size_t room);
void cdatabase_close(cdatabase *database);

#endif
