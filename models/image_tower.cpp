#include "models/image_tower.h"

#include "models/residual_network.h"
#include "models/vision_transformer.h"

namespace ceir {

std::unique_ptr<ImageTower> make_image_tower(const ImageTowerConfig& config, int64_t projection) {
  if (config.is_resnet()) return std::make_unique<ResidualNetwork>(config, projection);
  return std::make_unique<VisionTransformer>(config, projection);
}

}  // namespace ceir
