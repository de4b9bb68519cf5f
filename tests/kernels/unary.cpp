// The vector functions against the C library in double, over a dense sweep of floats.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/unary/unary_ref.h"

using namespace ceir;

namespace {

// Every `step`-th float of either sign, zeros, subnormals and infinities included: all exponents alike.
std::vector<float> sweep_of_floats() {
  std::vector<float> x;
  for (uint32_t bits = 0; bits <= 0x7f800000; bits += 8191) {
    x.push_back(std::bit_cast<float>(bits));
    x.push_back(-std::bit_cast<float>(bits));
  }
  for (double v = -110; v <= 95; v += 0.0137) x.push_back(static_cast<float>(v));
  for (double v = -6; v <= 6; v += 0.00011) x.push_back(static_cast<float>(v));
  x.push_back(INFINITY);
  x.push_back(-INFINITY);
  return x;
}

// |got - want| in units of the last place of `scale`.
double ulps(float got, double want, double scale) {
  if (std::isnan(want)) return std::isnan(got) ? 0 : INFINITY;
  const auto rounded = static_cast<float>(want);
  if (std::isinf(rounded)) return got == rounded ? 0 : INFINITY;
  int exponent;
  std::frexp(std::max(std::abs(scale), 0x1p-126), &exponent);
  return std::abs(static_cast<double>(got) - want) / std::ldexp(1.0, exponent - 24);
}

struct Allowed {
  Unary function;
  double value_ulps, derivative_ulps;
};

// The products of the GELUs add roundings of their own; their error is measured against |x| (value) or 1 (derivative).
const Allowed allowed[] = {
    {Unary::exp, 1.5, 0}, {Unary::log, 1.5, 1}, {Unary::tanh, 2.5, 2}, {Unary::sigmoid, 3, 2}, {Unary::relu, 0, 0},
    {Unary::gelu_erf, 2, 1.5}, {Unary::gelu_tanh, 2, 5}, {Unary::quick_gelu, 2, 2},
};

bool is_gelu(Unary f) { return f == Unary::gelu_erf || f == Unary::gelu_tanh || f == Unary::quick_gelu; }

}  // namespace

TEST_CASE("unary: every variant is within a few ulp of the C library in double, for all magnitudes") {
  const std::vector<float> x = sweep_of_floats();
  const auto n = static_cast<int64_t>(x.size());
  for (const auto& variant : unary_variants.variants()) {
    for (const Allowed& a : allowed) {
      const UnaryForward<float> probe{a.function, x.data(), nullptr, n};
      if (variant.lacks(probe)) continue;
      std::vector<float> y(x.size());
      variant.run({a.function, x.data(), y.data(), n});
      double worst = 0;
      float at = 0;
      for (size_t i = 0; i < x.size(); i++) {
        const double want = unary_value(a.function, static_cast<double>(x[i]));
        if (is_gelu(a.function) && std::isinf(x[i])) continue;  // 0 times infinity or 0: both are right
        const double e = ulps(y[i], want, is_gelu(a.function) ? static_cast<double>(x[i]) : want);
        if (!(e <= worst)) worst = e, at = x[i];
      }
      INFO(std::string(variant.name), " ", std::string(name_of(a.function)));
      CAPTURE(at);
      CHECK(worst <= a.value_ulps );
    }
  }
}

TEST_CASE("unary: derivatives are within a few ulp of the formula in double") {
  const std::vector<float> x = sweep_of_floats();
  const auto n = static_cast<int64_t>(x.size());
  for (const auto& variant : unary_backward_variants.variants()) {
    for (const Allowed& a : allowed) {
      std::vector<float> known = x, dy(x.size(), 1.0f), dx(x.size());
      if (derivative_from_output(a.function))
        for (float& k : known) k = unary_value(a.function, k);
      const UnaryBackward<float> args{a.function, known.data(), known.data(), dy.data(), dx.data(), n};
      if (variant.lacks(args)) continue;
      variant.run(args);
      double worst = 0;
      float at = 0;
      for (size_t i = 0; i < x.size(); i++) {
        if (std::isinf(x[i]) || (a.function == Unary::log && x[i] <= 0)) continue;
        const auto k = static_cast<double>(known[i]);
        const double want = unary_derivative(a.function, k, k);
        const double e = ulps(dx[i], want, a.function == Unary::exp || a.function == Unary::log ? want : 1.0);
        if (!(e <= worst)) worst = e, at = x[i];
      }
      INFO(std::string(variant.name), " ", std::string(name_of(a.function)));
      CAPTURE(at);
      CHECK(worst <= a.derivative_ulps );
    }
  }
}

TEST_CASE("unary: NaN stays NaN in every variant and function") {
  for (const auto& variant : unary_variants.variants())
    for (const Allowed& a : allowed) {
      std::vector<float> x(37, NAN), y(37);
      const UnaryForward<float> args{a.function, x.data(), y.data(), 37};
      if (variant.lacks(args)) continue;
      variant.run(args);
      INFO(std::string(variant.name), " ", std::string(name_of(a.function)));
      CHECK(std::all_of(y.begin(), y.end(), [](float v) { return std::isnan(v); }));
    }
}
