#define CURL_DISABLE_TYPECHECK
#include "ccurl.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

// name, result, arguments: exactly the functions that are used
#define FUNCTIONS(F) \
  F(global_init, CURLcode, (long)) \
  F(easy_init, CURL *, (void)) \
  F(easy_setopt, CURLcode, (CURL *, CURLoption, ...)) \
  F(easy_getinfo, CURLcode, (CURL *, CURLINFO, ...)) \
  F(easy_reset, void, (CURL *)) \
  F(easy_cleanup, void, (CURL *)) \
  F(easy_strerror, const char *, (CURLcode)) \
  F(slist_append, struct curl_slist *, (struct curl_slist *, const char *)) \
  F(slist_free_all, void, (struct curl_slist *)) \
  F(multi_init, CURLM *, (void)) \
  F(multi_add_handle, CURLMcode, (CURLM *, CURL *)) \
  F(multi_remove_handle, CURLMcode, (CURLM *, CURL *)) \
  F(multi_perform, CURLMcode, (CURLM *, int *)) \
  F(multi_poll, CURLMcode, (CURLM *, struct curl_waitfd *, unsigned int, int, int *)) \
  F(multi_info_read, CURLMsg *, (CURLM *, int *)) \
  F(multi_cleanup, CURLMcode, (CURLM *)) \
  F(multi_strerror, const char *, (CURLMcode))

#define LIBRARY "libcurl.so.4"
#define OTHERWISE "libcurl-gnutls.so.4"
#define PREFIX "curl_"
#include <loader.h>

static void load(void) {
  if (!found()) return;
  if (lib.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    snprintf(complaint, sizeof complaint, LIBRARY " does not start");
    return;
  }
  is_loaded = 1;
}

int ccurl_load(char *text, size_t count) {
  pthread_once(&once, load);
  if (is_loaded) return 0;
  snprintf(text, count, "%s", complaint);
  return -1;
}

struct ccurl_handle {
  CURL *easy;
  CURLM *multi;
  const ccurl_request *request;  // of the transfer at hand
  int is_refused;
};

ccurl_handle *ccurl_make(void) {
  ccurl_handle *handle = calloc(1, sizeof *handle);
  if (!handle) return NULL;
  handle->easy = lib.easy_init();
  handle->multi = lib.multi_init();
  if (handle->easy && handle->multi) return handle;
  ccurl_free(handle);
  return NULL;
}

void ccurl_free(ccurl_handle *handle) {
  if (handle->easy) lib.easy_cleanup(handle->easy);
  if (handle->multi) lib.multi_cleanup(handle->multi);
  free(handle);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context) {
  ccurl_handle *handle = context;
  handle->request->header(handle->request->context, bytes, size * count);
  return size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
  ccurl_handle *handle = context;
  if (handle->request->stop(handle->request->context)) return 0;
  size_t took = handle->request->receive(handle->request->context, bytes, size * count);
  if (took != size * count) handle->is_refused = 1;
  return took;
}

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static ccurl_outcome outcome(CURLcode code) {
  switch (code) {
  case CURLE_OK: return CCURL_DONE;
  case CURLE_COULDNT_RESOLVE_HOST: case CURLE_COULDNT_RESOLVE_PROXY: return CCURL_UNRESOLVED;
  case CURLE_COULDNT_CONNECT: return CCURL_UNREACHABLE;
  case CURLE_SSL_CONNECT_ERROR: case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_CACERT_BADFILE: case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER: case CURLE_SSL_ISSUER_ERROR: return CCURL_INSECURE;
  case CURLE_OPERATION_TIMEDOUT: return CCURL_SLOW;
  case CURLE_PARTIAL_FILE: case CURLE_GOT_NOTHING: case CURLE_SEND_ERROR: case CURLE_RECV_ERROR: case CURLE_HTTP2: case CURLE_HTTP2_STREAM:
  case CURLE_WEIRD_SERVER_REPLY: case CURLE_BAD_CONTENT_ENCODING: return CCURL_BROKEN;
  default: return CCURL_FAILED;
  }
}

