#include "models/concept_filters.h"

#include <algorithm>

#include "models/check.h"

namespace ceir {
namespace {

Tensor checked(std::string_view what, const Tensor& teacher, int64_t rows, int64_t columns) {
  require_matrix(what, teacher, rows, columns);
  const Tensor x = teacher.to(DType::f64).contiguous();
  require_finite(what, x);
  return x;
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

}  // namespace ceir
