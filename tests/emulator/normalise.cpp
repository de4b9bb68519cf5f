// The normalise ladder.
#include "kernels/normalise/normalise.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

std::vector<float> joined(std::vector<float> a, const std::vector<float>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("normalise: every rung, in place, squares beyond the range of float included") {
  for (const int64_t width : {1, 31, 32, 33, 132, 512, 1000})
    for (const int64_t rows : {1, 5, 130})
      for (const Kind kind : all_kinds)
        for (const double scale : {1.0, 1e-22, 1e20}) {
          if ((rows == 130 || scale != 1) && (width > 132 || kind != Kind::plain)) continue;
          const Problem p{rows, width, kind};
          Doubles x = matrix(p, 23);
          for (double& v : x) v = static_cast<double>(static_cast<float>(v * scale));
          const auto n = static_cast<size_t>(rows);
          Doubles y(x.size()), norm(n);
          normalise_f64_variants.variants().back().run({x.data(), y.data(), norm.data(), rows, width});
          for (const auto& rung : rungs_of(normalise_variants)) {
            INFO(std::string(rung.name), " ", rows, " x ", width, ", ", std::string(name_of(kind)), ", scale ", scale);
            in_schedules(kind == Kind::plain && rows == 5, [&] {
              const OnDevice<float> dx(to_float(x)), dnorm(n);
              if (rung.lacks({dx, dx, dnorm, rows, width})) return std::vector<float>();
              rung.run({dx, dx, dnorm, rows, width});
              return joined(dx.values(), dnorm.values());
            }, [&](const std::vector<float>& got) {
              if (got.empty()) {
                CHECK(width % 4 != 0);
                return;
              }
              // Equal squares are all rounded the same way: the error grows with their number, not its root.
              const double roundings = 4 + (kind == Kind::constant_rows ? static_cast<double>(width) / 16 : std::sqrt(static_cast<double>(width)));
              check_close({got.begin(), got.begin() + static_cast<int64_t>(x.size())}, y, 1, roundings);
              check_close({got.begin() + static_cast<int64_t>(x.size()), got.end()}, norm, largest(norm), roundings);
            });
          }
        }
}

TEST_CASE("normalise: NaN, infinities and rows of zeros as in the reference, with and without the norm") {
  const double inf = INFINITY;
  const Doubles five = {inf, 1, 2, 3, 4, NAN, 1, 2, 3, 4, 0, 0, 0, 0, 0, 1e-41, 2e-41, 0, 0, 0, -inf, inf, 0, 1, 1, 3e38, 3e38, -3e38, 3e38, 1};
  for (const int64_t width : {5, 8}) {  // the rows, and the same with zeros at their ends
    const auto w = static_cast<size_t>(width);
    Doubles x(6 * w), y(6 * w), norm(6);
    for (size_t i = 0; i < five.size(); i++) x[i / 5 * w + i % 5] = five[i];
    normalise_f64_variants.variants().back().run({x.data(), y.data(), norm.data(), 6, width});
    for (double& n : norm) n = static_cast<double>(static_cast<float>(n));  // beyond the range of float: infinite
    for (const auto& rung : rungs_of(normalise_variants)) {
      INFO(std::string(rung.name), ", width ", width);
      in_schedules(true, [&] {
        const OnDevice<float> dx(to_float(x)), dy(x.size()), dnorm(6);
        if (rung.lacks({dx, dy, nullptr, 6, width})) return std::vector<float>();
        rung.run({dx, dy, nullptr, 6, width});
        rung.run({dx, dx, dnorm, 6, width});
        CHECK(same_bits<float>({dx.values()}, {dy.values()}));
        return joined(dx.values(), dnorm.values());
      }, [&](const std::vector<float>& got) {
        if (got.empty()) {
          CHECK(width % 4 != 0);
          return;
        }
        for (size_t r = 0; r < 6; r++) {
          const auto begin = static_cast<int64_t>(r * w), end = static_cast<int64_t>((r + 1) * w);
          // The fourth row is denormal: 1e-41 has 13 bits.
          check_close({got.begin() + begin, got.begin() + end}, {y.begin() + begin, y.begin() + end}, 1, r == 3 ? 0x1p12 : 8);
          const double g = static_cast<double>(got[6 * w + r]);
          if (std::isfinite(norm[r])) CHECK(g == doctest::Approx(norm[r]).epsilon(1e-3));
          else CHECK((std::isnan(g) == std::isnan(norm[r]) && std::isinf(g) == std::isinf(norm[r])));
        }
      });
    }
  }
}

TEST_CASE("normalise_backward: every rung, dx in place of dy") {
  for (const int64_t width : {1, 31, 32, 33, 132, 1000})
    for (const int64_t rows : {1, 5, 130})
      for (const Kind kind : all_kinds) {
        if (rows == 130 && (width > 132 || kind != Kind::plain)) continue;
        const Problem p{rows, width, kind};
        const Doubles y = matrix({rows, width}, 24), norm = drawn(rows, 25, 0.25, 2), dy = matrix(p, 26);
        Doubles dx(dy.size());
        normalise_backward_f64_variants.variants().back().run({y.data(), norm.data(), dy.data(), dx.data(), rows, width});
        for (const auto& rung : rungs_of(normalise_backward_variants)) {
          INFO(std::string(rung.name), " ", rows, " x ", width, ", ", std::string(name_of(kind)));
          in_schedules(kind == Kind::plain && rows == 5, [&] {
            const OnDevice<float> py(to_float(y)), pnorm(to_float(norm)), pdy(to_float(dy));
            if (rung.lacks({py, pnorm, pdy, pdy, rows, width})) return std::vector<float>();
            rung.run({py, pnorm, pdy, pdy, rows, width});
            return pdy.values();
          }, [&](const std::vector<float>& got) {
            if (got.empty()) {
              CHECK(width % 4 != 0);
              return;
            }
            // y sum(dy y) / norm, where the sum's roundings are in proportion to |dy| |y| and the root of the width.
            check_close(got, dx, largest(dy) * 16 * (1 + std::sqrt(static_cast<double>(width))), 8);
          });
        }
      }
}
