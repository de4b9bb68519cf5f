// The plain implementation.
#pragma once
#include "kernels/elementwise/elementwise_rows.h"

namespace ceir {

template <class T>
T binary_value(Binary f, T a, T b) {
  switch (f) {
    case Binary::add: return a + b;
    case Binary::sub: return a - b;
    case Binary::mul: return a * b;
    case Binary::div: return a / b;
  }
  return a;
}

template <class T>
void elementwise_ref(const Elementwise<T>& e) {
  const int64_t as = e.a_stride[e.rank - 1], bs = e.b_stride[e.rank - 1];
  elementwise_rows(e, [&](const T* a, const T* b, T* y, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) y[i] = binary_value(e.function, a[i * as], b[i * bs]);
  });
}

}  // namespace ceir
