// Streams under capture, and the graphs that come of it: what is queued is written down, and done at each launch of the graph.
// Stricter than CUDA in two things, both mistakes in a program that means its graphs: work that goes past the captured stream, and
// copies from or to memory of the host that is not pinned.
#pragma once
#include <functional>
#include <string>

#include "kernels/launch/runtime.h"

namespace ceir::emulator {

// The codes of CUDA's driver.
constexpr int illegal_state = 401, capture_unsupported = 900, capture_invalidated = 901, capture_implicit = 906;

bool capturing();  // does this thread capture a stream?
// While capturing(): writes `work` down as the graph's next node, or refuses. Nothing of it is done.
int write_down(StreamHandle stream, std::function<int()> work);
int write_down(const KernelLaunch& launch, int (*run)(const KernelLaunch&));
// While capturing(): refuses what may not be captured, and breaks the capture. `why` is a whole sentence's end.
int refuse(int code, const std::string& why);
std::string last_refusal();  // of this thread

int begin_capture(StreamHandle stream);
int end_capture(StreamHandle stream, GraphHandle* graph);
int instantiate(ExecutableHandle* executable, GraphHandle graph);
int launch_graph(ExecutableHandle executable, StreamHandle stream);
int destroy_graph(GraphHandle graph);
int destroy_executable(ExecutableHandle executable);
void forget_capture(StreamHandle stream);  // the stream is destroyed

}  // namespace ceir::emulator
