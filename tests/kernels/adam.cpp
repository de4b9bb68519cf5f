#include "kernels/adam/adam.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "kernels/base/random.h"
#include "kernels/base/threads.h"

using namespace ceir;

namespace {

template <class T> struct State {
  std::vector<T> w, g, m, v;
  explicit State(int64_t n) {
    Random random(3, "adam", static_cast<uint64_t>(n));
    for (int64_t i = 0; i < n; i++) {
      w.push_back(static_cast<T>(random.normal()));
      g.push_back(static_cast<T>(random.normal() * std::pow(10, random.uniform(-12, 2))));
      m.push_back(static_cast<T>(random.normal() * 0.1));
      v.push_back(static_cast<T>(random.uniform() * 0.01));
    }
  }
  AdamUpdate<T> args(double lr, double decay, int64_t t) {
    AdamUpdate<T> a;
    a.w = w.data(), a.g = g.data(), a.m = m.data(), a.v = v.data(), a.n = static_cast<int64_t>(w.size());
    a.beta1 = static_cast<T>(0.9), a.beta2 = static_cast<T>(0.999), a.eps = static_cast<T>(1e-8);
    a.step_size = static_cast<T>(lr / (1 - std::pow(0.9, static_cast<double>(t))));
    a.sqrt_correction = static_cast<T>(std::sqrt(1 - std::pow(0.999, static_cast<double>(t))));
    a.shrink = static_cast<T>(1 - lr * decay);
    return a;
  }
};

template <class T> void check_variants(const Table<AdamUpdate<T>>& table) {
  for (const int64_t n : {1, 7, 8, 15, 16, 17, 33, 1000, 40000}) {
    State<T> expected(n);
    AdamUpdate<T> reference = expected.args(1e-2, 0.1, 3);
    table.variants().back().run(reference);
    for (const auto& variant : table.variants()) {
      State<T> s(n);
      AdamUpdate<T> a = s.args(1e-2, 0.1, 3);
      if (variant.lacks(a)) continue;
      variant.run(a);
      CAPTURE(variant.name);
      CAPTURE(n);
      CHECK(s.w == expected.w);
      CHECK(s.m == expected.m);
      CHECK(s.v == expected.v);
    }
  }
}

}  // namespace

TEST_CASE("Adam: every variant gives the reference's bits") {
  check_variants(adam_variants);
  check_variants(adam_f64_variants);
}

TEST_CASE("Adam: the first step of a lone weight has the size of the learning rate") {
  // m_hat = g, v_hat = g^2 at t = 1, so the step is lr g / (|g| + eps).
  State<double> s(1);
  s.w = {2}, s.g = {-0.3}, s.m = {0}, s.v = {0};
  adam_f64_variants(s.args(0.01, 0, 1));
  CHECK(s.w[0] == doctest::Approx(2 + 0.01 * 0.3 / (0.3 + 1e-8)).epsilon(1e-14));
}

TEST_CASE("Adam: eps stands beside the corrected root, not inside it") {
  State<double> s(1);
  s.w = {0}, s.g = {1e-8}, s.m = {0}, s.v = {0};
  adam_f64_variants(s.args(1, 0, 1));
  CHECK(s.w[0] == doctest::Approx(-0.5).epsilon(1e-9));  // g / (|g| + eps) with g = eps
}
