// The sizes of the real models that operations are measured at: from the known architectures (models/known_models.h) and from
// the options of the stages, so that no figure is written down a second time.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/unary/unary.h"

namespace ceir {

// A transformer tower on a batch.
struct TowerSizes {
  std::string model;                   // "b32"
  bool text;                           // causal, ids in place of pixels
  int64_t batch, tokens, width, heads, intermediate, projection;
  Unary activation;
  int64_t image_size = 0, patch = 0;   // of an image tower
  int64_t vocabulary = 0;              // of a text tower
  int64_t rows() const { return batch * tokens; }
  int64_t head_width() const { return width / heads; }
};
// The stem of a modified residual network: what its poolings see.
struct StemSizes {
  std::string model;
  int64_t batch, channels, side;       // after the stem's convolutions
};
struct VaeSizes {
  std::string model;
  int64_t rows, concepts, hidden, latent;  // rows: a training batch
  int64_t data_rows;                       // of an epoch
};
struct BottleneckSizes {
  std::string model;
  int64_t rows, features, concepts;
};
struct ClusterSizes {
  std::string model;
  int64_t rows, width, clusters, candidates;
};

struct BenchSizes {
  std::vector<TowerSizes> towers;
  std::vector<StemSizes> stems;
  std::vector<VaeSizes> vaes;
  std::vector<BottleneckSizes> bottlenecks;
  std::vector<ClusterSizes> clusters;
};

// What --model takes: "b32", "b16", "l14", "l14-336", "text", "text-l14", "rn50", "vae", "cbm", "kmeans", and "tiny", which is
// no real model: every operation in a moment, for checks.
std::vector<std::string> bench_models();
// The sizes of one model, or of all but "tiny" for "". Towers take `batch` images or texts. Throws Error(usage) with the list.
BenchSizes bench_sizes(const std::string& model, int64_t batch);

}  // namespace ceir
