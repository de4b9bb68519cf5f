// v1: one thread does a row, in three passes: the largest element, the sum of the squares, the result. The 32 lanes of a warp
//     read 32 rows at once.
#include "kernels/normalise/normalise_device.h"

namespace ceir {
namespace {

__global__ void normalise_naive(float* y, float* norm, const float* x, int64_t rows, int64_t width) {
  const int64_t r = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (r >= rows) return;
  x += r * width, y += r * width;
  float largest = 0, squares = 0;
  for (int64_t i = 0; i < width; i++) largest = fmaxf(largest, fabsf(x[i]));
  const float power = power_of_two_for(largest);
  for (int64_t i = 0; i < width; i++) squares += (x[i] * power) * (x[i] * power);
  const float root = sqrtf(squares);
  for (int64_t i = 0; i < width; i++) y[i] = x[i] * power / root;
  if (norm) norm[r] = root / power;
}

__global__ void normalise_backward_naive(float* dx, const float* y, const float* norm, const float* dy, int64_t rows, int64_t width) {
  const int64_t r = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (r >= rows) return;
  y += r * width, dy += r * width, dx += r * width;
  float along = 0;
  for (int64_t i = 0; i < width; i++) along += dy[i] * y[i];
  for (int64_t i = 0; i < width; i++) dx[i] = (dy[i] - y[i] * along) / norm[r];
}

}  // namespace

void normalise_v1_naive(const Normalise<float>& a) {
  launch(normalise_naive, blocks_for(a.rows, 128), dim3(128), 0, a.y, a.norm, a.x, a.rows, a.width);
}

void normalise_backward_v1_naive(const NormaliseBackward<float>& a) {
  launch(normalise_backward_naive, blocks_for(a.rows, 128), dim3(128), 0, a.dx, a.y, a.norm, a.dy, a.rows, a.width);
}

}  // namespace ceir
