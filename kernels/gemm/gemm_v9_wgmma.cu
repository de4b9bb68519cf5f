// v9: wgmma and TMA. In v7 every thread computes addresses, starts copies, and reads fragments into registers. Here one
//     thread asks for whole boxes of A and B, a unit of the chip copies them, and four warps together multiply straight from
//     shared memory: no register and no instruction is spent on operands. Four stages are under way at a time; the loading warps
//     and the multiplying ones meet at barriers alone, never all at once (warp-specialised). A block per multiprocessor goes
//     through the tiles (persistent), so that the next tile's loads run under this one's epilogue.
//     tf32 as the hardware cuts it: the lower 13 bits of each factor are not read.
// only sm_90a
#include "kernels/gemm/gemm_device.h"
#include "kernels/launch/hopper.h"

namespace ceir {

#if defined(__CUDACC__)
namespace {

constexpr int tile = 128, depth = 32;  // floats: 32 are the 128 bytes that the swizzle works on
constexpr int stages = 4, groups = 2;  // of four warps that multiply, 64 rows each
constexpr int threads = 128 * (1 + groups);
constexpr unsigned stage_bytes = 2 * tile * depth * sizeof(float);
constexpr size_t shared_bytes = 1024 + stages * size_t{stage_bytes} + 2 * stages * sizeof(Mbarrier);  // 1024: to align

struct Stage {
  float a[tile][depth], b[tile][depth];
};

// Which stage is next, and which phase of its barriers.
struct Turn {
  int stage = 0;
  unsigned parity = 0;
  __device__ void next() {
    if (++stage == stages) stage = 0, parity ^= 1;
  }
};

__device__ void load_tiles(const Gemm<float>& g, const TensorMap& a, const TensorMap& b, Stage* stage, Mbarrier* full, Mbarrier* empty, int64_t columns, int64_t tiles) {
  Turn turn;
  for (int64_t t = blockIdx.x; t < tiles; t += gridDim.x) {
    const int row = static_cast<int>(t / columns) * tile, column = static_cast<int>(t % columns) * tile;
    for (int p = 0; p < g.k; p += depth, turn.next()) {
      empty[turn.stage].wait(turn.parity ^ 1);  // of a barrier that nobody used yet, the phase before the first has ended
      full[turn.stage].arrive_and_expect(stage_bytes);
      load_tile(stage[turn.stage].a, a, row, p, full[turn.stage]);
      load_tile(stage[turn.stage].b, b, column, p, full[turn.stage]);
    }
  }
}

__device__ void multiply_tiles(const Gemm<float>& g, const Stage* stage, Mbarrier* full, Mbarrier* empty, int64_t columns, int64_t tiles) {
  const int group = threadIdx.x / 128 - 1, t128 = threadIdx.x % 128, lane = t128 % 32;
  Turn turn;
  for (int64_t t = blockIdx.x; t < tiles; t += gridDim.x) {
    float sum[64] = {};
    for (int p = 0; p < g.k; p += depth, turn.next()) {
      full[turn.stage].wait(turn.parity);
      const uint64_t a = wgmma_operand(stage[turn.stage].a[64 * group]), b = wgmma_operand(stage[turn.stage].b);
      wgmma_begin();
#pragma unroll
      for (int q = 0; q < depth / 8; q++) wgmma_tf32(sum, a + 2 * q, b + 2 * q);  // 8 floats on: twice 16 bytes
      wgmma_end();
      if (lane == 0) empty[turn.stage].arrive();
    }
    const int64_t row = t / columns * tile + 64 * group + 16 * (t128 / 32) + lane / 4, column = t % columns * tile + 2 * (lane % 4);
#pragma unroll
    for (int j = 0; j < 16; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) finish(g, row + 8 * (e / 2), column + 8 * j + e % 2, sum[4 * j + e]);
  }
}

__global__ void __launch_bounds__(threads, 1) gemm_wgmma(const Gemm<float> g, const __grid_constant__ TensorMap a, const __grid_constant__ TensorMap b) {
  DYNAMIC_SHARED(unsigned char, raw);
  Stage* stage = reinterpret_cast<Stage*>(raw + (1024 - shared_address(raw) % 1024) % 1024);
  Mbarrier *full = reinterpret_cast<Mbarrier*>(stage + stages), *empty = full + stages;
  if (threadIdx.x == 0) {
    for (int s = 0; s < stages; s++) full[s].init(1), empty[s].init(4 * groups);  // a lane of each warp that multiplies
    publish_mbarriers();
  }
  __syncthreads();  // the barriers are there
  const int64_t columns = (g.n + tile - 1) / tile, tiles = (g.m + tile - 1) / tile * columns;
  if (threadIdx.x < 128) {
    keep_registers<40>();
    if (threadIdx.x == 0) load_tiles(g, a, b, stage, full, empty, columns, tiles);
  } else {
    take_registers<232>();
    multiply_tiles(g, stage, full, empty, columns, tiles);
  }
}

}  // namespace

void gemm_v9_wgmma(const Gemm<float>& g) {
  const TensorMap a = tensor_map(g.a, g.m, g.k, g.a_row, tile, depth), b = tensor_map(g.b, g.n, g.k, g.b_col, tile, depth);
  const int64_t tiles = int64_t{block_count(g.m, tile)} * block_count(g.n, tile);
  if (tiles == 0) return;
  const int64_t blocks = tiles < current_device().multiprocessors ? tiles : current_device().multiprocessors;
  launch(gemm_wgmma, dim3(static_cast<unsigned>(blocks)), dim3(threads), shared_bytes, g, a, b);
}
#else
void gemm_v9_wgmma(const Gemm<float>&) { fail(ErrorKind::internal, "the emulator has neither wgmma nor TMA"); }
#endif

}  // namespace ceir
