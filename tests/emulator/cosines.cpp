// The ladder of kernels/cosines, and the CPU's product, against the plain sums in double.
#include "kernels/cosines/cosines.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

Doubles reference(const Doubles& a, const Doubles& b, int64_t n, int64_t k, int64_t width) {
  Doubles y(static_cast<size_t>(n * k));
  cosines_f64_variants.variants().back().run({a.data(), b.data(), y.data(), n, k, width});
  return y;
}

// Errors of a sum in float of numbers whose squares add up to 1; equal terms are all rounded the same way.
double roundings(Kind kind, int64_t width) {
  const auto n = static_cast<double>(width);
  return 4 + (kind == Kind::plain || kind == Kind::huge ? std::sqrt(n) : n / 4);
}

void check_all(const Doubles& a, const Doubles& b, int64_t n, int64_t k, int64_t width, double allowed, bool all) {
  const Doubles want = reference(a, b, n, k, width);
  for (const auto& rung : rungs_of(cosines_variants)) {
    INFO(std::string(rung.name));
    in_schedules(all, [&] {
      const OnDevice<float> da(to_float(a)), db(to_float(b)), y(want.size());
      rung.run({da, db, y, n, k, width});
      return y.values();
    }, [&](const std::vector<float>& got) { check_close(got, want, 1, allowed); });
  }
  const std::vector<float> fa = to_float(a), fb = to_float(b);
  std::vector<float> y(want.size());
  for (const auto& v : cosines_variants.variants()) {
    if (v.device != Device::cpu) continue;
    INFO(std::string(v.name));
    v.run({fa.data(), fb.data(), y.data(), n, k, width});
    check_close(y, want, 1, allowed);
  }
}

}  // namespace

TEST_CASE("cosines: every variant, tails and hostile values") {
  for (const int64_t width : {1, 31, 32, 33, 100})
    for (const Kind kind : all_kinds)
      for (const auto& [n, k] : {std::pair<int64_t, int64_t>{1, 1}, {5, 17}, {67, 65}}) {
        if (n == 67 && (width == 100 || kind != Kind::plain)) continue;
        INFO(n, " x ", k, ", width ", width, ", ", std::string(name_of(kind)));
        check_all(matrix({n, width, kind}, 1), matrix({k, width, kind}, 2), n, k, width, roundings(kind, width), kind == Kind::plain && n == 5);
      }
}

TEST_CASE("cosines: rows at the ends of float's range have their angles, rows of zeros none, NaN and infinities are NaN") {
  const int64_t n = 7, width = 33;
  Doubles a = drawn(n * width, 3), b = drawn(n * width, 4);
  const auto times = [&](Doubles& x, size_t row, double factor) {
    for (size_t c = 0; c < 33; c++) x[row * 33 + c] = static_cast<double>(static_cast<float>(x[row * 33 + c] * factor));
  };
  times(a, 0, 1e25), times(b, 1, 1e30), times(a, 2, 1e-25), times(b, 2, 1e-30), times(a, 3, 0), times(b, 4, 0);
  a[5 * 33 + 2] = NAN, a[6 * 33 + 7] = INFINITY;
  check_all(a, b, n, n, width, 8 + std::sqrt(33), true);
}
