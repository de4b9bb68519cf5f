// v2: one warp does a row: lanes read neighbours, 4 sectors a request instead of 32, and meet by shuffles. CLIP's embeddings
//     are 512 to 1152 wide: 16 to 36 floats a lane. The row is still read three times.
#include "kernels/launch/warp.h"
#include "kernels/normalise/normalise_device.h"

namespace ceir {
namespace {

constexpr int warps = 4;

__global__ void normalise_warp(float* y, float* norm, const float* x, int64_t rows, int64_t width) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;  // the whole warp leaves
  const int lane = threadIdx.x % 32;
  x += r * width, y += r * width;
  float largest = 0, squares = 0;
  for (int64_t i = lane; i < width; i += 32) largest = fmaxf(largest, fabsf(x[i]));
  const float power = power_of_two_for(warp_max(largest));
  for (int64_t i = lane; i < width; i += 32) squares += (x[i] * power) * (x[i] * power);
  const float root = sqrtf(warp_sum(squares));
  for (int64_t i = lane; i < width; i += 32) y[i] = x[i] * power / root;
  if (norm && lane == 0) norm[r] = root / power;
}

__global__ void normalise_backward_warp(float* dx, const float* y, const float* norm, const float* dy, int64_t rows, int64_t width) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;
  const int lane = threadIdx.x % 32;
  y += r * width, dy += r * width, dx += r * width;
  float along = 0;
  for (int64_t i = lane; i < width; i += 32) along += dy[i] * y[i];
  along = warp_sum(along);
  for (int64_t i = lane; i < width; i += 32) dx[i] = (dy[i] - y[i] * along) / norm[r];
}

}  // namespace

void normalise_v2_warp(const Normalise<float>& a) {
  launch(normalise_warp, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.y, a.norm, a.x, a.rows, a.width);
}

void normalise_backward_v2_warp(const NormaliseBackward<float>& a) {
  launch(normalise_backward_warp, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.dx, a.y, a.norm, a.dy, a.rows, a.width);
}

}  // namespace ceir
