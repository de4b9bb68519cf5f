#include "tests/emulator/samples.h"

#include "kernels/launch/launch.h"
#include "kernels/launch/vector.h"

namespace ceir::test {
namespace {

__global__ void scale_kernel(float* y, const float* x, float factor, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n) y[i] = factor * x[i];
}

// One block a row: lanes by shuffles, warps through shared memory.
__global__ void block_sum_kernel(float* sums, const float* x, int64_t width) {
  __shared__ float of_warp[32];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  float sum = 0;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) sum += x[blockIdx.x * width + i];
  for (int by = 16; by > 0; by /= 2) sum += __shfl_down_sync(0xffffffffu, sum, by);
  if (lane == 0) of_warp[warp] = sum;
  __syncthreads();  // barrier of block_sum
  if (threadIdx.x > 0) return;
  sum = 0;
  for (int i = 0; i < blockDim.x / 32; i++) sum += of_warp[i];
  sums[blockIdx.x] = sum;
}

__global__ void histogram_kernel(int* bins, const int* x, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n) atomicAdd(bins + x[i], 1);
}

__global__ void votes_kernel(unsigned* masks, const int* x) {
  const unsigned positive = __ballot_sync(0xffffffffu, x[threadIdx.x] > 0);
  const int all = __all_sync(0xffffffffu, x[threadIdx.x] > -100), any = __any_sync(0xffffffffu, x[threadIdx.x] > 100);
  masks[threadIdx.x] = positive;
  if (threadIdx.x == 0) masks[32] = static_cast<unsigned>(all), masks[33] = static_cast<unsigned>(any);
}

__global__ void strided_shared_kernel(float* y, int stride) {
  DYNAMIC_SHARED(float, tile);
  tile[threadIdx.x * stride] = 1;
  y[threadIdx.x] = tile[threadIdx.x * stride];
}

__global__ void index_past_end_kernel(float* y, const float* x, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i <= n) y[i] = x[i];  // mistake: index_past_end
}

// The row after it is there, and initialised.
__global__ void row_past_end_kernel(float* y) {
  __shared__ float tile[2][32];
  tile[0][threadIdx.x] = 1, tile[1][threadIdx.x] = 2;
  __syncthreads();
  y[threadIdx.x] = tile[0][threadIdx.x + 1];  // mistake: row_past_end
}

__global__ void own_array_past_end_kernel(float* y, int n) {
  float own[4] = {};
  for (int i = 0; i < n; i++) own[i] = i;  // mistake: own_array_past_end
  y[threadIdx.x] = own[threadIdx.x % 4];
}

__global__ void missing_barrier_kernel(float* y, const float* x) {
  __shared__ float tile[64];
  tile[threadIdx.x] = x[threadIdx.x];
  y[threadIdx.x] = tile[63 - threadIdx.x];  // mistake: missing_barrier
}

__global__ void uninitialised_shared_kernel(float* y) {
  DYNAMIC_SHARED(float, tile);
  if (threadIdx.x < 31) tile[threadIdx.x] = 1;
  __syncthreads();
  y[threadIdx.x] = tile[threadIdx.x];  // mistake: uninitialised_shared
}

__global__ void divergent_barrier_kernel(float* y, const float* x) {
  if (threadIdx.x < 32) {
    y[threadIdx.x] = x[threadIdx.x];
    __syncthreads();  // one side
  } else {
    __syncthreads();  // mistake: divergent_barrier
  }
}

__global__ void barrier_after_return_kernel(float* y, const float* x) {
  if (threadIdx.x >= 40) return;
  y[threadIdx.x] = x[threadIdx.x];
  __syncthreads();  // mistake: barrier_after_return
}

__global__ void mask_without_lane_kernel(float* y, const float* x) {
  y[threadIdx.x] = __shfl_xor_sync(0xffffu, x[threadIdx.x], 1);  // mistake: mask_without_lane
}

__global__ void waits_for_the_gone_kernel(float* y, const float* x) {
  float v = x[threadIdx.x];
  if (threadIdx.x < 16) v += __shfl_xor_sync(0xffffffffu, v, 1);  // mistake: waits_for_the_gone
  __syncthreads();
  y[threadIdx.x] = v;
}

__global__ void shared_past_end_kernel(float* y) {
  DYNAMIC_SHARED(float, tile);
  tile[threadIdx.x + 1] = 1;  // mistake: shared_past_end
  __syncthreads();
  y[threadIdx.x] = tile[threadIdx.x];
}

