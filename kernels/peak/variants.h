// The implementations that variants.cpp lists.
#pragma once
#include "kernels/peak/peak.h"

namespace ceir {

void peak_avx2(const PeakLoop& p);
void peak_avx512(const PeakLoop& p);
void peak_f64_avx2(const PeakLoop& p);
void peak_f64_avx512(const PeakLoop& p);
void triad_avx2(const Triad& t);
void triad_avx512(const Triad& t);

}  // namespace ceir
