#include "kernels/base/interrupt.h"

#include <atomic>

#include "kernels/base/error.h"

namespace ceir {
namespace {
std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);
}  // namespace

void request_interrupt() noexcept { requested.store(true, std::memory_order_relaxed); }
void clear_interrupt() noexcept { requested.store(false, std::memory_order_relaxed); }
bool interrupt_requested() noexcept { return requested.load(std::memory_order_relaxed); }

void throw_if_interrupted() {
  if (interrupt_requested()) fail(ErrorKind::interrupted, std::string("interrupted; run the same command again to resume"));
}

}  // namespace ceir
