// SQLite: one file, locked while it is written. https://sqlite.org/c3ref/intro.html
#define _GNU_SOURCE
#include "connection.h"

#include <time.h>

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

enum { OK = 0, BUSY = 5, LOCKED = 6, INTERRUPTED = 9, ROW = 100, DONE = 101 };
enum { OPEN_WRITE = 2, OPEN_CREATE = 4, OPEN_FULL_MUTEX = 0x10000 };
enum { TYPE_INTEGER = 1, TYPE_REAL = 2, TYPE_NULL = 5 };
enum { CONFIG_DEFENSIVE = 1010, CONFIG_TRUSTED_SCHEMA = 1017, LIMIT_LENGTH = 0 };
#define TRANSIENT ((void (*)(void *))-1)

// name, result, arguments: exactly the functions that are used
#define FUNCTIONS(F) \
  F(libversion_number, int, (void)) \
  F(open_v2, int, (const char *, sqlite3 **, int, const char *)) \
  F(close_v2, int, (sqlite3 *)) \
  F(errmsg, const char *, (sqlite3 *)) \
  F(extended_errcode, int, (sqlite3 *)) \
  F(busy_handler, int, (sqlite3 *, int (*)(void *, int), void *)) \
  F(progress_handler, void, (sqlite3 *, int, int (*)(void *), void *)) \
  F(limit, int, (sqlite3 *, int, int)) \
  F(db_config, int, (sqlite3 *, int, ...)) \
  F(prepare_v2, int, (sqlite3 *, const char *, int, sqlite3_stmt **, const char **)) \
  F(step, int, (sqlite3_stmt *)) \
  F(finalize, int, (sqlite3_stmt *)) \
  F(bind_null, int, (sqlite3_stmt *, int)) \
  F(bind_int64, int, (sqlite3_stmt *, int, long long)) \
  F(bind_double, int, (sqlite3_stmt *, int, double)) \
  F(bind_text, int, (sqlite3_stmt *, int, const char *, int, void (*)(void *))) \
  F(column_count, int, (sqlite3_stmt *)) \
  F(column_type, int, (sqlite3_stmt *, int)) \
  F(column_int64, long long, (sqlite3_stmt *, int)) \
  F(column_double, double, (sqlite3_stmt *, int)) \
  F(column_text, const unsigned char *, (sqlite3_stmt *, int)) \
  F(column_bytes, int, (sqlite3_stmt *, int))

#define LIBRARY "libsqlite3.so.0"
#define PREFIX "sqlite3_"
#include <loader.h>

static void load(void) {
  if (!found()) return;
  if (lib.libversion_number() < 3031000) {   // ON CONFLICT, and schemas that are not trusted
    snprintf(complaint, sizeof complaint, "libsqlite3.so.0 is older than 3.31");
    return;
  }
  is_loaded = 1;
}

static int asks_to_stop(cdatabase *database) { return database->stop && database->stop(database->context); }

// Somebody else writes: wait a little, and longer from time to time.
static int wait_a_little(void *context, int tries) {
  if (asks_to_stop(context)) return 0;
  struct timespec pause = {0, (tries < 5 ? 1 : tries < 20 ? 5 : 20) * 1000000L};
  nanosleep(&pause, NULL);
  return 1;
}

static int is_interrupted(void *context) { return asks_to_stop(context); }

static cdatabase_outcome outcome(cdatabase *database, int code, char *text, size_t room) {
  snprintf(text, room, "%s", lib.errmsg(database->handle));
  switch (code & 255) {
  case BUSY: case LOCKED: return asks_to_stop(database) ? CDATABASE_STOPPED : CDATABASE_BUSY;
  case INTERRUPTED: return CDATABASE_STOPPED;
  default: return CDATABASE_FAILED;
  }
}

