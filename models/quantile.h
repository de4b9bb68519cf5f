// Quantiles with linear interpolation between the two nearest values (type 7 of Hyndman & Fan 1996; numpy's default).
#pragma once
#include <algorithm>
#include <vector>

namespace ceir {

// values: at least one; quantile in [0, 1].
inline double quantile_of_sorted(const std::vector<double>& values, double quantile) {
  const double position = quantile * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (position - static_cast<double>(below)) * (values[above] - values[below]);
}

inline double quantile_of(std::vector<double> values, double quantile) {
  std::sort(values.begin(), values.end());
  return quantile_of_sorted(values, quantile);
}

}  // namespace ceir
