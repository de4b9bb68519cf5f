// A step that is done again and again on the same memory, and how it is queued: chosen like a kernel, `--kernel vae_step=stream`.
#pragma once
#include <functional>
#include <memory>

#include "kernels/base/table.h"
#include "kernels/launch/graph.h"

namespace ceir {

// `work` may not change anything of the program's own: with a graph it is called twice, and then never again.
struct Repeated {
  std::function<void()> work;
  std::unique_ptr<Graph> graph;  // once there is one
};

struct RepeatedStep {
  Repeated* step;
};
inline std::string shape_of(const RepeatedStep&) { return "a step"; }  // its kernels are listed by themselves where they are launched

// graph: the first time as it is, so that all it needs is there, and written down; from then on one launch (graph.h).
// stream: launch by launch. The same kernels with the same arguments, so the same bits.
extern const Table<RepeatedStep> vae_step_variants;  // of the VAE's training (models/vae_queue.h)

}  // namespace ceir
