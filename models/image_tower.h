// What every image tower can do, whatever it is made of.
#pragma once
#include <memory>

#include "models/clip_config.h"
#include "models/parameter_slot.h"
#include "models/trace.h"

namespace ceir {

class ImageTower {
 public:
  virtual ~ImageTower() = default;
  // pixels (B, C, H, W), preprocessed -> (B, D): projected, not normalised.
  virtual Tensor forward(const Tensor& pixels, const Trace* trace = nullptr) const = 0;
  virtual ParameterSlots slots() = 0;   // every tensor, by our names (weights/name_map.h), in order
  virtual void freeze() = 0;            // packs the weights
};

std::unique_ptr<ImageTower> make_image_tower(const ImageTowerConfig& config, int64_t projection);

}  // namespace ceir
