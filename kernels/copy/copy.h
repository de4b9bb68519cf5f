// y[i] = x[i] for two views of the same shape: what makes a permuted, sliced or repeated tensor dense, and fills one.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

struct StridedCopy {
  static constexpr int max_rank = 8;
  const void* x;
  void* y;
  int64_t element;  // bytes of one: 1, 2, 4 or 8
  int rank;
  int64_t shape[max_rank];
  int64_t x_stride[max_rank], y_stride[max_rank];  // in elements; 0 in x repeats
  int64_t count() const {
    int64_t n = 1;
    for (int d = 0; d < rank; d++) n *= shape[d];
    return n;
  }
};

inline std::string shape_of(const StridedCopy& a) { return sizes({a.count()}); }

extern const Table<StridedCopy> copy_variants;

}  // namespace ceir
