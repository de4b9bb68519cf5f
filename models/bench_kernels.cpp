// Kernels at the sizes that CLIP, the VAE and the bottleneck use them at.
#include <cmath>

#include "kernels/adam/adam.h"
#include "kernels/attention/attention.h"
#include "kernels/batchnorm/batchnorm.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/packed.h"
#include "kernels/layernorm/layernorm.h"
#include "kernels/softmax/softmax.h"
#include "kernels/unary/unary.h"
#include "models/bench_rows.h"

namespace ceir {
namespace {

constexpr double f32_tolerance = 2e-5, f64_tolerance = 1e-13;  // of the largest value

template <class T>
std::vector<T> numbers(BenchContext& c, int64_t n, uint64_t salt) {
  const std::vector<float> v = bench_numbers(n, c.options.seed + salt);
  return {v.begin(), v.end()};
}

template <class T>
void one_gemm(BenchContext& c, const Table<Gemm<T>>& table, const char* what, int64_t m, int64_t k, int64_t n) {
  const auto a = numbers<T>(c, m * k, 1), b = numbers<T>(c, k * n, 2);
  std::vector<T> y(static_cast<size_t>(m * n));
  Gemm<T> g{.a = a.data(), .a_row = k, .a_col = 1, .b = b.data(), .b_row = 1, .b_col = k, .c = y.data(), .c_row = n,
            .m = m, .n = n, .k = k};
  std::vector<T> panels;
  if (const int64_t width = gemm_panel_width<T>(); width > 0) {  // as a frozen layer has it
    panels.resize(static_cast<size_t>(packed_size(k, n, width)));
    pack_b(b.data(), int64_t{1}, k, k, n, width, panels.data());
    g.packed = panels.data(), g.panel_width = width;
  }
  bench_variants(c, table, fmt::format("{} {}x{} -> {}", what, m, k, n), g, y.data(), m * n,
                 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k), true,
                 sizeof(T) == 8 ? f64_tolerance : f32_tolerance);
}

void gemm_rows(BenchContext& c) {
  one_gemm(c, gemm_variants, "B/32 qkv", 400, 768, 2304);
  one_gemm(c, gemm_variants, "B/32 up", 400, 768, 3072);
  one_gemm(c, gemm_variants, "B/32 down", 400, 3072, 768);
  one_gemm(c, gemm_variants, "nano", 260, 128, 384);
  one_gemm(c, gemm_variants, "VAE", 256, 143, 256);
  one_gemm(c, gemm_variants, "CBM", 5000, 768, 143);
  one_gemm(c, gemm_f64_variants, "VAE", 256, 143, 256);
}

void attention_rows(BenchContext& c) {
  for (const auto& [batch, heads, tokens, size] : {std::array<int64_t, 4>{8, 12, 50, 64}, {8, 12, 197, 64}, {16, 4, 65, 32}}) {
    const int64_t width = heads * size;
    const auto x = numbers<float>(c, batch * tokens * 3 * width, 1);
    std::vector<float> y(static_cast<size_t>(batch * tokens * width));
    const HeadStrides in{tokens * 3 * width, size, 3 * width}, out{tokens * width, size, width};
    const Attention<float> a{.q = x.data(), .q_at = in, .k = x.data() + width, .k_at = in, .v = x.data() + 2 * width,
                             .v_at = in, .o = y.data(), .o_at = out, .batch = batch, .heads = heads, .queries = tokens,
                             .keys = tokens, .size = size, .scale = 1 / std::sqrt(static_cast<float>(size))};
    bench_variants(c, attention_variants, fmt::format("{} x {} heads, {} x {}", batch, heads, tokens, size), a, y.data(),
                   static_cast<int64_t>(y.size()), 4.0 * static_cast<double>(batch * heads * tokens * tokens * size), true,
                   f32_tolerance);
  }
}

void softmax_rows(BenchContext& c) {
  const int64_t rows = 4800, width = 50;
  const auto x = numbers<float>(c, rows * width, 1);
  std::vector<float> y(x.size());
  bench_variants(c, softmax_variants, "4800 x 50", Softmax<float>{.x = x.data(), .y = y.data(), .rows = rows, .width = width},
                 y.data(), rows * width, 8.0 * static_cast<double>(rows * width), false, f32_tolerance);
}

void layernorm_rows(BenchContext& c) {
  const int64_t rows = 400, width = 768;
  const auto x = numbers<float>(c, rows * width, 1), gain = numbers<float>(c, width, 2), bias = numbers<float>(c, width, 3);
  std::vector<float> y(x.size());
  const LayerNorm<float> a{.x = x.data(), .gain = gain.data(), .bias = bias.data(), .y = y.data(), .mean = nullptr,
                           .rstd = nullptr, .rows = rows, .width = width, .eps = 1e-5};
  bench_variants(c, layernorm_variants, "400 x 768", a, y.data(), rows * width, 8.0 * static_cast<double>(rows * width), false,
                 f32_tolerance);
}

void unary_rows(BenchContext& c) {
  const int64_t n = 400 * 3072;
  const auto x = numbers<float>(c, n, 1);
  std::vector<float> y(x.size());
  for (const Unary f : {Unary::quick_gelu, Unary::gelu_erf})
    bench_variants(c, unary_variants, fmt::format("{} 400 x 3072", name_of(f)),
                   UnaryForward<float>{.function = f, .x = x.data(), .y = y.data(), .n = n}, y.data(), n,
                   8.0 * static_cast<double>(n), false, f32_tolerance);
}

void batchnorm_rows(BenchContext& c) {
  const int64_t n = 256, channels = 256;
  const auto x = numbers<float>(c, n * channels, 1), gain = numbers<float>(c, channels, 2), bias = numbers<float>(c, channels, 3);
  const std::vector<float> rstd(channels, 0.5f);
  std::vector<float> y(x.size()), statistics(2 * channels);
  bench_variants(c, batch_statistics_variants, "256 x 256",
                 BatchStatistics<float>{.x = x.data(), .mean = statistics.data(), .var = statistics.data() + channels, .n = n,
                                        .channels = channels, .inner = 1},
                 statistics.data(), 2 * channels, 4.0 * static_cast<double>(n * channels), false, f32_tolerance);
  bench_variants(c, batchnorm_variants, "256 x 256",
                 BatchNorm<float>{.x = x.data(), .mean = bias.data(), .rstd = rstd.data(), .gain = gain.data(), .bias = bias.data(),
                                  .y = y.data(), .n = n, .channels = channels, .inner = 1},
                 y.data(), n * channels, 8.0 * static_cast<double>(n * channels), false, f32_tolerance);
}

void adam_rows(BenchContext& c) {
  const int64_t n = 768 * 143;
  const auto start = numbers<float>(c, n, 1), g = numbers<float>(c, n, 2);
  std::vector<float> w, m, v(static_cast<size_t>(n));
  const auto reset = [&] { w = start, m.assign(start.size(), 0.f), v.assign(start.size(), 0.f); };
  reset();
  const AdamUpdate<float> a{.w = w.data(), .g = g.data(), .m = m.data(), .v = v.data(), .n = n, .beta1 = 0.9f, .beta2 = 0.999f,
                            .eps = 1e-8f, .step_size = 1e-2f, .sqrt_correction = 0.0316f, .shrink = 1.f};
  bench_variants(c, adam_variants, "768 x 143", a, w.data(), n, 28.0 * static_cast<double>(n), false, f32_tolerance, reset);
}

}  // namespace

const std::vector<BenchEntry>& bench_kernels() {
  static const std::vector<BenchEntry> list = {
      {"gemm", gemm_rows},           {"attention", attention_rows}, {"softmax", softmax_rows}, {"layernorm", layernorm_rows},
      {"unary", unary_rows},         {"batchnorm", batchnorm_rows}, {"adam", adam_rows},
  };
  return list;
}

}  // namespace ceir
