// The implementations that variants.cpp lists. Each computes one product; variants.cpp runs them over a batch.
#pragma once
#include "kernels/gemm/gemm.h"

namespace ceir {

void gemm_avx2(const Gemm<float>& g);
void gemm_avx2(const Gemm<double>& g);
void gemm_avx512(const Gemm<float>& g);
void gemm_avx512(const Gemm<double>& g);

}  // namespace ceir
