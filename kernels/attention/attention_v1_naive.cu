// v1: three kernels, as the formula reads: the scores, a thread each; softmax, a thread a row; the weighted sums of the values, a
//     thread each. The matrix of scores is written and read again twice, (heads, queries, keys) floats for each image, and a
//     score reads all of q and k from memory. Any head size; v2 never writes the matrix.
//     Backward: the weights p and ds = scale p (do v^T - sum(do o)) as matrices, then the three products.
#include "kernels/attention/attention_device.h"

namespace ceir {
namespace {

// Kernels do `images` images from `first` on; p is (images, heads, queries, keys).
struct Scope {
  int64_t first, images;
};
// i counts (image, head, row, column).
struct Index {
  int64_t b, h, row, column;
};
__device__ inline Index index_of(int64_t i, int64_t heads, int64_t rows, int64_t columns, const Scope& s) {
  const int64_t r = i / columns, bh = r / rows;
  return {s.first + bh / heads, bh % heads, r % rows, i % columns};
}

__global__ void attention_scores(float* p, const Attention<float> a, const Scope s) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= s.images * a.heads * a.queries * a.keys) return;
  const Index at = index_of(i, a.heads, a.queries, a.keys, s);
  p[i] = sees(a, at.b, at.row, at.column) ? score_of(a, at.b, at.h, at.row, at.column) : -INFINITY;
}

__global__ void attention_softmax(float* p, const Attention<float> a, const Scope s) {
  const int64_t r = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (r >= s.images * a.heads * a.queries) return;
  p += r * a.keys;
  float largest = -INFINITY, sum = 0;
  for (int64_t j = 0; j < a.keys; j++) largest = fmaxf(largest, p[j]);
  for (int64_t j = 0; j < a.keys; j++) sum += p[j] = p[j] == -INFINITY ? 0 : expf(p[j] - largest);  // a NaN stays one
  const bool none = sum == 0;  // the query sees no key
  for (int64_t j = 0; j < a.keys && !none; j++) p[j] /= sum;
  if (a.logsumexp) a.logsumexp[s.first * a.heads * a.queries + r] = none ? -INFINITY : largest + logf(sum);
}

__global__ void attention_values(const float* p, const Attention<float> a, const Scope s) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= s.images * a.heads * a.queries * a.size) return;
  const Index at = index_of(i, a.heads, a.queries, a.size, s);
  p += i / a.size * a.keys;
  float sum = 0;
  for (int64_t j = 0; j < a.keys; j++) sum = weighted(sum, p[j], row_of(a.v, a.v_at, at.b, at.h, j)[at.column]);
  row_of(a.o, a.o_at, at.b, at.h, at.row)[at.column] = sum;
}

// The weights again, from logsumexp, and the gradients of the scores.
__global__ void attention_backward_scores(float* p, float* ds, const AttentionBackward<float> g, const Scope s) {
  const Attention<float>& a = g.forward;
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= s.images * a.heads * a.queries * a.keys) return;
  const Index at = index_of(i, a.heads, a.queries, a.keys, s);
  const float logsumexp = a.logsumexp[(at.b * a.heads + at.h) * a.queries + at.row];
  const float weight = sees(a, at.b, at.row, at.column) && logsumexp != -INFINITY
                           ? expf(score_of(a, at.b, at.h, at.row, at.column) - logsumexp) : 0;
  const float *d_o = row_of(g.d_o, g.do_at, at.b, at.h, at.row), *v = row_of(a.v, a.v_at, at.b, at.h, at.column);
  const float* o = row_of(a.o, a.o_at, at.b, at.h, at.row);
  float dot = 0, mean = 0;  // mean: sum_j p_j (do v_j^T) = do o^T
  for (int64_t d = 0; d < a.size; d++) dot = fmaf(d_o[d], v[d], dot), mean = fmaf(d_o[d], o[d], mean);
  p[i] = weight;
  ds[i] = weight == 0 ? 0 : a.scale * weight * (dot - mean);
}

__global__ void attention_backward_queries(const float* ds, const AttentionBackward<float> g, const Scope s) {
  const Attention<float>& a = g.forward;
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= s.images * a.heads * a.queries * a.size) return;
  const Index at = index_of(i, a.heads, a.queries, a.size, s);
  ds += i / a.size * a.keys;
  float sum = 0;
  for (int64_t j = 0; j < a.keys; j++) sum = weighted(sum, ds[j], row_of(a.k, a.k_at, at.b, at.h, j)[at.column]);
  row_of(g.dq, g.dq_at, at.b, at.h, at.row)[at.column] = sum;
}

// dk and dv, in the order of the queries.
__global__ void attention_backward_keys(const float* p, const float* ds, const AttentionBackward<float> g, const Scope s) {
  const Attention<float>& a = g.forward;
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= s.images * a.heads * a.keys * a.size) return;
  const Index at = index_of(i, a.heads, a.keys, a.size, s);
  const int64_t matrix = ((at.b - s.first) * a.heads + at.h) * a.queries * a.keys + at.row;
  float dk = 0, dv = 0;
  for (int64_t t = 0; t < a.queries; t++) {
    dk = weighted(dk, ds[matrix + t * a.keys], row_of(a.q, a.q_at, at.b, at.h, t)[at.column]);
    dv = weighted(dv, p[matrix + t * a.keys], row_of(g.d_o, g.do_at, at.b, at.h, t)[at.column]);
  }
  row_of(g.dk, g.dk_at, at.b, at.h, at.row)[at.column] = dk;
  row_of(g.dv, g.dv_at, at.b, at.h, at.row)[at.column] = dv;
}

}  // namespace

void attention_v1_naive(const Attention<float>& a) {
  const int64_t images = images_at_once(a, 1), rows = a.heads * a.queries;
  float* p = static_cast<float*>(device_workspace(static_cast<size_t>(images * rows * a.keys) * sizeof(float)));
  for (int64_t first = 0; first < a.batch; first += images) {
    const Scope s{first, images < a.batch - first ? images : a.batch - first};
    launch(attention_scores, blocks_for(s.images * rows * a.keys, 128), dim3(128), 0, p, a, s);
    launch(attention_softmax, blocks_for(s.images * rows, 128), dim3(128), 0, p, a, s);
    launch(attention_values, blocks_for(s.images * rows * a.size, 128), dim3(128), 0, p, a, s);
  }
}

void attention_backward_v1_naive(const AttentionBackward<float>& g) {
  const Attention<float>& a = g.forward;
  const int64_t images = images_at_once(a, 2), rows = a.heads * a.queries, matrix = images * rows * a.keys;
  float* p = static_cast<float*>(device_workspace(static_cast<size_t>(2 * matrix) * sizeof(float)));
  for (int64_t first = 0; first < a.batch; first += images) {
    const Scope s{first, images < a.batch - first ? images : a.batch - first};
    launch(attention_backward_scores, blocks_for(s.images * rows * a.keys, 128), dim3(128), 0, p, p + matrix, g, s);
    launch(attention_backward_queries, blocks_for(s.images * rows * a.size, 128), dim3(128), 0, p + matrix, g, s);
    launch(attention_backward_keys, blocks_for(s.images * a.heads * a.keys * a.size, 128), dim3(128), 0, p, p + matrix, g, s);
  }
}

}  // namespace ceir
