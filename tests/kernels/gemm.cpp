// Every matrix product against a plain one in double, and the promise about bits.
#include "kernels/gemm/gemm.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "kernels/base/random.h"
#include "kernels/base/threads.h"
#include "kernels/gemm/packed.h"
#include "kernels/unary/unary_ref.h"

using namespace ceir;

namespace {

template <class T> const Table<Gemm<T>>& table();
template <> const Table<Gemm<float>>& table() { return gemm_variants; }
template <> const Table<Gemm<double>>& table() { return gemm_f64_variants; }

template <class T>
std::vector<T> numbers(int64_t n, uint64_t seed) {
  Random random(seed, "gemm");
  std::vector<T> v(static_cast<size_t>(n));
  for (T& x : v) x = static_cast<T>(random.normal());
  return v;
}

struct Case {
  int64_t m, n, k;
  bool transpose_a, transpose_b, accumulate, bias;
  Unary activation;
  bool residual, alias;
  int64_t gap;  // unused elements between rows
};

// Operands of a case, and the product in double with the sum of |a||b| beside it, which scales the tolerance.
template <class T>
struct Operands {
  Case s;
  std::vector<T> a, b, c, bias, residual;
  Gemm<T> g;
  int64_t c_row;

  explicit Operands(const Case& s_) : s(s_), c_row(s_.n + s_.gap) {
    const int64_t a_row = (s.transpose_a ? s.m : s.k) + s.gap, b_row = (s.transpose_b ? s.k : s.n) + s.gap;
    a = numbers<T>((s.transpose_a ? s.k : s.m) * a_row + 1, 1);
    b = numbers<T>((s.transpose_b ? s.n : s.k) * b_row + 1, 2);
    c = numbers<T>(s.m * c_row + 1, 3);
    bias = numbers<T>(s.n, 4);
    residual = numbers<T>(s.m * c_row, 5);
    g = {.a = a.data(), .a_row = s.transpose_a ? 1 : a_row, .a_col = s.transpose_a ? a_row : 1,
         .b = b.data(), .b_row = s.transpose_b ? 1 : b_row, .b_col = s.transpose_b ? b_row : 1,
         .c = nullptr, .c_row = c_row, .m = s.m, .n = s.n, .k = s.k, .accumulate = s.accumulate,
         .bias = s.bias ? bias.data() : nullptr, .activation = s.activation};
  }
  std::vector<T> run(const Variant<Gemm<T>>& variant) const {
    std::vector<T> out = s.alias ? residual : c;
    out.resize(c.size(), T(7));
    Gemm<T> h = g;
    h.c = out.data();
    if (s.residual) h.residual = s.alias ? out.data() : residual.data(), h.residual_row = c_row;
    variant.run(h);
    return out;
  }
  double error(const std::vector<T>& out) const {
    double worst = 0;
    for (int64_t i = 0; i < s.m; i++)
      for (int64_t j = 0; j < s.n; j++) {
        double sum = 0, size = 1;
        for (int64_t p = 0; p < s.k; p++) {
          const double x = double(g.a[i * g.a_row + p * g.a_col]) * double(g.b[p * g.b_row + j * g.b_col]);
          sum += x, size += std::abs(x);
        }
        if (s.accumulate) sum += double(c[size_t(i * c_row + j)]);
        if (s.bias) sum += double(bias[size_t(j)]);
        sum = unary_value(s.activation, sum);
        if (s.residual) sum += double(residual[size_t(i * c_row + j)]);
        worst = std::max(worst, std::abs(double(out[size_t(i * c_row + j)]) - sum) / size);
      }
    return worst;
  }
};

template <class T>
void check(const Case& s) {
  const Operands<T> x(s);
  for (const auto& variant : table<T>().variants()) {
    if (variant.lacks(x.g)) continue;
    const std::vector<T> y = x.run(variant);
    CAPTURE(std::string(variant.name));
    CAPTURE(s.m); CAPTURE(s.n); CAPTURE(s.k); CAPTURE(s.transpose_a); CAPTURE(s.transpose_b); CAPTURE(s.alias);
    CAPTURE(int(s.activation));
    CHECK(x.error(y) < 8 * std::numeric_limits<T>::epsilon());
    const std::vector<T> before = s.alias ? x.residual : x.c;  // nothing beside C is touched
    for (int64_t i = 0; i < s.m; i++)
      for (int64_t j = s.n; j < x.c_row; j++) {
        const size_t at = size_t(i * x.c_row + j);
        if (at < before.size()) CHECK(y[at] == before[at]);
      }
  }
}

}  // namespace

