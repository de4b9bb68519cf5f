#include "weights/embedded.h"

#include <fmt/ranges.h>

#include "kernels/base/error.h"
#include "weights/embedded_table.h"

namespace ceir {

std::vector<std::string> embedded_files() {
  std::vector<std::string> names;
  for (const EmbeddedFile& f : embedded_table()) names.emplace_back(f.name);
  return names;
}

std::span<const std::byte> embedded_file(std::string_view name) {
  for (const EmbeddedFile& f : embedded_table())
    if (name == f.name) return {f.begin, static_cast<size_t>(f.end - f.begin)};
  const std::vector<std::string> names = embedded_files();
  if (names.empty()) bad_input("this program was built without a built-in model; name a model folder instead");
  bad_input("the built-in model has no file '{}'; it has {}", name, fmt::join(names, ", "));
}

}  // namespace ceir
