// libcurl's functions, found at run time: the table of those used here. Included by http*.cpp alone.
#pragma once
#if __has_include(<curl/curl.h>)
#include <curl/curl.h>
#define CEIR_HAS_CURL_HEADER 1

#include <string>

namespace ceir {

struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_easy_reset) easy_reset;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
  decltype(&::curl_version) version;
};

// Opened and initialised once, thread-safe; null when it cannot be, and then `why_not` says why.
const CurlLibrary* curl_library(std::string& why_not);

}  // namespace ceir
#else
#define CEIR_HAS_CURL_HEADER 0
#endif
