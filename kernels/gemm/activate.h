#pragma once
#include <cstdint>
#include "kernels/unary/unary.h"
namespace ceir {
void activate_scalars(Unary f, float* x, int64_t n);
void activate_scalars(Unary f, double* x, int64_t n);
}
