// v4: for long rows. A row is cut into parts of 4096, a block each, so that one row of a million fills a GPU too; loads are of
//     16 bytes; and a part stays in registers between its mean and its squares, so that a variance reads x once instead of
//     twice. Parts are merged in order by a second kernel: sums of squares around different means are put together by the
//     formula of Chan, Golub & LeVeque (1983). The partition follows from the row's length alone.
#include "kernels/launch/vector.h"
#include "kernels/launch/warp.h"
#include "kernels/reduce/reduce_device.h"

namespace ceir {
namespace {

constexpr int threads = 128, vectors = 8;
constexpr int64_t part_size = int64_t{4} * threads * vectors;

struct Moments {
  double mean, squares;  // the sum, when no variance is asked for; squared distances from the mean
};

// Where the vectors cannot be loaded whole, the same elements are loaded singly: the same bits.
__device__ inline float4 load_some(const float* x, int64_t i, int64_t end, float otherwise, bool aligned) {
  if (aligned && i + 4 <= end) return load4(x + i);
  return make_float4(i < end ? x[i] : otherwise, i + 1 < end ? x[i + 1] : otherwise, i + 2 < end ? x[i + 2] : otherwise, i + 3 < end ? x[i + 3] : otherwise);
}

__global__ void __launch_bounds__(threads) reduce_parts(bool variance, Moments* parts, const float* x, int64_t n, int64_t parts_of_row, bool aligned) {
  __shared__ double for_sum[32], for_squares[32];
  const int64_t row = blockIdx.x / parts_of_row, part = blockIdx.x % parts_of_row;
  x += row * n;
  const int64_t begin = part * part_size, end = min(begin + part_size, n);
  const float origin = variance ? x[begin] : 0;
  float4 v[vectors];
  float sum = 0;
#pragma unroll
  for (int k = 0; k < vectors; k++) {
    v[k] = load_some(x, begin + 4 * (threadIdx.x + k * threads), end, origin, aligned);
    v[k] = make_float4(v[k].x - origin, v[k].y - origin, v[k].z - origin, v[k].w - origin);
    sum += (v[k].x + v[k].y) + (v[k].z + v[k].w);
  }
  const double total = block_sum(static_cast<double>(sum), for_sum);
  Moments result{total, 0};
  if (variance) {
    const double mean = total / static_cast<double>(end - begin);
    const float shift = static_cast<float>(mean);
    float squares = 0;
#pragma unroll
    for (int k = 0; k < vectors; k++) {
      const int64_t left = end - (begin + 4 * (threadIdx.x + k * threads));
      const float4 d = make_float4(v[k].x - shift, v[k].y - shift, v[k].z - shift, v[k].w - shift);
      squares += (left > 0 ? d.x * d.x : 0) + (left > 1 ? d.y * d.y : 0) + ((left > 2 ? d.z * d.z : 0) + (left > 3 ? d.w * d.w : 0));
    }
    result = {origin + mean, block_sum(static_cast<double>(squares), for_squares)};
  }
  if (threadIdx.x == 0) parts[blockIdx.x] = result;
}

__global__ void reduce_merge(Reduction kind, float* y, const Moments* parts, int64_t rows, int64_t n, int64_t parts_of_row) {
  const int64_t row = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  Moments all = parts[row * parts_of_row];
  for (int64_t p = 1; p < parts_of_row; p++) {
    const Moments& part = parts[row * parts_of_row + p];
    if (is_variance(kind)) {
      const double before = static_cast<double>(p * part_size), added = static_cast<double>(min((p + 1) * part_size, n)) - before;
      const double apart = part.mean - all.mean;
      all.mean += apart * (added / (before + added));
      all.squares += part.squares + apart * apart * (before * added / (before + added));
    } else {
      all.mean += part.mean;
    }
  }
  y[row] = reduced(kind, is_variance(kind) ? all.squares : all.mean, n);
}

}  // namespace

void reduce_v4_parts(const Reduce<float>& a) {
  const int64_t parts_of_row = block_count(a.n, part_size), count = a.outer * parts_of_row;
  auto* parts = static_cast<Moments*>(device_workspace(static_cast<size_t>(count) * sizeof(Moments)));
  const bool variance = a.kind == Reduction::variance || a.kind == Reduction::sample_variance;
  const bool aligned = reinterpret_cast<uintptr_t>(a.x) % 16 == 0 && (a.n % 4 == 0 || a.outer == 1);
  launch(reduce_parts, blocks_for(count, 1), dim3(threads), 0, variance, parts, a.x, a.n, parts_of_row, aligned);
  launch(reduce_merge, blocks_for(a.outer, 128), dim3(128), 0, a.kind, a.y, parts, a.outer, a.n, parts_of_row);
}

}  // namespace ceir
