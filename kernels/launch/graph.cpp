#include "kernels/launch/graph.h"

namespace ceir {
namespace {

// Captures what `work` queues in a stream of its own (the default stream cannot be captured).
GraphHandle captured(const Runtime& runtime, PoolShare& memory, const std::function<void()>& work) {
  const Stream stream;
  GraphHandle graph = nullptr;
  const OnStream on(stream);
  require_ok(runtime, runtime.begin_capture(stream.handle()), "beginning to capture a graph");
  try {
    const PoolShare::Scope scope(memory);
    work();
  } catch (...) {
    if (runtime.end_capture(stream.handle(), &graph) == 0) runtime.destroy_graph(graph);
    throw;
  }
  require_ok(runtime, runtime.end_capture(stream.handle(), &graph), "capturing a graph");
  return graph;
}

}  // namespace

Graph::Graph(const std::function<void()>& work) : runtime_(current_runtime()) {
  if (!runtime_) fail(ErrorKind::internal, "a graph was asked for before a device was chosen");
  synchronize();  // what was queued so far is in another stream than the capture
  const GraphHandle graph = captured(*runtime_, memory_, work);
  const int code = runtime_->instantiate(&executable_, graph);
  runtime_->destroy_graph(graph);
  require_ok(*runtime_, code, "making a graph ready");
  workspace_ = take_workspace();
}

Graph::~Graph() {
  if (!executable_) return;
  runtime_->synchronize(current_stream());
  runtime_->destroy_executable(executable_);
}

void Graph::launch() const { require_ok(*runtime_, runtime_->launch_graph(executable_, current_stream()), "launching a graph"); }

}  // namespace ceir
