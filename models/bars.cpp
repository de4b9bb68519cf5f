#include <algorithm>
#include <cmath>

#include "models/attribution.h"

namespace ceir {

std::vector<Bar> contribution_bars(const Tensor& contribution, const Tensor& x, const std::vector<std::string>& concepts,
                                   double threshold, int64_t at_most) {
  const auto c = contribution.values(), input = x.values();
  if (c.size() != concepts.size() || input.size() != concepts.size())
    bad_input("bars: {} contributions and {} inputs for {} concepts", c.size(), input.size(), concepts.size());
  if (at_most < 1) usage_error("bars: at least one bar must be shown, not {}", at_most);
  std::vector<size_t> order(c.size());
  for (size_t i = 0; i < order.size(); i++) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return std::abs(c[a]) > std::abs(c[b]); });
  const auto large = std::count_if(c.begin(), c.end(), [&](double v) { return std::abs(v) > threshold; });
  const size_t shown = std::min<size_t>({static_cast<size_t>(large) + 1, static_cast<size_t>(at_most), c.size()});
  std::vector<Bar> bars;
  for (size_t i = 0; i < shown; i++)
    bars.push_back({(input[order[i]] < 0 ? "NOT " : "") + concepts[order[i]], c[order[i]]});
  if (c.size() > shown && shown > 0) {
    double rest = 0;
    for (size_t i = shown - 1; i < order.size(); i++) rest += c[order[i]];
    bars.back() = {fmt::format("Sum of {} other features", c.size() - shown + 1), rest};
  }
  return bars;
}

}  // namespace ceir