TEST_CASE("gemm: every variant agrees with the sum in double, whatever the shape and the strides") {
  const int64_t sizes[] = {1, 2, 31, 32, 33, 100};
  for (const int64_t m : sizes)
    for (const int64_t n : sizes)
      for (const int64_t k : {int64_t{1}, int64_t{33}, int64_t{64}}) {
        const bool ta = (m + n) % 2, tb = (n + k) % 3 == 0;
        check<float>({m, n, k, ta, tb, false, false, Unary::none, false, false, m % 3});
        check<double>({m, n, k, ta, tb, false, false, Unary::none, false, false, m % 3});
      }
  for (const int64_t k : {0, 383, 384, 385, 1000, 1537})
    for (const int layout : {0, 1, 2, 3}) {
      check<float>({13, 35, k, layout % 2 == 1, layout / 2 == 1, false, false, Unary::none, false, false, 0});
      check<double>({13, 35, k, layout % 2 == 1, layout / 2 == 1, false, false, Unary::none, false, false, 3});
    }
  check<float>({1000, 31, 1000, false, true, false, true, Unary::none, false, false, 0});
  check<double>({257, 143, 256, false, true, false, true, Unary::none, false, false, 0});
  check<float>({64, 64, 512, false, false, false, false, Unary::none, false, false, 0});  // rows 2 KiB apart
  check<float>({300, 300, 300, true, false, false, false, Unary::none, false, false, 1});
}

TEST_CASE("gemm: bias, activation, residual and accumulation, with one block of k and with several") {
  for (const int64_t k : {40, 900})
    for (const Unary f : {Unary::none, Unary::tanh, Unary::sigmoid, Unary::relu, Unary::gelu_erf, Unary::gelu_tanh,
                          Unary::quick_gelu})  // not exp: e^(sum) would need a tolerance of its own
      for (const bool residual : {false, true})
        for (const bool alias : {false, true}) {
          if (alias && !residual) continue;
          Case s{29, 45, k, false, true, false, true, f, residual, alias, 2};
          check<double>(s);
          check<float>(s);
        }
  for (const int64_t k : {40, 900}) {
    check<float>({29, 45, k, true, false, true, false, Unary::none, false, false, 2});
    check<double>({29, 45, k, true, false, true, false, Unary::none, false, false, 2});
  }
}

TEST_CASE("gemm: a row has the same bits alone, among others, with any number of threads, and from packed weights") {
  const int64_t M = 203, N = 143, K = 900;
  const auto a = numbers<float>(M * K, 1), b = numbers<float>(N * K, 2), bias = numbers<float>(N, 3);
  const int threads = thread_count();
  for (const auto& variant : gemm_variants.variants()) {
    Gemm<float> g{.a = a.data(), .a_row = K, .a_col = 1, .b = b.data(), .b_row = 1, .b_col = K, .c = nullptr, .c_row = N,
                  .m = M, .n = N, .k = K, .bias = bias.data()};
    if (variant.lacks(g)) continue;
    CAPTURE(std::string(variant.name));
    const auto product = [&](int64_t row, int64_t rows) {
      std::vector<float> c(static_cast<size_t>(rows * N));
      Gemm<float> h = g;
      h.a += row * K, h.m = rows, h.c = c.data();
      variant.run(h);
      return c;
    };
    set_thread_count(1);
    const auto whole = product(0, M);
    for (const int n : {2, 3, 5}) {
      set_thread_count(n);
      CHECK(std::memcmp(product(0, M).data(), whole.data(), whole.size() * 4) == 0);
    }
    for (const int64_t rows : {1, 5, 6, 7, 12, 13, 25, 100})
      CHECK(std::memcmp(product(17, rows).data(), whole.data() + 17 * N, static_cast<size_t>(rows * N) * 4) == 0);
    KernelChoice choice("gemm", variant.name);
    const int64_t width = gemm_panel_width<float>();
    if (width == 0) continue;
    std::vector<float> panels(static_cast<size_t>(packed_size(K, N, width)));
    pack_b(b.data(), int64_t{1}, K, K, N, width, panels.data());
    g.packed = panels.data(), g.panel_width = width, g.b = nullptr;
    CHECK(std::memcmp(product(0, M).data(), whole.data(), whole.size() * 4) == 0);
  }
  set_thread_count(threads);
}

