#include "weights/pickled.h"

#include <string_view>

#include "kernels/base/error.h"
#include "tensor/io/utf8.h"

namespace ceir {

bool looks_pickled(std::span<const std::byte> bytes) {
  const std::string_view s(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return s.starts_with("PK\x03\x04") || (s.size() > 2 && s[0] == '\x80' && s[1] >= 2 && s[1] <= 5 && s.find('.') != std::string_view::npos &&
                                         (s[2] == '}' || s[2] == 'c' || s[2] == '(' || s[2] == ']' || s[2] == '\x8a' || s[2] == '\x95'));
}

bool named_pickled(const std::string& path) {
  for (const std::string_view end : {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle"})
    if (path.ends_with(end)) return true;
  return false;
}

void refuse_pickled(const std::string& path) {
  bad_input("{}: is a pickled checkpoint, which is not read here (loading one can run code); `ceir convert` turns it into safetensors",
            printable(path, 4096));
}

}  // namespace ceir
