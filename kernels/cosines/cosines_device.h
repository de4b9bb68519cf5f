// What the rungs share: squares are added in double, so that rows around 1e25 and 1e-25 have a length; and where products of two
// such rows would leave the range of float, a pair is added up in double.
#pragma once
#include "kernels/cosines/cosines.h"
#include "kernels/launch/launch.h"

namespace ceir {

__device__ inline double factor_from(double squares) { return squares == 0 ? 1 : 1 / sqrt(squares); }

// Row i of a with row j of b.
__device__ inline float cosine_in_double(const Cosines<float>& p, int64_t i, int64_t j) {
  const float *a = p.a + i * p.width, *b = p.b + j * p.width;
  double sum = 0, of_a = 0, of_b = 0;
  for (int64_t c = 0; c < p.width; c++) {
    const double u = static_cast<double>(a[c]), v = static_cast<double>(b[c]);
    sum += u * v, of_a += u * u, of_b += v * v;
  }
  return static_cast<float>(sum * factor_from(of_a) * factor_from(of_b));
}

// True when neither products of such a row's elements nor their sum leave the range of float.
__device__ inline bool tame(double squares) { return squares > 1e-30 && squares < 1e30; }

// y(i, j) from the sum in float and the rows' squares.
__device__ inline void finish_cosine(const Cosines<float>& p, int64_t i, int64_t j, float sum, double of_a, double of_b) {
  if (i >= p.n || j >= p.k) return;
  p.y[i * p.k + j] = tame(of_a) && tame(of_b) ? static_cast<float>(static_cast<double>(sum) * factor_from(of_a) * factor_from(of_b)) : cosine_in_double(p, i, j);
}

}  // namespace ceir
