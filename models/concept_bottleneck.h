// The label-free concept bottleneck: Oikarinen et al., Label-free CBM, ICLR 2023, section 3; CEIR, section 3.1.
// A projection W_c of image features, trained so that each output follows the cosines of one concept.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/base/monitor.h"
#include "models/checkpoint.h"
#include "models/concept_filters.h"
#include "tensor/tensor.h"

namespace ceir {

struct BottleneckOptions {
  int64_t steps = 1000;         // at most
  int64_t train_batch = 50000;  // rows a step, drawn without replacement; all of them, in order, when there are no more
  int64_t check_every = 50;     // steps between two looks at the second split; training stops when it does not improve
  double lr = 1e-3;             // Adam
  double cutoff = 0.45;         // step (g): a concept stays when its similarity on the second split is larger
  uint64_t seed = 42;
  DType precision = DType::f32;
  Tensor initial_weight;        // (K, d), or undefined: uniform in +-1/sqrt(d)
};

struct BottleneckLogRow {
  int64_t step;
  double loss;                       // of the training batch, before the step's update
  std::optional<double> validation;  // of the second split, after it; at steps 0, check_every, ... and the last
};

struct Bottleneck {
  Tensor weight;     // (K', d)
  Tensor mean, std;  // (K') of the training projections; std is unbiased
  std::vector<std::string> concepts;    // K' names
  std::vector<DroppedConcept> dropped;  // of steps "constant" and "g"; add what filters dropped before saving
  // What training saw (not saved):
  std::vector<int64_t> kept;  // indices of the concepts among those given
  Tensor similarity;          // (K) on the second split, restored weights; NaN for a constant teacher
  Tensor all_weights;         // (K, d): restored weights before step (g)
  std::vector<BottleneckLogRow> log;
  int64_t best_step = 0;
  bool stopped_early = false;
};

// features (N, d), teacher (N, K), val_features (M, d), val_teacher (M, K), any float type. Throws Error(bad_input):
// shapes that do not fit, fewer than two rows, no concept, no feature, a NaN or infinity (naming row and column),
// or when step (g) leaves no concept. The checkpoint is left with the finished training for the caller to remove when its
// output is safe.
Bottleneck train_bottleneck(const Tensor& features, const Tensor& teacher, const Tensor& val_features,
                            const Tensor& val_teacher, const std::vector<std::string>& concepts,
                            const BottleneckOptions& options = {}, Monitor* monitor = nullptr,
                            Checkpoint* checkpoint = nullptr);

// Standardised concept vectors: (features W^T - mean) / std. (N, d) -> (N, K')
Tensor project(const Bottleneck& bottleneck, const Tensor& features);

// Safetensors with tensors weight, mean, std; metadata "concepts" and "dropped" are JSON.
void save_bottleneck(const std::string& path, const Bottleneck& bottleneck);
Bottleneck load_bottleneck(const std::string& path);

// The fixed tenth of n training rows that early stopping and step (g) look at: ascending indices, chosen by `seed`.
std::vector<int64_t> validation_rows(int64_t n, uint64_t seed);

}  // namespace ceir
