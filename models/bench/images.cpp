// Windows of images: patch embeddings, and what residual networks pool.
#include "kernels/conv2d/patches.h"
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

}  // namespace

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
