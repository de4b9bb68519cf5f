#pragma once
#include <cstring>

#include "kernels/copy/copy.h"

namespace ceir {

inline void copy_ref(const StridedCopy& a) {
  const int64_t n = a.count();
  for (int64_t i = 0; i < n; i++) {
    int64_t left = i, from = 0, to = 0;
    for (int d = a.rank - 1; d >= 0; d--) {
      const int64_t at = left % a.shape[d];
      left /= a.shape[d];
      from += at * a.x_stride[d], to += at * a.y_stride[d];
    }
    std::memcpy(static_cast<char*>(a.y) + to * a.element, static_cast<const char*>(a.x) + from * a.element, static_cast<size_t>(a.element));
  }
}

}  // namespace ceir
