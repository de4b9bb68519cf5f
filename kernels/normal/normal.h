// Many normal numbers at once, for noise: Box & Muller 1958 in float, both of the pair used.
// Element i depends on the stream and on i alone (Philox block i / 4), so any part can be computed by any thread, and
// +, -, *, sqrt and whole-number operations are all it is made of: the same bits on every machine and in every variant.
#pragma once
#include <cstdint>

#include "kernels/base/random.h"
#include "kernels/base/table.h"

namespace ceir {

struct NormalFill {
  uint32_t key[2], stream[2];  // of a Random
  float* out;                  // (n)
  int64_t n;
};

inline std::string shape_of(const NormalFill& a) { return sizes({a.n}); }

extern const Table<NormalFill> normal_variants;

// out[0 .. n) = the beginning of the normal numbers of `random`'s stream (mean 0, variance 1, |x| below 5.9). Not the
// numbers that random.normal() gives, and its position is neither used nor moved.
void fill_normal(const Random& random, float* out, int64_t n);

}  // namespace ceir
