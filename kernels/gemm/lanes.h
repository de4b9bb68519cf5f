// What the blocked matrix product and attention need of a vector: simd_avx2.h's or simd_avx512.h's, one of which is
// included first. Internal to the files that include it.
#pragma once
#include <type_traits>

#include "kernels/base/simd_math.h"
#include "kernels/gemm/activate.h"
#include "kernels/gemm/transpose.h"

namespace ceir {
namespace {

// `height`: rows of the register tile, two vectors wide. 6 x 2 accumulators + 2 of B + 1 of A fit the 16 registers of
// AVX2; 12 x 2 + 3 the 32 of AVX-512.
template <class S, int height>
struct Lanes {
  using T = typename S::Scalar;
  using Reg = S;
  static constexpr int width = S::width, rows = height;
  // At most so many terms are summed in registers before they go to memory: a panel of B (two vectors wide) and a tile
  // of A then stay near the first-level cache. The length of the blocks depends on k alone, and so do the bits.
  static constexpr int64_t longest_block = 384;

  static Reg zero() { return S::zero(); }
  static Reg set1(T x) { return S::set(x); }
  static Reg load(const T* p) { return S::load(p); }
  static void store(T* p, Reg x) { x.store(p); }
  static Reg load_part(const T* p, int64_t n) { return n >= width ? S::load(p) : S::load(p, static_cast<int>(n)); }
  static void store_part(T* p, Reg x, int64_t n) {
    if (n >= width) x.store(p);
    else x.store(p, static_cast<int>(n));
  }
  static Reg exp(Reg x) { return simd::exp_of(x); }
  static Reg activate(Unary f, Reg x) {
    if constexpr (std::is_same_v<T, float>) return simd::unary_of(f, x);
    else return activate_f64<Lanes>(f, x);
  }
  static int64_t transpose_panel(const T* from, int64_t from_row, int64_t k, T* to) {
    return transpose_columns<2 * width>(from, from_row, k, to);
  }
};

}  // namespace
}  // namespace ceir
