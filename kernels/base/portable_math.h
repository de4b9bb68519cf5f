// exp, log, sin and cos from +, -, *, / alone, so that what is drawn or sampled has the same bits on every machine
// (libm differs between versions). Accurate to about 1e-14 relative, which random numbers and pictures do not notice.
#pragma once
#include <bit>
#include <cstdint>

namespace ceir::portable {

// e^x for |x| < 700.
double exp(double x);
// Natural logarithm of x > 0.
double log(double x);
// sin(2 pi t) and cos(2 pi t); t in turns, so that no reduction by pi is needed.
double sin_turns(double t);
double cos_turns(double t);
// Square root, by the processor's correctly rounded instruction.
double sqrt(double x);

}  // namespace ceir::portable
