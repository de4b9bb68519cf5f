// v2: a warp copies a row, four floats a lane and load: the id is read once, and nothing is divided.
//     Backward: a warp for each place of the text and 128 columns. The first place at which an id stands adds up all that the
//     others give it, in their order, in registers; the rest have nothing to do. So as many warps work as there are
//     different ids, and the bits are those of v1. Each warp looks through the ids, 32 at a time, by a vote.
#include "kernels/embedding/embedding.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

constexpr int warps = 4, columns = 128;

__global__ void embedding_warp(float* y, const float* table, const int64_t* ids, int64_t n, int64_t width, bool vector) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= n) return;
  const int lane = threadIdx.x % 32;
  table += ids[r] * width, y += r * width;
  if (vector)
    for (int64_t i = 4 * lane; i < width; i += 128) store4(y + i, load4(table + i));
  else
    for (int64_t i = lane; i < width; i += 32) y[i] = table[i];
}

__global__ void embedding_backward_warp(float* dtable, const float* dy, const int64_t* ids, int64_t n, int64_t width) {
  const int64_t place = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (place >= n) return;  // the whole warp leaves
  const int lane = threadIdx.x % 32;
  const int64_t id = ids[place], column = int64_t{blockIdx.y} * columns + lane;
  for (int64_t i = 0; i < place; i += 32)
    if (__any_sync(0xffffffffu, i + lane < place && ids[i + lane] == id)) return;  // another warp's, further up
  float sum[columns / 32];
#pragma unroll
  for (int k = 0; k < columns / 32; k++)
    if (column + 32 * k < width) sum[k] = dtable[id * width + column + 32 * k];
  for (int64_t i = place; i < n; i += 32) {
    unsigned same = __ballot_sync(0xffffffffu, i + lane < n && ids[i + lane] == id);
    for (; same != 0; same &= same - 1) {
      const float* row = dy + (i + __ffs(same) - 1) * width;
#pragma unroll
      for (int k = 0; k < columns / 32; k++)
        if (column + 32 * k < width) sum[k] += row[column + 32 * k];
    }
  }
#pragma unroll
  for (int k = 0; k < columns / 32; k++)
    if (column + 32 * k < width) dtable[id * width + column + 32 * k] = sum[k];
}

bool vectors(const Embedding<float>& a) {
  return a.width % 4 == 0 && (reinterpret_cast<uintptr_t>(a.table) | reinterpret_cast<uintptr_t>(a.y)) % 16 == 0;
}

}  // namespace

void embedding_v2_warp(const Embedding<float>& a) {
  launch(embedding_warp, blocks_for(a.n, warps), dim3(32 * warps), 0, a.y, a.table, a.ids, a.n, a.width, vectors(a));
}

void embedding_backward_v2_warp(const EmbeddingBackward<float>& a) {
  launch(embedding_backward_warp, dim3(block_count(a.n, warps), block_count(a.width, columns)), dim3(32 * warps), 0, a.dtable, a.dy, a.ids, a.n, a.width);
}

}  // namespace ceir
