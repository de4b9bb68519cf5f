// How the rungs of batch normalisation share the work, and what adds it up.
//
// A block of 1024 threads does `across` channels, `down` threads each: 32 channels side by side in (N, C), so that a warp
// reads 128 bytes of neighbours, and one channel in (N, C, H, W), whose elements are neighbours themselves.
// A thread's elements, and the order in which threads are added, follow from n and inner alone.
#pragma once
#include "kernels/launch/warp.h"

namespace ceir {

constexpr int batchnorm_threads = 1024;

struct ChannelShare {
  int across, down;            // across * down == batchnorm_threads
  int64_t channel, first;      // this thread's channel, and the first of its elements in it: first, first + down, ...
  bool inside;

  __device__ ChannelShare(int64_t channels, int64_t inner) {
    across = inner == 1 ? 32 : 1, down = batchnorm_threads / across;
    channel = int64_t{blockIdx.x} * across + threadIdx.x % across, first = threadIdx.x / across;
    inside = channel < channels;
  }
  // Calls f with the places of this thread's elements, in ascending order.
  template <class F>
  __device__ void each(int64_t n, int64_t channels, int64_t inner, const F& f) const {
    if (!inside) return;
    const int64_t rows = down / inner, rest = down % inner;  // so that a step needs no division
    for (int64_t i = first / inner, s = first % inner; i < n;) {
      f((i * channels + channel) * inner + s);
      i += rows, s += rest;
      if (s >= inner) s -= inner, i++;
    }
  }
};

inline dim3 batchnorm_blocks(int64_t channels, int64_t inner) { return blocks_for(channels, inner == 1 ? 32 : 1); }

// The sum over the threads of each channel, for all of them: by shuffles when a warp has one channel; when its lanes have 32,
// through shared memory, turned so that again a warp adds what belongs to one channel. share: batchnorm_threads values.
__device__ inline double channel_sum(double v, int across, double* share) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  __syncthreads();  // whoever read share before is done
  if (across == 1) {
    v = warp_sum(v);
    if (lane == 0) share[warp] = v;
  } else {
    share[warp * 32 + (lane + warp) % 32] = v;  // turned by a place a row: no two lanes meet in a bank
  }
  __syncthreads();  // all have written
  if (across == 1) return warp_sum(share[lane]);
  const double sum = warp_sum(share[lane * 32 + (warp + lane) % 32]);  // of channel `warp`
  if (lane == 0) share[warp] = sum;  // where nobody but this lane has read
  __syncthreads();  // the sums are there
  return share[lane];
}

}  // namespace ceir
