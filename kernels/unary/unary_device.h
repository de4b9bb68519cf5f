// The functions of unary.h for a thread of a GPU: the same formulas as unary_ref.h, in float.
#pragma once
#include "kernels/launch/launch.h"
#include "kernels/unary/unary.h"

namespace ceir {

__device__ inline float device_sigmoid(float x) {
  const float e = expf(-fabsf(x));
  return (x < 0 ? e : 1) / (1 + e);
}

__device__ inline float device_unary(Unary f, float x) {
  switch (f) {
    case Unary::none: return x;
    case Unary::exp: return expf(x);
    case Unary::log: return logf(x);
    case Unary::tanh: return tanhf(x);
    case Unary::sigmoid: return device_sigmoid(x);
    case Unary::relu: return x <= 0 ? 0 : x;
    case Unary::gelu_erf: return 0.5f * x * (1 + erff(x * 0.70710678f));
    case Unary::gelu_tanh: return 0.5f * x * (1 + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
    case Unary::quick_gelu: return x * device_sigmoid(1.702f * x);
  }
  return x;
}

// f'(x) from x or y = f(x), whichever derivative_from_output() names; it is passed as both.
__device__ inline float device_unary_derivative(Unary f, float x, float y) {
  switch (f) {
    case Unary::none: return 1;
    case Unary::exp: return y;
    case Unary::log: return 1 / x;
    case Unary::tanh: return 1 - y * y;
    case Unary::sigmoid: return y * (1 - y);
    case Unary::relu: return y > 0 ? 1 : 0;
    case Unary::gelu_erf: return 0.5f * (1 + erff(x * 0.70710678f)) + x * (0.39894228f * expf(-0.5f * x * x));
    case Unary::gelu_tanh: {
      const float t = tanhf(0.79788456f * (x + 0.044715f * x * x * x)), sech2 = 1 - t * t;
      if (sech2 == 0) return 0.5f * (1 + t);  // the slope of the cubic may be infinite by now
      return 0.5f * (1 + t) + 0.5f * x * sech2 * 0.79788456f * (1 + 0.134145f * x * x);
    }
    case Unary::quick_gelu: {
      const float u = 1.702f * x, s = device_sigmoid(u);
      return s + u * s * device_sigmoid(-u);
    }
  }
  return 1;
}

}  // namespace ceir
