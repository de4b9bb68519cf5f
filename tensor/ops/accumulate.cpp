#include "tensor/ops/accumulate.h"

#include "tensor/ops/elementwise.h"

namespace ceir {

Tensor accumulated(Tensor sum, const Tensor& g) {
  require_shape("gradient", g, sum.shape());
  return add(sum, g);
}

}  // namespace ceir
