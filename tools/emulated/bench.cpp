// One shape for each ladder: small enough for the emulator, large enough that a warp's requests look as in earnest.
#include <functional>

#include "kernels/adam/adam.h"
#include "kernels/attention/attention.h"
#include "kernels/base/random.h"
#include "kernels/convolution/convolution.h"
#include "kernels/copy/copy.h"
#include "kernels/cos_cubed/cos_cubed.h"
#include "kernels/conv2d/patches.h"
#include "kernels/cosines/cosines.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/embedding/embedding.h"
#include "kernels/emulator/emulator.h"
#include "kernels/batchnorm/batchnorm.h"
#include "kernels/gemm/gemm.h"
#include "kernels/kmeans/kmeans.h"
#include "kernels/latent/latent.h"
#include "kernels/launch/device.h"
#include "kernels/layernorm/layernorm.h"
#include "kernels/losses/losses.h"
#include "kernels/normal/normal.h"
#include "kernels/normalise/normalise.h"
#include "kernels/peak/peak.h"
#include "kernels/pool/pool.h"
#include "kernels/reduce/reduce.h"
#include "kernels/softmax/softmax.h"
#include "kernels/unary/unary.h"
#include "tools/emulated.h"

namespace ceir {
namespace {

// n numbers between -1 and 1 on the device.
class Numbers {
 public:
  explicit Numbers(int64_t n) : memory_(static_cast<size_t>(n) * sizeof(float)) {
    std::vector<float> v(static_cast<size_t>(n));
    Random random(42, "emulated bench");
    for (float& x : v) x = static_cast<float>(random.uniform(-1, 1));
    memory_.copy_in(v.data());
  }
  operator float*() const { return memory_.as<float>(); }

