// The hashes that files are published with: SHA-256 (the hub's large files), SHA-1 (git's objects: the hub's small
// files), MD5 (old data sets). SHA-1 and MD5 guard against damage, not against malice.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tensor/io/sha256.h"

namespace ceir {

enum class DigestKind : uint8_t { sha256, sha1, md5 };

const char* name_of(DigestKind kind);  // "SHA-256"

// One of them, fed piece by piece (FIPS 180-4 for both SHA, RFC 1321 for MD5). A copy goes on from where the original is.
class Digest {
 public:
  explicit Digest(DigestKind kind);
  Digest& update(const void* data, size_t bytes);
  Digest& update(std::string_view s) { return update(s.data(), s.size()); }
  std::string hex();  // lower case; the object is finished afterwards

 private:
  DigestKind kind_;
  Sha256 sha256_;
  std::array<uint32_t, 5> state_{};  // SHA-1 uses five words, MD5 four
  std::array<uint8_t, 64> buffer_{};
  uint64_t total_ = 0;
};

// What git calls a file of these bytes: SHA-1 over "blob SIZE\0" and the content (git-scm.com/book, "Git Objects").
// Feed it the content afterwards.
Digest git_blob_digest(int64_t bytes);

// Lower-case hexadecimal of `digits` digits and nothing else.
bool is_hex(std::string_view text, size_t digits);

}  // namespace ceir
