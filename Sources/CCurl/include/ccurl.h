// One HTTP transfer at a time through libcurl, which is loaded at the first use and not before: programs that stay on local files never pay for it.
//
// API: https://curl.se/libcurl/c/  (7.68 or newer, for curl_multi_poll)

#ifndef CCURL_H
#define CCURL_H

#include <stddef.h>

// An easy handle in a multi handle of its own: keeps its connections from one transfer to the next. One thread at a time.
typedef struct ccurl_handle ccurl_handle;

typedef enum {
  CCURL_DONE,        // an answer came whole, whatever its status
  CCURL_STOPPED,     // `stop` said so
  CCURL_REFUSED,     // `receive` wanted no more
  CCURL_UNRESOLVED,  // no address for the host
  CCURL_UNREACHABLE, // nobody took the connection
  CCURL_INSECURE,    // TLS: no handshake, or a certificate that nothing vouches for
  CCURL_SLOW,        // less than was asked for in the time allowed
  CCURL_BROKEN,      // the connection ended before the answer did
  CCURL_FAILED       // anything else; `text` says
} ccurl_outcome;

typedef struct {
  const char *url, *method;
  const char *const *headers;  // "Name: value"
  size_t header_count;
  const void *body;            // sent if `has_body`
  size_t body_count;
  int has_body, follows;       // follows: redirects of reads, to http and https only
  const char *authorities;     // file of certificates; NULL: the system's
  long connect_ms;             // until a connection stands
  long stall_ms, stall_bytes;  // fewer bytes than this in such a time, either way: too slow
  long total_ms;               // for all of it
  void *context;
  int (*stop)(void *context);  // asked every 50 ms and at every piece
  void (*header)(void *context, const char *line, size_t count);
  size_t (*receive)(void *context, const void *bytes, size_t count);  // fewer than count ends the transfer
} ccurl_request;

typedef struct {
  ccurl_outcome outcome;
  long status;
  char text[256];
} ccurl_result;

// 0, or -1 with the loader's words in `text`: the library is missing or too old.
int ccurl_load(char *text, size_t count);
// NULL without memory. Only after ccurl_load.
ccurl_handle *ccurl_make(void);
void ccurl_free(ccurl_handle *handle);
void ccurl_perform(ccurl_handle *handle, const ccurl_request *request, ccurl_result *result);

#endif
