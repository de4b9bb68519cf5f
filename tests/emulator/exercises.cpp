#include "tests/emulator/exercises.h"

#include "kernels/adam/adam.h"
#include "kernels/attention/attention.h"
#include "kernels/batchnorm/batchnorm.h"
#include "kernels/batchnorm/moments.h"
#include "kernels/convolution/convolution.h"
#include "kernels/copy/copy.h"
#include "kernels/cos_cubed/cos_cubed.h"
#include "kernels/conv2d/patches.h"
#include "kernels/cosines/cosines.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/embedding/embedding.h"
#include "kernels/gemm/gemm.h"
#include "kernels/kmeans/kmeans.h"
#include "kernels/latent/latent.h"
#include "kernels/layernorm/layernorm.h"
#include "kernels/losses/losses.h"
#include "kernels/normal/normal.h"
#include "kernels/normalise/normalise.h"
#include "kernels/peak/peak.h"
#include "kernels/pool/pool.h"
#include "kernels/reduce/reduce.h"
#include "kernels/softmax/softmax.h"
#include "kernels/unary/unary.h"
#include "tests/emulator/rungs.h"

namespace ceir::test {
namespace {

OnDevice<float> numbers(int64_t n) { return OnDevice<float>(to_float(drawn(n, 1))); }

// "cuda.v6.bf16" of gemm -> "kernels/gemm/gemm_v6"
std::string file_of(const std::string& folder, const std::string& stem, const std::string& rung) {
  const auto v = rung.find(".v");
  return "kernels/" + folder + "/" + stem + "_" + rung.substr(v + 1, rung.find('.', v + 1) - v - 1);
}

// The row whose run is probe(): what it says is kept, and nothing runs.
template <class Args> Variant<Args> probed;
const char* probe_result = nullptr;
template <class Args>
void probe(const Args& args) { probe_result = probed<Args>.lacks(args); }

template <class Args>
const char* lacks(const Variant<Args>& rung, const std::function<void(const Variant<Args>&)>& run) {
  probed<Args> = rung;
  Variant<Args> in_its_place = rung;
  in_its_place.run = probe<Args>;
  run(in_its_place);
  return probe_result;
}

template <class Args>
void add(std::vector<Exercise>& list, const Table<Args>& table, const char* folder, const char* stem, const std::function<void(const Variant<Args>&)>& run) {
  for (const auto& rung : table.variants()) {
    if (rung.device != Device::cuda || is_vendor(rung)) continue;
    list.push_back({file_of(folder, stem, rung.name), [rung, run] { run(rung); }, std::string(table.op()) + "=" + rung.name,
                    [rung, run] { return lacks<Args>(rung, run); }, is_gpu_only(rung)});
  }
}

}  // namespace

std::vector<Exercise> exercises() {
  std::vector<Exercise> list = all_exercises();
  std::erase_if(list, [](const Exercise& e) { return e.gpu_only; });
  return list;
}

std::vector<Exercise> all_exercises() {
  std::vector<Exercise> list;
  add<Softmax<float>>(list, softmax_variants, "softmax", "softmax", [](const auto& rung) {
    const OnDevice<float> x = numbers(3 * 300), y(3 * 300);
    rung.run({x, y, 3, 300});
  });
  add<SoftmaxBackward<float>>(list, softmax_backward_variants, "softmax", "softmax", [](const auto& rung) {
    const OnDevice<float> y = numbers(3 * 300), dy = numbers(3 * 300), dx(3 * 300);
    rung.run({y, dy, dx, 3, 300});
  });
  add<Latent<float>>(list, latent_variants, "latent", "latent", [](const auto& rung) {
    const OnDevice<float> x = numbers(5000), z(5000);
    const OnDevice<double> sums(2);
    rung.run({x, x, x, z, 5000, sums});
  });
  add<LatentBackward<float>>(list, latent_backward_variants, "latent", "latent", [](const auto& rung) {
    const OnDevice<float> x = numbers(1030), dmu(1030), dlogvar(1030);
    rung.run({x, x, x, x, dmu, dlogvar, 1030, 1});
  });
  add<LayerNorm<float>>(list, layernorm_variants, "layernorm", "layernorm", [](const auto& rung) {
    const OnDevice<float> x = numbers(3 * 300), gain = numbers(300), mean(3), rstd(3);
    rung.run({x, gain, gain, x, mean, rstd, 3, 300, 1e-5});  // in place
  });
  add<LayerNormBackward<float>>(list, layernorm_backward_variants, "layernorm", "layernorm", [](const auto& rung) {
    const OnDevice<float> x = numbers(70 * 40), gain = numbers(40), mean = numbers(70), dy = numbers(70 * 40), dgain(40), dbias(40);
    rung.run({x, gain, mean, mean, dy, dy, dgain, dbias, 70, 40});
  });
  add<UnaryForward<float>>(list, unary_variants, "unary", "unary", [](const auto& rung) {
    const OnDevice<float> x = numbers(1030), y(1030);
    rung.run({Unary::quick_gelu, x, y, 1030});
  });
  add<UnaryBackward<float>>(list, unary_backward_variants, "unary", "unary", [](const auto& rung) {
    const OnDevice<float> x = numbers(1030), dx(1030);
    rung.run({Unary::quick_gelu, x, x, x, dx, 1030});
  });
  add<Gemm<float>>(list, gemm_variants, "gemm", "gemm", [](const auto& rung) {
    const OnDevice<float> a = numbers(40 * 104), b = numbers(70 * 104), c(40 * 70);  // more steps than a pipeline has stages
    rung.run({.a = a, .a_row = 104, .a_col = 1, .b = b, .b_row = 1, .b_col = 104, .c = c, .c_row = 70, .m = 40, .n = 70, .k = 102});
  });
  add<KMeansAssign<float>>(list, kmeans_assign_variants, "kmeans", "kmeans_assign", [](const auto& rung) {
    const OnDevice<float> points = numbers(64 * 70), centers = numbers(14 * 70), norms = numbers(14), score(64);
    const OnDevice<int32_t> label(64);
    rung.run({points, centers, norms, 2, 70, 14, kmeans_tile, label, score});
  });
  add<KMeansStep<float>>(list, kmeans_step_variants, "kmeans", "kmeans_step", [](const auto& rung) {
    const OnDevice<float> points = numbers(192 * 40), centers = numbers(14 * 40), norms = numbers(14), score(192);
    const OnDevice<int32_t> label(192);
    const OnDevice<double> sums(14 * 40);
    const OnDevice<int64_t> counts(14);
    rung.run({{points, centers, norms, 6, 40, 14, kmeans_tile, label, score}, 180, sums, counts});
  });
  add<Reduce<float>>(list, reduce_variants, "reduce", "reduce", [](const auto& rung) {
    const OnDevice<float> x = numbers(6 * 300), y(6 * 300), row = numbers(5000);
    for (const Reduce<float>& a : {Reduce<float>{Reduction::variance, x, y, 6, 300, 1}, {Reduction::variance, x, y, 2, 300, 3}, {Reduction::variance, row, y, 1, 5000, 1}})
      if (!rung.lacks(a)) rung.run(a);
  });
  add<SquaredErrorSum<float>>(list, squared_error_variants, "losses", "losses", [](const auto& rung) {
    const OnDevice<float> x = numbers(5000), d(5000);
    const OnDevice<double> sums(2);
    rung.run({x, x, d, 5000, sums});
  });
  add<BatchStatistics<float>>(list, batch_statistics_variants, "batchnorm", "batchnorm", [](const auto& rung) {
    const OnDevice<float> x = numbers(70 * 33), mean(33), var(33);
    rung.run({x, mean, var, 70, 33, 1});
    rung.run({x, mean, var, 2, 1, 33 * 35});
  });
  add<BatchNormBackward<float>>(list, batchnorm_backward_variants, "batchnorm", "batchnorm", [](const auto& rung) {
    const OnDevice<float> x = numbers(70 * 33), gain = numbers(33), dgain(33), dbias(33);
    rung.run({x, gain, gain, gain, x, x, dgain, dbias, 70, 33, 1, true});
  });
  add<CosCubed<float>>(list, cos_cubed_variants, "cos_cubed", "cos_cubed", [](const auto& rung) {
    const OnDevice<float> q = numbers(300 * 33), s(33), mean_q(33), mean_p(33);
    const OnDevice<double> norm_q(33), norm_p(33), sums(3 * 2 * 33);
    rung.run({q, q, 300, 33, s, mean_q, mean_p, norm_q, norm_p, sums});
  });
  add<CosCubedBackward<float>>(list, cos_cubed_backward_variants, "cos_cubed", "cos_cubed", [](const auto& rung) {
    const OnDevice<float> q = numbers(300 * 33), s = numbers(33), dq(300 * 33);
    const OnDevice<double> norm(drawn(33, 2)), sums(5 * 33);
    rung.run({q, q, 300, 33, s, s, s, s, norm, norm, dq, sums});
  });
  add<CosCubedStep<float>>(list, cos_cubed_step_variants, "cos_cubed", "cos_cubed", [](const auto& rung) {
    const OnDevice<float> q = numbers(300 * 33), s(33), dq(300 * 33);
    rung.run({q, q, 300, 33, 1, s, dq});
  });
  add<Cosines<float>>(list, cosines_variants, "cosines", "cosines", [](const auto& rung) {
    const OnDevice<float> a = numbers(20 * 40), b = numbers(18 * 40), y(20 * 18);
    rung.run({a, b, y, 20, 18, 40});
  });
  add<AdamUpdate<float>>(list, adam_variants, "adam", "adam", [](const auto& rung) {
    const OnDevice<float> w = numbers(1030), m = numbers(1030), v = numbers(1030);
    rung.run({w, w, m, v, 1030, 0.9f, 0.999f, 1e-8f, 1e-2f, 0.5f, 0.99f});
  });
  add<AdamAll<float>>(list, adam_all_variants, "adam", "adam", [](const auto& rung) {
    const OnDevice<float> w = numbers(1030), m = numbers(1030), v = numbers(1030), w2 = numbers(70), m2 = numbers(70), v2 = numbers(70);
    const AdamUpdate<float> updates[] = {{w, w, m, v, 1030, 0.9f, 0.999f, 1e-8f, 1e-2f, 0.5f, 1}, {w2, w2, m2, v2, 70, 0.9f, 0.999f, 1e-8f, 1e-2f, 0.5f, 1}};
    rung.run({updates, 2});
  });
  add<NormalFill>(list, normal_variants, "normal", "normal", [](const auto& rung) {
    const OnDevice<float> out(1030);
    rung.run({{1, 2}, {3, 4}, out, 1030});
  });
  add<KMeansCandidates<float>>(list, kmeans_candidates_variants, "kmeans", "kmeans_candidates", [](const auto& rung) {
    const OnDevice<float> points = numbers(64 * 40), norms = numbers(64), candidates = numbers(5 * 40), nearest(5 * 64);
    const OnDevice<double> potential(5 * 2);
    rung.run({points, norms, candidates, norms, norms, 2, 40, 5, nearest, potential});
  });
  add<KMeansUpdate<float>>(list, kmeans_update_variants, "kmeans", "kmeans_update", [](const auto& rung) {
    const OnDevice<float> x = numbers(1030 * 33);
    const OnDevice<int32_t> label(std::vector<int32_t>(1030, 1));
    const OnDevice<double> sums(3 * 33);
    const OnDevice<int64_t> counts(3);
    rung.run({x, nullptr, label, 1030, 33, 3, sums, counts});
  });
  add<StridedCopy>(list, copy_variants, "copy", "copy", [](const auto& rung) {
    const OnDevice<float> x = numbers(7 * 90), y(7 * 90);
    rung.run({x.get(), y.get(), 4, 2, {7, 90}, {90, 1}, {1, 7}});
  });
  add<BatchMoments<float>>(list, batch_moments_variants, "batchnorm", "moments", [](const auto& rung) {
    const OnDevice<float> mean = numbers(40), var = numbers(40), rstd(40);
    rung.run({mean, var, nullptr, nullptr, rstd, 40, 0.1, 1, 4});
  });
  add<Attention<float>>(list, attention_variants, "attention", "attention", [](const auto& rung) {
    const OnDevice<float> x = numbers(40 * 3 * 16), o(40 * 16), sums(40);
    const HeadStrides in{40 * 48, 16, 48}, out{40 * 16, 16, 16};
    rung.run({.q = x, .q_at = in, .k = x + 16, .k_at = in, .v = x + 32, .v_at = in, .o = o, .o_at = out, .batch = 1, .heads = 1,
              .queries = 40, .keys = 40, .size = 16, .scale = 0.25f, .logsumexp = sums});
  });
  add<AttentionBackward<float>>(list, attention_backward_variants, "attention", "attention", [](const auto& rung) {
    const OnDevice<float> x = numbers(40 * 3 * 16), o = numbers(40 * 16), sums = numbers(40), dq(40 * 16), dk(40 * 16), dv(40 * 16);
    const HeadStrides in{40 * 48, 16, 48}, out{40 * 16, 16, 16};
    const Attention<float> forward{.q = x, .q_at = in, .k = x + 16, .k_at = in, .v = x + 32, .v_at = in, .o = o, .o_at = out, .batch = 1,
                                   .heads = 1, .queries = 40, .keys = 40, .size = 16, .scale = 0.25f, .logsumexp = sums};
    rung.run({.forward = forward, .d_o = o, .do_at = out, .dq = dq, .dq_at = out, .dk = dk, .dk_at = out, .dv = dv, .dv_at = out});
  });
  add<Elementwise<float>>(list, elementwise_variants, "elementwise", "elementwise", [](const auto& rung) {
    const OnDevice<float> x = numbers(3 * 70), bias = numbers(70), y(3 * 70);
    rung.run({Binary::add, x, bias, y, 2, {3, 70}, {70, 1}, {0, 1}});
  });
  add<Embedding<float>>(list, embedding_variants, "embedding", "embedding", [](const auto& rung) {
    const OnDevice<float> table = numbers(4 * 40), y(3 * 40);
    const OnDevice<int64_t> ids(std::vector<int64_t>{3, 0, 3});
    rung.run({table, ids, y, 3, 40});
  });
  add<EmbeddingBackward<float>>(list, embedding_backward_variants, "embedding", "embedding", [](const auto& rung) {
    const OnDevice<float> dtable = numbers(4 * 40), dy = numbers(3 * 40);
    const OnDevice<int64_t> ids(std::vector<int64_t>{3, 0, 3});
    rung.run({dy, ids, dtable, 3, 40});
  });
  add<Normalise<float>>(list, normalise_variants, "normalise", "normalise", [](const auto& rung) {
    const OnDevice<float> x = numbers(3 * 300), norm(3);
    rung.run({x, x, norm, 3, 300});
  });
  add<NormaliseBackward<float>>(list, normalise_backward_variants, "normalise", "normalise", [](const auto& rung) {
    const OnDevice<float> y = numbers(3 * 300), dy = numbers(3 * 300), norm = numbers(3);
    rung.run({y, norm, dy, dy, 3, 300});
  });
  add<Patches<float>>(list, patches_variants, "conv2d", "patches", [](const auto& rung) {
    const OnDevice<float> x = numbers(2 * 9 * 12), y(2 * 3 * 32);
    rung.run({x, y, {1, 2, 9, 12, 4, 4, 4, 0}});
  });
  add<PatchesBackward<float>>(list, patches_backward_variants, "conv2d", "patches", [](const auto& rung) {
    const OnDevice<float> dy = numbers(2 * 3 * 32), dx(2 * 9 * 12);
    rung.run({dy, dx, {1, 2, 9, 12, 4, 4, 4, 0}});
  });
  add<ConvolutionForward<float>>(list, convolution_variants, "convolution", "convolution", [](const auto& rung) {
    const OnDevice<float> x = numbers(70 * 4), weight = numbers(5 * 36), gain = numbers(5), variance(std::vector<float>(5, 1)), y(70 * 5);
    const AfterConvolution<float> after{.mean = gain, .variance = variance, .gain = gain, .shift = gain, .relu = true};
    const ConvolutionForward<float> gathered{x, weight, y, {1, 4, 7, 9, 5, 3, 3, 1, 1, true, true}, after};
    const ConvolutionForward<float> pixels{x, weight, y, {1, 20, 2, 7, 5, 1, 1, 1, 0, true, true}, after};
    if (!rung.lacks(gathered)) rung.run(gathered);
    rung.run(pixels);  // every rung takes windows of one pixel
  });
  const ConvolutionGeometry strided{1, 3, 5, 7, 20, 3, 3, 2, 1, false, true};
  add<ConvolutionBackwardInput<float>>(list, convolution_dx_variants, "convolution", "convolution", [strided](const auto& rung) {
    const OnDevice<float> weight = numbers(20 * 27), dy = numbers(3 * 4 * 20), dx(3 * 5 * 7);
    rung.run({weight, dy, dx, strided});
  });
  add<ConvolutionBackwardWeight<float>>(list, convolution_dw_variants, "convolution", "convolution", [](const auto& rung) {
    const OnDevice<float> x = numbers(3 * 5 * 7), dy = numbers(5 * 7 * 20), dweight(20 * 27);
    rung.run({x, dy, dweight, {1, 3, 5, 7, 20, 3, 3, 1, 1, false, true}});
  });
  add<PeakLoop>(list, peak_variants, "peak", "peak", [](const auto& rung) {
    int64_t operations = 0;
    const OnDevice<double> result(1);
    rung.run({2, &operations, result});
  });
  add<Triad>(list, triad_variants, "peak", "triad", [](const auto& rung) {
    const OnDevice<float> x = numbers(1030), y(1030);
    rung.run({x, x, y, 2.f, 1030});
  });
  add<MaxPool<float>>(list, max_pool_variants, "pool", "pool", [](const auto& rung) {
    const OnDevice<float> x = numbers(8 * 9 * 9), y(8 * 5 * 5);
    rung.run({x, y, nullptr, {8, 9, 9, 3, 2, 1, 4}});
  });
  add<AvgPool<float>>(list, avg_pool_variants, "pool", "pool", [](const auto& rung) {
    const OnDevice<float> x = numbers(8 * 8 * 8), y(8 * 4 * 4);
    rung.run({x, y, {8, 8, 8, 2, 2, 0, 4}});
  });
  add<MaxPoolBackward<float>>(list, max_pool_backward_variants, "pool", "pool", [](const auto& rung) {
    const OnDevice<float> dy = numbers(2 * 4 * 4), dx(2 * 8 * 8);
    const OnDevice<int64_t> where(std::vector<int64_t>(2 * 4 * 4, 9));
    rung.run({dy, where, dx, {2, 8, 8, 2, 2, 0}});
  });
  add<AvgPoolBackward<float>>(list, avg_pool_backward_variants, "pool", "pool", [](const auto& rung) {
    const OnDevice<float> dy = numbers(2 * 4 * 4), dx(2 * 8 * 8);
    rung.run({dy, dx, {2, 8, 8, 2, 2, 0}});
  });
  return list;
}

}  // namespace ceir::test
