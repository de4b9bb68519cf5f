// v3: along a row, one warp an output: lanes meet by shuffles, without shared memory or a barrier. Sums are in float for 32
//     elements of a lane at a time and in double between, so that a row of a million keeps its digits for one addition in
//     double out of 33. Down columns, a thread a column, but only for 256 rows: a second kernel adds these parts in order. The
//     partition is fixed by the number of rows, so that the bits are the same on every GPU.
#include "kernels/launch/warp.h"
#include "kernels/reduce/reduce_device.h"

namespace ceir {
namespace {

constexpr int warps = 4, rows_per_part = 256, columns = 128;
constexpr int64_t in_float = 32, chunk = in_float * 32;

// Sum of x - origin, or of (x - origin - shift)^2, over a row, for every lane.
__device__ double row_sum(const float* x, int64_t n, float origin, float shift, bool squared) {
  const int lane = threadIdx.x % 32;
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += chunk) {
    const int64_t end = min(begin + chunk, n);
    float sum = 0;
    for (int64_t i = begin + lane; i < end; i += 32) {
      const float d = x[i] - origin - shift;
      sum += squared ? d * d : d;
    }
    total += sum;
  }
  return warp_sum(total);
}

__global__ void reduce_rows_warp(Reduction kind, float* y, const float* x, int64_t outer, int64_t n) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= outer) return;  // the whole warp leaves
  x += r * n;
  double sum;
  if (is_variance(kind)) {
    const float origin = n > 0 ? x[0] : 0;  // subtracted so that a large mean costs no digits
    const float shift = static_cast<float>(row_sum(x, n, origin, 0, false) / static_cast<double>(n));
    sum = row_sum(x, n, origin, shift, true);
  } else {
    sum = row_sum(x, n, 0, 0, false);
  }
  if (threadIdx.x % 32 == 0) y[r] = reduced(kind, sum, n);
}

// One part's sums: part p of outputs o and its x - origin - shift, or their squares. shifts: (outputs), or null for none.
__global__ void reduce_columns_parts(double* parts, const float* x, const float* shifts, int64_t outputs, int64_t n, int64_t inner,
                                     bool around_first, unsigned blocks) {
  const int64_t o = int64_t{blockIdx.x % blocks} * columns + threadIdx.x, part = blockIdx.x / blocks;
  if (o >= outputs) return;
  x += o / inner * n * inner + o % inner;
  const float origin = around_first ? x[0] : 0, shift = shifts ? shifts[o] : 0;
  const int64_t begin = part * rows_per_part, end = min(begin + rows_per_part, n);
  double total = 0;
  for (int64_t first = begin; first < end; first += in_float) {
    float sum = 0;
    for (int64_t i = first; i < min(first + in_float, end); i++) {
      const float d = x[i * inner] - origin - shift;
      sum += shifts ? d * d : d;
    }
    total += sum;
  }
  parts[part * outputs + o] = total;
}

__global__ void reduce_columns_sum(Reduction kind, float* y, const double* parts, int64_t count, int64_t outputs, int64_t n) {
  const int64_t o = int64_t{blockIdx.x} * columns + threadIdx.x;
  if (o >= outputs) return;
  double sum = 0;
  for (int64_t part = 0; part < count; part++) sum += parts[part * outputs + o];
  y[o] = reduced(kind, sum, n);
}

}  // namespace

void reduce_v3_warp(const Reduce<float>& a) {
  if (a.inner == 1) {
    launch(reduce_rows_warp, blocks_for(a.outer, warps), dim3(32 * warps), 0, a.kind, a.y, a.x, a.outer, a.n);
    return;
  }
  const int64_t outputs = a.outer * a.inner;
  const unsigned count = block_count(a.n, rows_per_part), blocks = block_count(outputs, columns);
  const dim3 grid = blocks_for(int64_t{count} * blocks, 1);
  const size_t of_parts = static_cast<size_t>(count) * static_cast<size_t>(outputs) * sizeof(double);
  auto* memory = static_cast<unsigned char*>(device_workspace(of_parts + static_cast<size_t>(outputs) * sizeof(float)));
  auto* parts = reinterpret_cast<double*>(memory);
  auto* shifts = reinterpret_cast<float*>(memory + of_parts);
  const bool variance = a.kind == Reduction::variance || a.kind == Reduction::sample_variance;
  launch(reduce_columns_parts, grid, dim3(columns), 0, parts, a.x, nullptr, outputs, a.n, a.inner, variance, blocks);
  launch(reduce_columns_sum, dim3(blocks), dim3(columns), 0, variance ? Reduction::mean : a.kind, variance ? shifts : a.y, parts, count, outputs, a.n);
  if (!variance) return;
  launch(reduce_columns_parts, grid, dim3(columns), 0, parts, a.x, shifts, outputs, a.n, a.inner, true, blocks);
  launch(reduce_columns_sum, dim3(blocks), dim3(columns), 0, a.kind, a.y, parts, count, outputs, a.n);
}

}  // namespace ceir