 private:
  DeviceMemory memory_;
};

template <class Args>
void count(std::vector<EmulatedRow>& rows, const Table<Args>& table, const std::string& shape, const Args& args) {
  for (const auto& v : table.variants()) {
    if (v.device != Device::cuda) continue;
    EmulatedRow row{.op = table.op(), .shape = shape, .variant = v.name};
    if (const char* reason = v.lacks(args)) {
      row.why_not = reason;
      rows.push_back(row);
      continue;
    }
    emulator::reset_counters();
    v.run(args);
    const emulator::Counters c = emulator::counters();
    row.global_requests = c.global_loads + c.global_stores;
    row.global_sectors = c.global_load_sectors + c.global_store_sectors;
    row.coalescing = c.coalescing_percent();
    row.shared_requests = c.shared_loads + c.shared_stores;
    row.shared_passes = c.shared_passes, row.bank_conflicts = c.bank_conflicts();
    row.barriers = c.barriers, row.warp_operations = c.warp_operations, row.atomics = c.atomics;
    rows.push_back(row);
  }
}

void count_softmax(std::vector<EmulatedRow>& rows) {
  const int64_t n = 64, width = 197;
  const Numbers x(n * width), y(n * width);
  count(rows, softmax_variants, "64 x 197", Softmax<float>{x, y, n, width});
  count(rows, softmax_backward_variants, "64 x 197", SoftmaxBackward<float>{x, x, y, n, width});
}

void count_layernorm(std::vector<EmulatedRow>& rows) {
  const int64_t n = 64, width = 768;
  const Numbers x(n * width), y(n * width), gain(width), dgain(width), dbias(width), mean(n), rstd(n);
  count(rows, layernorm_variants, "64 x 768", LayerNorm<float>{x, gain, gain, y, mean, rstd, n, width, 1e-5});
  count(rows, layernorm_backward_variants, "64 x 768", LayerNormBackward<float>{x, gain, mean, rstd, x, y, dgain, dbias, n, width});
}

void count_gemm(std::vector<EmulatedRow>& rows) {
  const int64_t m = 64, n = 64, k = 128;
  const Numbers a(m * k), b(k * n), c(m * n);
  const Gemm<float> plain{.a = a, .a_row = k, .a_col = 1, .b = b, .b_row = n, .b_col = 1, .c = c, .c_row = n, .m = m, .n = n, .k = k};
  count(rows, gemm_variants, "64x128 -> 64", plain);
  Gemm<float> layer = plain;  // as a linear layer keeps its weights
  layer.b_row = 1, layer.b_col = k;
  count(rows, gemm_variants, "64x128 -> 64, W^T", layer);
}

void count_unary(std::vector<EmulatedRow>& rows) {
  const int64_t n = 8192;
  const Numbers x(n), y(n);
  count(rows, unary_variants, "quick_gelu 8192", UnaryForward<float>{Unary::quick_gelu, x, y, n});
  count(rows, unary_backward_variants, "quick_gelu 8192", UnaryBackward<float>{Unary::quick_gelu, x, y, x, y, n});
}

void count_kmeans(std::vector<EmulatedRow>& rows) {
  const int64_t blocks = 8, d = 64, k = 24;
  const Numbers points(blocks * kmeans_block<float> * d), centers(k * d), norms(k), score(blocks * kmeans_block<float>);
  const DeviceMemory label(static_cast<size_t>(blocks * kmeans_block<float>) * sizeof(int32_t));
  count(rows, kmeans_assign_variants, "256 x 64, 24 centres",
        KMeansAssign<float>{points, centers, norms, blocks, d, k, kmeans_tile, label.as<int32_t>(), score});
  const Numbers point_norms(256), nearest(12 * 256), x(256 * d);
  const DeviceMemory sums(static_cast<size_t>(k * d + 12 * blocks) * sizeof(double)), counts(static_cast<size_t>(k) * sizeof(int64_t));
  count(rows, kmeans_candidates_variants, "256 x 64, 5 candidates",
        KMeansCandidates<float>{points, point_norms, centers, norms, point_norms, blocks, d, 5, nearest, sums.as<double>()});
  count(rows, kmeans_update_variants, "256 x 64, 24 centres",
        KMeansUpdate<float>{x, nullptr, label.as<int32_t>(), blocks * kmeans_block<float>, d, k, sums.as<double>(), counts.as<int64_t>()});
  count(rows, kmeans_step_variants, "256 x 64, 24 centres",
        KMeansStep<float>{{points, centers, norms, blocks, d, k, kmeans_tile, label.as<int32_t>(), score}, blocks * kmeans_block<float>, sums.as<double>(), counts.as<int64_t>()});
}

void count_reduce(std::vector<EmulatedRow>& rows) {
  const int64_t n = 64, width = 768;
  const Numbers x(n * width), y(width);
  count(rows, reduce_variants, "variance 48 x 1024", Reduce<float>{Reduction::variance, x, y, 48, 1024, 1});
  count(rows, reduce_variants, "variance, 768 columns", Reduce<float>{Reduction::variance, x, y, 1, n, width});
}

void count_losses(std::vector<EmulatedRow>& rows) {
  const int64_t n = 16384;
  const Numbers x(n), y(n), d(n);
  const DeviceMemory sums(static_cast<size_t>(n / losses_block) * sizeof(double));
  count(rows, squared_error_variants, "16384", SquaredErrorSum<float>{x, y, d, n, sums.as<double>()});
  count(rows, binary_cross_entropy_variants, "16384", BinaryCrossEntropySum<float>{x, y, d, n, sums.as<double>()});
  count(rows, kl_gaussian_variants, "16384", KlGaussianSum<float>{x, y, y, d, n, sums.as<double>()});
}

void count_batchnorm(std::vector<EmulatedRow>& rows) {
  const int64_t n = 256, channels = 128;
  const Numbers x(n * channels), y(n * channels), mean(channels), var(channels), gain(channels);
  count(rows, batch_statistics_variants, "256 x 128", BatchStatistics<float>{x, mean, var, n, channels, 1});
  count(rows, batch_statistics_variants, "2 x 16 x 1024", BatchStatistics<float>{x, mean, var, 2, 16, 1024});
  count(rows, batchnorm_variants, "256 x 128", BatchNorm<float>{x, mean, gain, gain, gain, y, n, channels, 1});
  count(rows, batchnorm_backward_variants, "256 x 128", BatchNormBackward<float>{x, mean, gain, gain, x, y, mean, var, n, channels, 1, true});
}

void count_cos_cubed(std::vector<EmulatedRow>& rows) {
  const int64_t n = 1024, columns = 128, blocks = n / cos_cubed_block;
  const Numbers q(n * columns), dq(n * columns), s(columns), mean(columns), mean_p(columns);
  const DeviceMemory norm(2 * columns * sizeof(double)), sums(static_cast<size_t>(3 * (blocks + 1) * columns) * sizeof(double));
  double* norms = norm.as<double>();
  count(rows, cos_cubed_variants, "1024 x 128", CosCubed<float>{q, q, n, columns, s, mean, mean_p, norms, norms + columns, sums.as<double>()});
  count(rows, cos_cubed_backward_variants, "1024 x 128",
        CosCubedBackward<float>{q, q, n, columns, s, s, mean, mean_p, norms, norms + columns, dq, sums.as<double>()});
  count(rows, cos_cubed_step_variants, "1024 x 128", CosCubedStep<float>{q, q, n, columns, 1, s, dq});
}

void count_adam(std::vector<EmulatedRow>& rows) {
  const int64_t n = 8192;
  const Numbers w(n), g(n), m(n), v(n);
  count(rows, adam_variants, "8192", AdamUpdate<float>{w, g, m, v, n, 0.9f, 0.999f, 1e-8f, 1e-2f, 0.5f, 1});
  std::vector<AdamUpdate<float>> updates;  // of a small VAE: weights, and many parameters of a few elements
  int64_t at = 0;
  for (const int64_t size : {4096, 64, 64, 64, 2048, 32, 1024, 64, 64}) {
    updates.push_back({w + at, g + at, m + at, v + at, size, 0.9f, 0.999f, 1e-8f, 1e-2f, 0.5f, 1});
    at += size;
  }
  count(rows, adam_all_variants, "9 parameters", AdamAll<float>{updates.data(), 9});
}

void count_normal(std::vector<EmulatedRow>& rows) {
  const Numbers out(8192);
  count(rows, normal_variants, "8192", NormalFill{{1, 2}, {3, 4}, out, 8192});
}

void count_latent(std::vector<EmulatedRow>& rows) {
  const int64_t n = 8192;
  const Numbers mu(n), logvar(n), noise(n), z(n), dlogvar(n);
  const DeviceMemory sums(2 * sizeof(double));
  count(rows, latent_variants, "8192", Latent<float>{mu, logvar, noise, z, n, sums.as<double>()});
  count(rows, latent_backward_variants, "8192", LatentBackward<float>{mu, logvar, noise, mu, z, dlogvar, n, 1});
}

void count_copy(std::vector<EmulatedRow>& rows) {
  const Numbers x(64 * 96), y(64 * 96);
  const float* from = x;
  float* to = y;
  count(rows, copy_variants, "64 x 96, turned", StridedCopy{from, to, 4, 2, {96, 64}, {1, 96}, {64, 1}});
}

void count_attention(std::vector<EmulatedRow>& rows) {
  const int64_t tokens = 64, size = 64;
  const Numbers x(tokens * 3 * size), o(tokens * size), sums(tokens), dq(tokens * size), dk(tokens * size), dv(tokens * size);
  const HeadStrides in{tokens * 3 * size, size, 3 * size}, out{tokens * size, size, size};
  const Attention<float> a{.q = x, .q_at = in, .k = x + size, .k_at = in, .v = x + 2 * size, .v_at = in, .o = o, .o_at = out, .batch = 1,
                           .heads = 1, .queries = tokens, .keys = tokens, .size = size, .scale = 0.125f, .logsumexp = sums};
  count(rows, attention_variants, "64 x 64, size 64", a);
  count(rows, attention_backward_variants, "64 x 64, size 64",
        AttentionBackward<float>{.forward = a, .d_o = o, .do_at = out, .dq = dq, .dq_at = out, .dk = dk, .dk_at = out, .dv = dv, .dv_at = out});
}

void count_elementwise(std::vector<EmulatedRow>& rows) {
  const int64_t n = 32, width = 256;
  const Numbers x(n * width), bias(width), y(n * width);
  count(rows, elementwise_variants, "32 x 256 + bias", Elementwise<float>{Binary::add, x, bias, y, 2, {n, width}, {width, 1}, {0, 1}});
}

void count_embedding(std::vector<EmulatedRow>& rows) {
  const int64_t n = 77, width = 512;
  std::vector<int64_t> values;
  for (int64_t i = 0; i < n; i++) values.push_back(i < 10 ? i : 10);  // a short text and its padding
  const Numbers table(11 * width), y(n * width);
  const DeviceMemory ids(static_cast<size_t>(n) * sizeof(int64_t));
  ids.copy_in(values.data());
  count(rows, embedding_variants, "77 x 512", Embedding<float>{table, ids.as<int64_t>(), y, n, width});
  count(rows, embedding_backward_variants, "77 x 512", EmbeddingBackward<float>{y, ids.as<int64_t>(), table, n, width});
}

void count_normalise(std::vector<EmulatedRow>& rows) {
  const int64_t n = 64, width = 512;
  const Numbers x(n * width), y(n * width), norm(n);
  count(rows, normalise_variants, "64 x 512", Normalise<float>{x, y, norm, n, width});
  count(rows, normalise_backward_variants, "64 x 512", NormaliseBackward<float>{x, norm, y, y, n, width});
}

void count_conv2d(std::vector<EmulatedRow>& rows) {
  const PatchGeometry g{1, 3, 64, 64, 16, 16, 16, 0};
  const Numbers x(3 * 64 * 64), y(3 * 64 * 64);
  count(rows, patches_variants, "3x64x64, 16 x 16", Patches<float>{x, y, g});
  count(rows, patches_backward_variants, "3x64x64, 16 x 16", PatchesBackward<float>{y, x, g});
}

void count_cosines(std::vector<EmulatedRow>& rows) {
  const int64_t n = 64, k = 64, width = 128;
  const Numbers a(n * width), b(k * width), y(n * k);
  count(rows, cosines_variants, "64 x 64, of 128", Cosines<float>{a, b, y, n, k, width});
}

void count_convolution(std::vector<EmulatedRow>& rows) {
  const int64_t pixels = 16 * 16, channels = 64;
  const Numbers x(pixels * channels), weight(channels * 12 * channels), y(pixels * channels), channel(channels);
  const AfterConvolution<float> after{.mean = channel, .variance = x, .gain = channel, .eps = 5, .shift = channel, .relu = true};
  const auto last = [&](int64_t out, int64_t window) { return ConvolutionGeometry{1, channels, 16, 16, out, window, window, 1, window / 2, true, true}; };
  const ConvolutionGeometry patches{1, 3, 64, 64, 64, 16, 16, 16, 0, false, true};
  count(rows, convolution_variants, "16x16x64, 3 x 3", ConvolutionForward<float>{x, weight, y, last(64, 3), after});
  count(rows, convolution_variants, "16x16x64, 1 x 1", ConvolutionForward<float>{x, weight, y, last(64, 1), after});
  count(rows, convolution_variants, "3x64x64, patches", ConvolutionForward<float>{x, weight, y, patches, {.shift = channel}});
  count(rows, convolution_dx_variants, "3x64x64, patches", ConvolutionBackwardInput<float>{weight, y, x, patches});
  count(rows, convolution_dw_variants, "3x64x64, patches", ConvolutionBackwardWeight<float>{x, y, weight, patches});
}

void count_pool(std::vector<EmulatedRow>& rows) {
  const PoolGeometry g{8, 16, 16, 2, 2, 0}, last{8, 16, 16, 2, 2, 0, 8};
  const Numbers x(8 * 16 * 16), y(8 * 8 * 8);
  const DeviceMemory where(8 * 8 * 8 * sizeof(int64_t));
  count(rows, max_pool_variants, "8x16x16, 2 x 2", MaxPool<float>{x, y, where.as<int64_t>(), g});
  count(rows, max_pool_variants, "16x16x8, 2 x 2", MaxPool<float>{x, y, nullptr, last});
  count(rows, max_pool_backward_variants, "8x16x16, 2 x 2", MaxPoolBackward<float>{y, where.as<int64_t>(), x, g});
  count(rows, avg_pool_variants, "8x16x16, 2 x 2", AvgPool<float>{x, y, g});
  count(rows, avg_pool_variants, "16x16x8, 2 x 2", AvgPool<float>{x, y, last});
  count(rows, avg_pool_backward_variants, "8x16x16, 2 x 2", AvgPoolBackward<float>{y, x, g});
}

void count_peak(std::vector<EmulatedRow>& rows) {
  int64_t operations = 0;
  const DeviceMemory result(sizeof(double));
  count(rows, peak_variants, "16 rounds", PeakLoop{16, &operations, result.as<double>()});
  const Numbers a(8192), y(8192);
  count(rows, triad_variants, "8192", Triad{a, a, y, 2.f, 8192});
}

const std::vector<std::pair<const char*, void (*)(std::vector<EmulatedRow>&)>> ladders = {
    {"softmax", count_softmax}, {"layernorm", count_layernorm}, {"gemm", count_gemm}, {"unary", count_unary}, {"kmeans", count_kmeans},
    {"reduce", count_reduce}, {"losses", count_losses}, {"batchnorm", count_batchnorm},
    {"cos_cubed", count_cos_cubed}, {"adam", count_adam}, {"normal", count_normal}, {"latent", count_latent}, {"copy", count_copy},
    {"attention", count_attention}, {"elementwise", count_elementwise}, {"embedding", count_embedding}, {"normalise", count_normalise}, {"conv2d", count_conv2d}, {"convolution", count_convolution}, {"cosines", count_cosines}, {"pool", count_pool}, {"peak", count_peak}};

}  // namespace

std::vector<EmulatedRow> emulated_bench(const std::string& op) {
  use_runtime(*emulator_runtime());
  emulator::set_options({.check = false, .count = true});
  std::vector<EmulatedRow> rows;
  std::string names;
  for (const auto& [name, run] : ladders) {
    names += (names.empty() ? "" : ", ") + std::string(name);
    if (op.empty() || op == name) run(rows);
  }
  emulator::set_options({});
  use_no_runtime();
  if (rows.empty()) usage_error("bench --emulate: there is no ladder '{}'; it takes {}", op, names);
  return rows;
}

}  // namespace ceir