TEST_CASE("gemm: a batch is its products one by one, small and large, from packed weights too, and none of it is nothing") {
  for (const int64_t k : {17, 2000})  // many small ones go to threads, few large ones are split
    for (const bool same_b : {false, true}) {
      const int64_t m = 41, n = 53, batch = 3;
      const auto a = numbers<float>(batch * (m * k + 3), 1), b = numbers<float>(batch * k * n, 2), bias = numbers<float>(batch * n, 3), residual = numbers<float>(batch * m * n, 4);
      for (const auto& variant : gemm_variants.variants()) {
        std::vector<float> c(static_cast<size_t>(batch * m * n), 7.f), one_by_one = c;
        Gemm<float> g{.a = a.data(), .a_row = k, .a_col = 1, .b = b.data(), .b_row = n, .b_col = 1, .c = c.data(), .c_row = n, .m = m, .n = n, .k = k,
                      .bias = bias.data(), .activation = Unary::relu, .residual = residual.data(), .residual_row = n,
                      .batch = batch, .a_batch = m * k + 3, .b_batch = same_b ? 0 : k * n, .c_batch = m * n, .bias_batch = same_b ? 0 : n, .residual_batch = m * n};
        if (variant.lacks(g)) continue;
        CAPTURE(std::string(variant.name));
        const KernelChoice choice("gemm", variant.name);
        const int64_t width = gemm_panel_width<float>();
        std::vector<float> panels;
        if (width > 0) {
          panels.resize(static_cast<size_t>(packed_size(k, n, width)));
          pack_b(b.data(), n, int64_t{1}, k, n, width, panels.data());
          g.packed = panels.data(), g.panel_width = width;
        }
        variant.run(g);
        for (int64_t z = 0; z < batch; z++) {
          Gemm<float> h{.a = a.data() + z * (m * k + 3), .a_row = k, .a_col = 1, .b = b.data() + (same_b ? 0 : z * k * n), .b_row = n, .b_col = 1,
                        .c = one_by_one.data() + z * m * n, .c_row = n, .m = m, .n = n, .k = k, .bias = bias.data() + (same_b ? 0 : z * n),
                        .activation = Unary::relu, .residual = residual.data() + z * m * n, .residual_row = n};
          variant.run(h);
        }
        CHECK(std::memcmp(c.data(), one_by_one.data(), c.size() * 4) == 0);
        g.batch = 0;
        variant.run(g);
        CHECK(std::memcmp(c.data(), one_by_one.data(), c.size() * 4) == 0);
      }
    }
}

TEST_CASE("gemm: packed panels hold every element where their formula says, whatever the strides, and give it back") {
  for (const int64_t width : {1, 3, 4, 6, 16, 32})
    for (const int64_t k : {1, 3, 4, 7, 64, 67, 130})
      for (const int64_t n : {1, 4, 5, 31, 32, 33, 70})
        for (const bool columns_dense : {false, true}) {
          const int64_t row = columns_dense ? n + 2 : 1, col = columns_dense ? 1 : k + 3;
          std::vector<float> b(static_cast<size_t>(columns_dense ? k * row : n * col));
          for (size_t i = 0; i < b.size(); i++) b[i] = static_cast<float>(i + 1);
          std::vector<float> panels(static_cast<size_t>(packed_size(k, n, width)), -1);
          pack_b(b.data(), row, col, k, n, width, panels.data());
          int64_t wrong = 0;
          for (int64_t p = 0; p < k; p++)
            for (int64_t j = 0; j < (n + width - 1) / width * width; j++)
              wrong += panels[static_cast<size_t>(j / width * k * width + p * width + j % width)] != (j < n ? b[static_cast<size_t>(p * row + j * col)] : 0.f);
          CAPTURE(width);
          CAPTURE(k);
          CAPTURE(n);
          CAPTURE(columns_dense);
          CHECK(wrong == 0);
          std::vector<float> back(b.size(), -1), expected(b.size(), -1);
          for (int64_t p = 0; p < k; p++)
            for (int64_t j = 0; j < n; j++) expected[static_cast<size_t>(p * row + j * col)] = b[static_cast<size_t>(p * row + j * col)];
          unpack_b(panels.data(), k, n, width, back.data(), row, col);
          CHECK(back == expected);
        }
}
