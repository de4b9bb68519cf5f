#include "kernels/batchnorm/moments_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

CEIR_RUNG void batch_moments_v1_naive(const BatchMoments<float>&);

const Table<BatchMoments<float>> batch_moments_variants{"batch_moments", {
    {"cuda.v1", Device::cuda, batch_moments_v1_naive, on_device<any_gpu>},
    {"ref", Device::cpu, batch_moments_ref<float>}}};
const Table<BatchMoments<double>> batch_moments_f64_variants{"batch_moments.f64", {{"ref", Device::cpu, batch_moments_ref<double>}}};

}  // namespace ceir
