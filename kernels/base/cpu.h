// What the processor can do, asked once at run time. The environment variable CEIR_CPU (sse2, avx2, avx512)
// caps it, so that the variants of an older machine can be tested on a newer one.
#pragma once
#include <string>

namespace ceir {

enum class Cpu { avx2, avx512 };  // avx2 means AVX2, FMA and F16C; avx512 means F, DQ, BW, VL and all of avx2

bool cpu_has(Cpu feature);
std::string cpu_model();     // "AMD EPYC 9B14" or "unknown"
std::string cpu_features();  // "sse2 avx2 fma f16c avx512f ...", what is used, after CEIR_CPU

}  // namespace ceir
