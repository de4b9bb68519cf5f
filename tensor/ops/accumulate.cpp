#include "tensor/ops/accumulate.h"

#include "tensor/ops/elementwise.h"

namespace ceir {

Tensor accumulated(Tensor sum, const Tensor& g) {
  require_shape("gradient", g, sum.shape());
  if (!sum.sole_owner() || !sum.is_contiguous()) return add(sum.detached(), g.detached());
  add_in_place(sum, g);
  return sum;
}

}  // namespace ceir
