// The arithmetic peak of one thread: multiply-adds on registers alone, in enough independent chains to hide their latency.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

// Runs `rounds` rounds; `operations` receives how many floating-point operations that were (multiply-add is two).
struct PeakLoop {
  int64_t rounds;
  int64_t* operations;
  double* result;  // keeps the work from being removed
};

extern const Table<PeakLoop> peak_variants;
extern const Table<PeakLoop> peak_f64_variants;

}  // namespace ceir