__global__ void two_blocks_one_word_kernel(float* y) {
  if (threadIdx.x == 0) y[0] = blockIdx.x;  // mistake: two_blocks_one_word
}

__global__ void misaligned_vector_kernel(float* y, const float* x) {
  store4(y + 4 * threadIdx.x, load4(x + 4 * threadIdx.x));
  const float4 v = load4(x + 1);  // mistake: misaligned_vector
  if (threadIdx.x == 0) y[0] = v.x;
}

__global__ void missing_warp_barrier_kernel(float* y, const float* x) {
  __shared__ float tile[32];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncwarp();
  const float v = tile[31 - threadIdx.x];
  tile[threadIdx.x] = v;  // mistake: missing_warp_barrier
  y[threadIdx.x] = v;
}

__global__ void histogram_without_atomics_kernel(int* bins, const int* x, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n) bins[x[i]]++;  // mistake: histogram_without_atomics
}

}  // namespace

void scale(float* y, const float* x, float factor, int64_t n) {
  launch(scale_kernel, blocks_for(n, 256), dim3(256), 0, y, x, factor, n);
}
void block_sum(float* sums, const float* x, int64_t rows, int64_t width) {
  launch(block_sum_kernel, dim3(static_cast<unsigned>(rows)), dim3(128), 0, sums, x, width);
}
void histogram(int* bins, const int* x, int64_t n) { launch(histogram_kernel, blocks_for(n, 64), dim3(64), 0, bins, x, n); }
void votes(unsigned* masks, const int* x) { launch(votes_kernel, dim3(1), dim3(32), 0, masks, x); }
void strided_shared(float* y, int stride) {
  launch(strided_shared_kernel, dim3(1), dim3(32), 32 * static_cast<size_t>(stride) * sizeof(float), y, stride);
}
void row_past_end(float* y) { launch(row_past_end_kernel, dim3(1), dim3(32), 0, y); }
void own_array_past_end(float* y, int n) { launch(own_array_past_end_kernel, dim3(1), dim3(32), 0, y, n); }
void index_past_end(float* y, const float* x, int64_t n) {
  launch(index_past_end_kernel, blocks_for(n + 1, 32), dim3(32), 0, y, x, n);
}
void missing_barrier(float* y, const float* x) { launch(missing_barrier_kernel, dim3(1), dim3(64), 0, y, x); }
void uninitialised_shared(float* y) { launch(uninitialised_shared_kernel, dim3(1), dim3(32), 32 * sizeof(float), y); }
void uninitialised_global(float* y, const float* x) { launch(scale_kernel, dim3(1), dim3(32), 0, y, x, 1.0f, 32); }
void divergent_barrier(float* y, const float* x) { launch(divergent_barrier_kernel, dim3(1), dim3(64), 0, y, x); }
void barrier_after_return(float* y, const float* x) { launch(barrier_after_return_kernel, dim3(1), dim3(64), 0, y, x); }
void mask_without_lane(float* y, const float* x) { launch(mask_without_lane_kernel, dim3(1), dim3(32), 0, y, x); }
void waits_for_the_gone(float* y, const float* x) { launch(waits_for_the_gone_kernel, dim3(1), dim3(32), 0, y, x); }
void shared_past_end(float* y) { launch(shared_past_end_kernel, dim3(1), dim3(32), 32 * sizeof(float), y); }
void two_blocks_one_word(float* y) { launch(two_blocks_one_word_kernel, dim3(2), dim3(32), 0, y); }
void misaligned_vector(float* y, const float* x) { launch(misaligned_vector_kernel, dim3(1), dim3(2), 0, y, x); }
void missing_warp_barrier(float* y, const float* x) { launch(missing_warp_barrier_kernel, dim3(1), dim3(32), 0, y, x); }
void histogram_without_atomics(int* bins, const int* x, int64_t n) {
  launch(histogram_without_atomics_kernel, blocks_for(n, 64), dim3(64), 0, bins, x, n);
}
void null_pointer(float*) { launch(scale_kernel, dim3(1), dim3(32), 0, nullptr, nullptr, 1.0f, 32); }
void too_many_threads(float* y) { launch(scale_kernel, dim3(1), dim3(2048), 0, y, y, 1.0f, 1); }

}  // namespace ceir::test
