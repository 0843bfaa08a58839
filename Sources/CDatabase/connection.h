// What the two kinds of connection share.
#ifndef CDATABASE_CONNECTION_H
#define CDATABASE_CONNECTION_H

#include "CDatabase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cdatabase {
  cdatabase_outcome (*run)(cdatabase *, const char *, const cdatabase_value *, int, cdatabase_row, void *, cdatabase_stop, void *, char *, size_t);
  void (*close)(cdatabase *);
  void *handle;
  cdatabase_stop stop;
  void *context;
};

// The longest text in one cell.
#define LONGEST (64 << 20)
#define MOST_COLUMNS 64

#endif
