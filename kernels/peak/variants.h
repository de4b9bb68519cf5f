// The implementations that variants.cpp lists.
#pragma once
#include "kernels/peak/peak.h"

namespace ceir {

void peak_avx2(const PeakLoop& p);
void peak_avx512(const PeakLoop& p);
void peak_f64_avx2(const PeakLoop& p);
void peak_f64_avx512(const PeakLoop& p);

}  // namespace ceir
