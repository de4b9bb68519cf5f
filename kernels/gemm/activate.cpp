#include "kernels/gemm/activate.h"

#include "kernels/unary/unary_ref.h"

namespace ceir {

void activate_scalars(Unary f, double* x, int64_t n) {
  for (int64_t i = 0; i < n; i++) x[i] = unary_value(f, x[i]);
}

}  // namespace ceir
