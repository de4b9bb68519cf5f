// The table of kernels/launch/runtime.h for the block emulator. Streams are there and everything happens at once: work
// is in an order that a GPU may also choose.
#include "kernels/launch/runtime.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "kernels/emulator/engine.h"
#include "kernels/emulator/graphs.h"

namespace ceir {
namespace {

using emulator::Engine;
using emulator::capturing;

// The codes of CUDA's driver, where it has one for the case.
constexpr int bad_value = 1, out_of_memory = 2, bad_address = 700, mistakes_found = 719, not_supported = 801;

std::mutex mutex;  // one kernel or copy at a time

std::map<const char*, size_t> pinned;  // blocks of it, and their sizes

bool is_pinned(const void* p, size_t bytes) {
  std::lock_guard lock(mutex);
  const auto* begin = static_cast<const char*>(p);
  auto it = pinned.upper_bound(begin);
  return it != pinned.begin() && begin + bytes <= (--it)->first + it->second;
}

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

// Between device and host: a captured one must find the host's memory there at each launch of the graph.
int copy_host(void* to, const void* from, size_t bytes, bool in, StreamHandle stream) {
  if (!capturing()) return guarded_copy(to, from, bytes, in, !in);
  if (!is_pinned(in ? from : to, bytes))
    return emulator::refuse(emulator::capture_unsupported, "a copy between the device and memory of the host that is not pinned may not be captured: the graph would use that memory at each launch");
  return emulator::write_down(stream, [=] { return guarded_copy(to, from, bytes, in, !in); });
}

// memset with a pattern of `size` bytes.
int fill_with(void* device, const void* pattern, size_t size, size_t count) {
  std::lock_guard lock(mutex);
  auto& memory = Engine::get().memory;
  if (count == 0) return 0;
  if (!memory.inside(device, size * count)) return bad_address;
  for (size_t i = 0; i < count; i++) std::memcpy(static_cast<char*>(device) + i * size, pattern, size);
  memory.mark_initialised(device, size * count);
  return 0;
}
template <class T> int fill(void* device, T value, size_t count, StreamHandle stream) {
  const auto now = [=] { return fill_with(device, &value, sizeof value, count); };
  return capturing() ? emulator::write_down(stream, now) : now();
}

int launch_now(const KernelLaunch& launch) {
  std::lock_guard lock(mutex);
  return Engine::get().run(launch) ? 0 : mistakes_found;
}
int emulator_launch(const KernelLaunch& launch) { return capturing() ? emulator::write_down(launch, launch_now) : launch_now(launch); }

int not_in_capture(const char* what) {
  return capturing() ? emulator::refuse(emulator::capture_unsupported, fmt::format("{} while a stream is captured", what)) : 0;
}

std::string emulator_error_text(int code) {
  switch (code) {
    case bad_value: return "a value that makes no sense";
    case out_of_memory: return "out of memory";
    case bad_address: return "memory that belongs to no buffer of the device";
    case not_supported: return "the emulator has no tensor memory accelerator";
    case emulator::illegal_state: case emulator::capture_unsupported: case emulator::capture_implicit: return emulator::last_refusal();
    case emulator::capture_invalidated: return "the capture was broken by something that may not be captured: " + emulator::last_refusal();
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
      *memory = nullptr;
      if (const int code = not_in_capture("memory may not be asked for")) return code;
      std::lock_guard lock(mutex);
      *memory = Engine::get().memory.allocate(bytes);
      return *memory ? 0 : out_of_memory;
    },
    .release = [](void* memory) {
      if (const int code = not_in_capture("memory may not be given back")) return code;
      std::lock_guard lock(mutex);
      return Engine::get().memory.release(memory) ? 0 : bad_value;
    },
    .allocate_pinned = [](void** memory, size_t bytes) {
      *memory = nullptr;
      if (const int code = not_in_capture("pinned memory may not be asked for")) return code;
      std::lock_guard lock(mutex);
      *memory = std::malloc(bytes);
      if (*memory) pinned[static_cast<const char*>(*memory)] = bytes;
      return *memory ? 0 : out_of_memory;
    },
    .release_pinned = [](void* memory) {
      if (const int code = not_in_capture("pinned memory may not be given back")) return code;
      std::lock_guard lock(mutex);
      pinned.erase(static_cast<const char*>(memory));
      return std::free(memory), 0;
    },
    .copy_in = [](void* device, const void* host, size_t bytes, StreamHandle stream) { return copy_host(device, host, bytes, true, stream); },
    .copy_out = [](void* host, const void* device, size_t bytes, StreamHandle stream) { return copy_host(host, device, bytes, false, stream); },
    .copy_within = [](void* to, const void* from, size_t bytes, StreamHandle stream) {
      const auto now = [=] { return guarded_copy(to, from, bytes, true, true); };
      return capturing() ? emulator::write_down(stream, now) : now();
    },
    .fill = [](void* device, unsigned char value, size_t bytes, StreamHandle stream) { return fill(device, value, bytes, stream); },
    .fill_words = [](void* device, uint32_t value, size_t words, StreamHandle stream) { return fill(device, value, words, stream); },
    .create_stream = [](StreamHandle* stream) { return *stream = new char, 0; },
    .destroy_stream = [](StreamHandle stream) { return emulator::forget_capture(stream), delete static_cast<char*>(stream), 0; },
    .synchronize = [](StreamHandle) { return not_in_capture("a stream may not be waited for"); },
    .create_event = [](EventHandle* event) { return *event = new EventData{}, 0; },
    .destroy_event = [](EventHandle event) { return delete static_cast<EventData*>(event), 0; },
    .record_event = [](EventHandle event, StreamHandle) {
      if (const int code = not_in_capture("the emulator records no event")) return code;
      static_cast<EventData*>(event)->at = std::chrono::steady_clock::now();
      return 0;
    },
    .wait_event = [](StreamHandle, EventHandle) { return not_in_capture("the emulator lets no stream wait for an event"); },
    .elapsed_ms = [](float* ms, EventHandle begin, EventHandle end) {
      *ms = std::chrono::duration<float, std::milli>(static_cast<EventData*>(end)->at - static_cast<EventData*>(begin)->at).count();
      return 0;
    },
    .launch = emulator_launch,
    .begin_capture = emulator::begin_capture,
    .end_capture = emulator::end_capture,
    .instantiate = emulator::instantiate,
    .launch_graph = emulator::launch_graph,
    .destroy_graph = emulator::destroy_graph,
    .destroy_executable = emulator::destroy_executable,
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
