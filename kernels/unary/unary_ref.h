// The plain formulas of kernels/unary/unary.h, on one element: the truth that every variant is held against.
#pragma once
#include <cmath>

#include "kernels/unary/unary.h"

namespace ceir {

template <class T>
T unary_value(Unary f, T x) {
  switch (f) {
    case Unary::none: return x;
    case Unary::exp: return std::exp(x);
    case Unary::log: return std::log(x);
    case Unary::tanh: return std::tanh(x);
    case Unary::sigmoid: return T(1) / (T(1) + std::exp(-x));
    case Unary::relu: return x > T(0) ? x : (x != x ? x : T(0));
    case Unary::gelu_erf: return T(0.5) * x * (T(1) + std::erf(x * T(0.70710678118654752440)));  // 1 / sqrt 2
    case Unary::gelu_tanh:
      // sqrt(2 / pi)
      return T(0.5) * x * (T(1) + std::tanh(T(0.79788456080286535588) * (x + T(0.044715) * x * x * x)));
    case Unary::quick_gelu: return x / (T(1) + std::exp(T(-1.702) * x));
  }
  return x;
}

// f'(x), where y = f(x).
template <class T>
T unary_derivative(Unary f, T x, T y) {
  switch (f) {
    case Unary::none: return T(1);
    case Unary::exp: return y;
    case Unary::log: return T(1) / x;
    case Unary::tanh: return T(1) - y * y;
    case Unary::sigmoid: return y * (T(1) - y);
    case Unary::relu: return x > T(0) ? T(1) : T(0);
    case Unary::gelu_erf:
      // Phi(x) + x phi(x); 1 / sqrt(2 pi)
      return T(0.5) * (T(1) + std::erf(x * T(0.70710678118654752440))) +
             x * T(0.39894228040143267794) * std::exp(T(-0.5) * x * x);
    case Unary::gelu_tanh: {
      const T c = T(0.79788456080286535588), a = T(0.044715);
      const T t = std::tanh(c * (x + a * x * x * x));
      return T(0.5) * (T(1) + t) + T(0.5) * x * (T(1) - t * t) * c * (T(1) + T(3) * a * x * x);
    }
    case Unary::quick_gelu: {
      const T s = T(1) / (T(1) + std::exp(T(-1.702) * x));
      return s + T(1.702) * x * s * (T(1) - s);
    }
  }
  return T(1);
}

}  // namespace ceir
