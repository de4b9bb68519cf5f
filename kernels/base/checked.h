// Arithmetic on sizes that come from a file or a user: an overflow is an error, never a small number.
#pragma once
#include <cstdint>
#include <string_view>

#include "kernels/base/error.h"

namespace ceir {

// a * b; throws Error(bad_input) naming `what` when it does not fit in 63 bits. Both must be >= 0.
inline int64_t checked_mul(int64_t a, int64_t b, std::string_view what) {
  int64_t r;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &r)) bad_input("{}: size {} x {} is too large", what, a, b);
  return r;
}

inline int64_t checked_add(int64_t a, int64_t b, std::string_view what) {
  int64_t r;
  if (a < 0 || b < 0 || __builtin_add_overflow(a, b, &r)) bad_input("{}: size {} + {} is too large", what, a, b);
  return r;
}

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace ceir
