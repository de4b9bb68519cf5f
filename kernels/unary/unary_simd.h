// The functions of unary.h on vectors, written once and compiled for each instruction set.
#pragma once
#include "kernels/base/simd_loops.h"
#include "kernels/base/simd_math.h"
#include "kernels/base/threads.h"

namespace ceir::simd {
namespace {

constexpr int64_t unary_chunk = 8192;  // elements handed out at a time

template <Unary f>
void unary_forward(const UnaryForward<float>& a) {
  parallel_for(a.n, unary_chunk, [&](int64_t begin, int64_t end) {
    sweep<F32>(begin, end, [&](int64_t i, auto at) { at.store(a.y + i, unary_of<f>(at.load(a.x + i))); });
  });
}

template <Unary f>
void unary_backward(const UnaryBackward<float>& a, const float* known) {
  parallel_for(a.n, unary_chunk, [&](int64_t begin, int64_t end) {
    sweep<F32>(begin, end, [&](int64_t i, auto at) {
      at.store(a.dx + i, at.load(a.dy + i) * derivative_of<f>(at.load(known + i)));
    });
  });
}

inline void unary_forward_any(const UnaryForward<float>& a) {
  switch (a.function) {
    case Unary::none: return unary_forward<Unary::none>(a);
    case Unary::exp: return unary_forward<Unary::exp>(a);
    case Unary::log: return unary_forward<Unary::log>(a);
    case Unary::tanh: return unary_forward<Unary::tanh>(a);
    case Unary::sigmoid: return unary_forward<Unary::sigmoid>(a);
    case Unary::relu: return unary_forward<Unary::relu>(a);
    case Unary::gelu_erf: return unary_forward<Unary::gelu_erf>(a);
    case Unary::gelu_tanh: return unary_forward<Unary::gelu_tanh>(a);
    case Unary::quick_gelu: return unary_forward<Unary::quick_gelu>(a);
  }
}

inline void unary_backward_any(const UnaryBackward<float>& a) {
  switch (a.function) {
    case Unary::none: return unary_backward<Unary::none>(a, a.dy);
    case Unary::exp: return unary_backward<Unary::exp>(a, a.y);
    case Unary::log: return unary_backward<Unary::log>(a, a.x);
    case Unary::tanh: return unary_backward<Unary::tanh>(a, a.y);
    case Unary::sigmoid: return unary_backward<Unary::sigmoid>(a, a.y);
    case Unary::relu: return unary_backward<Unary::relu>(a, a.y);
    case Unary::gelu_erf: return unary_backward<Unary::gelu_erf>(a, a.x);
    case Unary::gelu_tanh: return unary_backward<Unary::gelu_tanh>(a, a.x);
    case Unary::quick_gelu: return unary_backward<Unary::quick_gelu>(a, a.x);
  }
}

}  // namespace
}  // namespace ceir::simd
