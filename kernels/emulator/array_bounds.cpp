// The function that g++ -fsanitize=bounds calls when an index is not one of its array's, shared or a thread's own. Not
// UndefinedBehaviourSanitizer's: ours, so that it is reported as the emulator reports all else. In a sanitized build of the whole
// program the sanitizer's own is used (kernels/CMakeLists.txt).
// Source: the data's layout is that of GCC's and LLVM's ubsan handlers, "OutOfBoundsData".
#include <cstdint>

#include "kernels/emulator/engine.h"
#include "kernels/emulator/source_lines.h"

#if !defined(__SANITIZE_ADDRESS__)
namespace {

struct Type {
  uint16_t kind, info;  // of an integer: bit 0 is set when it has a sign, the bits above are the logarithm of its width
  char name[1];         // "'float [16][17]'"
};
struct OutOfBounds {
  const char* file;
  uint32_t line, column;
  const Type *array, *index;
};

std::string index_text(const Type& type, uintptr_t bits) {
  const int width = 1 << (type.info >> 1);
  if (width > 64) return "an index of 128 bits";
  if (!(type.info & 1)) return std::to_string(bits);
  const int unused = 64 - width;
  return std::to_string(static_cast<int64_t>(static_cast<uint64_t>(bits) << unused) >> unused);
}

void beyond_array(const OutOfBounds& data, uintptr_t index, const void* return_address) {
  using namespace ceir::emulator;
  if (running)
    running->beyond_array(fmt::format("index {} of {}", index_text(*data.index, index), data.array->name), offset_of(static_cast<const char*>(return_address) - 1));
}

}  // namespace

extern "C" {
void __ubsan_handle_out_of_bounds(OutOfBounds* data, uintptr_t index) { beyond_array(*data, index, __builtin_return_address(0)); }
void __ubsan_handle_out_of_bounds_abort(OutOfBounds* data, uintptr_t index) { beyond_array(*data, index, __builtin_return_address(0)); }
}
#endif
