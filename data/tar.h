// Unpacking tar archives (POSIX.1-2017, pax; ustar; GNU long names), gzipped or not, from places that are not trusted.
#pragma once
#include <functional>
#include <string>

#include "kernels/base/monitor.h"

namespace ceir {

struct TarOptions {
  int64_t most_bytes = int64_t{16} << 30;  // of all files together: an archive that unpacks to more is refused
  int64_t most_entries = 100000;
  std::function<bool(const std::string& path)> keep;  // false: passed over; null keeps everything
  Monitor* monitor = nullptr;
};

struct TarContents {
  int64_t files = 0, bytes = 0;  // written
};

// Writes the archive's files and folders below `folder`, which must be empty or not exist yet. Only regular files and
// folders: links, devices and pipes are refused, as are names that are absolute, hold ".." or control characters, or
// come twice. Every header's checksum, every size and gzip's own check are verified. Throws Error(bad_input) naming the
// archive and the entry, Error(resource) for a full disk; what was written so far stays, for the caller to remove.
TarContents unpack_tar(const std::string& archive, const std::string& folder, const TarOptions& options = {});

}  // namespace ceir
