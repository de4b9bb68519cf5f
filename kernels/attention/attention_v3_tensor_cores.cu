// v3: both products on tensor cores, by mma.sync (Dao, "FlashAttention-2", 2023). A warp has 16 queries, four warps a block; the
//     queries stay in registers. A tile of 32 keys and values comes by cp.async while the one before is computed, and one barrier a
//     tile is left of v2's four. The weights never go through shared memory: what the first product leaves in a lane's registers is
//     what the second wants of it, if the keys of a tile are numbered anew, which a sum does not mind.
//     A tf32 product keeps 11 bits of each factor. cuda.v3 keeps f32's digits all the same: x = big + lost, both in tf32, and
//     x y = big big + (big lost + lost big), three products for one ("3xTF32": Ootomo & Yokota 2022). The small ones have a sum of
//     their own, and each tile of keys too, which is added outside of the tensor cores, where sums are rounded to nearest.
//     cuda.v3.tf32, .bf16 and .f16 take one product and the digits it has, so they run only when asked for by name. The 16-bit
//     ones convert each tile once for all warps, and read it by ldmatrix, the values turned.
// needs sm_80
#include "kernels/attention/attention_tf32.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

constexpr int warps = 4, threads = 32 * warps, queries_at_once = 16 * warps, keys_at_once = 32, key_tiles = keys_at_once / 8;

// The block's head and queries.
struct Place {
  int64_t b, h, first;
  int seen, seen_by_warp;  // keys, from the first on
  __device__ Place(const Attention<float>& a, int tiles) {
    const int bh = static_cast<int>(blockIdx.x) / tiles, heads = static_cast<int>(a.heads);
    b = bh / heads, h = bh % heads, first = int64_t{static_cast<int>(blockIdx.x) % tiles} * queries_at_once;
    seen = static_cast<int>(a.causal ? min(a.keys, first + queries_at_once) : a.keys);
    first += threadIdx.x / 32 * 16;
    seen_by_warp = static_cast<int>(a.causal ? min(a.keys, first + 16) : a.keys);
  }
};

// As registers allow: blocks of a multiprocessor, and keys of a tile.
template <int columns>
constexpr int blocks = columns <= 32 ? 4 : columns <= 64 ? 3 : 2;
template <int columns, bool exact>
constexpr int keys_of_tile = exact && columns > 80 ? 16 : keys_at_once;

template <int columns, bool exact>
__global__ void __launch_bounds__(threads, blocks<columns>) attention_tf32(const Attention<float> a, int tiles, bool fours) {
  constexpr int keys_at_once = keys_of_tile<columns, exact>, key_tiles = keys_at_once / 8, pitch = columns + 4, tile = keys_at_once * pitch;
  DYNAMIC_SHARED(float, queries);
  float* shared = queries + queries_at_once * pitch;  // keys and values, twice
  const Place at(a, tiles);
  const int size = static_cast<int>(a.size);
  const float* q = queries + threadIdx.x / 32 * 16 * pitch;
  float o[columns / 8][4] = {};
  const auto start = [&](float* to, int j0) {
    start_rows<keys_at_once, columns, pitch, threads>(to, a.k, a.k_at, at.b, at.h, j0, a.keys, size, fours);
    start_rows<keys_at_once, columns, pitch, threads>(to + tile, a.v, a.v_at, at.b, at.h, j0, a.keys, size, fours);
    copy_async_commit();
  };
  OnlineSoftmax sums;
  start_rows<queries_at_once, columns, pitch, threads>(queries, a.q, a.q_at, at.b, at.h, at.first - threadIdx.x / 32 * 16, a.queries, size, fours);
  start(shared, 0);
  int now = 0;
  for (int j0 = 0; j0 < at.seen; j0 += keys_at_once, now ^= 1) {
    copy_async_wait<0>();
    __syncthreads();  // all threads' copies are there, and all are done with the other tile
    if (j0 + keys_at_once < at.seen) start(shared + 2 * tile * (now ^ 1), j0 + keys_at_once);
    if (j0 >= at.seen_by_warp) continue;
    const float *k = shared + 2 * tile * now, *v = k + tile;
    float s[key_tiles][4], shrink[2];
    row_products<columns, exact>(s, q, k);
    sums.take(s, shrink, a, at.b, at.first + lane_group(), j0);
    weighted_rows<columns, exact>(s, v, [&](int i, int e, float of_tile) { o[i][e] = fmaf(o[i][e], shrink[e / 2], of_tile); });
  }
  finish_rows(a, at.b, at.h, at.first, o, sums);
}

struct Bf16 {
  static __device__ uint32_t pair(float low, float high) { return bf16_pair(low, high); }
  static __device__ void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) { mma_bf16(c, a, b); }
};
struct F16 {
  static __device__ uint32_t pair(float low, float high) { return f16_pair(low, high); }
  static __device__ void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) { mma_f16(c, a, b); }
};