static void prepare(ccurl_handle *handle, const ccurl_request *request, struct curl_slist *headers, char *text) {
  CURL *easy = handle->easy;
  lib.easy_reset(easy);
  lib.easy_setopt(easy, CURLOPT_URL, request->url);
  lib.easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  lib.easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  lib.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, (long)request->follows);
  lib.easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
  lib.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  lib.easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  lib.easy_setopt(easy, CURLOPT_ERRORBUFFER, text);
  lib.easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  lib.easy_setopt(easy, CURLOPT_USERAGENT, "dcs");
  lib.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, request->connect_ms);
  lib.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  lib.easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  lib.easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
#if LIBCURL_VERSION_NUM >= 0x075700
  lib.easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a transfer that is stopped does not wait for its name to be looked up
#endif
  if (request->authorities) lib.easy_setopt(easy, CURLOPT_CAINFO, request->authorities);
  lib.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  lib.easy_setopt(easy, CURLOPT_HEADERDATA, handle);
  lib.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  lib.easy_setopt(easy, CURLOPT_WRITEDATA, handle);
  if (!strcmp(request->method, "HEAD")) {
    lib.easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request->has_body) {
    lib.easy_setopt(easy, CURLOPT_POST, 1L);
    lib.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_count);
    lib.easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
    lib.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
  } else if (strcmp(request->method, "GET")) {
    lib.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
  }
}

// Bytes of bodies so far, both ways.
static long long moved(CURL *easy) {
  curl_off_t down = 0, up = 0;
  lib.easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
  lib.easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &up);
  return down + up;
}

void ccurl_perform(ccurl_handle *handle, const ccurl_request *request, ccurl_result *result) {
  char text[CURL_ERROR_SIZE] = "";
  struct curl_slist *headers = NULL;
  memset(result, 0, sizeof *result);
  for (size_t i = 0; i < request->header_count; i++) {
    struct curl_slist *longer = lib.slist_append(headers, request->headers[i]);
    if (!longer) {
      lib.slist_free_all(headers);
      result->outcome = CCURL_FAILED;
      snprintf(result->text, sizeof result->text, "no memory for a request");
      return;
    }
    headers = longer;
  }
  handle->request = request;
  handle->is_refused = 0;
  prepare(handle, request, headers, text);

  CURLMcode multi = lib.multi_add_handle(handle->multi, handle->easy);
  CURLcode code = CURLE_OK;
  const char *why = NULL;
  long long begin = now_ms(), window = begin, at_window = 0;
  int is_stopped = 0, is_slow = 0;
  while (multi == CURLM_OK) {
    int running = 0;
    multi = lib.multi_perform(handle->multi, &running);
    if (multi != CURLM_OK || !running) break;
    if (request->stop(request->context)) { is_stopped = 1; break; }
    long long now = now_ms();
    if (now - begin >= request->total_ms) { is_slow = 1; break; }
    if (now - window >= request->stall_ms) {
      long long bytes = moved(handle->easy);
      if (bytes - at_window < request->stall_bytes) { is_slow = 1; break; }
      window = now;
      at_window = bytes;
    }
    multi = lib.multi_poll(handle->multi, NULL, 0, 50, NULL);
  }
  int left = 0;
  for (CURLMsg *message; multi == CURLM_OK && (message = lib.multi_info_read(handle->multi, &left));)
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  lib.easy_getinfo(handle->easy, CURLINFO_RESPONSE_CODE, &result->status);

  if (request->stop(request->context) && (is_stopped || code == CURLE_WRITE_ERROR)) result->outcome = CCURL_STOPPED;
  else if (is_stopped) result->outcome = CCURL_STOPPED;
  else if (is_slow) result->outcome = CCURL_SLOW;
  else if (handle->is_refused) result->outcome = CCURL_REFUSED;
  else if (multi != CURLM_OK) { result->outcome = CCURL_FAILED; why = lib.multi_strerror(multi); }
  else { result->outcome = outcome(code); why = text[0] ? text : lib.easy_strerror(code); }
  if (why && result->outcome != CCURL_DONE) snprintf(result->text, sizeof result->text, "%s", why);

  lib.multi_remove_handle(handle->multi, handle->easy);
  lib.easy_reset(handle->easy);  // nothing of this call's memory stays behind
  lib.slist_free_all(headers);
  handle->request = NULL;
}
