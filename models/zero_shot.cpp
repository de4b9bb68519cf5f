#include "models/clip.h"

#include <cmath>

#include "kernels/launch/compute.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/matmul.h"
#include "tensor/ops/softmax.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

// Rows divided by their L2 norm, summed in double; a zero row stays zero.
Tensor unit_rows(const Tensor& x) {   // (N, D)
  require_rank("cosine_matrix", x, 2);
  Tensor y = x.clone();
  dispatch("cosine_matrix", y.dtype(), [&]<class T>() {
    const int64_t width = y.dim(1);
    for (int64_t i = 0; i < y.dim(0); i++) {
      T* row = y.span<T>().data() + i * width;
      double squares = 0;
      for (int64_t c = 0; c < width; c++) squares += static_cast<double>(row[c]) * static_cast<double>(row[c]);
      if (squares == 0) continue;
      const double factor = 1 / std::sqrt(squares);
      for (int64_t c = 0; c < width; c++) row[c] = static_cast<T>(row[c] * factor);
    }
  });
  return y;
}

}  // namespace

Tensor cosine_matrix(const Tensor& a, const Tensor& b) {
  const NoTape none;
  require_same_dtype("cosine_matrix", a, b);
  if (a.rank() != 2 || b.rank() != 2 || a.dim(1) != b.dim(1))
    bad_input("features of shape {} and {} are not of one space; were they made by different models?", a.shape().str(), b.shape().str());
  const ComputeOn device(stage_device_for(a.dtype()));
  return matmul(unit_rows(a).on(compute_device()), unit_rows(b).on(compute_device()), false, true).on(Device::cpu);   // (N, K)
}

Tensor zero_shot_scores(const Tensor& images, const Tensor& texts, double factor, bool as_probabilities) {
  const NoTape none;
  const Tensor logits = scale(cosine_matrix(images, texts), factor);   // (N, K)
  return as_probabilities ? softmax(logits) : logits;
}

}  // namespace ceir
