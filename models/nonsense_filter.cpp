// Mahalanobis distances of concepts from nonsense words, in the directions in which the training pictures differ.
#include <algorithm>
#include <cmath>
#include <set>

#include "kernels/base/interrupt.h"
#include "kernels/base/random.h"
#include "models/check.h"
#include "models/concept_filters.h"
#include "models/embed.h"
#include "models/pca.h"
#include "models/quantile.h"
#include "tensor/io/utf8.h"
#include "tensor/ops/matmul.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

constexpr int64_t folds = 5;

Tensor unit_rows(std::string_view what, const Tensor& x, int64_t rows, int64_t columns) {
  require_matrix(what, x, rows, columns);
  Tensor unit = x.to(DType::f64).contiguous().clone();
  require_finite(what, unit);
  normalize_rows(unit);
  return unit;
}

std::vector<double> mean_of(const Tensor& x, const std::vector<int64_t>& rows) {
  std::vector<double> mean(static_cast<size_t>(x.dim(1)));
  for (const int64_t r : rows)
    for (size_t j = 0; j < mean.size(); j++) mean[j] += x.data<double>()[r * x.dim(1) + static_cast<int64_t>(j)];
  for (double& m : mean) m /= static_cast<double>(rows.size());
  return mean;
}

// Rows less `mean`. (R, p)
Tensor less(const Tensor& x, const std::vector<int64_t>& rows, const std::vector<double>& mean) {
  Tensor y = select_rows(x, rows);
  for (int64_t r = 0; r < y.dim(0); r++)
    for (size_t j = 0; j < mean.size(); j++) y.data<double>()[r * y.dim(1) + static_cast<int64_t>(j)] -= mean[j];
  return y;
}

// sum over rows of x^T x, divided by `count`. (R, p) -> (p, p)
Tensor second_moment(const Tensor& x, double count) {
  Tensor s = matmul(x, x, true, false);
  for (double& v : s.span<double>()) v /= count;
  return s;
}

std::vector<int64_t> all_rows(const Tensor& x) { return other_rows(x.dim(0), {}); }

// Orthonormal rows (p, d): the fewest principal components of the pictures that have this share of their variance.
constexpr double share_of_variance = 0.9999;
Tensor varying_directions(const Tensor& images) {
  const std::vector<int64_t> rows = all_rows(images);
  const SymmetricEigen e = symmetric_eigen(second_moment(less(images, rows, mean_of(images, rows)), static_cast<double>(images.dim(0) - 1)));
  const int64_t d = images.dim(1);
  double total = 0, sum = 0;
  for (int64_t i = 0; i < d; i++) total += std::max(e.values.data<double>()[i], 0.0);
  std::vector<int64_t> used;
  for (int64_t i = d - 1; i >= 0 && total > 0 && sum < share_of_variance * total; i--) used.push_back(i), sum += std::max(e.values.data<double>()[i], 0.0);
  return select_rows(e.vectors, used);
}

// Mean and inverse square root of the shrunk covariance of some nonsense words.
struct Nonsense {
  std::vector<double> mean;  // (p)
  Tensor whitening;          // (p, p)
};

Nonsense fit(const Tensor& words, const std::vector<int64_t>& rows) {
  const int64_t p = words.dim(1);
  const auto n = static_cast<double>(rows.size()), dims = static_cast<double>(p);
  Nonsense result{mean_of(words, rows), {}};
  const Tensor x = less(words, rows, result.mean);
  Tensor s = second_moment(x, n);
  // Ledoit & Wolf, lemmas 3.2 to 3.4: towards trace / p times the identity, by b^2 / d^2.
  double trace = 0, squares = 0, fourth = 0;
  for (int64_t i = 0; i < p; i++) trace += s.data<double>()[i * p + i];
  for (const double v : s.span<double>()) squares += v * v;
  for (int64_t r = 0; r < x.dim(0); r++) {
    double norm = 0;
    for (int64_t j = 0; j < p; j++) norm += x.data<double>()[r * p + j] * x.data<double>()[r * p + j];
    fourth += norm * norm;
  }
  const double mu = trace / dims, distance = squares - mu * trace, error = std::min(fourth / (n * n) - squares / n, distance);
  const double shrinkage = distance > 0 ? std::max(error / distance, 1e-9) : 1;
  for (double& v : s.span<double>()) v *= 1 - shrinkage;
  for (int64_t i = 0; i < p; i++) s.data<double>()[i * p + i] += shrinkage * (mu > 0 ? mu : 1);
  const SymmetricEigen e = symmetric_eigen(s);
  result.whitening = e.vectors.clone();
  for (int64_t i = 0; i < p; i++)
    for (int64_t j = 0; j < p; j++) result.whitening.data<double>()[i * p + j] /= std::sqrt(std::max(e.values.data<double>()[i], 1e-300));
  return result;
}

