#include "nn/linear.h"

#include "tensor/ops/shape.h"
#include "tensor/tape.h"

namespace ceir {

Tensor Linear::matrix() const {
  if (!weight.defined() || weight.rank() == 2) return weight;
  const Tensor ordered = channels_last ? permute(weight, {0, 2, 3, 1}) : weight;
  return reshape(ordered, {weight.dim(0), weight.numel() / weight.dim(0)});
}

Tensor Linear::operator()(const Tensor& x, const LinearEpilogue& epilogue) const {
  return linear(x, matrix(), bias, epilogue, packed.get());
}

void Linear::freeze() {
  if (weight.defined()) packed = pack_weight(matrix().detached());
}

void Linear::release() {
  if (!weight.defined()) return;
  const NoTape none;
  packed = pack_weight(matrix(), false);
  if (!packed) return;
  shape_ = weight.shape();
  weight = Tensor();
}

Tensor Linear::values() const {
  if (weight.defined()) return weight;
  if (!packed) return {};
  const NoTape none;
  const Tensor rows = packed->unpacked();   // (out, in)
  if (shape_.rank() == 2) return rows;
  if (!channels_last) return reshape(rows, shape_);
  return permute(reshape(rows, {shape_[0], shape_[2], shape_[3], shape_[1]}), {0, 3, 1, 2}).contiguous();
}

void Linear::thaw() {
  if (weight.defined()) return;
  weight = values();
  packed = nullptr;
}

}  // namespace ceir
