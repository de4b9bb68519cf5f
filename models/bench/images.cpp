// Images: patch embeddings, convolutions, their windows, and what residual networks pool.
#include <cmath>

#include "kernels/conv2d/patches.h"
#include "kernels/convolution/convolution.h"
#include "kernels/pool/pool.h"
#include "models/bench/cases.h"

namespace ceir {
namespace {

void windows(BenchCases& c, const std::string& model, const PatchGeometry& g, bool backward) {
  const int64_t in = g.batch * g.channels * g.height * g.width, out = g.batch * g.out_height() * g.out_width() * g.row();
  const std::string shape = fmt::format("{} x {} x {}^2, {} x {}", g.batch, g.channels, g.height, g.kernel_height, g.kernel_width);
  c.add(patches_variants, patches_f64_variants, model, shape, {0, 4 * real(in + out)}, [=]<class T>(BenchArrays& a) {
    const T* x = a.normal<T>(in);
    return Patches<T>{x, a.result<T>(out), g};
  }, 0);
  if (!backward) return;
  c.add(patches_backward_variants, patches_backward_f64_variants, model, shape, {real(out), 4 * real(in + out)}, [=]<class T>(BenchArrays& a) {
    const T* dy = a.normal<T>(out);
    return PatchesBackward<T>{dy, a.result<T>(in), g};
  });
}

int64_t elements(const ConvolutionGeometry& g) { return g.batch * g.channels * g.height * g.width; }
int64_t results(const ConvolutionGeometry& g) { return g.batch * g.out * g.positions(); }
Work work_of(const ConvolutionGeometry& g) {
  return {2 * real(results(g)) * real(g.terms()), 4 * real(elements(g) + g.out * g.terms() + results(g))};
}

void embedding(BenchCases& c, const TowerSizes& t, bool backward) {
  const ConvolutionGeometry g{t.batch, 3, t.image_size, t.image_size, t.width, t.patch, t.patch, t.patch, 0, false, true};
  const std::string shape = fmt::format("{} x 3 x {}^2, {} of {} x {}", g.batch, g.height, g.out, t.patch, t.patch);
  const double rows = std::sqrt(real(g.terms()));   // so that sums are near 1
  c.add(convolution_variants, convolution_f64_variants, t.model, shape, work_of(g), [=]<class T>(BenchArrays& a) {
    const T *x = a.normal<T>(elements(g)), *weight = a.normal<T>(g.out * g.terms(), 1 / rows);
    return ConvolutionForward<T>{x, weight, a.result<T>(results(g)), g};
  });
  if (!backward) return;
  c.add(convolution_dx_variants, convolution_dx_f64_variants, t.model, shape, work_of(g), [=]<class T>(BenchArrays& a) {
    const T *weight = a.normal<T>(g.out * g.terms(), 1 / rows), *dy = a.normal<T>(results(g));
    return ConvolutionBackwardInput<T>{weight, dy, a.result<T>(elements(g)), g};
  });
  c.add(convolution_dw_variants, convolution_dw_f64_variants, t.model, shape, work_of(g), [=]<class T>(BenchArrays& a) {
    const T *x = a.normal<T>(elements(g)), *dy = a.normal<T>(results(g));
    return ConvolutionBackwardWeight<T>{x, dy, a.result<T>(g.out * g.terms()), g};
  });
}

// A layer of a residual network: channels last, batch normalisation and ReLU inside.
void layer(BenchCases& c, const std::string& model, const ConvolutionGeometry& g) {
  const std::string shape = fmt::format("{} x {}^2 x {}, {} of {} x {}", g.batch, g.height, g.channels, g.out, g.kernel_height, g.kernel_width);
  c.add(convolution_variants, convolution_f64_variants, model, shape, work_of(g), [=]<class T>(BenchArrays& a) {
    const T *x = a.normal<T>(elements(g)), *weight = a.normal<T>(g.out * g.terms(), 1 / std::sqrt(real(g.terms()))), *channel = a.normal<T>(g.out);
    const T* variance = a.normal<T>(g.out, 0, 1);
    return ConvolutionForward<T>{x, weight, a.result<T>(results(g)), g, {channel, variance, channel, 1e-5, channel, nullptr, true}};
  });
}

}  // namespace

void add_convolution(BenchCases& c) {
  for (const TowerSizes& t : c.sizes.towers)
    if (!t.text) embedding(c, t, t.model == "b32" || t.model == "tiny");
  for (const StemSizes& s : c.sizes.stems) {
    const int64_t half = s.channels / 2 > 0 ? s.channels / 2 : 1;
    layer(c, s.model, {s.batch, half, s.side, s.side, s.channels, 3, 3, 1, 1, true, true});                              // the stem's last
    layer(c, s.model, {s.batch, s.channels, s.side / 2, s.side / 2, 4 * s.channels, 1, 1, 1, 0, true, true});            // the first block's last
  }
}

void add_patches(BenchCases& c) {
  for (const TowerSizes& t : c.sizes.towers)
    if (!t.text) windows(c, t.model, {t.batch, 3, t.image_size, t.image_size, t.patch, t.patch, t.patch, 0}, t.model == "b32" || t.model == "tiny");
  for (const StemSizes& s : c.sizes.stems) windows(c, s.model, {s.batch, s.channels / 2 > 0 ? s.channels / 2 : 1, s.side, s.side, 3, 3, 1, 1}, true);  // the stem's last convolution
}

// torchvision's maximum of 3 x 3, stride 2, and OpenAI's mean of 2 x 2, on the stem's output.
void add_pool(BenchCases& c) {
  for (const StemSizes& s : c.sizes.stems) {
    const int64_t planes = s.batch * s.channels;
    const PoolGeometry most{planes, s.side, s.side, 3, 2, 1}, mean{planes, s.side, s.side, 2, 2, 0};
    const int64_t in = planes * s.side * s.side, out = planes * most.out_height() * most.out_width(), out_mean = planes * mean.out_height() * mean.out_width();
    const std::string shape = fmt::format("{} x {} x {}^2", s.batch, s.channels, s.side);
    c.add(max_pool_variants, max_pool_f64_variants, s.model, shape + ", 3 x 3", {9 * real(out), 4 * real(in + out)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(in);
      return MaxPool<T>{x, a.result<T>(out), nullptr, most};
    }, 0);
    // As the networks' own layout has it.
    const PoolGeometry most_last{planes, s.side, s.side, 3, 2, 1, s.channels}, mean_last{planes, s.side, s.side, 2, 2, 0, s.channels};
    c.add(max_pool_variants, max_pool_f64_variants, s.model, shape + ", 3 x 3, channels last", {9 * real(out), 4 * real(in + out)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(in);
      return MaxPool<T>{x, a.result<T>(out), nullptr, most_last};
    }, 0);
    c.add(avg_pool_variants, avg_pool_f64_variants, s.model, shape + ", 2 x 2, channels last", {4 * real(out_mean), 4 * real(in + out_mean)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(in);
      return AvgPool<T>{x, a.result<T>(out_mean), mean_last};
    });
    c.add(max_pool_backward_variants, max_pool_backward_f64_variants, s.model, shape + ", 3 x 3", {real(out), 4 * real(in + out) + 8 * real(out)}, [=]<class T>(BenchArrays& a) {
      const T* dy = a.normal<T>(out);
      std::vector<int64_t> where;  // the middle of each window
      for (int64_t i = 0; i < out; i++) {
        const int64_t at = i % (most.out_height() * most.out_width());
        where.push_back(at / most.out_width() * 2 * most.width + at % most.out_width() * 2);
      }
      const int64_t* places = a.of(where);
      return MaxPoolBackward<T>{dy, places, a.result<T>(in), most};
    });
    c.add(avg_pool_variants, avg_pool_f64_variants, s.model, shape + ", 2 x 2", {4 * real(out_mean), 4 * real(in + out_mean)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(in);
      return AvgPool<T>{x, a.result<T>(out_mean), mean};
    });
    c.add(avg_pool_backward_variants, avg_pool_backward_f64_variants, s.model, shape + ", 2 x 2", {real(in), 4 * real(in + out_mean)}, [=]<class T>(BenchArrays& a) {
      const T* dy = a.normal<T>(out_mean);
      return AvgPoolBackward<T>{dy, a.result<T>(in), mean};
    });
  }
}

}  // namespace ceir
