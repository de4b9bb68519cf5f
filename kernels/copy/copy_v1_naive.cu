// v1: a thread an element, which finds its place in both views by division. Neighbouring threads write neighbouring elements
// where y is dense; what they read lies wherever the strides say.
#include "kernels/copy/copy.h"
#include "kernels/launch/launch.h"

namespace ceir {
namespace {

template <class T>
__global__ void copy_naive(StridedCopy a, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= n) return;
  int64_t left = i, from = 0, to = 0;
  for (int d = a.rank - 1; d >= 0; d--) {
    const int64_t at = left % a.shape[d];
    left /= a.shape[d];
    from += at * a.x_stride[d], to += at * a.y_stride[d];
  }
  static_cast<T*>(a.y)[to] = static_cast<const T*>(a.x)[from];
}

template <class T>
void start(const StridedCopy& a) {
  const int64_t n = a.count();
  launch(copy_naive<T>, blocks_for(n, 256), dim3(256), 0, a, n);
}

}  // namespace

void copy_v1_naive(const StridedCopy& a) {
  switch (a.element) {
    case 1: return start<uint8_t>(a);
    case 2: return start<uint16_t>(a);
    case 4: return start<uint32_t>(a);
    default: return start<uint64_t>(a);
  }
}

}  // namespace ceir
