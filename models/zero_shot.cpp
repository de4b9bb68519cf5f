#include "models/clip.h"

#include "kernels/cosines/cosines.h"
#include "kernels/launch/compute.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/softmax.h"
#include "tensor/tape.h"

namespace ceir {
Tensor cosine_matrix(const Tensor& a, const Tensor& b) {
  const NoTape none;
  require_same_dtype("cosine_matrix", a, b);
  if (a.rank() != 2 || b.rank() != 2 || a.dim(1) != b.dim(1))
    bad_input("features of shape {} and {} are not of one space; were they made by different models?", a.shape().str(), b.shape().str());
  const ComputeOn device(stage_device_for(a.dtype()));
  const Tensor x = a.contiguous().on(compute_device()), w = b.contiguous().on(compute_device());
  Tensor y = Tensor::empty({x.dim(0), w.dim(0)}, x.dtype());   // (N, K)
  dispatch("cosine_matrix", x.dtype(), [&]<class T>() { run(Cosines<T>{x.data<T>(), w.data<T>(), y.data<T>(), x.dim(0), w.dim(0), x.dim(1)}); });
  return y.on(Device::cpu);
}

Tensor zero_shot_scores(const Tensor& images, const Tensor& texts, double factor, bool as_probabilities) {
  const NoTape none;
  const Tensor logits = scale(cosine_matrix(images, texts), factor);   // (N, K)
  return as_probabilities ? softmax(logits) : logits;
}

}  // namespace ceir
