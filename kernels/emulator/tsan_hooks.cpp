// The functions that g++ -fsanitize=thread calls before every load and store of the .cu files. Not ThreadSanitizer's:
// ours, so that the emulator sees each access, and where in the source it stands (the return address).
#include <cstddef>
#include <cstdint>

#include "kernels/emulator/engine.h"
#include "kernels/emulator/source_lines.h"

namespace ceir::emulator {
namespace {

inline void note(const void* p, size_t bytes, AccessKind kind, const void* return_address) {
  if (watching) watching->access(p, bytes, kind, offset_of(static_cast<const char*>(return_address) - 1));
}

}  // namespace

void load(void* to, const void* from, size_t bytes) {
  note(from, bytes, AccessKind::read, __builtin_return_address(0));
  std::memcpy(to, from, bytes);
}

void store(void* to, const void* from, size_t bytes) {
  note(to, bytes, AccessKind::write, __builtin_return_address(0));
  std::memcpy(to, from, bytes);
}

}  // namespace ceir::emulator

using ceir::emulator::AccessKind;
using ceir::emulator::note;

#define CEIR_HOOKS(bytes)                                                                                              \
  void __tsan_read##bytes(void* p) { note(p, bytes, AccessKind::read, __builtin_return_address(0)); }                  \
  void __tsan_write##bytes(void* p) { note(p, bytes, AccessKind::write, __builtin_return_address(0)); }                \
  void __tsan_volatile_read##bytes(void* p) { note(p, bytes, AccessKind::read, __builtin_return_address(0)); }         \
  void __tsan_volatile_write##bytes(void* p) { note(p, bytes, AccessKind::write, __builtin_return_address(0)); }       \
  void __tsan_unaligned_read##bytes(void* p) { note(p, bytes, AccessKind::read, __builtin_return_address(0)); }        \
  void __tsan_unaligned_write##bytes(void* p) { note(p, bytes, AccessKind::write, __builtin_return_address(0)); }

extern "C" {
CEIR_HOOKS(1)
CEIR_HOOKS(2)
CEIR_HOOKS(4)
CEIR_HOOKS(8)
CEIR_HOOKS(16)
void __tsan_read_range(void* p, size_t bytes) { note(p, bytes, AccessKind::read, __builtin_return_address(0)); }
void __tsan_write_range(void* p, size_t bytes) { note(p, bytes, AccessKind::write, __builtin_return_address(0)); }
// Of the host's functions in a .cu file, whose tables ask an atomic flag; kernels' atomics are functions of ours.
unsigned char __tsan_atomic8_load(const volatile unsigned char* p, int) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
}
#undef CEIR_HOOKS
