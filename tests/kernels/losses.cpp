#include "kernels/losses/losses.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "kernels/base/random.h"
#include "kernels/base/threads.h"

using namespace ceir;

namespace {

template <class T> std::vector<T> noise(int64_t n, const char* purpose) {
  Random random(9, purpose);
  std::vector<T> v;
  for (int64_t i = 0; i < n; i++) v.push_back(static_cast<T>(random.normal()));
  return v;
}

template <class T> struct Case {
  std::vector<T> a, b, e, d;
  std::vector<double> sums;
  explicit Case(int64_t n) : a(noise<T>(n, "a")), b(noise<T>(n, "b")), d(static_cast<size_t>(n)) {
    for (const T x : b) e.push_back(std::exp(x));
    sums.resize(static_cast<size_t>(n / losses_block + 1));
  }
  int64_t n() const { return static_cast<int64_t>(a.size()); }
  SquaredErrorSum<T> squared() { return {a.data(), b.data(), d.data(), n(), sums.data()}; }
  KlGaussianSum<T> kl() { return {a.data(), b.data(), e.data(), d.data(), n(), sums.data()}; }
};

template <class T, class Make> void check_variants(const auto& table, const Make& args) {
  for (const int64_t n : {1, 15, 16, 17, 4095, 4096, 4097, 20000}) {
    Case<T> expected(n);
    table.variants().back().run(args(expected));
    for (const auto& variant : table.variants()) {
      Case<T> x(n);
      if (variant.lacks(args(x))) continue;
      variant.run(args(x));
      CAPTURE(variant.name);
      CAPTURE(n);
      CHECK(x.sums[0] == expected.sums[0]);
      CHECK(x.d == expected.d);
    }
  }
}

}  // namespace

TEST_CASE("losses: sums agree with the plain formulas") {
  Case<double> x(9001);
  double squared = 0, kl = 0;
  for (size_t i = 0; i < x.a.size(); i++) {
    squared += (x.a[i] - x.b[i]) * (x.a[i] - x.b[i]);
    kl -= 0.5 * (1 + x.b[i] - x.a[i] * x.a[i] - std::exp(x.b[i]));
  }
  squared_error_f64_variants(x.squared());
  CHECK(x.sums[0] == doctest::Approx(squared).epsilon(1e-13));
  CHECK(x.d[7] == doctest::Approx(2 * (x.a[7] - x.b[7])));
  kl_gaussian_f64_variants(x.kl());
  CHECK(x.sums[0] == doctest::Approx(kl).epsilon(1e-13));
  CHECK(x.d[7] == doctest::Approx((std::exp(x.b[7]) - 1) / 2));
}

TEST_CASE("losses: every variant gives the reference's bits") {
  check_variants<float>(squared_error_variants, [](Case<float>& c) { return c.squared(); });
  check_variants<double>(squared_error_f64_variants, [](Case<double>& c) { return c.squared(); });
  check_variants<float>(kl_gaussian_variants, [](Case<float>& c) { return c.kl(); });
  check_variants<double>(kl_gaussian_f64_variants, [](Case<double>& c) { return c.kl(); });
}

TEST_CASE("losses: cross-entropy is clamped where the sigmoid saturates, its gradient is not") {
  std::vector<double> p{0, 1, 0.5, 1}, t{1, 1, -2, 0.25}, d(4), sums(1);
  binary_cross_entropy_f64_variants({p.data(), t.data(), d.data(), 4, sums.data()});
  // 1 * 100; 0; -(-2 log .5 + 3 log .5) = -log .5; 0.75 * 100
  CHECK(sums[0] == doctest::Approx(100 + 0 - std::log(0.5) + 75).epsilon(1e-12));
  const double smallest = static_cast<double>(1e-12f);
  CHECK(d[0] == doctest::Approx(-1 / smallest));
  CHECK(d[1] == 0);
  CHECK(d[2] == doctest::Approx(2.5 / 0.25));
  CHECK(d[3] == doctest::Approx(0.75 / smallest));
}
