// Matrix products.
#pragma once
#include <memory>

#include "kernels/unary/unary.h"
#include "tensor/tensor.h"

namespace ceir {

// (..., M, K) x (..., K, N) -> (..., M, N); transpose_x reads the last two dimensions swapped. Leading dimensions
// broadcast; a shared operand's gradient is summed.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

// What a linear layer can do to its result while it is still in registers.
struct LinearEpilogue {
  Unary activation = Unary::none;  // y = f(x W^T + bias)
  Tensor residual;                 // y += residual, same shape as y; after the activation
};

// A weight laid out as the chosen kernel reads it (kernels/gemm/packed.h). It is used only for the tensor it was made
// from; values changed in place are not noticed.
struct PackedWeight {
  Tensor panels;
  int64_t width = 0;
  int64_t out = 0, in = 0;
  Tensor made_from;  // keeps the memory alive, so that its address says who it is; undefined: the panels are all there is
  Tensor unpacked() const;   // (out, in): the values again, exactly
};
// Null when the chosen kernel has no use for it. `keep` false: nothing holds on to `weight`.
std::shared_ptr<const PackedWeight> pack_weight(const Tensor& weight, bool keep = true);

// What a kernel gets of a weight that may have been laid out before.
struct WeightToRead {
  Tensor matrix;                          // (out, in); where only the panels are left, of the right shape alone
  const PackedWeight* packed = nullptr;   // null where the kernel reads the matrix
};
// Of a weight (undefined: the panels are all there is) and its panels, which may be null. `panels` says whether the kernel that will
// run reads any: else they are unpacked where nothing else is left.
WeightToRead weight_to_read(const Tensor& weight, const PackedWeight* packed, bool panels = true);

// (..., in) x (out, in)^T + bias (out) -> (..., out). bias may be undefined, and so may the weight where `packed` is given
// (a kernel that cannot read its panels then unpacks them first). Under a tape the activation is an
// operation of its own, because its gradient needs the values before it.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, const LinearEpilogue& epilogue = {},
              const PackedWeight* packed = nullptr);

}  // namespace ceir
