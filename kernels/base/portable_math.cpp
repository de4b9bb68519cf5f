#include "kernels/base/portable_math.h"

#include <cmath>

namespace ceir::portable {

double sqrt(double x) { return __builtin_sqrt(x); }

// x = n ln2 + r with |r| <= ln2/2, e^r by its Taylor series to r^13 (next term below 1e-17).
double exp(double x) {
  const double n = __builtin_floor(x * 1.4426950408889634 + 0.5);
  const double r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;  // ln2 in two parts
  double term = 1, sum = 1;
  for (int i = 1; i <= 13; i++) {
    term = term * r / i;
    sum = sum + term;
  }
  int64_t e = static_cast<int64_t>(n);
  if (e < -1022) return sum * 0x1p-1000 * std::bit_cast<double>(static_cast<uint64_t>(e + 1000 + 1023 > 0 ? e + 1000 + 1023 : 0) << 52);
  if (e > 1023) return std::bit_cast<double>(uint64_t{0x7ff} << 52);
  return sum * std::bit_cast<double>(static_cast<uint64_t>(e + 1023) << 52);
}

// x = 2^e m with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh((m-1)/(m+1)).
double log(double x) {
  uint64_t bits = std::bit_cast<uint64_t>(x);
  int64_t e = static_cast<int64_t>(bits >> 52) - 1023;
  if (e == -1023) {  // subnormal
    bits = std::bit_cast<uint64_t>(x * 0x1p60);
    e = static_cast<int64_t>(bits >> 52) - 1023 - 60;
  }
  double m = std::bit_cast<double>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) m = m * 0.5, e = e + 1;
  const double s = (m - 1) / (m + 1), q = s * s;
  double sum = 0;
  for (int i = 27; i >= 1; i -= 2) sum = sum * q + 1.0 / i;
  return 2 * s * sum + static_cast<double>(e) * 0.6931471805599453;
}

namespace {

// Taylor series for |x| <= pi/4.
double sin_small(double x) {
  const double q = x * x;
  double term = x, sum = x;
  for (int i = 2; i <= 18; i += 2) {
    term = -term * q / (i * (i + 1));
    sum = sum + term;
  }
  return sum;
}
double cos_small(double x) {
  const double q = x * x;
  double term = 1, sum = 1;
  for (int i = 1; i <= 17; i += 2) {
    term = -term * q / (i * (i + 1));
    sum = sum + term;
  }
  return sum;
}

}  // namespace

double sin_turns(double t) {
  t = t - __builtin_floor(t);
  const double eighths = t * 8;
  const int octant = static_cast<int>(eighths) & 7;
  constexpr double tau = 6.283185307179586;
  switch (octant) {
    case 0: return sin_small(t * tau);
    case 1: case 2: return cos_small((t - 0.25) * tau);
    case 3: case 4: return -sin_small((t - 0.5) * tau);
    case 5: case 6: return -cos_small((t - 0.75) * tau);
    default: return sin_small((t - 1) * tau);
  }
}

double cos_turns(double t) { return sin_turns(t + 0.25); }

}  // namespace ceir::portable
