// How kernels that go row by row cut their work: by the width alone, never by the number of threads.
#pragma once
#include <cstdint>

namespace ceir {

// Rows per chunk of about 8192 elements, enough work to pay for handing it out.
static inline int64_t rows_per_chunk(int64_t width) {
  constexpr int64_t elements = 8192;
  return width >= elements ? 1 : elements / (width > 0 ? width : 1);
}

}  // namespace ceir
