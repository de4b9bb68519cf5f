// v1: a thread copies one float: neighbours are neighbours in a row of the table. The id is read once for every float of the row.
//     Backward: a thread owns a column of the table and walks through the ids in order, so that equal ids add up in the same
//     order whoever runs when, without atomics. A width of 512 is only 512 threads, each with n additions one after the other.
#include "kernels/embedding/embedding.h"
#include "kernels/launch/launch.h"

namespace ceir {
namespace {

__global__ void embedding_naive(float* y, const float* table, const int64_t* ids, int64_t n, int64_t width) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n * width) y[i] = table[ids[i / width] * width + i % width];
}

__global__ void embedding_backward_naive(float* dtable, const float* dy, const int64_t* ids, int64_t n, int64_t width) {
  const int64_t c = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (c >= width) return;
  for (int64_t i = 0; i < n; i++) dtable[ids[i] * width + c] += dy[i * width + c];
}

}  // namespace

void embedding_v1_naive(const Embedding<float>& a) {
  launch(embedding_naive, blocks_for(a.n * a.width, 256), dim3(256), 0, a.y, a.table, a.ids, a.n, a.width);
}

void embedding_backward_v1_naive(const EmbeddingBackward<float>& a) {
  launch(embedding_backward_naive, blocks_for(a.width, 64), dim3(64), 0, a.dtable, a.dy, a.ids, a.n, a.width);
}

}  // namespace ceir
