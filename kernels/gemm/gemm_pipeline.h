// What the rungs with a pipeline to the tensor cores share (v7, v8): 256 threads compute 128 x 128 of C, a warp 64 x 32 of it.
//
// Tiles of A and B are 128 rows (of B: columns) of 32 floats in shared memory, k along the row: 128 bytes, all the banks. The
// eight 16-byte pieces of row r lie in the order of piece ^ (r % 8), so that the same piece of eight neighbouring rows is in eight
// different places, and neither the copies nor ldmatrix meet in a bank. ldmatrix moves 16-bit elements; to it, four floats are a row of
// eight, and a lane receives one whole float: row `group`, k = `member`, just what mma wants of tf32.
//
// The operands are f32 in global memory and stay so in shared memory: they are rounded to what the instruction multiplies when
// they are in registers. A struct Digits says how: Digits::depth terms an instruction, Digits::Left and Right its fragments.
#pragma once
#include "kernels/gemm/gemm_device.h"
#include "kernels/launch/async_copy.h"
#include "kernels/launch/tensor_core.h"

namespace ceir::gemm_pipeline {

constexpr int tile = 128, depth = 32, threads = 256, stages = 3;  // 96 KiB: what a block of every generation since sm_80 may have
constexpr int rows = 64, columns = 32;                            // of a warp

struct Stage {
  float a[tile * depth], b[tile * depth];
};
constexpr size_t shared_bytes = stages * sizeof(Stage);

__device__ inline int place_of(int row, int piece) { return row * depth + 4 * (piece ^ row % 8); }

// An operand as rows with k along them: A, or B's columns.
struct Rows {
  const float* at;
  int64_t row, step;    // distances of neighbours
  int64_t count, k;
  __device__ bool by_pieces() const { return step == 1 && row % 4 == 0 && k % 4 == 0 && reinterpret_cast<uintptr_t>(at) % 16 == 0; }
};

// Starts copying 128 rows from `first`, 32 terms from p; zeros beyond the edges.
__device__ inline void copy_rows(float* to, const Rows& from, int64_t first, int64_t p) {
  const int t = threadIdx.x;
  if (from.by_pieces()) {
    for (int r = t / 8; r < tile; r += threads / 8) {
      const bool inside = first + r < from.count && p + 4 * (t % 8) < from.k;
      copy_async16(to + place_of(r, t % 8), inside ? from.at + (first + r) * from.row + p + 4 * (t % 8) : from.at, inside);
    }
    return;
  }
  for (int e = t; e < tile * depth; e += threads) {  // neighbouring lanes along what is dense: 32 terms, or 8 rows of 4 terms
    const int r = from.step == 1 ? e / depth : e % 8 + 8 * (e / 32 % 16), q = from.step == 1 ? e % depth : e / 8 % 4 + 4 * (e / 512);
    const bool inside = first + r < from.count && p + q < from.k;
    copy_async4(to + place_of(r, q / 4) + q % 4, inside ? from.at + (first + r) * from.row + (p + q) * from.step : from.at, inside);
  }
}

// part += the warp's rows of A from y times its columns of B from x, over the terms of a stage.
template <class Digits>
__device__ inline void multiply_stage(const Stage& now, int y, int x, float (&part)[4][4][4]) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int q = 0; q < depth; q += Digits::depth) {
    typename Digits::Left left[4];
    typename Digits::Right right[4];
    uint32_t raw[Digits::depth / 8][4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
      for (int h = 0; h < Digits::depth / 8; h++)
        ldmatrix4(raw[h], now.a + place_of(y + 16 * i + lane % 16, q / 4 + 2 * h + lane / 16));
      left[i].set(raw);
    }
#pragma unroll
    for (int j = 0; j < 4; j += 2) {
#pragma unroll
      for (int h = 0; h < Digits::depth / 8; h++)
        ldmatrix4(raw[h], now.b + place_of(x + 8 * j + lane % 8 + 8 * (lane / 16), q / 4 + 2 * h + lane / 8 % 2));
      right[j].set(raw, 0), right[j + 1].set(raw, 2);
    }
    Digits::multiply(part, left, right);
  }
}

// The whole block's work. Digits::add(sum, part) is called after each stage with what the stage gave; finish(i, j, s0, s1) takes two
// neighbours of C.
template <class Digits, class Finish>
__device__ inline void multiply(const Gemm<float>& g, const Finish& finish) {
  DYNAMIC_SHARED(Stage, stage);
  const Rows a{g.a, g.a_row, g.a_col, g.m, g.k}, b{g.b, g.b_col, g.b_row, g.n, g.k};
  const int64_t row = int64_t{blockIdx.y} * tile, column = int64_t{blockIdx.x} * tile;
  const int warp = threadIdx.x / 32, y = rows * (warp / 4), x = columns * (warp % 4);
  const auto start = [&](int s, int64_t p) {
    if (p < g.k) copy_rows(stage[s].a, a, row, p), copy_rows(stage[s].b, b, column, p);
    copy_async_commit();  // a group a step, empty ones too: so the count that is waited for is always the same
  };
  for (int s = 0; s < stages - 1; s++) start(s, int64_t{s} * depth);
  typename Digits::Sums sums;
  int now = 0, next = stages - 1;
  for (int64_t p = 0; p < g.k; p += depth) {
    copy_async_wait<stages - 2>();
    __syncthreads();  // this stage is there for all, and all are done with the one that is filled next
    start(next, p + (stages - 1) * depth);
    multiply_stage<Digits>(stage[now], y, x, sums.part);
    sums.stage_ends();
    now = now + 1 == stages ? 0 : now + 1, next = next + 1 == stages ? 0 : next + 1;
  }
  // Of instruction (i, j), a lane holds (group, 2 member), (group, 2 member + 1), and the same of row group + 8.
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int i = 0; i < 4; i++)
#pragma unroll
    for (int j = 0; j < 4; j++)
#pragma unroll
      for (int e = 0; e < 4; e += 2)
        finish(row + y + 16 * i + lane / 4 + 4 * e, column + x + 8 * j + 2 * (lane % 4), sums.total(i, j, e), sums.total(i, j, e + 1));
}

inline dim3 grid_of(const Gemm<float>& g) { return dim3(block_count(g.n, tile), block_count(g.m, tile)); }

__device__ inline float number(uint32_t word) { return __uint_as_float(word); }

}  // namespace ceir::gemm_pipeline
