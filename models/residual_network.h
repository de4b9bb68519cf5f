// Residual networks of bottleneck blocks (He et al. 2016, table 1) as image towers: OpenAI's modified ResNet (Radford et
// al. 2021, section 2.4: a stem of three convolutions, average pooling in place of strides as in Zhang 2019, an attention
// pool), and torchvision's ResNet-50, 101 and 152 up to the pooled features.
#pragma once
#include <vector>

#include "models/convolution.h"
#include "models/image_tower.h"

namespace ceir {

// Looks at all positions of the last map, asked by their mean (OpenAI's AttentionPool2d).
struct MeanAttentionPool {
  Tensor positions;                // (1 + H W, E)
  Linear query, key, value, out;   // (E, E) three times, (D, E)
  int64_t heads = 1;
  Tensor operator()(const Tensor& x) const;   // (B, H W, E) -> (B, D)
};

struct Bottleneck {
  Convolution reduce, spatial, expand, shortcut;   // 1 x 1, 3 x 3, 1 x 1; the shortcut's is there where shapes change
  bool has_shortcut = false;
  int64_t pool = 1;                                // average pooling before `expand` and on the shortcut
  Tensor operator()(const Tensor& x) const;        // (B, H, W, C) -> (B, H / stride, W / stride, 4 planes)
};

// Inference only: throws Error(usage) under a tape.
class ResidualNetwork : public ImageTower {
 public:
  ResidualNetwork(const ImageTowerConfig& config, int64_t projection);
  Tensor forward(const Tensor& pixels, const Trace* trace = nullptr) const override;
  ParameterSlots slots() override;   // OpenAI's names ("visual.layer1.0.conv1.weight"), or torchvision's (without "visual.")
  void freeze() override;

 private:
  ImageTowerConfig config_;
  int64_t projection_;
  bool modified_;
  std::vector<Convolution> stem_;
  std::vector<std::vector<Bottleneck>> stages_;
  MeanAttentionPool pool_;   // of the modified network
};

}  // namespace ceir
