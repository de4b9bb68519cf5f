// The table of kernels/launch/runtime.h for the block emulator. Streams are there and everything happens at once: work
// is in an order that a GPU may also choose.
#include "kernels/launch/runtime.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "kernels/emulator/engine.h"

namespace ceir {
namespace {

using emulator::Engine;

// The codes of CUDA's driver, where it has one for the case.
constexpr int bad_value = 1, out_of_memory = 2, bad_address = 700, mistakes_found = 719, not_supported = 801;

std::mutex mutex;  // one kernel or copy at a time

struct EventData { std::chrono::steady_clock::time_point at; };

int guarded_copy(void* to, const void* from, size_t bytes, bool check_to, bool check_from) {
  std::lock_guard lock(mutex);
  auto& memory = Engine::get().memory;
  if (bytes == 0) return 0;
  if ((check_to && !memory.inside(to, bytes)) || (check_from && !memory.inside(from, bytes))) return bad_address;
  std::memmove(to, from, bytes);
  if (check_to) memory.mark_initialised(to, bytes);
  return 0;
}

int emulator_launch(const KernelLaunch& launch) {
  std::lock_guard lock(mutex);
  return Engine::get().run(launch) ? 0 : mistakes_found;
}

std::string emulator_error_text(int code) {
  switch (code) {
    case bad_value: return "a value that makes no sense";
    case out_of_memory: return "out of memory";
    case bad_address: return "memory that belongs to no buffer of the device";
    case not_supported: return "the emulator has no tensor memory accelerator";
    case mistakes_found: {
      const Engine& e = Engine::get();
      return e.first_of_launch < e.reports.size() ? e.reports[e.first_of_launch].text() : "the kernel made a mistake";
    }
  }
  return "error " + std::to_string(code);
}

const Runtime table{
    .name = "emu",
    .device_count = [](int* count) { return *count = 1, 0; },
    .describe = [](int, DeviceDescription* d) {
      *d = {.name = "block emulator", .capability = 90, .memory_bytes = size_t{1} << 40, .multiprocessors = 1, .shared_bytes_per_block = 227 * 1024, .emulated = true};
      return 0;
    },
    .use_device = [](int) { return 0; },
    .allocate = [](void** memory, size_t bytes) {
      std::lock_guard lock(mutex);
      *memory = Engine::get().memory.allocate(bytes);
      return *memory ? 0 : out_of_memory;
    },
    .release = [](void* memory) {
      std::lock_guard lock(mutex);
      return Engine::get().memory.release(memory) ? 0 : bad_value;
    },
    .allocate_pinned = [](void** memory, size_t bytes) { return (*memory = std::malloc(bytes)) ? 0 : out_of_memory; },
    .release_pinned = [](void* memory) { return std::free(memory), 0; },
    .copy_in = [](void* device, const void* host, size_t bytes, StreamHandle) { return guarded_copy(device, host, bytes, true, false); },
    .copy_out = [](void* host, const void* device, size_t bytes, StreamHandle) { return guarded_copy(host, device, bytes, false, true); },
    .copy_within = [](void* to, const void* from, size_t bytes, StreamHandle) { return guarded_copy(to, from, bytes, true, true); },
    .fill = [](void* device, unsigned char value, size_t bytes, StreamHandle) {
      std::lock_guard lock(mutex);
      auto& memory = Engine::get().memory;
      if (!memory.inside(device, bytes)) return bad_address;
      std::memset(device, value, bytes);
      memory.mark_initialised(device, bytes);
      return 0;
    },
    .create_stream = [](StreamHandle* stream) { return *stream = new char, 0; },
    .destroy_stream = [](StreamHandle stream) { return delete static_cast<char*>(stream), 0; },
    .synchronize = [](StreamHandle) { return 0; },
    .create_event = [](EventHandle* event) { return *event = new EventData{}, 0; },
    .destroy_event = [](EventHandle event) { return delete static_cast<EventData*>(event), 0; },
    .record_event = [](EventHandle event, StreamHandle) {
      static_cast<EventData*>(event)->at = std::chrono::steady_clock::now();
      return 0;
    },
    .wait_event = [](StreamHandle, EventHandle) { return 0; },
    .elapsed_ms = [](float* ms, EventHandle begin, EventHandle end) {
      *ms = std::chrono::duration<float, std::milli>(static_cast<EventData*>(end)->at - static_cast<EventData*>(begin)->at).count();
      return 0;
    },
    .launch = emulator_launch,
    .describe_matrix = [](TensorMap*, const MatrixOfFloats&) { return not_supported; },
    .error_text = emulator_error_text,
};

}  // namespace

const Runtime& linked_emulator_runtime() { return table; }

void linked_emulator_checks(bool checks) {
  emulator::Options options = emulator::options();
  options.watch = checks;
  emulator::set_options(options);
}

}  // namespace ceir