// pitch: an odd number of 16 bytes, so that the eight rows of a matrix lie in different banks.
template <class Half, int columns>
__global__ void __launch_bounds__(threads, blocks<columns>) attention_half(const Attention<float> a, int tiles, bool fours) {
  constexpr int pitch = columns + 8, tile = keys_at_once * pitch, staged_tile = keys_at_once * columns;
  DYNAMIC_SHARED(float, staged);  // keys and values as they come, then twice in 16 bits
  uint16_t* halves = reinterpret_cast<uint16_t*>(staged + 2 * staged_tile);
  const Place at(a, tiles);
  const int size = static_cast<int>(a.size), lane = threadIdx.x % 32;
  uint32_t q[columns / 16][4];
  float o[columns / 8][4] = {};
  load_queries<Half, columns>(q, a, at.b, at.h, at.first);
  const auto start = [&](int j0) {
    start_rows<keys_at_once, columns, columns, threads>(staged, a.k, a.k_at, at.b, at.h, j0, a.keys, size, fours);
    start_rows<keys_at_once, columns, columns, threads>(staged + staged_tile, a.v, a.v_at, at.b, at.h, j0, a.keys, size, fours);
    copy_async_commit();
  };
  OnlineSoftmax sums;
  start(0);
  int now = 0;
  for (int j0 = 0; j0 < at.seen; j0 += keys_at_once, now ^= 1) {
    uint16_t *k = halves + 2 * tile * now, *v = k + tile;
    copy_async_wait<0>();
    for (int e = threadIdx.x; e < 2 * staged_tile / 4; e += threads) {  // what this thread has copied itself
      const float4 x = load4(staged + 4 * e);
      const int r = e / (columns / 4), d = e % (columns / 4) * 4;
      store2(k + r * pitch + d, {Half::pair(x.x, x.y), Half::pair(x.z, x.w)});
    }
    __syncthreads();  // keys and values are whole, and all are done with the other tile
    if (j0 + keys_at_once < at.seen) start(j0 + keys_at_once);
    if (j0 >= at.seen_by_warp) continue;
    float s[key_tiles][4] = {}, shrink[2];
#pragma unroll
    for (int i = 0; i < columns / 16; i++)
#pragma unroll
      for (int j = 0; j < key_tiles; j += 2) {
        uint32_t right[4];  // of sixteen keys: the first eight's k and k + 8, the others'
        ldmatrix4(right, k + (8 * j + lane % 8 + 8 * (lane / 16)) * pitch + 16 * i + 8 * (lane / 8 % 2));
        Half::mma(s[j], q[i], {right[0], right[1]});
        Half::mma(s[j + 1], q[i], {right[2], right[3]});
      }
    sums.take(s, shrink, a, at.b, at.first + lane_group(), j0);
#pragma unroll
    for (int i = 0; i < columns / 8; i++)
#pragma unroll
      for (int e = 0; e < 4; e++) o[i][e] *= shrink[e / 2];
#pragma unroll
    for (int j = 0; j < key_tiles; j += 2) {
      const uint32_t weights[4] = {Half::pair(s[j][0], s[j][1]), Half::pair(s[j][2], s[j][3]), Half::pair(s[j + 1][0], s[j + 1][1]), Half::pair(s[j + 1][2], s[j + 1][3])};
#pragma unroll
      for (int i = 0; i < columns / 8; i += 2) {
        uint32_t right[4];
        ldmatrix4_turned(right, v + (8 * j + lane % 16) * pitch + 8 * i + 8 * (lane / 16));
        Half::mma(o[i], weights, {right[0], right[1]});
        Half::mma(o[i + 1], weights, {right[2], right[3]});
      }
    }
  }
  finish_rows(a, at.b, at.h, at.first, o, sums);
}

using Kernel = void (*)(Attention<float>, int, bool);
void start(Kernel kernel, const Attention<float>& a, size_t shared_bytes) {
  const int64_t tiles = block_count(a.queries, queries_at_once);
  const bool fours = aligned_for_fours(a.q, a.q_at, a.size) && aligned_for_fours(a.k, a.k_at, a.size) && aligned_for_fours(a.v, a.v_at, a.size);
  launch(kernel, blocks_for(a.batch * a.heads * tiles, 1), dim3(threads), shared_bytes, a, tiles, fours);
}

template <bool exact>
void start_tf32(const Attention<float>& a) {
  with_warp_columns(a.size, [&]<int n>() { start(attention_tf32<n, exact>, a, (queries_at_once + 4 * keys_of_tile<n, exact>) * (n + 4) * sizeof(float)); });
}
template <class Half>
void start_half(const Attention<float>& a) {
  with_warp_columns(a.size, [&]<int n>() { start(attention_half<Half, n>, a, 2 * keys_at_once * (n * sizeof(float) + 2 * (n + 8) * sizeof(uint16_t))); });
}

}  // namespace

void attention_v3_split(const Attention<float>& a) { start_tf32<true>(a); }
void attention_v3_tf32(const Attention<float>& a) { start_tf32<false>(a); }
void attention_v3_bf16(const Attention<float>& a) { start_half<Bf16>(a); }
void attention_v3_f16(const Attention<float>& a) { start_half<F16>(a); }

}  // namespace ceir
