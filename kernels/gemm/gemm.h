// C = f(A B + bias) + residual: the matrix product with what a layer does to it while it is still in registers.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"
#include "kernels/unary/unary.h"

namespace ceir {

// Strides are in elements. Each element of C is one sum over k in ascending order in blocks that depend on k alone,
// so it has the same bits whatever m and the number of threads are. k = 0 gives sums of 0.
template <class T> struct Gemm {
  const T* a; int64_t a_row, a_col;   // (m, k): element (i, p) at a[i * a_row + p * a_col]
  const T* b; int64_t b_row, b_col;   // (k, n)
  T* c; int64_t c_row;                // (m, n), columns dense
  int64_t m, n, k;
  bool accumulate = false;            // C += A B (then no bias, activation or residual)
  const T* bias = nullptr;            // (n) or null
  Unary activation = Unary::none;
  const T* residual = nullptr; int64_t residual_row = 0;  // (m, n) or null; may alias c
  // B once more in panels (kernels/gemm/packed.h), or null. A variant whose panels are as wide reads these in place
  // of b; the others read b. The bits are the same.
  const T* packed = nullptr; int64_t panel_width = 0;
  // As many products, each with its operands this far (in elements) behind those of the one before; 0: the same for all. Their
  // C do not overlap: a device computes them at the same time. `packed` is of a B that is the same for all.
  int64_t batch = 1, a_batch = 0, b_batch = 0, c_batch = 0, bias_batch = 0, residual_batch = 0;

  // The z-th of them by itself.
  Gemm product(int64_t z) const {
    Gemm g = *this;
    g.a += z * a_batch, g.b += z * b_batch, g.c += z * c_batch, g.batch = 1;
    if (bias) g.bias += z * bias_batch;
    if (residual) g.residual += z * residual_batch;
    if (b_batch != 0) g.packed = nullptr;
    return g;
  }
};

template <class T> std::string shape_of(const Gemm<T>& a) { return sizes({a.m, a.k}) + " -> " + std::to_string(a.n); }

extern const Table<Gemm<float>> gemm_variants;
extern const Table<Gemm<double>> gemm_f64_variants;

}  // namespace ceir
