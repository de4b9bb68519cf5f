// The table behind embedded.h; CMake writes its definition (weights/embed_files.cmake).
#pragma once
#include <cstddef>
#include <span>

namespace ceir {

struct EmbeddedFile {
  const char* name;
  const std::byte *begin, *end;
};
std::span<const EmbeddedFile> embedded_table();  // sorted by name

}  // namespace ceir
