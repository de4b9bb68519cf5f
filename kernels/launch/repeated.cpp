#include "kernels/launch/repeated.h"

#include "kernels/launch/rung.h"

namespace ceir {
namespace {

void each_launch(const RepeatedStep& s) { s.step->work(); }

void by_graph(const RepeatedStep& s) {
  if (s.step->graph) return s.step->graph->launch();
  s.step->work();
  s.step->graph = std::make_unique<Graph>(s.step->work);  // at once, while the pool has what the work has just freed
}

}  // namespace

const Table<RepeatedStep> vae_step_variants{"vae_step", {
    {"graph", Device::cuda, by_graph, on_device<any_gpu>},
    {"stream", Device::cuda, each_launch, on_device<any_gpu>},
    {"ref", Device::cpu, each_launch}}};

}  // namespace ceir
