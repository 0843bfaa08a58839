#include "connection.h"

cdatabase_outcome cdatabase_run(cdatabase *database, const char *sql, const cdatabase_value *values, int count, cdatabase_row row, void *row_context,
                                cdatabase_stop stop, void *context, char *text, size_t room) {
  return database->run(database, sql, values, count, row, row_context, stop, context, text, room);
}

void cdatabase_close(cdatabase *database) {
  if (!database) return;
  database->close(database);
  free(database);
}
