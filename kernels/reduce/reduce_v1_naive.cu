// v1: one thread makes one output, as on the CPU: its elements in ascending order, added in double. Down a column neighbouring
//     threads read neighbouring floats; along a row they read floats a row apart, and a row of a million is one thread's work.
#include "kernels/launch/launch.h"
#include "kernels/reduce/reduce.h"

namespace ceir {
namespace {

__global__ void reduce_naive(Reduction kind, float* y, const float* x, int64_t outputs, int64_t n, int64_t inner) {
  const int64_t o = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (o >= outputs) return;
  x += o / inner * n * inner + o % inner;
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += x[i * inner];
  if (kind == Reduction::sum) {
    y[o] = static_cast<float>(sum);
    return;
  }
  const double mean = sum / n;
  double squares = n > 0 ? 0 : mean;  // of nothing: not a number
  if (kind != Reduction::mean)
    for (int64_t i = 0; i < n; i++) squares += (x[i * inner] - mean) * (x[i * inner] - mean);
  y[o] = static_cast<float>(kind == Reduction::mean ? mean : squares / (kind == Reduction::variance ? n : n - 1));
}

}  // namespace

void reduce_v1_naive(const Reduce<float>& a) {
  const int64_t outputs = a.outer * a.inner;
  launch(reduce_naive, blocks_for(outputs, 128), dim3(128), 0, a.kind, a.y, a.x, outputs, a.n, a.inner);
}

}  // namespace ceir
