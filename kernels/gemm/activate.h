// Activations on a register. Internal to the files that include it, but for activate_scalars.
#pragma once
#include <cstdint>

#include "kernels/unary/unary.h"

namespace ceir {

// In place, by the plain formulas: for the functions that have no form on registers here.
void activate_scalars(Unary f, float* x, int64_t n);
void activate_scalars(Unary f, double* x, int64_t n);

namespace {

// V also has: sub, mul, div, max, exp.
template <class V>
static typename V::Reg activate_lanes(Unary f, typename V::Reg x) {
  using T = typename V::T;
  using Reg = typename V::Reg;
  const auto sigmoid_of = [](Reg u, Reg times) {  // times / (1 + e^-u)
    return V::div(times, V::add(V::set1(T(1)), V::exp(V::sub(V::zero(), u))));
  };
  switch (f) {
    case Unary::none: return x;
    case Unary::exp: return V::exp(x);
    case Unary::relu: return V::max(V::zero(), x);  // a NaN stays one
    case Unary::sigmoid: return sigmoid_of(x, V::set1(T(1)));
    case Unary::quick_gelu: return sigmoid_of(V::mul(V::set1(T(1.702)), x), x);
    case Unary::gelu_tanh: {  // (1 + tanh(u)) / 2 = sigmoid(2 u); 2 sqrt(2 / pi)
      const Reg cubic = V::mul(V::mul(V::set1(T(0.044715)), x), V::mul(x, x));
      return sigmoid_of(V::mul(V::set1(T(1.59576912160573071176)), V::add(x, cubic)), x);
    }
    default: {
      alignas(64) T y[V::width];
      V::store(y, x);
      activate_scalars(f, y, V::width);
      return V::load(y);
    }
  }
}

}  // namespace
}  // namespace ceir
