// One file from the network to the disk: resumed where it was cut, checked before it gets its name.
#pragma once
#include <functional>
#include <string>

#include "tensor/io/digest.h"
#include "tensor/io/http.h"

namespace ceir {

struct FetchJob {
  HttpRequest request;     // `from` is set by fetch_file
  std::string path;        // the finished file; its folder must exist
  std::string incomplete;  // the unfinished one, in the same file system
  std::string lock;        // FileLock around both
  int64_t bytes = -1;      // expected; -1: not known before
  DigestKind kind = DigestKind::sha256;
  bool git_blob = false;   // the digest is git's of a file (needs SHA-1 and the size)
  std::string digest;      // expected, lower-case hexadecimal
};

enum class Fetched { was_there, whole, resumed };

// How far it is: bytes that lie on the disk already, those of earlier attempts included.
using FetchProgress = std::function<void(int64_t done)>;

// A file that is there already is not fetched (its size is compared where known; `verify`: its digest too, and a damaged
// one is fetched anew). Two processes that fetch the same file do it once. Whatever happens, `path` is absent, as before,
// or whole and checked; `incomplete` is kept for the next attempt, except when it was found wrong.
// Throws HttpError: not reached after all attempts, a length or digest other than expected. Error(resource): disk full.
// `waiting` is called once when another process is at the same file.
Fetched fetch_file(HttpClient& client, const FetchJob& job, bool verify, const FetchProgress& progress, const std::function<void()>& waiting);

int64_t size_of_file(const std::string& path);           // -1: not there, or not a regular file
void make_folders(const std::string& path);              // as mkdir -p; throws Error(bad_input) or Error(resource)
// Throws Error(resource) naming `folder` when fewer than `bytes` are free in its file system.
void require_free_space(const std::string& folder, int64_t bytes, const std::string& what);

}  // namespace ceir
