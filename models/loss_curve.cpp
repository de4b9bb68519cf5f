#include "models/loss_curve.h"

#include <algorithm>

#include "kernels/base/error.h"

namespace ceir {

std::string loss_curve_svg(const std::vector<double>& losses) {
  constexpr double left = 46, top = 14, width = 580, height = 246;
  const size_t n = losses.size(), stretches = std::min<size_t>(n, 160);
  const double highest = n ? *std::max_element(losses.begin(), losses.end()) : 1;
  const double lowest = n ? std::min(0.0, *std::min_element(losses.begin(), losses.end())) : 0;
  const double range = highest > lowest ? highest - lowest : 1;
  const auto y_of = [&](double loss) { return top + height * (highest - loss) / range; };

  std::string above, below, mean;
  for (size_t s = 0; s < stretches; s++) {
    const auto first = losses.begin() + static_cast<std::ptrdiff_t>(s * n / stretches), last = losses.begin() + static_cast<std::ptrdiff_t>((s + 1) * n / stretches);
    double sum = 0;
    for (auto it = first; it != last; ++it) sum += *it;
    const double x = left + width * (static_cast<double>(s) + 0.5) / static_cast<double>(stretches);
    above += fmt::format("{:.1f},{:.1f} ", x, y_of(*std::max_element(first, last)));
    below = fmt::format("{:.1f},{:.1f} ", x, y_of(*std::min_element(first, last))) + below;
    mean += fmt::format("{:.1f},{:.1f} ", x, y_of(sum / static_cast<double>(last - first)));
  }

  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 300\" width=\"640\" height=\"300\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
                    "<rect width=\"640\" height=\"300\" fill=\"#ffffff\"/>\n";
  for (int i = 0; i <= 4; i++) {
    const double value = lowest + range * i / 4;
    svg += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#dddddd\"/><text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\" fill=\"#555555\">{:.2f}</text>\n",
                       left, left + width, y_of(value), y_of(value), left - 6, y_of(value) + 4, value);
  }
  if (n) {
    svg += fmt::format("<polygon points=\"{}{}\" fill=\"#b9d3ee\"/>\n", above, below);
    svg += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"2\"/>\n", mean);
  }
  svg += fmt::format("<text x=\"{}\" y=\"282\" fill=\"#555555\">1</text><text x=\"{}\" y=\"282\" text-anchor=\"end\" fill=\"#555555\">step {}</text>\n</svg>\n", left, left + width, n);
  return svg;
}

}  // namespace ceir
