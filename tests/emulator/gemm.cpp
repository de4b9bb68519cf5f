// The gemm ladder: every rung against the product in double, with every layout, tail and epilogue.
#include "kernels/gemm/gemm.h"

#include <array>

#include "kernels/unary/unary_ref.h"
#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

struct Case {
  int64_t m, n, k;
  bool transpose_a = false, transpose_b = false, accumulate = false, bias = false, residual = false;
  Unary activation = Unary::none;
  double scale = 1;  // of A's entries
};

struct Operands {
  Case s;
  Doubles a, b, c, bias, residual, want, size;  // size: the sum of |a||b| of each element, what roundings are in proportion to

  explicit Operands(const Case& c_) : s(c_) {
    a = drawn(s.m * s.k, 1), b = drawn(s.k * s.n, 2), c = drawn(s.m * s.n, 3), bias = drawn(s.n, 4), residual = drawn(s.m * s.n, 5);
    for (double& x : a) x = static_cast<double>(static_cast<float>(x * s.scale));
    for (int64_t i = 0; i < s.m; i++)
      for (int64_t j = 0; j < s.n; j++) {
        double sum = 0, sizes = 1;
        for (int64_t p = 0; p < s.k; p++) {
          const double x = a[at(s.transpose_a ? p * s.m + i : i * s.k + p)] * b[at(s.transpose_b ? j * s.k + p : p * s.n + j)];
          sum += x, sizes += std::abs(x);
        }
        size.push_back(sizes);
        if (s.accumulate) sum += c[at(i * s.n + j)];
        if (s.bias) sum += bias[at(j)];
        sum = unary_value(s.activation, sum);
        if (s.residual) sum += residual[at(i * s.n + j)];
        want.push_back(sum);
      }
  }
  static size_t at(int64_t i) { return static_cast<size_t>(i); }

  std::vector<float> run(const Variant<Gemm<float>>& rung) const {
    const OnDevice<float> pa(to_float(a)), pb(to_float(b)), pc(to_float(c)), pbias(to_float(bias)), presidual(to_float(residual));
    const Gemm<float> g{.a = pa, .a_row = s.transpose_a ? 1 : s.k, .a_col = s.transpose_a ? s.m : 1,
                        .b = pb, .b_row = s.transpose_b ? 1 : s.n, .b_col = s.transpose_b ? s.k : 1, .c = pc, .c_row = s.n,
                        .m = s.m, .n = s.n, .k = s.k, .accumulate = s.accumulate, .bias = s.bias ? pbias.get() : nullptr,
                        .activation = s.activation, .residual = s.residual ? presidual.get() : nullptr, .residual_row = s.n};
    REQUIRE(rung.lacks(g) == nullptr);
    rung.run(g);
    return pc.values();
  }
};

void check_case(const Case& s, bool all) {
  const Operands x(s);
  for (const auto& rung : rungs_of(gemm_variants)) {
    const std::string name = rung.name;
    INFO(name, " ", s.m, " x ", s.k, " x ", s.n, (s.transpose_a ? ", A transposed" : ""), (s.transpose_b ? ", B transposed" : ""));
    in_schedules(all, [&] { return x.run(rung); }, [&](const std::vector<float>& got) {
      double worst = 0;
      for (size_t i = 0; i < got.size(); i++) {
        const double e = std::abs(static_cast<double>(got[i]) - x.want[i]) / x.size[i];
        if (!(e <= worst)) worst = e;
      }
      INFO("error ", worst);
      CHECK(worst <= (8 + std::sqrt(static_cast<double>(s.k))) * epsilon_of(name));
    });
  }
}

}  // namespace

TEST_CASE("gemm: every rung, tails of every dimension, both layouts of both operands") {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true}) {
      check_case({.m = 65, .n = 67, .k = 33, .transpose_a = ta, .transpose_b = tb}, true);
      check_case({.m = 1, .n = 1, .k = 1, .transpose_a = ta, .transpose_b = tb}, false);
      check_case({.m = 3, .n = 130, .k = 100, .transpose_a = ta, .transpose_b = tb}, false);
      check_case({.m = 128, .n = 64, .k = 48, .transpose_a = ta, .transpose_b = tb}, false);
    }
}

TEST_CASE("gemm: every rung, with bias, activation, residual, accumulating, and without terms") {
  check_case({.m = 20, .n = 35, .k = 17, .bias = true}, false);
  check_case({.m = 20, .n = 35, .k = 17, .transpose_b = true, .bias = true, .residual = true, .activation = Unary::quick_gelu}, false);
  check_case({.m = 20, .n = 35, .k = 17, .bias = true, .activation = Unary::gelu_erf}, false);
  check_case({.m = 20, .n = 35, .k = 17, .transpose_a = true, .accumulate = true}, false);
  check_case({.m = 5, .n = 7, .k = 0, .bias = true}, false);
}

TEST_CASE("gemm: large and small entries") {
  check_case({.m = 33, .n = 31, .k = 40, .scale = 1e4}, false);
  check_case({.m = 33, .n = 31, .k = 40, .scale = 1e-4}, false);
}

TEST_CASE("gemm: an element has the same bits whatever the number of rows") {
  const Operands many({.m = 70, .n = 40, .k = 50});
  for (const auto& rung : rungs_of(gemm_variants)) {
    INFO(std::string(rung.name));
    const UseEmulator use;
    Operands first = many;
    first.s.m = 3;
    first.a.resize(3 * 50), first.c.resize(3 * 40), first.residual.resize(3 * 40);
    std::vector<float> all = many.run(rung);
    all.resize(3 * 40);
    CHECK(first.run(rung) == all);
  }
}

TEST_CASE("gemm: an infinity stays in its row, whatever lies beyond the edges of the tiles") {
  Operands x({.m = 21, .n = 19, .k = 13});
  x.a[0] = INFINITY;
  for (const auto& rung : rungs_of(gemm_variants)) {
    INFO(std::string(rung.name));
    const UseEmulator use;
    const std::vector<float> c = x.run(rung);
    for (size_t i = 0; i < c.size(); i++) CHECK((i < 19 ? std::isinf(c[i]) : std::isfinite(c[i])));
  }
}

#if defined(CEIR_TEST_ON_CUDA)
TEST_CASE("gemm: the rung of sm_90a, where the GPU is one") {
  const UseEmulator use;
  if (current_device().capability != 90) return;
  for (const auto& rung : gemm_variants.variants()) {
    if (!is_gpu_only(rung)) continue;
    for (const auto& [m, n, k] : {std::array<int64_t, 3>{1, 1, 4}, {128, 128, 32}, {130, 257, 100}, {400, 2304, 768}}) {
      const Operands x({.m = m, .n = n, .k = k, .transpose_b = true, .bias = true, .residual = true, .activation = Unary::quick_gelu});
      const std::vector<float> got = x.run(rung);
      for (size_t i = 0; i < got.size(); i++) CHECK(std::abs(static_cast<double>(got[i]) - x.want[i]) <= (8 + std::sqrt(static_cast<double>(k))) * 0x1p-9 * x.size[i]);
    }
  }
}
#endif
