#include "models/pipeline/pixels.h"

#include "data/preprocess.h"
#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"
#include "tensor/io/npy.h"

namespace ceir {

Tensor pixel_features(const ImageSet& images, const SharedStages& shared, bool exif, Workspace& workspace, Monitor* monitor) {
  constexpr int side = 32;
  const std::string file = "work/pixels.npy", key = make_key({"pixels", shared.features_key});
  if (!workspace.fresh("pixels", key)) {
    const auto n = static_cast<int64_t>(shared.test.size());
    Tensor bytes = Tensor::empty({n, side * side * 3}, DType::u8);
    const int64_t chunk = 256;
    for (int64_t begin = 0; begin < n; begin += chunk) {
      throw_if_interrupted();
      const int64_t end = std::min(n, begin + chunk);
      parallel_for(end - begin, 8, [&](int64_t from, int64_t to) {
        for (int64_t i = begin + from; i < begin + to; i++) {
          const int64_t row = shared.set_rows[static_cast<size_t>(shared.test[static_cast<size_t>(i)])];
          const Image small = resize(images.load(row, DecodeOptions{exif}), side, side, Filter::bilinear);
          std::copy(small.pixels.begin(), small.pixels.end(), bytes.data<uint8_t>() + i * side * side * 3);
        }
      });
      report(monitor, "pixels", end, n, "images");
    }
    write_npy(workspace.path(file), bytes);
    workspace.done("pixels", key, {file});
  }
  Tensor x = read_npy(workspace.path(file)).to(DType::f32);
  for (float& v : x.span<float>()) v /= 255;
  return x;
}

}  // namespace ceir
