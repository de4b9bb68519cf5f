// cp.async: a copy happens as late as it may, when its thread waits for its group. Until then the bytes are poison, and
// reading them is reported.
#include "kernels/emulator/engine.h"
#include "kernels/emulator/source_lines.h"

namespace ceir::emulator {

void start_copy(void* shared, const void* global, uint32_t bytes, bool inside) {
  const uint32_t pc = offset_of(static_cast<const char*>(__builtin_return_address(0)) - 1);
  Engine& e = *running;
  Thread& t = e.self();
  if (watching) e.access(shared, bytes, AccessKind::write, pc);
  if (inside && watching) e.access(global, bytes, AccessKind::read, pc);
  std::memset(shared, 0xff, bytes);
  if (e.options.check && watching) e.memory.set_copy_pending(shared, bytes, true);
  t.copies.push_back({shared, global, bytes, inside ? bytes : 0, pc, t.copy_group});
}

void commit_copies() { running->self().copy_group++; }

void wait_for_copies(int left) {
  Engine& e = *running;
  Thread& t = e.self();
  size_t done = 0;
  for (; done < t.copies.size(); done++) {
    const PendingCopy& c = t.copies[done];
    if (c.group + static_cast<uint32_t>(left) >= t.copy_group) break;  // among the youngest, or not committed
    if (e.options.check && watching) {
      e.memory.set_copy_pending(c.to, c.bytes, false);
      e.memory.access(e, c.to, c.bytes, AccessKind::write, Space::shared, e.moment(t), c.pc);
    }
    std::memset(c.to, 0, c.bytes);
    std::memcpy(c.to, c.from, c.read_bytes);
  }
  t.copies.erase(t.copies.begin(), t.copies.begin() + static_cast<std::ptrdiff_t>(done));
}

}  // namespace ceir::emulator
