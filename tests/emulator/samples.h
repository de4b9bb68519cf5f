// Small kernels, right and wrong, for the emulator's own tests. samples.cu has them; each mistake is on the line that the
// test finds in the source by its comment, so that moving lines breaks nothing.
#pragma once
#include <cstdint>

namespace ceir::test {

void scale(float* y, const float* x, float factor, int64_t n);             // right
void block_sum(float* sums, const float* x, int64_t rows, int64_t width);  // right: shared memory and shuffles
void histogram(int* bins, const int* x, int64_t n);                        // right: atomics
void votes(unsigned* masks, const int* x);                                 // right: one warp
void strided_shared(float* y, int stride);                                  // right: lane i at word i * stride
void index_past_end(float* y, const float* x, int64_t n);
void missing_barrier(float* y, const float* x);
void uninitialised_shared(float* y);
void uninitialised_global(float* y, const float* x);
void divergent_barrier(float* y, const float* x);
void barrier_after_return(float* y, const float* x);
void mask_without_lane(float* y, const float* x);
void waits_for_the_gone(float* y, const float* x);
void shared_past_end(float* y);
void row_past_end(float* y);
void own_array_past_end(float* y, int n);
void two_blocks_one_word(float* y);
void misaligned_vector(float* y, const float* x);
void missing_warp_barrier(float* y, const float* x);
void histogram_without_atomics(int* bins, const int* x, int64_t n);
void null_pointer(float* y);
void too_many_threads(float* y);

}  // namespace ceir::test
