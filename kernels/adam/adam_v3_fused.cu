// v3: all parameters in one launch. A VAE has a dozen of them, most of a few hundred elements: one launch each is a dozen
//     launches for what a few blocks do in no time. The table of where they lie goes along as the kernel's argument, up to 48 a
//     launch (an argument may have 4 KiB); a block finds its parameter by halving the table, and is one of 1024 elements.
#include "kernels/adam/adam_device.h"

namespace ceir {
namespace {

constexpr int threads = 256, most = 48;
constexpr int64_t block_size = 4 * threads;

struct Slots {
  AdamUpdate<float> update[most];
  unsigned first_block[most + 1];  // of each parameter; the last is the number of blocks
  int count;
  unsigned long long aligned;      // a bit for each
};
static_assert(sizeof(Slots) <= 4096, "a kernel's arguments have 4 KiB");

__global__ void adam_fused(const __grid_constant__ Slots slots) {
  int low = 0, high = slots.count;  // first_block[low] <= this block < first_block[high]
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (slots.first_block[middle] <= blockIdx.x) low = middle;
    else high = middle;
  }
  const int64_t i = int64_t{blockIdx.x - slots.first_block[low]} * block_size + 4 * threadIdx.x;
  adam_four(slots.update[low], i, slots.aligned >> low & 1);
}

}  // namespace

void adam_all_v3_fused(const AdamAll<float>& a) {
  for (int64_t begin = 0; begin < a.count; begin += most) {
    Slots slots{};
    for (int64_t p = begin; p < a.count && slots.count < most; p++) {
      const AdamUpdate<float>& u = a.updates[p];
      if (adam_aligned(u)) slots.aligned |= 1ull << slots.count;
      slots.update[slots.count] = u;
      const int64_t blocks = int64_t{slots.first_block[slots.count]} + block_count(u.n, block_size);
      slots.first_block[++slots.count] = block_count(blocks, 1);
    }
    launch(adam_fused, dim3(slots.first_block[slots.count]), dim3(threads), 0, slots);
  }
}

}  // namespace ceir
