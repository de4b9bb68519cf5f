// The ladder of functions of one element: activations, forward and backward.
#include "kernels/unary/unary.h"

#include "kernels/unary/unary_ref.h"
#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

constexpr Unary functions[] = {Unary::none, Unary::exp, Unary::log, Unary::tanh, Unary::sigmoid, Unary::relu,
                               Unary::gelu_erf, Unary::gelu_tanh, Unary::quick_gelu};

Doubles inputs(Unary f, size_t n) {
  Doubles x = f == Unary::log ? drawn(static_cast<int64_t>(n), 1, 0.25, 4) : drawn(static_cast<int64_t>(n), 1, -4, 4);
  if (f != Unary::log && n > 3) x[0] = 0, x[1] = -60, x[2] = 60;
  return x;
}

}  // namespace

TEST_CASE("unary: every function on every rung, with tails and in place") {
  for (const Unary f : functions)
    for (const size_t n : {1, 5, 1023, 1028, 3000}) {
      const Doubles x = inputs(f, n);
      Doubles want;
      for (const double v : x) want.push_back(unary_value(f, v));
      for (const auto& rung : rungs_of(unary_variants)) {
        INFO(std::string(rung.name), " ", std::string(name_of(f)), " of ", n);
        in_schedules(n == 1028 && f == Unary::quick_gelu, [&] {
          const OnDevice<float> xy(to_float(x));
          rung.run({f, xy, xy, static_cast<int64_t>(n)});
          return xy.values();
        }, [&](const std::vector<float>& got) { check_close(got, want, f == Unary::exp && n > 3 ? std::exp(60.0) : 60, 8); });
      }
    }
}

TEST_CASE("unary: a pointer that is no multiple of 16 gives the same bits") {
  const Doubles x = inputs(Unary::gelu_erf, 200);
  for (const auto& rung : rungs_of(unary_variants)) {
    const UseEmulator use;
    const OnDevice<float> px(to_float(x)), a(200), b(201);
    rung.run({Unary::gelu_erf, px, a, 200});
    rung.run({Unary::gelu_erf, px, b.get() + 1, 200});
    std::vector<float> shifted(200);
    REQUIRE(emulator_runtime()->copy_out(shifted.data(), b.get() + 1, 800, nullptr) == 0);
    CHECK(a.values() == shifted);
  }
}

TEST_CASE("unary_backward: every function on every rung") {
  for (const Unary f : functions)
    for (const size_t n : {5, 1028, 2050}) {
      const Doubles x = inputs(f, n), dy = drawn(static_cast<int64_t>(n), 2);
      std::vector<float> y;
      Doubles want;
      for (size_t i = 0; i < n; i++) {
        y.push_back(static_cast<float>(unary_value(f, x[i])));
        const double known = derivative_from_output(f) ? static_cast<double>(y[i]) : x[i];
        want.push_back(dy[i] * unary_derivative(f, known, known));
      }
      for (const auto& rung : rungs_of(unary_backward_variants)) {
        INFO(std::string(rung.name), " ", std::string(name_of(f)), " of ", n);
        in_schedules(n == 1028 && f == Unary::quick_gelu, [&] {
          const OnDevice<float> px(to_float(x)), py(y), pdy(to_float(dy));  // dx in place of dy
          rung.run({f, px, py, pdy, pdy, static_cast<int64_t>(n)});
          return pdy.values();
        }, [&](const std::vector<float>& got) { check_close(got, want, f == Unary::exp ? largest(want, 1) : 8, 8); });
      }
    }
}
