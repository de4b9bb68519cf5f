#include "tests/tensor/op_rows.h"

#include "kernels/base/random.h"

namespace ceir::test {

OpRows all_op_rows() {
  OpRows all;
  for (const auto& part : {op_rows_unary(), op_rows_shape(), op_rows_rows(), op_rows_matmul(), op_rows_conv(), op_rows_losses()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

Tensor drawn(const Shape& shape, uint64_t salt, double low, double high, DType dtype) {
  Tensor t = Tensor::empty(shape, DType::f64, Device::cpu);
  Random random(salt, "op_rows");
  for (double& x : t.span<double>()) x = random.uniform(low, high);
  return t.to(dtype);
}

Tensor drawn_off_zero(const Shape& shape, uint64_t salt, double gap) {
  Tensor t = drawn(shape, salt);
  for (double& x : t.span<double>()) x += x < 0 ? -gap : gap;
  return t;
}

Tensor beside(const Tensor& constant, const Tensor& input) { return constant.to(input.dtype()).on(input.device()); }

}  // namespace ceir::test
