#include "nn/linear.h"

namespace ceir {

Tensor Linear::operator()(const Tensor& x, const LinearEpilogue& epilogue) const {
  return linear(x, weight, bias, epilogue, packed.get());
}

void Linear::freeze() { packed = pack_weight(weight); }

}  // namespace ceir
