// The flags of `run`, which `verify` replays.
#pragma once
#include "models/pipeline/plan.h"
#include "tools/image_flags.h"

namespace ceir {

struct RunFlags {
  ImageFlags images;
  std::string model = "nano", teacher, concepts, clusters, protocol = "sound", seeds, out;

  void define(Flags& flags);
  RunPlan plan(const Globals& globals) const;
};

// A protocol's settings with --config and --set applied, checked.
Settings settings_of(Protocol protocol, const Globals& globals);

}  // namespace ceir
