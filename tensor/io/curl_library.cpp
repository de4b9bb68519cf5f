#include "tensor/io/curl_library.h"

#include "tensor/io/http.h"

#if CEIR_HAS_CURL_HEADER
#include <dlfcn.h>

namespace ceir {
namespace {

struct OpenedCurl {
  CurlLibrary table{};
  std::string why_not;

  OpenedCurl() {
    void* library = nullptr;
    for (const char* name : {"libcurl.so.4", "libcurl-gnutls.so.4"}) {
      library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
      if (library) break;
      if (why_not.empty()) why_not = ::dlerror();
    }
    if (!library) return;
    why_not.clear();
    decltype(&::curl_global_init) global_init = nullptr;
    const auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
      if (!function && why_not.empty()) why_not = fmt::format("it has no {}", name);
    };
    find(global_init, "curl_global_init");
    find(table.easy_init, "curl_easy_init");
    find(table.easy_setopt, "curl_easy_setopt");
    find(table.easy_perform, "curl_easy_perform");
    find(table.easy_getinfo, "curl_easy_getinfo");
    find(table.easy_strerror, "curl_easy_strerror");
    find(table.easy_reset, "curl_easy_reset");
    find(table.easy_cleanup, "curl_easy_cleanup");
    find(table.slist_append, "curl_slist_append");
    find(table.slist_free_all, "curl_slist_free_all");
    find(table.version, "curl_version");
    if (why_not.empty() && global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) why_not = "it could not be initialised";
  }
};

}  // namespace

const CurlLibrary* curl_library(std::string& why_not) {
  static const OpenedCurl opened;  // never closed: it may have threads and exit handlers of its own
  why_not = opened.why_not;
  return why_not.empty() ? &opened.table : nullptr;
}

const char* http_backend() { return "libcurl, opened when needed"; }

std::string libcurl_version(std::string* why_not) {
  std::string reason;
  const CurlLibrary* curl = curl_library(reason);
  if (why_not) *why_not = reason;
  return curl ? curl->version() : "";
}

}  // namespace ceir

#else

namespace ceir {

const char* http_backend() { return "none (built without libcurl's header)"; }

std::string libcurl_version(std::string* why_not) {
  if (why_not) *why_not = "this build was made without libcurl's header (Debian: libcurl4-openssl-dev)";
  return "";
}

}  // namespace ceir
#endif
