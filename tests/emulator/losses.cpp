// The ladders of the losses' sums.
#include "kernels/losses/losses.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {


std::vector<float> on_device_result(const Doubles& x, const Doubles& y, bool wanted, const std::function<void(const float*, const float*, float*, double*)>& run) {
  const OnDevice<float> dx(to_float(x)), dy(to_float(y)), derivative(x.size());
  const OnDevice<double> sums(std::max<size_t>(1, (x.size() + static_cast<size_t>(losses_block) - 1) / static_cast<size_t>(losses_block)));
  run(dx, dy, wanted ? derivative.get() : nullptr, sums);
  std::vector<float> result = wanted ? derivative.values() : std::vector<float>();
  double sum = 0;
  REQUIRE(emulator_runtime()->copy_out(&sum, sums.get(), sizeof sum, nullptr) == 0);
  result.push_back(static_cast<float>(sum));
  return result;
}

// Args: which loss; call fills it from operands (double or float).
template <class Table, class Reference, class Make32, class Make64>
void check_loss(const Table& table, const Reference& reference, const Doubles& x, const Doubles& y, bool all, double norm, double per_element,
                const Make32& make32, const Make64& make64) {
  const auto n = static_cast<int64_t>(x.size());
  Doubles want(x.size()), sums(static_cast<size_t>(n / losses_block + 1));
  reference.variants().back().run(make64(x.data(), y.data(), want.data(), n, sums.data()));
  for (const auto& rung : rungs_of(table))
    for (const bool wanted : {true, false}) {
      INFO(std::string(table.op()), " ", std::string(rung.name), ", ", n, " elements, derivative ", wanted);
      in_schedules(all, [&] {
        return on_device_result(x, y, wanted, [&](const float* a, const float* b, float* d, double* s) { rung.run(make32(a, b, d, n, s)); });
      }, [&](const std::vector<float>& got) {
        if (wanted) check_close({got.begin(), got.end() - 1}, want, norm, 4);
        check_close({got.back()}, {sums[0]}, per_element * static_cast<double>(n), 8);
      });
    }
}

constexpr int64_t lengths[] = {0, 1, 31, 32, 33, 1000, 4096, 4097, 9001};

}  // namespace

TEST_CASE("squared_error: every rung, with large means and huge values") {
  for (const int64_t n : lengths)
    for (const Kind kind : all_kinds) {
      const Doubles a = matrix({n, 1, kind}, 1), b = matrix({n, 1, kind}, 2);
      double square = 0;
      for (size_t i = 0; i < a.size(); i++) square = std::max(square, (a[i] - b[i]) * (a[i] - b[i]));
      check_loss(squared_error_variants, squared_error_f64_variants, a, b, kind == Kind::plain && n == 4097, 2 * std::sqrt(square), square,
        [](auto x, auto y, auto d, auto count, auto sums) { return SquaredErrorSum<float>{x, y, d, count, sums}; },
        [](auto x, auto y, auto d, auto count, auto sums) { return SquaredErrorSum<double>{x, y, d, count, sums}; });
    }
}

TEST_CASE("binary_cross_entropy: every rung, saturated probabilities and targets outside of [0, 1] included") {
  for (const int64_t n : lengths) {
    Doubles p = drawn(n, 3, 0, 1), t = drawn(n, 4, -1, 2);
    for (size_t i = 0; i < p.size(); i += 7) p[i] = static_cast<double>(i % 2);
    const auto make32 = [](auto x, auto y, auto d, auto count, auto sums) { return BinaryCrossEntropySum<float>{x, y, d, count, sums}; };
    const auto make64 = [](auto x, auto y, auto d, auto count, auto sums) { return BinaryCrossEntropySum<double>{x, y, d, count, sums}; };
    Doubles want(p.size()), sums(static_cast<size_t>(n / losses_block + 1));
    binary_cross_entropy_f64_variants.variants().back().run(make64(p.data(), t.data(), want.data(), n, sums.data()));
    for (const auto& rung : rungs_of(binary_cross_entropy_variants)) {
      INFO(std::string(rung.name), ", ", n, " elements");
      in_schedules(n == 33, [&] {
        return on_device_result(p, t, true, [&](const float* a, const float* b, float* d, double* s) { rung.run(make32(a, b, d, n, s)); });
      }, [&](const std::vector<float>& got) {
        // Each derivative to a few roundings of its own size, which goes from 1 to 10^12.
        for (size_t i = 0; i < want.size(); i++)
          CHECK(std::abs(static_cast<double>(got[i]) - want[i]) <= 16 * 0x1p-23 * (std::abs(want[i]) + 1) / std::max(1e-6, 1 - p[i]) );
        check_close({got.back()}, {sums[0]}, 20 * static_cast<double>(n), 4);
      });
    }
  }
}

TEST_CASE("kl_gaussian: every rung, with large means and huge values") {
  for (const int64_t n : lengths)
    for (const double scale : {1.0, 1e4, 1e15}) {
      Doubles mu = drawn(n, 5, -scale, scale);
      const Doubles logvar = drawn(n, 6, -20, 20);
      std::vector<float> e32;
      for (const double v : logvar) e32.push_back(static_cast<float>(std::exp(v)));
      const Doubles e(e32.begin(), e32.end());
      Doubles want(mu.size()), sums(static_cast<size_t>(n / losses_block + 1));
      kl_gaussian_f64_variants.variants().back().run({mu.data(), logvar.data(), e.data(), want.data(), n, sums.data()});
      for (const auto& rung : rungs_of(kl_gaussian_variants))
        for (const bool wanted : {true, false}) {
          INFO(std::string(rung.name), ", ", n, " elements, means up to ", scale);
          in_schedules(n == 1000 && scale == 1, [&] {
            const OnDevice<float> exp_logvar(e32);
            return on_device_result(mu, logvar, wanted, [&](const float* m, const float* v, float* d, double* s) { rung.run({m, v, exp_logvar, d, n, s}); });
          }, [&](const std::vector<float>& got) {
            if (wanted) check_close({got.begin(), got.end() - 1}, want, largest(want), 2);
            check_close({got.back()}, {sums[0]}, (0.5 * scale * scale + largest(e) + 20) * static_cast<double>(n), 4);
          });
        }
    }
}

TEST_CASE("losses: a value that is not a number makes the sum one, whatever block it is in") {
  for (const auto& rung : rungs_of(squared_error_variants))
    for (const size_t at : {size_t{0}, size_t{4999}}) {
      Doubles a = drawn(5000, 7);
      a[at] = NAN;
      const UseEmulator use;
      const auto got = on_device_result(a, a, false, [&](const float* x, const float* y, float* d, double* s) { rung.run({x, y, d, 5000, s}); });
      CHECK(std::isnan(got.back()));
    }
}
