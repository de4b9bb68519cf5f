// The four functions for a thread of a GPU, and where an element of y finds its operands.
#pragma once
#include "kernels/elementwise/elementwise.h"
#include "kernels/launch/launch.h"

namespace ceir {

__device__ inline float device_binary(Binary f, float a, float b) {
  switch (f) {
    case Binary::add: return a + b;
    case Binary::sub: return a - b;
    case Binary::mul: return a * b;
    case Binary::div: return a / b;
  }
  return a;
}

struct OperandOffsets {
  int64_t a, b;
};

// Of the loops outside of the last `inner` ones, at their count i. A division a loop: what v2 does less often.
__device__ inline OperandOffsets operand_offsets(const Elementwise<float>& e, int64_t i, int inner) {
  OperandOffsets at{0, 0};
  for (int d = e.rank - inner - 1; d >= 0; d--) {
    const int64_t outer = i / e.shape[d], index = i - outer * e.shape[d];
    at.a += index * e.a_stride[d], at.b += index * e.b_stride[d];
    i = outer;
  }
  return at;
}

inline int64_t elements_of(const Elementwise<float>& e, int from, int to) {
  int64_t n = 1;
  for (int d = from; d < to; d++) n *= e.shape[d];
  return n;
}

}  // namespace ceir
