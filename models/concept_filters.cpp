#include "models/concept_filters.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "kernels/base/random.h"
#include "models/check.h"

namespace ceir {
namespace {

Tensor checked(std::string_view what, const Tensor& teacher, int64_t rows, int64_t columns) {
  require_matrix(what, teacher, rows, columns);
  const Tensor x = teacher.to(DType::f64).contiguous();
  require_finite(what, x);
  return x;
}

// Unbiased standard deviation of every column, two passes. (N, K) f64
std::vector<double> deviations(const Tensor& x) {
  const int64_t n = x.dim(0), k = x.dim(1);
  std::vector<double> mean(static_cast<size_t>(k)), square(static_cast<size_t>(k));
  const double* p = x.data<double>();
  for (int64_t r = 0; r < n; r++)
    for (int64_t c = 0; c < k; c++) mean[static_cast<size_t>(c)] += p[r * k + c];
  for (double& m : mean) m /= static_cast<double>(n);
  for (int64_t r = 0; r < n; r++)
    for (int64_t c = 0; c < k; c++) {
      const double d = p[r * k + c] - mean[static_cast<size_t>(c)];
      square[static_cast<size_t>(c)] += d * d;
    }
  for (double& s : square) s = std::sqrt(s / static_cast<double>(n - 1));
  return square;
}

// x (N, K) f64: from each row its number, in place.
void subtract_row_means(Tensor& x, const std::vector<double>& means) {
  for (int64_t r = 0; r < x.dim(0); r++)
    for (int64_t c = 0; c < x.dim(1); c++) x.data<double>()[r * x.dim(1) + c] -= means[static_cast<size_t>(r)];
}

std::vector<double> row_means(const Tensor& y) {
  std::vector<double> means(static_cast<size_t>(y.dim(0)));
  for (int64_t r = 0; r < y.dim(0); r++) {
    double sum = 0;
    for (int64_t c = 0; c < y.dim(1); c++) sum += y.data<double>()[r * y.dim(1) + c];
    means[static_cast<size_t>(r)] = sum / static_cast<double>(y.dim(1));
  }
  return means;
}

FilterResult keep_above(const std::vector<double>& values, double threshold, const char* step,
                        const std::vector<std::string>& concepts) {
  FilterResult result;
  for (size_t k = 0; k < values.size(); k++) {
    if (values[k] > threshold) result.kept.push_back(static_cast<int64_t>(k));
    else result.dropped.push_back({concepts[k], step, values[k], threshold});
  }
  return result;
}

}  // namespace

FilterResult filter_by_top5(const Tensor& teacher, const std::vector<std::string>& concepts, double cutoff) {
  const Tensor x = checked("teacher cosines", teacher, 1, static_cast<int64_t>(concepts.size()));
  const int64_t n = x.dim(0), k = x.dim(1), top = std::min<int64_t>(5, n);
  std::vector<double> values;
  std::vector<double> column(static_cast<size_t>(n));
  for (int64_t c = 0; c < k; c++) {
    for (int64_t r = 0; r < n; r++) column[static_cast<size_t>(r)] = x.data<double>()[r * k + c];
    std::partial_sort(column.begin(), column.begin() + top, column.end(), std::greater<>());
    double sum = 0;
    for (int64_t i = 0; i < top; i++) sum += column[static_cast<size_t>(i)];
    values.push_back(sum / static_cast<double>(top));
  }
  return keep_above(values, cutoff, "f", concepts);
}

FilterResult filter_by_nonsense(const Tensor& teacher, const Tensor& nonsense, const std::vector<std::string>& concepts,
                                double quantile) {
  if (!(quantile >= 0 && quantile <= 1)) usage_error("the quantile of nonsense words must lie in [0, 1], not {}", quantile);
  Tensor x = checked("teacher cosines", teacher, 2, static_cast<int64_t>(concepts.size())).clone();
  Tensor y = checked("cosines of nonsense words", nonsense, 2, -1).clone();
  if (x.dim(0) != y.dim(0))
    bad_input("teacher cosines have {} rows, those of nonsense words {}: both must be of the same images", x.dim(0), y.dim(0));
  const std::vector<double> any_word = row_means(y);  // what each picture answers to any word at all
  subtract_row_means(x, any_word);
  subtract_row_means(y, any_word);
  std::vector<double> spread = deviations(y);
  std::sort(spread.begin(), spread.end());
  const double position = quantile * static_cast<double>(spread.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, spread.size() - 1);
  const double threshold = spread[below] + (position - static_cast<double>(below)) * (spread[above] - spread[below]);
  return keep_above(deviations(x), threshold, "nonsense", concepts);
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

}  // namespace ceir
