// PostgreSQL through libpq, without blocking: every wait is a poll of 50 ms, after which `stop` is asked. https://www.postgresql.org/docs/current/libpq.html
#define _GNU_SOURCE
#include "connection.h"

#include <poll.h>

typedef struct PGconn PGconn;
typedef struct PGresult PGresult;

enum { CONNECTION_OK = 0, CONNECTION_BAD = 1 };
enum { POLLING_FAILED = 0, POLLING_READING = 1, POLLING_WRITING = 2, POLLING_OK = 3 };
enum { EMPTY_QUERY = 0, COMMAND_OK = 1, TUPLES_OK = 2, NONFATAL = 6, SINGLE_TUPLE = 9 };
#define SQLSTATE 'C'

#define FUNCTIONS(F) \
  F(connectStartParams, PGconn *, (const char *const *, const char *const *, int)) \
  F(connectPoll, int, (PGconn *)) \
  F(status, int, (const PGconn *)) \
  F(socket, int, (const PGconn *)) \
  F(errorMessage, char *, (const PGconn *)) \
  F(finish, void, (PGconn *)) \
  F(setNoticeProcessor, void *, (PGconn *, void (*)(void *, const char *), void *)) \
  F(sendQueryParams, int, (PGconn *, const char *, int, const unsigned *, const char *const *, const int *, const int *, int)) \
  F(setSingleRowMode, int, (PGconn *)) \
  F(consumeInput, int, (PGconn *)) \
  F(isBusy, int, (PGconn *)) \
  F(getResult, PGresult *, (PGconn *)) \
  F(resultStatus, int, (const PGresult *)) \
  F(resultErrorMessage, char *, (const PGresult *)) \
  F(resultErrorField, char *, (const PGresult *, int)) \
  F(clear, void, (PGresult *)) \
  F(ntuples, int, (const PGresult *)) \
  F(nfields, int, (const PGresult *)) \
  F(getisnull, int, (const PGresult *, int, int)) \
  F(getvalue, char *, (const PGresult *, int, int)) \
  F(getlength, int, (const PGresult *, int, int))

#define LIBRARY "libpq.so.5"
#define PREFIX "PQ"
#include <loader.h>

static void load(void) { is_loaded = found(); }

// The first line of what libpq says, without its line end.
static void say(const char *message, char *text, size_t room) {
  size_t count = strcspn(message, "\n");
  snprintf(text, room, "%.*s", (int)(count < room ? count : room - 1), message);
}

static void ignore(void *context, const char *message) { (void)context, (void)message; }

// 1: the socket is ready; 0: asked to stop; -1: it is broken.
static int await(PGconn *connection, short events, cdatabase_stop stop, void *context) {
  for (;;) {
    struct pollfd wish = {lib.socket(connection), events, 0};
    if (wish.fd < 0) return -1;
    int ready = poll(&wish, 1, 50);
    if (stop && stop(context)) return 0;
    if (ready > 0) return 1;
  }
}

static cdatabase_outcome failed(PGconn *connection, const PGresult *result, char *text, size_t room) {
  const char *state = result ? lib.resultErrorField(result, SQLSTATE) : NULL, *message = result ? lib.resultErrorMessage(result) : "";
  say(message[0] ? message : lib.errorMessage(connection), text, room);
  if (lib.status(connection) == CONNECTION_BAD) return CDATABASE_LOST;
  // serialization failure, deadlock, lock not available
  if (state && (!strcmp(state, "40001") || !strcmp(state, "40P01") || !strcmp(state, "55P03"))) return CDATABASE_BUSY;
  return CDATABASE_FAILED;
}

// Gives the rows of one result.
static int give(const PGresult *result, cdatabase_row row, void *context) {
  cdatabase_value cells[MOST_COLUMNS];
  int count = lib.nfields(result);
  if (count > MOST_COLUMNS) count = MOST_COLUMNS;
  for (int r = 0; r < lib.ntuples(result); r++) {
    memset(cells, 0, sizeof cells);
    for (int i = 0; i < count; i++) {
      int length = lib.getlength(result, r, i);
      if (lib.getisnull(result, r, i) || length > LONGEST) continue;
      cells[i] = (cdatabase_value){CDATABASE_TEXT, 0, 0, lib.getvalue(result, r, i), (size_t)length};
    }
    if (row(context, cells, count)) return 1;
  }
  return 0;
}

