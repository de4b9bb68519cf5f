// Activations of a vector of doubles. Internal to the files that include it, but for activate_scalars.
#pragma once
#include <cstdint>

#include "kernels/unary/unary.h"

namespace ceir {

// In place, by the plain formulas: for the functions that have no form on vectors here.
void activate_scalars(Unary f, double* x, int64_t n);

namespace {

template <class V>
static typename V::Reg activate_f64(Unary f, typename V::Reg x) {
  using Reg = typename V::Reg;
  const auto sigmoid_times = [](Reg u, Reg factor) { return factor / (V::set1(1) + V::exp(-u)); };
  switch (f) {
    case Unary::none: return x;
    case Unary::exp: return V::exp(x);
    case Unary::relu: return max(V::zero(), x);  // a NaN stays one
    case Unary::sigmoid: return sigmoid_times(x, V::set1(1));
    case Unary::quick_gelu: return sigmoid_times(V::set1(1.702) * x, x);
    case Unary::gelu_tanh:  // (1 + tanh(u)) / 2 = sigmoid(2 u); 2 sqrt(2 / pi)
      return sigmoid_times(V::set1(1.59576912160573071176) * (x + V::set1(0.044715) * x * (x * x)), x);
    default: {
      alignas(64) double y[V::width];
      V::store(y, x);
      activate_scalars(f, y, V::width);
      return V::load(y);
    }
  }
}

}  // namespace
}  // namespace ceir