// Of each row of `words` named: its distance, over the root of the dimensions.
std::vector<double> distances(const Nonsense& nonsense, const Tensor& words, const std::vector<int64_t>& rows) {
  const Tensor white = matmul(less(words, rows, nonsense.mean), nonsense.whitening, false, true);  // (R, p)
  std::vector<double> result;
  for (int64_t r = 0; r < white.dim(0); r++) {
    double sum = 0;
    for (int64_t j = 0; j < white.dim(1); j++) sum += white.data<double>()[r * white.dim(1) + j] * white.data<double>()[r * white.dim(1) + j];
    result.push_back(std::sqrt(sum / static_cast<double>(white.dim(1))));
  }
  return result;
}

}  // namespace

FilterResult filter_by_nonsense(const Tensor& images, const Tensor& texts, const Tensor& nonsense,
                                const std::vector<std::string>& concepts, double quantile) {
  NoTape none;
  if (!(quantile >= 0 && quantile <= 1)) usage_error("the quantile of nonsense words must lie in [0, 1], not {}", quantile);
  const Tensor pictures = unit_rows("picture features", images, 2, -1);
  const int64_t d = pictures.dim(1);
  const Tensor words = unit_rows("concept features", texts, 1, d), meaningless = unit_rows("features of nonsense words", nonsense, 10, d);
  if (words.dim(0) != static_cast<int64_t>(concepts.size())) bad_input("{} concepts, but features of {}", concepts.size(), words.dim(0));
  const Tensor basis = varying_directions(pictures);
  std::vector<double> values(concepts.size(), 0.0), reference(static_cast<size_t>(meaningless.dim(0)), 0.0);
  if (basis.dim(0) > 0) {  // else the pictures are all alike, and answer to every word alike
    const Tensor of_words = matmul(words, basis, false, true), of_nonsense = matmul(meaningless, basis, false, true);  // (K, p), (M, p)
    values = distances(fit(of_nonsense, all_rows(of_nonsense)), of_words, all_rows(of_words));
    for (int64_t fold = 0; fold < folds; fold++) {
      throw_if_interrupted();
      std::vector<int64_t> held_out;
      for (int64_t r = fold; r < of_nonsense.dim(0); r += folds) held_out.push_back(r);
      const auto seen = distances(fit(of_nonsense, other_rows(of_nonsense.dim(0), held_out)), of_nonsense, held_out);
      for (size_t i = 0; i < held_out.size(); i++) reference[static_cast<size_t>(held_out[i])] = seen[i];
    }
  }
  const double threshold = quantile_of(reference, quantile);
  FilterResult result;
  for (size_t k = 0; k < values.size(); k++) {
    if (values[k] > threshold) result.kept.push_back(static_cast<int64_t>(k));
    else result.dropped.push_back({concepts[k], "nonsense", values[k], threshold});
  }
  return result;
}

std::vector<std::string> said_twice(const std::vector<std::string>& words) {
  std::vector<std::string> twice;
  for (const std::string& w : words) twice.push_back(w + ", " + w);
  return twice;
}

std::vector<std::string> nonsense_words(int64_t count, uint64_t seed) {
  constexpr std::string_view consonants = "bcdfghjklmnpqrstvwxz", vowels = "aeiouy";
  Random random(seed, "nonsense words");
  std::vector<std::string> words;
  std::set<std::string> seen;
  while (static_cast<int64_t>(words.size()) < count) {
    std::string text;
    const uint64_t parts = 1 + random.below(2);
    for (uint64_t part = 0; part < parts; part++) {
      if (part) text += ' ';
      const uint64_t syllables = 2 + random.below(2);
      for (uint64_t s = 0; s < syllables; s++) {
        text += consonants[random.below(consonants.size())];
        text += vowels[random.below(vowels.size())];
        if (random.chance(0.4)) text += consonants[random.below(consonants.size())];
      }
    }
    if (seen.insert(text).second) words.push_back(text);
  }
  return words;
}

std::vector<std::string> nonsense_like(const std::vector<std::string>& concepts, int64_t count, uint64_t seed) {
  std::set<std::string> seen(concepts.begin(), concepts.end());
  std::vector<std::string> words;
  for (std::string& word : nonsense_words(count - count / 2, seed))
    if (seen.insert(word).second) words.push_back(std::move(word));
  Random random(seed, "shuffled concepts");
  for (int64_t tries = 0; !concepts.empty() && tries < 8 * count && static_cast<int64_t>(words.size()) < count; tries++) {
    std::vector<uint32_t> letters = code_points_of(concepts[random.below(concepts.size())], "a concept");
    for (size_t begin = 0; begin < letters.size();) {  // each word by itself
      size_t end = begin;
      while (end < letters.size() && letters[end] != ' ') end++;
      for (size_t i = end; i > begin + 1; i--) std::swap(letters[i - 1], letters[begin + random.below(i - begin)]);
      begin = end + 1;
    }
    std::string text = to_utf8(letters);
    if (seen.insert(text).second) words.push_back(std::move(text));
  }
  return words;
}

}  // namespace ceir
