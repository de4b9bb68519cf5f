// mma.sync and ldmatrix, element by element. Layouts: kernels/launch/tensor_core.h. Products are exact, and what an instruction
// adds up is cut off to f32 at its end, not rounded: so tensor cores were found to do (Fasi, Higham, Mikaitis & Pranesh 2021,
// "Numerical behavior of NVIDIA tensor cores"); how many more bits they keep on the way NVIDIA does not state.
#include <cmath>

#include "kernels/base/half.h"
#include "kernels/emulator/engine.h"
#include "kernels/emulator/source_lines.h"

namespace ceir::emulator {

uint32_t tf32_bits(float v) {  // 10 bits of mantissa, ties away from zero (cvt.rna)
  uint32_t bits = std::bit_cast<uint32_t>(v);
  if ((bits & 0x7f800000) != 0x7f800000) bits += 0x1000;
  return bits & 0xffffe000;
}
uint16_t bf16_bits(float v) { return to_bf16(v).bits; }
uint16_t f16_bits(float v) { return to_f16(v).bits; }

namespace {

struct Mma {
  float* c;
  const uint32_t* a;
  const uint32_t* b;
};

float tf32_value(uint32_t word, int) { return std::bit_cast<float>(word & 0xffffe000); }
float bf16_value(uint32_t word, int half) { return widen(bf16{static_cast<uint16_t>(word >> (16 * half))}); }
float f16_value(uint32_t word, int half) { return widen(f16{static_cast<uint16_t>(word >> (16 * half))}); }

// To the neighbour that is nearer to zero; overflow gives infinity.
float cut_off(double x) {
  const float nearest = static_cast<float>(x);
  const bool away = std::isfinite(nearest) && std::abs(static_cast<double>(nearest)) > std::abs(x);
  return away ? std::nextafter(nearest, 0.0f) : nearest;
}

// `packed` elements of k lie in one register: 2 of 16 bits, 1 of tf32.
template <int packed, float (*value)(uint32_t, int)>
void multiply(Thread* const lanes[32], uint32_t arrived) {
  if (arrived != 0xffffffffu) {
    for (int i = 0; i < 32; i++)
      if (lanes[i]) return running->report(Mistake::warp_mismatch, *lanes[i], lanes[i]->where, "mma needs all 32 lanes of the warp", true);
  }
  constexpr int depth = 8 * packed;
  float a[16][depth], b[depth][8];
  for (int lane = 0; lane < 32; lane++) {
    const Mma& m = *static_cast<const Mma*>(lanes[lane]->operands);
    const int group = lane / 4, member = lane % 4;
    for (int e = 0; e < 4; e++)
      for (int half = 0; half < packed; half++)
        a[group + 8 * (e % 2)][packed * (member + 4 * (e / 2)) + half] = value(m.a[e], half);
    for (int e = 0; e < 2; e++)
      for (int half = 0; half < packed; half++) b[packed * (member + 4 * e) + half][group] = value(m.b[e], half);
  }
  for (int lane = 0; lane < 32; lane++) {
    const Mma& m = *static_cast<const Mma*>(lanes[lane]->operands);
    const int group = lane / 4, member = lane % 4;
    for (int e = 0; e < 4; e++) {
      const int row = group + 8 * (e / 2), column = 2 * member + e % 2;
      double sum = static_cast<double>(m.c[e]);
      for (int k = 0; k < depth; k++) sum += static_cast<double>(a[row][k]) * static_cast<double>(b[k][column]);
      m.c[e] = cut_off(sum);
    }
  }
}

struct MatrixRows {
  uint32_t* r;
  const void* row;
  int count;
};

template <bool turned>
void load_matrices(Thread* const lanes[32], uint32_t arrived) {
  if (arrived != 0xffffffffu) {
    for (int i = 0; i < 32; i++)
      if (lanes[i]) return running->report(Mistake::warp_mismatch, *lanes[i], lanes[i]->where, "ldmatrix needs all 32 lanes of the warp", true);
  }
  for (int lane = 0; lane < 32; lane++) {
    const MatrixRows& own = *static_cast<const MatrixRows*>(lanes[lane]->operands);
    for (int matrix = 0; matrix < own.count; matrix++) {
      const auto row = [&](int r) { return static_cast<const char*>(static_cast<const MatrixRows*>(lanes[8 * matrix + r]->operands)->row); };
      char* to = reinterpret_cast<char*>(own.r + matrix);
      if (!turned) {
        std::memcpy(to, row(lane / 4) + 4 * (lane % 4), 4);
        continue;
      }
      for (int half = 0; half < 2; half++) std::memcpy(to + 2 * half, row(2 * (lane % 4) + half) + 2 * (lane / 4), 2);
    }
  }
}

}  // namespace

void mma_tf32(float* c, const uint32_t* a, const uint32_t* b, Where where) {
  Mma m{c, a, b};
  running->in_warp(0xffffffffu, multiply<1, tf32_value>, "mma", &m, where);
}
void mma_bf16(float* c, const uint32_t* a, const uint32_t* b, Where where) {
  Mma m{c, a, b};
  running->in_warp(0xffffffffu, multiply<2, bf16_value>, "mma", &m, where);
}
void mma_f16(float* c, const uint32_t* a, const uint32_t* b, Where where) {
  Mma m{c, a, b};
  running->in_warp(0xffffffffu, multiply<2, f16_value>, "mma", &m, where);
}

namespace {
void load_matrices_at(uint32_t* r, const void* row, int count, WarpOperation operation, uint32_t pc, Where where) {
  // A lane's address counts only for the matrices that are loaded.
  if (watching && lane_index() < 8 * count) watching->access(row, 16, AccessKind::read, pc);
  MatrixRows m{r, row, count};
  running->in_warp(0xffffffffu, operation, "ldmatrix", &m, where);
}
}  // namespace

void ldmatrix(uint32_t* r, const void* row, int count, Where where) {
  load_matrices_at(r, row, count, load_matrices<false>, offset_of(static_cast<const char*>(__builtin_return_address(0)) - 1), where);
}
void ldmatrix_turned(uint32_t* r, const void* row, int count, Where where) {
  load_matrices_at(r, row, count, load_matrices<true>, offset_of(static_cast<const char*>(__builtin_return_address(0)) - 1), where);
}

}  // namespace ceir::emulator
