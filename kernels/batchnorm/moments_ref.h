#pragma once
#include <cmath>

#include "kernels/batchnorm/moments.h"

namespace ceir {

template <class T>
void batch_moments_ref(const BatchMoments<T>& a) {
  const auto moved = [&](T running, T batch, double correction) {
    const auto before = static_cast<double>(running);
    return static_cast<T>(before + a.momentum * (static_cast<double>(batch) * correction - before));
  };
  for (int64_t c = 0; c < a.channels; c++) {
    if (a.running_mean) {
      a.running_mean[c] = moved(a.running_mean[c], a.mean[c], 1);
      a.running_var[c] = moved(a.running_var[c], a.var[c], a.correction);
    }
    a.rstd[c] = static_cast<T>(1 / std::sqrt(static_cast<double>(a.var[c]) + a.eps));
  }
}

}  // namespace ceir
