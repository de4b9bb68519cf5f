// Which concepts are not in the pictures at all: looked at before the bottleneck is trained, on training images only.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/select.h"
#include "tensor/tensor.h"

namespace ceir {

// A concept that was left out, and why. `step` is "f" (top-5 cosine), "g" (similarity after training), "nonsense"
// (spread no larger than that of nonsense words) or "constant" (its cosines do not vary). It went because
// `value` did not exceed `threshold`.
struct DroppedConcept {
  std::string concept_name;
  std::string step;
  double value = 0, threshold = 0;
};

struct FilterResult {
  std::vector<int64_t> kept;  // indices, ascending
  std::vector<DroppedConcept> dropped;
};

// Step (f) of Label-free CBM: keeps a concept when the mean of its five largest cosines exceeds `cutoff`.
// teacher (N, K); with fewer than five rows all of them count.
FilterResult filter_by_top5(const Tensor& teacher, const std::vector<std::string>& concepts, double cutoff = 0.25);

// The rule of the sound protocol, which knows no magic threshold. From each picture's cosines its mean cosine with nonsense
// words is taken off (some pictures are near to any word, which tells nothing about the word); then a concept stays when the
// standard deviation of what is left, over the images, exceeds the `quantile` of the same over the nonsense words (what is
// left for a word that means nothing). teacher (N, K), nonsense (N, M): cosines of the same images with nonsense_words(). Unbiased deviations,
// quantile with linear interpolation.
FilterResult filter_by_nonsense(const Tensor& teacher, const Tensor& nonsense, const std::vector<std::string>& concepts,
                                double quantile = 0.95);

// `count` different pronounceable words of one or two parts ("dovu", "kerfa nilo"); same seed, same words.
std::vector<std::string> nonsense_words(int64_t count = 200, uint64_t seed = 42);

}  // namespace ceir
