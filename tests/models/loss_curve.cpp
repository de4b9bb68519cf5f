// The picture of a training's losses.
#include "models/loss_curve.h"

#include <doctest/doctest.h>

using namespace ceir;

TEST_CASE("loss curve: the greatest loss lies at the top, zero at the bottom") {
  // Two steps, one stretch each: x = 46 + 580 / 4 and 46 + 3 * 580 / 4; the plot is 246 high from y = 14.
  const std::string svg = loss_curve_svg({4.0, 1.0});
  CHECK(svg.find("<polyline points=\"191.0,14.0 481.0,198.5 \"") != std::string::npos);
  CHECK(svg.find("y1=\"260.0\"") != std::string::npos);   // the line of zero: 14 + 246
}

TEST_CASE("loss curve: a long training is shown as means of stretches, a constant or empty one without dividing by zero") {
  std::vector<double> losses(1600);
  for (size_t i = 0; i < losses.size(); i++) losses[i] = i % 2 ? 3.0 : 1.0;   // every stretch of ten has the mean 2
  const std::string svg = loss_curve_svg(losses);
  const size_t at = svg.find("<polyline");
  const std::string line = svg.substr(at, svg.find("/>", at) - at);
  size_t points = 0;
  for (size_t i = line.find(",96.0 "); i != std::string::npos; i = line.find(",96.0 ", i + 1)) points++;   // 14 + 246 / 3
  CHECK(points == 160);
  CHECK(loss_curve_svg({}).find("nan") == std::string::npos);
  CHECK(loss_curve_svg({0.0, 0.0}).find("nan") == std::string::npos);
}
