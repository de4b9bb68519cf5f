// v2: one kernel, and no matrix of scores: a block keeps 32 queries and walks over the keys, 32 at a time, with a running maximum
//     and sum for each query (Milakov & Gimelshein 2018; Dao et al., "FlashAttention", 2022, algorithm 1): what has been summed
//     so far is scaled when a larger score appears. q, k and v are read once by each block, along their rows, and a number in
//     shared memory serves 32 times; v1 moved queries x keys numbers four times through memory. Causal: tiles that no query
//     of the block sees are not visited.
//     Backward: the weights are computed again from logsumexp, tile by tile; one kernel has 32 queries a block for dq, one has
//     32 keys a block for dk and dv, so that each gradient is summed by one block in a fixed order, without atomics.
#include "kernels/attention/attention_tile.h"

namespace ceir {
namespace {

constexpr int keys_at_once = 32, per_member = keys_at_once / 4;

template <int per_thread>
__global__ void __launch_bounds__(tile_threads, 4) attention_fused(const Attention<float> a, int tiles) {
  DYNAMIC_SHARED(float, q);
  const int size = static_cast<int>(a.size), pitch = size + 1;
  float *kv = q + tile_rows * pitch, *p = kv + keys_at_once * pitch;  // p: (32, 33)
  const int64_t bh = blockIdx.x / tiles, b = static_cast<int>(bh) / static_cast<int>(a.heads), h = bh - b * a.heads, first = blockIdx.x % tiles * tile_rows;
  const int i = threadIdx.x / 4, m = threadIdx.x % 4;
  const int64_t query = first + i;
  float sum[per_thread] = {}, largest = -INFINITY, total = 0;
  fetch_tile(q, a.q, a.q_at, b, h, first, tile_rows, a.queries, size);
  const int64_t seen = a.causal ? min(a.keys, first + tile_rows) : a.keys;
  for (int64_t j0 = 0; j0 < seen; j0 += keys_at_once) {
    fetch_tile(kv, a.k, a.k_at, b, h, j0, keys_at_once, a.keys, size);
    __syncthreads();  // queries and keys are whole
    float s[per_member], larger = largest;
#pragma unroll
    for (int c = 0; c < per_member; c++) {
      const int j = m + 4 * c;
      s[c] = j0 + j < a.keys && sees(a, b, query, j0 + j) ? a.scale * dot_of(q + i * pitch, kv + j * pitch, size) : -INFINITY;
      larger = fmaxf(larger, s[c]);
    }
    larger = fmaxf(larger, __shfl_xor_sync(0xffffffffu, larger, 1));
    larger = fmaxf(larger, __shfl_xor_sync(0xffffffffu, larger, 2));
    float of_tile = 0;
#pragma unroll
    for (int c = 0; c < per_member; c++) {
      const float e = s[c] == -INFINITY ? 0 : expf(s[c] - larger);
      p[i * (keys_at_once + 1) + m + 4 * c] = e;
      of_tile += e;
    }
    of_tile += __shfl_xor_sync(0xffffffffu, of_tile, 1);
    of_tile += __shfl_xor_sync(0xffffffffu, of_tile, 2);
    const float shrink = largest == -INFINITY ? 1 : expf(largest - larger);
    total = total * shrink + of_tile, largest = larger;
#pragma unroll
    for (int k = 0; k < per_thread; k++) sum[k] *= shrink;
    __syncthreads();  // everybody is done with the keys: values take their place
    fetch_tile(kv, a.v, a.v_at, b, h, j0, keys_at_once, a.keys, size);
    __syncthreads();  // the values are whole
    for (int j = 0; j < keys_at_once; j++) add_weighted(sum, p[i * (keys_at_once + 1) + j], kv + j * pitch, m, size);
    __syncthreads();  // everybody is done with them
  }
  if (query >= a.queries) return;
  const float inverse = total == 0 ? 0 : 1 / total;  // 0: a query that sees no key
  float* o = row_of(a.o, a.o_at, b, h, query);
#pragma unroll
  for (int k = 0; k < per_thread; k++)
    if (m + 4 * k < size) o[m + 4 * k] = sum[k] * inverse;
  if (a.logsumexp && m == 0) a.logsumexp[bh * a.queries + query] = total == 0 ? -INFINITY : largest + logf(total);
}

constexpr int others_at_once = 16, others_per_member = others_at_once / 4, others_pitch = others_at_once + 1;

template <int per_thread>
__global__ void __launch_bounds__(tile_threads, 4) attention_backward_queries(const AttentionBackward<float> g, const float* mean, int tiles) {
  DYNAMIC_SHARED(float, q);
  const Attention<float>& a = g.forward;
  const int size = static_cast<int>(a.size), pitch = size + 1;
  float *d_o = q + tile_rows * pitch, *k = d_o + tile_rows * pitch, *v = k + others_at_once * pitch, *ds = v + others_at_once * pitch;
  const int64_t bh = blockIdx.x / tiles, b = static_cast<int>(bh) / static_cast<int>(a.heads), h = bh - b * a.heads, first = blockIdx.x % tiles * tile_rows;
  const int i = threadIdx.x / 4, m = threadIdx.x % 4;
  float dq[per_thread] = {};
  fetch_tile(q, a.q, a.q_at, b, h, first, tile_rows, a.queries, size);
  fetch_tile(d_o, g.d_o, g.do_at, b, h, first, tile_rows, a.queries, size);
  const int64_t seen = a.causal ? min(a.keys, first + tile_rows) : a.keys;
  for (int64_t j0 = 0; j0 < seen; j0 += others_at_once) {
    fetch_tile(k, a.k, a.k_at, b, h, j0, others_at_once, a.keys, size);
    fetch_tile(v, a.v, a.v_at, b, h, j0, others_at_once, a.keys, size);
    __syncthreads();  // the tiles are whole
#pragma unroll
    for (int c = 0; c < others_per_member; c++) {
      const int j = m + 4 * c;
      const float qk = dot_of(q + i * pitch, k + j * pitch, size), dov = dot_of(d_o + i * pitch, v + j * pitch, size);
      ds[i * others_pitch + j] = weight_of(a, b, bh, first + i, j0 + j, qk, dov, mean).ds;
    }
    __syncwarp();  // a row of ds is its four threads'
    for (int j = 0; j < others_at_once; j++) add_weighted(dq, ds[i * others_pitch + j], k + j * pitch, m, size);
    __syncthreads();  // everybody is done with them
  }
  if (first + i >= a.queries) return;
  float* to = row_of(g.dq, g.dq_at, b, h, first + i);
#pragma unroll
  for (int c = 0; c < per_thread; c++)
    if (m + 4 * c < size) to[m + 4 * c] = dq[c];
}

template <int per_thread>
__global__ void __launch_bounds__(tile_threads, 3) attention_backward_keys(const AttentionBackward<float> g, const float* mean, int tiles) {
  DYNAMIC_SHARED(float, k);
  const Attention<float>& a = g.forward;
  const int size = static_cast<int>(a.size), pitch = size + 1;
  float *v = k + tile_rows * pitch, *q = v + tile_rows * pitch, *d_o = q + others_at_once * pitch, *p = d_o + others_at_once * pitch;
  float* ds = p + tile_rows * others_pitch;
  const int64_t bh = blockIdx.x / tiles, b = static_cast<int>(bh) / static_cast<int>(a.heads), h = bh - b * a.heads, first = blockIdx.x % tiles * tile_rows;
  const int i = threadIdx.x / 4, m = threadIdx.x % 4;
  float dk[per_thread] = {}, dv[per_thread] = {};
  fetch_tile(k, a.k, a.k_at, b, h, first, tile_rows, a.keys, size);
  fetch_tile(v, a.v, a.v_at, b, h, first, tile_rows, a.keys, size);
  for (int64_t t0 = a.causal ? first : 0; t0 < a.queries; t0 += others_at_once) {  // earlier queries do not see these keys
    fetch_tile(q, a.q, a.q_at, b, h, t0, others_at_once, a.queries, size);
    fetch_tile(d_o, g.d_o, g.do_at, b, h, t0, others_at_once, a.queries, size);
    __syncthreads();  // the tiles are whole
#pragma unroll
    for (int c = 0; c < others_per_member; c++) {
      const int t = m + 4 * c;
      const float qk = dot_of(q + t * pitch, k + i * pitch, size), dov = dot_of(d_o + t * pitch, v + i * pitch, size);
      const Weight w = weight_of(a, b, bh, t0 + t, first + i, qk, dov, mean);
      p[i * others_pitch + t] = w.p, ds[i * others_pitch + t] = w.ds;
    }
    __syncwarp();  // a row of p and ds is its four threads'
    for (int t = 0; t < others_at_once; t++) {
      add_weighted(dk, ds[i * others_pitch + t], q + t * pitch, m, size);
      add_weighted(dv, p[i * others_pitch + t], d_o + t * pitch, m, size);
    }
    __syncthreads();  // everybody is done with them
  }
  if (first + i >= a.keys) return;
  float *to_k = row_of(g.dk, g.dk_at, b, h, first + i), *to_v = row_of(g.dv, g.dv_at, b, h, first + i);
#pragma unroll
  for (int c = 0; c < per_thread; c++)
    if (m + 4 * c < size) to_k[m + 4 * c] = dk[c], to_v[m + 4 * c] = dv[c];
}

size_t bytes(int64_t rows, int64_t size, int64_t more) { return static_cast<size_t>(rows * (size + 1) + more) * sizeof(float); }

}  // namespace

void attention_v2_fused(const Attention<float>& a) {
  const int64_t tiles = block_count(a.queries, tile_rows);
  with_columns(a.size, [&]<int n>() {
    launch(attention_fused<n>, blocks_for(a.batch * a.heads * tiles, 1), dim3(tile_threads), bytes(tile_rows + keys_at_once, a.size, tile_rows * (keys_at_once + 1)), a, tiles);
  });
}

void attention_backward_v2_fused(const AttentionBackward<float>& g) {
  const Attention<float>& a = g.forward;
  const int64_t rows = a.batch * a.heads * a.queries, query_tiles = block_count(a.queries, tile_rows), key_tiles = block_count(a.keys, tile_rows);
  float* mean = static_cast<float*>(device_workspace(static_cast<size_t>(rows) * sizeof(float)));
  launch(attention_means, blocks_for(rows, 128), dim3(128), 0, mean, g);
  with_columns(a.size, [&]<int n>() {
    const int64_t heads = a.batch * a.heads, weights = tile_rows * others_pitch;
    launch(attention_backward_queries<n>, blocks_for(heads * query_tiles, 1), dim3(tile_threads), bytes(2 * tile_rows + 2 * others_at_once, a.size, weights), g, mean, query_tiles);
    launch(attention_backward_keys<n>, blocks_for(heads * key_tiles, 1), dim3(tile_threads), bytes(2 * tile_rows + 2 * others_at_once, a.size, 2 * weights), g, mean, key_tiles);
  });
}

}  // namespace ceir
