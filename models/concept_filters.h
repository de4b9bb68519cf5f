// Which concepts are not in the pictures at all: looked at before the bottleneck is trained, on training images only.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/select.h"
#include "tensor/tensor.h"

namespace ceir {

// A concept that was left out, and why. `step` is "f" (top-5 cosine), "g" (similarity after training), "nonsense"
// (told no better from nonsense words than they from each other) or "constant" (its cosines do not vary). It went because
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

// The rule of the sound protocol, which knows no threshold that fits one model: a concept stays when pictures answer to it as
// they answer to no word that means nothing. Looked at are the directions of the feature space in which the training pictures
// differ (principal components with 99.99 % of their variance); others cannot change an answer. There the `nonsense` words
// have a mean and a covariance (shrunk: Ledoit & Wolf 2004, J. Multivariate Anal. 88), and a concept's value is its
// Mahalanobis distance from them, divided by the root of the number of dimensions (about 1 for one more nonsense word). It
// stays when that exceeds the `quantile` of the nonsense words' own values, each measured from a mean and a covariance that
// it had no part in (five folds); quantile with linear interpolation.
// images (N, d), texts (K, d), nonsense (M, d), M >= 10: the teacher's features, of any length; nonsense_like() makes the
// words. Both are best said twice (said_twice()): a CLIP that knows a word is surer of it then, of nonsense it is not.
FilterResult filter_by_nonsense(const Tensor& images, const Tensor& texts, const Tensor& nonsense,
                                const std::vector<std::string>& concepts, double quantile = 0.93);

std::vector<std::string> said_twice(const std::vector<std::string>& words);  // "barn" -> "barn, barn"

// `count` different pronounceable words of one or two parts ("dovu", "kerfa nilo"); same seed, same words.
std::vector<std::string> nonsense_words(int64_t count = 200, uint64_t seed = 42);

// What filter_by_nonsense compares with: half of them nonsense_words(), half the concepts themselves with the letters of each
// word shuffled, so that length and spelling are alike; fewer where too few shuffles differ. None of them is a concept.
std::vector<std::string> nonsense_like(const std::vector<std::string>& concepts, int64_t count = 1600, uint64_t seed = 42);

}  // namespace ceir