static int bind(sqlite3_stmt *statement, int place, const cdatabase_value *value) {
  switch (value->kind) {
  case CDATABASE_INTEGER: return lib.bind_int64(statement, place, value->integer);
  case CDATABASE_REAL: return lib.bind_double(statement, place, value->real);
  case CDATABASE_TEXT: return lib.bind_text(statement, place, value->text, (int)value->count, TRANSIENT);
  default: return lib.bind_null(statement, place);
  }
}

static int give(sqlite3_stmt *statement, cdatabase_row row, void *context) {
  cdatabase_value cells[MOST_COLUMNS];
  int count = lib.column_count(statement);
  if (count > MOST_COLUMNS) count = MOST_COLUMNS;
  memset(cells, 0, sizeof cells);
  for (int i = 0; i < count; i++) {
    switch (lib.column_type(statement, i)) {
    case TYPE_NULL: break;
    case TYPE_INTEGER: cells[i].kind = CDATABASE_INTEGER; cells[i].integer = lib.column_int64(statement, i); break;
    case TYPE_REAL: cells[i].kind = CDATABASE_REAL; cells[i].real = lib.column_double(statement, i); break;
    default:   // a blob too: what is in the file need not be what was put there
      cells[i].text = (const char *)lib.column_text(statement, i);
      cells[i].count = (size_t)lib.column_bytes(statement, i);
      cells[i].kind = cells[i].text ? CDATABASE_TEXT : CDATABASE_NULL;
    }
  }
  return row(context, cells, count);
}

static cdatabase_outcome run(cdatabase *database, const char *sql, const cdatabase_value *values, int count, cdatabase_row row, void *row_context,
                             cdatabase_stop stop, void *context, char *text, size_t room) {
  database->stop = stop;
  database->context = context;
  sqlite3_stmt *statement = NULL;
  int code = lib.prepare_v2(database->handle, sql, -1, &statement, NULL);
  if (code != OK) return outcome(database, code, text, room);
  for (int i = 0; i < count && code == OK; i++) code = bind(statement, i + 1, &values[i]);
  cdatabase_outcome result = CDATABASE_DONE;
  while (code == OK && (code = lib.step(statement)) == ROW) {
    code = OK;
    if (row && give(statement, row, row_context)) { result = CDATABASE_REFUSED; break; }
  }
  if (result == CDATABASE_DONE && code != DONE) result = outcome(database, code, text, room);
  lib.finalize(statement);
  return result;
}

static void close_file(cdatabase *database) { lib.close_v2(database->handle); }

cdatabase_outcome cdatabase_open_file(const char *path, int may_create, cdatabase_stop stop, void *context, cdatabase **result, char *text, size_t room) {
  pthread_once(&once, load);
  if (!is_loaded) {
    snprintf(text, room, "%s", complaint);
    return CDATABASE_MISSING;
  }
  cdatabase *database = calloc(1, sizeof *database);
  if (!database) { snprintf(text, room, "no memory"); return CDATABASE_FAILED; }
  *database = (cdatabase){run, close_file, NULL, stop, context};
  int code = lib.open_v2(path, (sqlite3 **)&database->handle, OPEN_WRITE | OPEN_FULL_MUTEX | (may_create ? OPEN_CREATE : 0), NULL);
  if (code != OK) {
    cdatabase_outcome found = database->handle ? outcome(database, code, text, room) : CDATABASE_FAILED;
    if (!database->handle) snprintf(text, room, "no memory");
    lib.close_v2(database->handle);
    free(database);
    return found;
  }
  // the file may be anybody's: nothing in its schema may do more than hold rows
  lib.db_config(database->handle, CONFIG_DEFENSIVE, 1, (int *)NULL);
  lib.db_config(database->handle, CONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
  lib.limit(database->handle, LIMIT_LENGTH, LONGEST);
  lib.busy_handler(database->handle, wait_a_little, database);
  lib.progress_handler(database->handle, 10000, is_interrupted, database);
  *result = database;
  return CDATABASE_DONE;
}
