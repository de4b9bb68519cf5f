// Sums, means and variances.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

Tensor sum(const Tensor& x);            // of everything -> scalar
Tensor sum(const Tensor& x, int dim);   // the dimension disappears; negative counts from the end
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, int dim);
// sum (x - mean)^2 / n, or / (n - 1) when unbiased; two passes, so large means do not cancel.
Tensor variance(const Tensor& x, int dim, bool unbiased);

// The gradient of a broadcast: x summed over what was repeated to make x's shape from `shape`. Not recorded on the tape.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace ceir
