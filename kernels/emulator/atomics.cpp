// Atomic operations: one thread of the emulator runs at a time, so reading and writing is enough; what matters is that
// the access is known to be atomic.
#include <algorithm>

#include "kernels/emulator/engine.h"
#include "kernels/emulator/source_lines.h"

namespace ceir::emulator {
namespace {

template <class T, class F>
T update(T* p, const void* return_address, const F& f) {
  if (watching) watching->access(p, sizeof(T), AccessKind::atomic, offset_of(static_cast<const char*>(return_address) - 1));
  const T before = *p;
  *p = f(before);
  return before;
}

}  // namespace
}  // namespace ceir::emulator

using ceir::emulator::update;

#define CEIR_ATOMIC(name, T, expression) \
  T name(T* p, T value) { return update(p, __builtin_return_address(0), [&](T before) { return expression; }); }

CEIR_ATOMIC(atomicAdd, int, before + value)
CEIR_ATOMIC(atomicAdd, unsigned, before + value)
CEIR_ATOMIC(atomicAdd, unsigned long long, before + value)
CEIR_ATOMIC(atomicAdd, float, before + value)
CEIR_ATOMIC(atomicAdd, double, before + value)
CEIR_ATOMIC(atomicMin, int, std::min(before, value))
CEIR_ATOMIC(atomicMax, int, std::max(before, value))
CEIR_ATOMIC(atomicMin, unsigned, std::min(before, value))
CEIR_ATOMIC(atomicMax, unsigned, std::max(before, value))
unsigned atomicExch(unsigned* p, unsigned value) {
  return update(p, __builtin_return_address(0), [&](unsigned) { return value; });
}
unsigned atomicCAS(unsigned* p, unsigned expected, unsigned value) {
  return update(p, __builtin_return_address(0), [&](unsigned before) { return before == expected ? value : before; });
}
#undef CEIR_ATOMIC
