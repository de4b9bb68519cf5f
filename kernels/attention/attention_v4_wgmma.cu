// v4: wgmma. In v3 a warp multiplies its own 16 rows with fragments that it loads itself, four times the same ones in a block. Here
//     four warps multiply 64 rows with a tile that the tensor cores read from shared memory; only the left factors, the queries and
//     then the weights, are in registers. Twelve warps a block: four fetch keys and values (cp.async, two tiles ahead) and convert
//     them to f16; eight have 64 queries a four and never touch memory until the end. They meet at barriers in shared memory alone
//     (warp-specialised), so that one four's exponentials run while the other's products do. No TMA: memory holds f32, wgmma reads
//     f16 (in tf32 it would want the values turned all the same), so somebody must convert, and may as well fetch.
//     Layout. wgmma's right factor is n rows of 64 f16 along k, 128 bytes each, eight rows 1024 bytes (wgmma_operand): "swizzled",
//     that is 16 bytes number c of row r lie at place c ^ (r % 8). For q k^T the rows are keys and k the head's columns, 64 a panel;
//     for p v the rows are the head's columns and k the 64 keys: so values are turned when they are converted, two keys at a time.
//     Sixteen elements further along k: 32 bytes, 2 in the descriptor. f16 keeps 11 bits, so this runs only when asked for by name;
//     what is beyond its range ends as an infinity, and finish_rows() computes the row again.
// only sm_90a
#include "kernels/attention/attention_warp.h"
#include "kernels/launch/hopper.h"
#include "kernels/launch/tensor_core.h"
#include "kernels/launch/vector.h"

