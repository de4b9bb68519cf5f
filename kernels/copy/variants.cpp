#include "kernels/copy/copy_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

CEIR_RUNG void copy_v1_naive(const StridedCopy&);

const Table<StridedCopy> copy_variants{"copy", {
    {"cuda.v1", Device::cuda, copy_v1_naive, on_device<any_gpu>},
    {"ref", Device::cpu, copy_ref}}};

}  // namespace ceir
