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
  if (released_) return;
  const NoTape none;
  const Tensor rows = matrix().detached();
  packed = pack_weight(rows, false);
  released_ = weight.shape();
  weight = packed ? Tensor() : rows.clone();   // a kernel that reads no panels reads the matrix
}

Tensor Linear::values() const {
  if (!released_) return weight;
  const NoTape none;
  const Tensor rows = packed ? packed->unpacked() : weight;   // (out, in)
  const Shape& shape = *released_;
  if (shape.rank() == 2) return rows;
  if (!channels_last) return reshape(rows, shape);
  return permute(reshape(rows, {shape[0], shape[2], shape[3], shape[1]}), {0, 3, 1, 2}).contiguous();
}

void Linear::thaw() {
  if (!released_) return;
  weight = values();
  released_.reset();
  packed = nullptr;
}

}  // namespace ceir
