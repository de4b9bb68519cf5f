// Rows as k-means works on them: centred by column, packed for kernels/kmeans.
#pragma once
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

template <class T>
struct CentredRows {
  Tensor rows;  // (N, d), contiguous: keeps x alive
  const T* x;   // its data, not centred
  int64_t n, d, blocks;
  std::vector<double> shift;  // (d), subtracted from every row: the column means, or what was given
  double variance;            // mean over columns of the biased variance (0 when a shift was given)
  Tensor packed, norms;       // (blocks, d, kmeans_block) and (blocks * kmeans_block)

  Tensor packed_there, norms_there;  // on the device, when one computes

  double centred(int64_t row, int64_t j) const {
    return static_cast<double>(x[row * d + j]) - shift[static_cast<size_t>(j)];
  }
};

// Throws Error(bad_input) naming the first row with a value that is not finite, or when squares would overflow.
// `shift` empty: the column means.
template <class T>
CentredRows<T> centre_rows(std::string_view op, const Tensor& x, std::vector<double> shift = {});

// Brings what the device's kernels read over to it. f32 alone.
template <class T>
void move_rows(CentredRows<T>& data);

// Throws Error(bad_input) "OP: row 17 has a value that is not finite". x (N, d) f32 or f64, contiguous.
void require_finite_rows(std::string_view op, const Tensor& x);

// |x_row - shift - c|^2 in f64, eight sums side by side; c (d).
template <class T, class C>
double squared_distance(const CentredRows<T>& data, int64_t row, const C* c);

}  // namespace ceir
