// A batch of products on the CPU.
#pragma once
#include "kernels/base/threads.h"
#include "kernels/gemm/gemm.h"

namespace ceir {

// Runs `one` on each product of g. Many small ones: one per thread. A few large ones: each is split inside.
template <class T, void (*one)(const Gemm<T>&)>
void each_product(const Gemm<T>& g) {
  if (g.batch > 1 && g.m * g.n * g.k < (int64_t{1} << 22))
    parallel_for(g.batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t z = begin; z < end; z++) one(g.product(z));
    });
  else
    for (int64_t z = 0; z < g.batch; z++) one(g.product(z));
}

}  // namespace ceir
