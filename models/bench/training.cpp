// What training the bottleneck and the VAE, and clustering, are made of.
#include "kernels/adam/adam.h"
#include "kernels/batchnorm/batchnorm.h"
#include "kernels/batchnorm/moments.h"
#include "kernels/cos_cubed/cos_cubed.h"
#include "kernels/kmeans/kmeans.h"
#include "kernels/kmeans/pack.h"
#include "kernels/latent/latent.h"
#include "kernels/losses/losses.h"
#include "kernels/normal/normal.h"
#include "kernels/reduce/reduce.h"
#include "models/bench/cases.h"

namespace ceir {
namespace {

int64_t blocks_of(int64_t n, int64_t size) { return std::max<int64_t>(1, (n + size - 1) / size); }

template <class T>
AdamUpdate<T> adam_update(BenchArrays& a, int64_t n) {
  const T* g = a.normal<T>(n, 0.01);
  T *w = a.changed<T>(n, 0.05), *m = a.changed<T>(n, 0.01), *v = a.changed<T>(n, 1e-5, 1e-4);
  return {w, g, m, v, n, T(0.9), T(0.999), T(1e-8), T(1e-2), T(0.5), T(1)};
}

// Parameters of the VAE: two layers with a batch normalisation each way, and the heads.
std::vector<int64_t> parameters_of(const VaeSizes& v) {
  return {v.hidden * v.concepts, v.hidden, v.hidden, v.hidden, v.latent * v.hidden, v.latent, v.latent * v.hidden, v.latent,
          v.hidden * v.latent,   v.hidden, v.hidden, v.hidden, v.concepts * v.hidden, v.concepts};
}

}  // namespace

void add_batchnorm(BenchCases& c) {
  for (const VaeSizes& v : c.sizes.vaes) {
    const int64_t n = v.rows, channels = v.hidden, all = n * channels;
    const std::string shape = fmt::format("{} x {}", n, channels);
    c.add(batch_statistics_variants, batch_statistics_f64_variants, v.model, shape, {4 * real(all), 4 * real(all)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(all, 1, 0.5);
      return BatchStatistics<T>{x, a.result<T>(channels), a.result<T>(channels), n, channels, 1};
    });
    c.add(batch_moments_variants, batch_moments_f64_variants, v.model, fmt::format("{}", channels), {10 * real(channels), 28 * real(channels)}, [=]<class T>(BenchArrays& a) {
      const T *mean = a.normal<T>(channels), *var = a.normal<T>(channels, 0.1, 1);
      T *running_mean = a.changed<T>(channels), *running_var = a.changed<T>(channels, 0.1, 1);
      return BatchMoments<T>{mean, var, running_mean, running_var, a.result<T>(channels), channels, 0.1, real(n) / real(n - 1), 1e-5};
    });
    c.add(batchnorm_variants, batchnorm_f64_variants, v.model, shape, {4 * real(all), 8 * real(all)}, [=]<class T>(BenchArrays& a) {
      const T *x = a.normal<T>(all), *mean = a.normal<T>(channels, 0.1), *rstd = a.normal<T>(channels, 0.1, 1), *gain = a.normal<T>(channels), *bias = a.normal<T>(channels);
      return BatchNorm<T>{x, mean, rstd, gain, bias, a.result<T>(all), n, channels, 1};
    });
    c.add(batchnorm_backward_variants, batchnorm_backward_f64_variants, v.model, shape, {12 * real(all), 12 * real(all)}, [=]<class T>(BenchArrays& a) {
      const T *x = a.normal<T>(all), *mean = a.normal<T>(channels, 0.1), *rstd = a.normal<T>(channels, 0.1, 1), *gain = a.normal<T>(channels), *dy = a.normal<T>(all);
      return BatchNormBackward<T>{x, mean, rstd, gain, dy, a.result<T>(all), a.result<T>(channels), a.result<T>(channels), n, channels, 1, true};
    });
  }
}

void add_latent(BenchCases& c) {
  for (const VaeSizes& v : c.sizes.vaes) {
    const int64_t n = v.rows * v.latent;
    const std::string shape = fmt::format("{} x {}", v.rows, v.latent);
    c.add(latent_variants, latent_f64_variants, v.model, shape, {24 * real(n), 16 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *mu = a.normal<T>(n), *logvar = a.normal<T>(n, 0.5, -0.5), *noise = a.normal<T>(n);
      T* z = a.result<T>(n);
      return Latent<T>{mu, logvar, noise, z, n, a.result<double>(blocks_of(n, latent_block), 1)};
    });
    c.add(latent_backward_variants, latent_backward_f64_variants, v.model, shape, {26 * real(n), 24 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *mu = a.normal<T>(n), *logvar = a.normal<T>(n, 0.5, -0.5), *noise = a.normal<T>(n), *dz = a.normal<T>(n);
      return LatentBackward<T>{mu, logvar, noise, dz, a.result<T>(n), a.result<T>(n), n, T(0.1)};
    });
  }
}

void add_losses(BenchCases& c) {
  for (const VaeSizes& v : c.sizes.vaes) {
    const int64_t n = v.rows * v.concepts, sums = blocks_of(n, losses_block);
    const std::string shape = fmt::format("{} x {}", v.rows, v.concepts);
    c.add(squared_error_variants, squared_error_f64_variants, v.model, shape, {4 * real(n), 12 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *x = a.normal<T>(n), *y = a.normal<T>(n);
      T* da = a.result<T>(n);
      return SquaredErrorSum<T>{x, y, da, n, a.result<double>(sums, 1)};
    });
    c.add(binary_cross_entropy_variants, binary_cross_entropy_f64_variants, v.model, shape, {30 * real(n), 12 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *p = a.normal<T>(n, 0.05, 0.5), *target = a.normal<T>(n, 0.1, 0.5);
      T* dp = a.result<T>(n);
      return BinaryCrossEntropySum<T>{p, target, dp, n, a.result<double>(sums, 1)};
    });
    const int64_t l = v.rows * v.latent;
    c.add(kl_gaussian_variants, kl_gaussian_f64_variants, v.model, fmt::format("{} x {}", v.rows, v.latent), {6 * real(l), 16 * real(l)}, [=]<class T>(BenchArrays& a) {
      const T *mu = a.normal<T>(l), *logvar = a.normal<T>(l, 0.5), *exp_logvar = a.normal<T>(l, 0.2, 1);
      T* dlogvar = a.result<T>(l);
      return KlGaussianSum<T>{mu, logvar, exp_logvar, dlogvar, l, a.result<double>(blocks_of(l, losses_block), 1)};
    });
  }
}

// Concepts are standardised by the mean and variance of their columns; biases' gradients are sums over the rows.
void add_reduce(BenchCases& c) {
  const auto one = [&c](const std::string& model, const char* what, Reduction kind, int64_t outer, int64_t n, int64_t inner) {
    const int64_t all = outer * n * inner;
    c.add(reduce_variants, reduce_f64_variants, model, fmt::format("{} {} x {} x {}", what, outer, n, inner), {(kind == Reduction::sum ? 1 : 4) * real(all), 4 * real(all + outer * inner)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(all, 1, 0.2);
      return Reduce<T>{kind, x, a.result<T>(outer * inner), outer, n, inner};
    });
  };
  for (const VaeSizes& v : c.sizes.vaes) one(v.model, "bias gradient", Reduction::sum, 1, v.rows, v.hidden);
  for (const BottleneckSizes& b : c.sizes.bottlenecks) one(b.model, "column variance", Reduction::variance, 1, b.rows, b.concepts);
}

void add_normal(BenchCases& c) {
  for (const VaeSizes& v : c.sizes.vaes) {
    const int64_t n = v.rows * v.latent;
    c.add(normal_variants, v.model, fmt::format("noise {} x {}", v.rows, v.latent), {40 * real(n), 4 * real(n)}, [=]<class T>(BenchArrays& a) {
      return NormalFill{{1, 2}, {3, 4}, a.result<float>(n), n};
    });
  }
}

void add_adam(BenchCases& c) {
  for (const BottleneckSizes& b : c.sizes.bottlenecks) {
    const int64_t n = b.features * b.concepts;
    c.add(adam_variants, adam_f64_variants, b.model, fmt::format("{} x {}", b.features, b.concepts), {14 * real(n), 28 * real(n)}, [=]<class T>(BenchArrays& a) { return adam_update<T>(a, n); });
  }
  for (const VaeSizes& v : c.sizes.vaes) {
    const std::vector<int64_t> parameters = parameters_of(v);
    int64_t n = 0;
    for (const int64_t p : parameters) n += p;
    c.add(adam_all_variants, adam_all_f64_variants, v.model, fmt::format("{} parameters, {}", parameters.size(), n), {14 * real(n), 28 * real(n)}, [=]<class T>(BenchArrays& a) {
      std::vector<AdamUpdate<T>> updates;
      for (const int64_t p : parameters) updates.push_back(adam_update<T>(a, p));
      return AdamAll<T>{a.keep(std::move(updates))->data(), static_cast<int64_t>(parameters.size())};
    });
  }
}

void add_cos_cubed(BenchCases& c) {
  for (const BottleneckSizes& b : c.sizes.bottlenecks) {
    const int64_t rows = b.rows, columns = b.concepts, n = rows * columns, blocks = blocks_of(rows, cos_cubed_block);
    const std::string shape = fmt::format("{} x {}", rows, columns);
    c.add(cos_cubed_variants, cos_cubed_f64_variants, b.model, shape, {14 * real(n), 8 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *q = a.normal<T>(n, 1, 1), *p = a.normal<T>(n, 1, 1);
      T *s = a.result<T>(columns), *mean_q = a.result<T>(columns), *mean_p = a.result<T>(columns);
      double *norm_q = a.result<double>(columns), *norm_p = a.result<double>(columns);
      return CosCubed<T>{q, p, rows, columns, s, mean_q, mean_p, norm_q, norm_p, a.scratch<double>(3 * columns * blocks)};
    }, 1e-3);  // a small cosine of long columns, beside sums that cancel
    c.add(cos_cubed_backward_variants, cos_cubed_backward_f64_variants, b.model, shape, {16 * real(n), 12 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *x = a.normal<T>(n, 1, 1), *other = a.normal<T>(n, 1, 1), *s = a.normal<T>(columns, 0.1, 0.5), *ds = a.normal<T>(columns), *mean_x = a.normal<T>(columns, 0.01, 1),
              *mean_other = a.normal<T>(columns, 0.01, 1);
      const double *norm_x = a.of(std::vector<double>(static_cast<size_t>(columns), 600.0)), *norm_other = a.of(std::vector<double>(static_cast<size_t>(columns), 700.0));
      return CosCubedBackward<T>{x, other, rows, columns, s, ds, mean_x, mean_other, norm_x, norm_other, a.result<T>(n), a.scratch<double>(columns * (blocks + 3))};
    }, 1e-4);
    c.add(cos_cubed_step_variants, cos_cubed_step_f64_variants, b.model, shape, {30 * real(n), 12 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *q = a.normal<T>(n, 1, 1), *p = a.normal<T>(n, 1, 1);
      T* s = a.result<T>(columns);
      return CosCubedStep<T>{q, p, rows, columns, T(-1.0 / real(columns)), s, a.result<T>(n)};
    }, 1e-3);
  }
}

namespace {

// Points and centres as the kernels read them, of any device.
template <class T>
struct Packed {
  const T *points, *point_norms, *centers, *center_norms;
  int64_t blocks;
};
template <class T>
Packed<T> packed(BenchArrays& a, int64_t n, int64_t width, int64_t k, int64_t tile) {
  const std::vector<T> x = BenchArrays::converted<T>(a.drawn(n * width, 1, 0));
  const std::vector<float> centres = a.drawn(k * width, 1, 0);
  const std::vector<double> c(centres.begin(), centres.end()), shift(static_cast<size_t>(width), 0.0);
  const int64_t blocks = kmeans_blocks<T>(n);
  std::vector<T> points(static_cast<size_t>(blocks * width * kmeans_block<T>)), norms(static_cast<size_t>(blocks * kmeans_block<T>)), centers(static_cast<size_t>(k * width)), center_norms(static_cast<size_t>(k));
  kmeans_pack_points(x.data(), nullptr, shift.data(), n, width, points.data(), norms.data());
  kmeans_pack_centers(c.data(), k, width, tile, centers.data(), center_norms.data());
  return {a.of(points), a.of(norms), a.of(centers), a.of(center_norms), blocks};
}

}  // namespace

void add_kmeans_kernels(BenchCases& c) {
  for (const ClusterSizes& s : c.sizes.clusters) {
    const int64_t n = s.rows, width = s.width, k = s.clusters, m = s.candidates, tile = kmeans_tile_of(k);
    const double products = 2 * real(n) * real(width) * real(k);
    const std::string shape = fmt::format("{} x {}, {} centres", n, width, k);
    c.add(kmeans_assign_variants, kmeans_assign_f64_variants, s.model, shape, {products, 4 * real(n) * real(width + 2)}, [=]<class T>(BenchArrays& a) {
      const Packed<T> p = packed<T>(a, n, width, k, tile);
      const int64_t lanes = p.blocks * kmeans_block<T>;
      return KMeansAssign<T>{p.points, p.centers, p.center_norms, p.blocks, width, k, tile, a.scratch<int32_t>(lanes), a.result<T>(lanes, n)};
    });
    const int64_t some = n / 32 * 32;  // whole blocks of both types, so that the results lie alike
    c.add(kmeans_candidates_variants, kmeans_candidates_f64_variants, s.model, fmt::format("{} x {}, {} candidates", some, width, m), {2 * real(some) * real(width) * real(m), 4 * real(some) * real(width + 2 + m)},
          [=]<class T>(BenchArrays& a) {
            const Packed<T> p = packed<T>(a, some, width, m, m);
            const int64_t lanes = p.blocks * kmeans_block<T>;
            const T* closest = a.normal<T>(lanes, 4, 2 * real(width));
            return KMeansCandidates<T>{p.points, p.point_norms, p.centers, p.center_norms, closest, p.blocks, width, m, a.result<T>(m * lanes), a.scratch<double>(m * p.blocks)};
          });
    c.add(kmeans_update_variants, kmeans_update_f64_variants, s.model, shape, {real(n) * real(width), 4 * real(n) * real(width + 1)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(n * width);
      std::vector<int32_t> labels;
      for (int64_t i = 0; i < n; i++) labels.push_back(static_cast<int32_t>(i * 7919 % k));
      const int32_t* label = a.of(labels);
      double* sums = a.result<double>(k * width);
      return KMeansUpdate<T>{x, nullptr, label, n, width, k, sums, a.result<int64_t>(k)};
    });
    c.add(kmeans_step_variants, kmeans_step_f64_variants, s.model, shape, {products + real(n) * real(width), 4 * real(n) * real(width + 2)}, [=]<class T>(BenchArrays& a) {
      const Packed<T> p = packed<T>(a, n, width, k, tile);
      const int64_t lanes = p.blocks * kmeans_block<T>;
      double* sums = a.result<double>(k * width);
      int64_t* counts = a.result<int64_t>(k);
      return KMeansStep<T>{{p.points, p.centers, p.center_norms, p.blocks, width, k, tile, a.scratch<int32_t>(lanes), a.scratch<T>(lanes)}, n, sums, counts};
    });
  }
}

}  // namespace ceir
