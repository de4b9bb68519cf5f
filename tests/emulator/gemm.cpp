// The gemm ladder: every rung against the product in double, with every layout, tail and epilogue.
#include "kernels/gemm/gemm.h"

#include <array>
#include <map>

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

TEST_CASE("gemm: a batch is its products one by one, whatever the distances and what is the same for all") {
  const int64_t m = 19, n = 35, k = 36, batch = 3;
  for (const auto& rung : rungs_of(gemm_variants))
    for (const int which : {0, 1, 2}) {
      INFO(std::string(rung.name), " ", which);
      const UseEmulator use;
      const OnDevice<float> a(to_float(drawn(batch * m * k + 8, 1))), b(to_float(drawn(batch * n * k, 2))), bias(to_float(drawn(batch * n, 4))), residual(to_float(drawn(batch * m * n, 5)));
      const auto start = to_float(drawn(batch * m * (n + 1) + 5, 3));
      const OnDevice<float> c(start), one_by_one(start);
      Gemm<float> g{.a = a, .a_row = k, .a_col = 1, .b = b, .b_row = n, .b_col = 1, .c = c, .c_row = n + 1, .m = m, .n = n, .k = k,
                    .batch = batch, .a_batch = m * k + 4, .b_batch = n * k, .c_batch = m * (n + 1) + 2};
      if (which == 1) g.b_row = 1, g.b_col = k, g.b_batch = 0, g.bias = bias, g.residual = residual, g.residual_row = n, g.bias_batch = n, g.residual_batch = m * n;
      if (which == 2) g.a_batch = 0, g.accumulate = true;
      REQUIRE(rung.lacks(g) == nullptr);
      rung.run(g);
      g.c = one_by_one;
      for (int64_t z = 0; z < batch; z++) {
        Gemm<float> h = g;
        h.batch = 1;
        h.a += z * g.a_batch, h.b += z * g.b_batch, h.c += z * g.c_batch;
        if (h.bias) h.bias += z * g.bias_batch, h.residual += z * g.residual_batch;
        rung.run(h);
      }
      CHECK(same_bits<float>({c.values()}, {one_by_one.values()}));
      Gemm<float> none = g;
      none.batch = 0;
      rung.run(none);
      CHECK(same_bits<float>({c.values()}, {one_by_one.values()}));
    }
}

TEST_CASE("gemm: more products than a grid is deep, each with its own bias") {
  const int64_t batch = 65537;
  const UseEmulator use;
  std::vector<float> bias(static_cast<size_t>(batch));
  for (size_t i = 0; i < bias.size(); i++) bias[i] = static_cast<float>(i);
  const OnDevice<float> one(std::vector<float>{1}), own(bias), c(static_cast<size_t>(batch));
  for (const auto& rung : rungs_of(gemm_variants)) {
    if (std::string(rung.name) != "cuda.v1") continue;  // launch_batch() is everybody's; this one has the fewest threads
    rung.run({.a = one, .a_row = 1, .a_col = 1, .b = one, .b_row = 1, .b_col = 1, .c = c, .c_row = 1, .m = 1, .n = 1, .k = 1, .bias = own,
              .batch = batch, .c_batch = 1, .bias_batch = 1});
    for (float& x : bias) x += 1;
    CHECK(c.values() == bias);
  }
}

TEST_CASE("gemm: three products in tf32 lose no more than f32 over the terms of a real layer") {
  const Operands x({.m = 40, .n = 33, .k = 768, .transpose_b = true});
  std::map<std::string, double> error;
  for (const auto& rung : rungs_of(gemm_variants)) {
    const std::string name = rung.name;
    if (name != "cuda.v5" && name != "cuda.v7.tf32" && name != "cuda.v8.3xtf32") continue;
    const UseEmulator use;
    const std::vector<float> got = x.run(rung);
    for (size_t i = 0; i < got.size(); i++) error[name] = std::max(error[name], std::abs(static_cast<double>(got[i]) - x.want[i]) / x.size[i]);
    MESSAGE(name, " ", error[name]);
  }
  CHECK(error.at("cuda.v8.3xtf32") <= 2 * error.at("cuda.v5"));
  CHECK(error.at("cuda.v7.tf32") > 100 * error.at("cuda.v8.3xtf32"));
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
