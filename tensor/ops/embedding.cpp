#include "tensor/ops/embedding.h"

#include "kernels/embedding/embedding.h"
#include "tensor/tape.h"

namespace ceir {

Tensor embedding(const Tensor& weight, const Tensor& ids) {
  require_rank("embedding: weight", weight, 2);
  const int64_t vocabulary = weight.dim(0), width = weight.dim(1), n = ids.numel();
  const Tensor table = weight.contiguous(), here = ids.on(Device::cpu).contiguous();
  for (const int64_t id : here.span<int64_t>())
    if (id < 0 || id >= vocabulary)
      bad_input("embedding: id {} lies outside the table of {} rows; were the ids made for another model?", id, vocabulary);
  const Tensor rows = ids.contiguous().on(compute_device());
  return dispatch("embedding", weight.dtype(), [&]<class T>() {
    Tensor y = Tensor::empty(ids.shape().appended(width), weight.dtype());
    table_for<T>(embedding_variants, embedding_f64_variants)({table.data<T>(), rows.data<int64_t>(), y.data<T>(), n, width});
    return record("embedding", y, {weight}, [=](const Tensor& dy) -> std::vector<Tensor> {
      const Tensor g = dy.contiguous();
      Tensor dweight = Tensor::zeros({vocabulary, width}, g.dtype());
      table_for<T>(embedding_backward_variants, embedding_backward_f64_variants)(
          {g.data<T>(), rows.data<int64_t>(), dweight.data<T>(), n, width});
      return {dweight};
    });
  });
}

}  // namespace ceir
