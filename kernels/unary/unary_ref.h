// The plain implementation: one element at a time.
#pragma once
#include <cmath>

#include "kernels/base/threads.h"
#include "kernels/unary/unary.h"

namespace ceir {

// 1 / (1 + e^-x), as e / (1 + e) with e = e^-|x| for negative x, so that small results keep their digits.
template <class T>
T sigmoid_of(T x) {
  const T e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

template <class T>
T unary_value(Unary f, T x) {
  switch (f) {
    case Unary::none: return x;
    case Unary::exp: return std::exp(x);
    case Unary::log: return std::log(x);
    case Unary::tanh: return std::tanh(x);
    case Unary::sigmoid: return sigmoid_of(x);
    case Unary::relu: return x <= 0 ? T(0) : x;  // NaN stays NaN
    case Unary::gelu_erf: return T(0.5) * x * (1 + std::erf(x * T(0.7071067811865476)));
    case Unary::gelu_tanh: {
      const T u = T(0.7978845608028654) * (x + T(0.044715) * x * x * x);  // sqrt(2 / pi)
      return T(0.5) * x * (1 + std::tanh(u));
    }
    case Unary::quick_gelu: return x * sigmoid_of(T(1.702) * x);
  }
  return x;
}

// f'(x), given y = f(x) too; see derivative_from_output for which of them is looked at.
template <class T>
T unary_derivative(Unary f, T x, T y) {
  switch (f) {
    case Unary::none: return 1;
    case Unary::exp: return y;
    case Unary::log: return 1 / x;
    case Unary::tanh: return 1 - y * y;
    case Unary::sigmoid: return y * (1 - y);
    case Unary::relu: return y > 0 ? T(1) : T(0);
    case Unary::gelu_erf: {  // Phi(x) + x phi(x)
      const T density = T(0.3989422804014327) * std::exp(T(-0.5) * x * x);  // 1 / sqrt(2 pi)
      return T(0.5) * (1 + std::erf(x * T(0.7071067811865476))) + x * density;
    }
    case Unary::gelu_tanh: {
      const T t = std::tanh(T(0.7978845608028654) * (x + T(0.044715) * x * x * x));
      const T sech2 = 1 - t * t;
      if (sech2 == 0) return T(0.5) * (1 + t);  // the slope of the cubic may be infinite by now
      return T(0.5) * (1 + t) + T(0.5) * x * sech2 * T(0.7978845608028654) * (1 + T(3 * 0.044715) * x * x);
    }
    case Unary::quick_gelu: {
      const T u = T(1.702) * x, s = sigmoid_of(u);
      return s + u * s * sigmoid_of(-u);  // 1 - s would lose the digits of a small difference
    }
  }
  return 1;
}

// 4096 elements: enough work to pay for handing out a chunk.
template <class T>
void unary_ref(const UnaryForward<T>& a) {
  parallel_for(a.n, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) a.y[i] = unary_value(a.function, a.x[i]);
  });
}

template <class T>
void unary_backward_ref(const UnaryBackward<T>& a) {
  parallel_for(a.n, 4096, [&](int64_t begin, int64_t end) {
    const T* known = derivative_from_output(a.function) ? a.y : a.x;
    for (int64_t i = begin; i < end; i++) a.dx[i] = a.dy[i] * unary_derivative(a.function, known[i], known[i]);
  });
}

}  // namespace ceir
