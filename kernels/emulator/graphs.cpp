#include "kernels/emulator/graphs.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

namespace ceir::emulator {
namespace {

using Nodes = std::vector<std::function<int()>>;

struct Capture {
  StreamHandle stream;
  Nodes nodes;
  bool broken = false;
};
thread_local std::optional<Capture> of_thread;
thread_local std::string refusal;

// A launch with parameters of its own: those of the caller are gone when it returns.
struct KeptLaunch {
  KernelLaunch launch;
  std::vector<void*> parameters;
  explicit KeptLaunch(const KernelLaunch& l) : launch(l) {
    constexpr size_t alignment = 64;  // the most that a parameter has (TensorMap)
    for (int i = 0; i < l.argument_count; i++) {
      parameters.push_back(std::aligned_alloc(alignment, (l.argument_bytes[i] + alignment - 1) / alignment * alignment));
      std::memcpy(parameters.back(), l.arguments[i], l.argument_bytes[i]);
    }
    parameters.push_back(nullptr);
    launch.arguments = parameters.data();
  }
  KeptLaunch(const KeptLaunch&) = delete;
  KeptLaunch& operator=(const KeptLaunch&) = delete;
  ~KeptLaunch() {
    for (void* p : parameters) std::free(p);
  }
};

}  // namespace

bool capturing() { return of_thread.has_value(); }

int refuse(int code, const std::string& why) {
  of_thread->broken = true;
  refusal = why;
  return code;
}
std::string last_refusal() { return refusal; }

int write_down(StreamHandle stream, std::function<int()> work) {
  if (stream != of_thread->stream)
    return refuse(capture_implicit, "work was queued in another stream than the one that this thread captures; it would not be part of the graph");
  if (of_thread->broken) return capture_invalidated;
  of_thread->nodes.push_back(std::move(work));
  return 0;
}

int write_down(const KernelLaunch& launch, int (*run)(const KernelLaunch&)) {
  const auto kept = std::make_shared<KeptLaunch>(launch);
  return write_down(launch.stream, [kept, run] { return run(kept->launch); });
}

int begin_capture(StreamHandle stream) {
  if (of_thread) return refuse(illegal_state, "this thread captures a stream already");
  if (!stream) return refusal = "the default stream cannot be captured; make one", capture_unsupported;
  of_thread = Capture{stream, {}};
  return 0;
}

int end_capture(StreamHandle stream, GraphHandle* graph) {
  *graph = nullptr;
  if (!of_thread || of_thread->stream != stream) return refusal = "this thread does not capture that stream", illegal_state;
  Capture capture = std::move(*of_thread);
  of_thread.reset();
  if (capture.broken) return capture_invalidated;
  *graph = new Nodes(std::move(capture.nodes));
  return 0;
}

int instantiate(ExecutableHandle* executable, GraphHandle graph) {
  if (capturing()) return refuse(capture_unsupported, "a graph may not be instantiated while a stream is captured");
  return *executable = new Nodes(*static_cast<Nodes*>(graph)), 0;
}

int launch_graph(ExecutableHandle executable, StreamHandle) {
  if (capturing()) return refuse(capture_unsupported, "a graph may not be launched while a stream is captured");
  for (const auto& node : *static_cast<Nodes*>(executable))
    if (const int code = node()) return code;
  return 0;
}

int destroy_graph(GraphHandle graph) { return delete static_cast<Nodes*>(graph), 0; }
int destroy_executable(ExecutableHandle executable) { return delete static_cast<Nodes*>(executable), 0; }

void forget_capture(StreamHandle stream) {
  if (of_thread && of_thread->stream == stream) of_thread.reset();
}

}  // namespace ceir::emulator
