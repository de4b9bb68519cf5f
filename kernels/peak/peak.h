// The two limits of a machine: the arithmetic peak of one thread (multiply-adds on registers alone, in enough independent chains to
// hide their latency), and the rate at which memory gives and takes (a triad as STREAM's, McCalpin 1995).
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

// Runs `rounds` rounds; `operations` receives how many floating-point operations that were (multiply-add is two).
struct PeakLoop {
  int64_t rounds;
  int64_t* operations;  // in the CPU's memory
  double* result;       // keeps the work from being removed
};

// y = a + factor b, 12 bytes an element. In all threads; what can go past the caches on its way out does.
struct Triad {
  const float* a; const float* b;  // (n)
  float* y;                        // (n)
  float factor;
  int64_t n;
};

inline std::string shape_of(const PeakLoop& a) { return sizes({a.rounds}) + " rounds"; }
inline std::string shape_of(const Triad& a) { return sizes({a.n}); }

extern const Table<PeakLoop> peak_variants;
extern const Table<PeakLoop> peak_f64_variants;
extern const Table<Triad> triad_variants;

}  // namespace ceir