// All results of a statement. After STOPPED and REFUSED the server may still be at it: the connection is to be closed, which ends what it began.
static cdatabase_outcome collect(PGconn *connection, cdatabase_row row, void *row_context, cdatabase_stop stop, void *context, char *text, size_t room) {
  cdatabase_outcome found = CDATABASE_DONE;
  for (;;) {
    while (lib.isBusy(connection)) {
      int ready = await(connection, POLLIN, stop, context);
      if (ready == 0) return CDATABASE_STOPPED;
      if (ready < 0 || !lib.consumeInput(connection)) {
        say(lib.errorMessage(connection), text, room);
        return CDATABASE_LOST;
      }
    }
    PGresult *result = lib.getResult(connection);
    if (!result) return found;
    int status = lib.resultStatus(result);
    if (status == SINGLE_TUPLE || status == TUPLES_OK) {
      if (row && give(result, row, row_context)) found = CDATABASE_REFUSED;
    } else if (status != COMMAND_OK && status != EMPTY_QUERY && status != NONFATAL) {
      found = failed(connection, result, text, room);
    }
    lib.clear(result);
    if (found == CDATABASE_REFUSED) return found;
  }
}

static cdatabase_outcome run(cdatabase *database, const char *sql, const cdatabase_value *values, int count, cdatabase_row row, void *row_context,
                             cdatabase_stop stop, void *context, char *text, size_t room) {
  // numbers are written as text: 32 bytes hold any of them
  const char **texts = calloc((size_t)count + 1, sizeof *texts);
  char *numbers = malloc(32 * (size_t)count + 1);
  if (!texts || !numbers) {
    free(texts), free(numbers);
    snprintf(text, room, "no memory");
    return CDATABASE_FAILED;
  }
  for (int i = 0; i < count; i++) {
    char *number = numbers + 32 * i;
    switch (values[i].kind) {
    case CDATABASE_NULL: break;
    case CDATABASE_INTEGER: snprintf(number, 32, "%lld", (long long)values[i].integer); texts[i] = number; break;
    case CDATABASE_REAL: snprintf(number, 32, "%.17g", values[i].real); texts[i] = number; break;
    case CDATABASE_TEXT: texts[i] = values[i].text; break;
    }
  }
  PGconn *connection = database->handle;
  int sent = lib.sendQueryParams(connection, sql, count, NULL, texts, NULL, NULL, 0);
  free(texts), free(numbers);
  if (!sent) return failed(connection, NULL, text, room);
  if (row) lib.setSingleRowMode(connection);
  return collect(connection, row, row_context, stop, context, text, room);
}

static void close_server(cdatabase *database) { lib.finish(database->handle); }

cdatabase_outcome cdatabase_open_server(const char *url, cdatabase_stop stop, void *context, cdatabase **result, char *text, size_t room) {
  pthread_once(&once, load);
  if (!is_loaded) {
    snprintf(text, room, "%s", complaint);
    return CDATABASE_MISSING;
  }
  const char *names[] = {"dbname", "fallback_application_name", "client_encoding", NULL}, *values[] = {url, "dcs", "UTF8", NULL};
  PGconn *connection = lib.connectStartParams(names, values, 1);
  if (!connection) { snprintf(text, room, "no memory"); return CDATABASE_FAILED; }
  lib.setNoticeProcessor(connection, ignore, NULL);
  cdatabase_outcome found = lib.status(connection) == CONNECTION_BAD ? CDATABASE_FAILED : CDATABASE_DONE;
  for (int state = POLLING_WRITING; found == CDATABASE_DONE && state != POLLING_OK;) {
    int ready = await(connection, state == POLLING_READING ? POLLIN : POLLOUT, stop, context);
    if (ready == 0) found = CDATABASE_STOPPED;
    else if (ready < 0 || (state = lib.connectPoll(connection)) == POLLING_FAILED) found = CDATABASE_FAILED;
  }
  cdatabase *database = found == CDATABASE_DONE ? calloc(1, sizeof *database) : NULL;
  if (!database) {
    say(lib.errorMessage(connection), text, room);
    lib.finish(connection);
    return found == CDATABASE_DONE ? CDATABASE_FAILED : found;
  }
  *database = (cdatabase){run, close_server, connection, stop, context};
  *result = database;
  return CDATABASE_DONE;
}