namespace ceir {

#if defined(__CUDACC__)
namespace {

constexpr int keys_at_once = 64, panel = 64;     // 64 f16 are the 128 bytes of the swizzle
constexpr int groups = 2, group_queries = 64;    // of four warps each, which multiply
constexpr int loaders = 128, threads = loaders + 128 * groups, stages = 2;

template <int columns>
struct Stage {
  uint16_t k[(columns + panel - 1) / panel][keys_at_once][panel];  // whole multiples of 1024 bytes
  uint16_t v[columns][keys_at_once];
};
// What a loading thread has copied, 16 bytes at a time; only itself reads it.
template <int columns>
struct Staged {
  float4 k[columns / 8][loaders], v[(columns + 31) / 32 * 4][loaders];
};
template <int columns>
constexpr size_t shared_bytes = 1024 + stages * (sizeof(Stage<columns>) + sizeof(Staged<columns>)) + 2 * stages * sizeof(Mbarrier);  // 1024: to align

struct Turn {
  int stage = 0;
  unsigned parity = 0;
  __device__ void next() {
    if (++stage == stages) stage = 0, parity ^= 1;
  }
};
struct F16 {
  static __device__ uint32_t pair(float low, float high) { return f16_pair(low, high); }
};

// Thread t copies, of the keys, eight columns of a key at a time (neighbours along the row); of the values, eight columns of two
// keys (neighbours along the keys, whose halves lie side by side when they are turned).
template <int columns>
__device__ void start_tile(Staged<columns>& to, const Attention<float>& a, int64_t b, int64_t h, int j0, bool fours) {
  const int t = threadIdx.x, size = static_cast<int>(a.size);
#pragma unroll 1
  for (int u = 0; u < columns / 16; u++) {
    const int key = (t + loaders * u) / (columns / 8), d = (t + loaders * u) % (columns / 8) * 8;
    for (int c = 0; c < 2; c++) start_four(&to.k[2 * u + c][t].x, a.k, a.k_at, b, h, j0 + key, a.keys, d + 4 * c, size, fours);
  }
#pragma unroll 1
  for (int u = 0; u < (columns + 31) / 32; u++) {
    const int key = t % 32 * 2, d = (t / 32 + 4 * u) * 8;
    if (d >= columns) break;
    for (int c = 0; c < 4; c++) start_four(&to.v[4 * u + c][t].x, a.v, a.v_at, b, h, j0 + key + c / 2, a.keys, d + 4 * (c % 2), size, fours);
  }
}
template <int columns>
__device__ void convert_tile(Stage<columns>& to, const Staged<columns>& from) {
  const int t = threadIdx.x;
#pragma unroll
  for (int u = 0; u < columns / 16; u++) {
    const int key = (t + loaders * u) / (columns / 8), c = (t + loaders * u) % (columns / 8);
    const float4 x = from.k[2 * u][t], y = from.k[2 * u + 1][t];
    *reinterpret_cast<uint4*>(&to.k[c / 8][key][8 * (c % 8 ^ key % 8)]) = {f16_pair(x.x, x.y), f16_pair(x.z, x.w), f16_pair(y.x, y.y), f16_pair(y.z, y.w)};
  }
#pragma unroll
  for (int u = 0; u < (columns + 31) / 32; u++) {
    const int pair = t % 32, d = (t / 32 + 4 * u) * 8;
    if (d >= columns) break;
    const float4 low[2] = {from.v[4 * u][t], from.v[4 * u + 1][t]}, high[2] = {from.v[4 * u + 2][t], from.v[4 * u + 3][t]};
    const auto put = [&](int e, float of_first, float of_second) {  // column d + e, whose e is its row's number modulo 8
      *reinterpret_cast<uint32_t*>(&to.v[d + e][8 * (pair / 4 ^ e) + 2 * (pair % 4)]) = f16_pair(of_first, of_second);
    };
#pragma unroll
    for (int c = 0; c < 2; c++) {
      put(4 * c, low[c].x, high[c].x), put(4 * c + 1, low[c].y, high[c].y);
      put(4 * c + 2, low[c].z, high[c].z), put(4 * c + 3, low[c].w, high[c].w);
    }
  }
}

template <int columns>
__device__ void load_tiles(const Attention<float>& a, int64_t b, int64_t h, int seen, bool fours, Stage<columns>* stage, Staged<columns>* staged, Mbarrier* full, Mbarrier* empty) {
  Turn turn;
  if (seen > 0) start_tile(staged[0], a, b, h, 0, fours);
  copy_async_commit();
  for (int j0 = 0, now = 0; j0 < seen; j0 += keys_at_once, now ^= 1, turn.next()) {
    if (j0 + keys_at_once < seen) start_tile(staged[now ^ 1], a, b, h, j0 + keys_at_once, fours);
    copy_async_commit();
    copy_async_wait<1>();                     // all but the next tile
    empty[turn.stage].wait(turn.parity ^ 1);  // of a barrier that nobody used yet, the phase before the first has ended
    convert_tile(stage[turn.stage], staged[now]);
    publish_to_wgmma();
    full[turn.stage].arrive();
  }
}

template <int columns>
__device__ void multiply_tiles(const Attention<float>& a, int64_t b, int64_t h, int64_t first, int seen, const Stage<columns>* stage, Mbarrier* full, Mbarrier* empty) {
  const int lane = threadIdx.x % 32;
  const int seen_by_group = static_cast<int>(a.causal ? min(a.keys, first + group_queries) : a.keys);
  first += threadIdx.x % 128 / 32 * 16;  // the warp's
  uint32_t q[columns / 16][4];
  float o[columns / 8][4] = {};
  load_queries<F16, columns>(q, a, b, h, first);
  OnlineSoftmax sums;
  Turn turn;
  for (int j0 = 0; j0 < seen; j0 += keys_at_once, turn.next()) {
    full[turn.stage].wait(turn.parity);
    if (j0 < seen_by_group) {
      const Stage<columns>& tile = stage[turn.stage];
      float s[keys_at_once / 8][4] = {}, shrink[2];
      wgmma_settle(s), wgmma_settle(q);
      wgmma_begin();
#pragma unroll
      for (int i = 0; i < columns / 16; i++) wgmma_f16(s, q[i], wgmma_operand(tile.k[i / 4]) + 2 * (i % 4));
      wgmma_end();
      wgmma_settle(s);
      sums.take(s, shrink, a, b, first + lane_group(), j0);
      uint32_t weights[keys_at_once / 16][4];
#pragma unroll
      for (int j = 0; j < keys_at_once / 16; j++)
#pragma unroll
        for (int e = 0; e < 4; e++) weights[j][e] = f16_pair(s[2 * j + e / 2][2 * (e % 2)], s[2 * j + e / 2][2 * (e % 2) + 1]);
#pragma unroll
      for (int i = 0; i < columns / 8; i++)
#pragma unroll
        for (int e = 0; e < 4; e++) o[i][e] *= shrink[e / 2];
      wgmma_settle(o), wgmma_settle(weights);
      wgmma_begin();
#pragma unroll
      for (int j = 0; j < keys_at_once / 16; j++) wgmma_f16(o, weights[j], wgmma_operand(tile.v) + 2 * j);
      wgmma_end();
      wgmma_settle(o);
    }
    if (lane == 0) empty[turn.stage].arrive();
  }
  finish_rows(a, b, h, first, o, sums);
}

template <int columns>
__global__ void __launch_bounds__(threads, 1) attention_wgmma(const Attention<float> a, int tiles, bool fours) {
  DYNAMIC_SHARED(unsigned char, raw);
  auto* stage = reinterpret_cast<Stage<columns>*>(raw + (1024 - shared_address(raw) % 1024) % 1024);
  auto* staged = reinterpret_cast<Staged<columns>*>(stage + stages);
  Mbarrier *full = reinterpret_cast<Mbarrier*>(staged + stages), *empty = full + stages;
  const int bh = static_cast<int>(blockIdx.x) / tiles, b = bh / static_cast<int>(a.heads), h = bh - b * static_cast<int>(a.heads);
  const int64_t first = int64_t{static_cast<int>(blockIdx.x) % tiles} * (groups * group_queries);
  const int at_work = a.queries - first > group_queries ? 2 : 1;  // groups that have queries
  const int seen = static_cast<int>(a.causal ? min(a.keys, first + at_work * group_queries) : a.keys);
  if (threadIdx.x == 0) {
    for (int s = 0; s < stages; s++) full[s].init(loaders), empty[s].init(4 * at_work);  // a lane of each warp that multiplies
    publish_mbarriers();
  }
  __syncthreads();  // the barriers are there
  const int group = static_cast<int>(threadIdx.x) / 128 - 1;
  if (group < 0) {
    keep_registers<72>();
    load_tiles(a, b, h, seen, fours, stage, staged, full, empty);
  } else {
    take_registers<216>();
    if (group < at_work) multiply_tiles(a, b, h, first + group * group_queries, seen, stage, full, empty);
  }
}

}  // namespace

void attention_v4_wgmma(const Attention<float>& a) {
  const int64_t tiles = block_count(a.queries, groups * group_queries);
  const bool fours = aligned_for_fours(a.k, a.k_at, a.size) && aligned_for_fours(a.v, a.v_at, a.size);
  with_warp_columns(a.size, [&]<int n>() { launch(attention_wgmma<n>, blocks_for(a.batch * a.heads * tiles, 1), dim3(threads), shared_bytes<n>, a, tiles, fours); });
}
#else
void attention_v4_wgmma(const Attention<float>&) { fail(ErrorKind::internal, "the emulator has no wgmma"); }
#endif

}  // namespace ceir
