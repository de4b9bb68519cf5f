// Every implementation of kernels/pool.
#include "kernels/launch/rung.h"
#include "kernels/pool/pool_ref.h"

namespace ceir {

CEIR_RUNG void max_pool_v1_naive(const MaxPool<float>&);
CEIR_RUNG void max_pool_backward_v1_naive(const MaxPoolBackward<float>&);
CEIR_RUNG void avg_pool_v1_naive(const AvgPool<float>&);
CEIR_RUNG void avg_pool_backward_v1_naive(const AvgPoolBackward<float>&);

// NVIDIA's (pool_cudnn.cpp).
const char* max_pool_fits_cudnn(const MaxPool<float>&);
const char* avg_pool_fits_cudnn(const AvgPool<float>&);
void max_pool_cudnn(const MaxPool<float>&);
void avg_pool_cudnn(const AvgPool<float>&);

const Table<MaxPool<float>> max_pool_variants{"max_pool", {
  {"cuda.v1", Device::cuda, max_pool_v1_naive, on_device<any_gpu>},
  {"cudnn", Device::cuda, max_pool_cudnn, max_pool_fits_cudnn},  // by name only: the rung above always fits
  {"ref", Device::cpu, max_pool_ref<float>},
}};
const Table<MaxPool<double>> max_pool_f64_variants{"max_pool_f64", {
  {"ref", Device::cpu, max_pool_ref<double>},
}};
const Table<MaxPoolBackward<float>> max_pool_backward_variants{"max_pool_backward", {
  {"cuda.v1", Device::cuda, max_pool_backward_v1_naive, on_device<any_gpu>},
  {"ref", Device::cpu, max_pool_backward_ref<float>},
}};
const Table<MaxPoolBackward<double>> max_pool_backward_f64_variants{"max_pool_backward_f64", {
  {"ref", Device::cpu, max_pool_backward_ref<double>},
}};
const Table<AvgPool<float>> avg_pool_variants{"avg_pool", {
  {"cuda.v1", Device::cuda, avg_pool_v1_naive, on_device<any_gpu>},
  {"cudnn", Device::cuda, avg_pool_cudnn, avg_pool_fits_cudnn},  // by name only: the rung above always fits
  {"ref", Device::cpu, avg_pool_ref<float>},
}};
const Table<AvgPool<double>> avg_pool_f64_variants{"avg_pool_f64", {
  {"ref", Device::cpu, avg_pool_ref<double>},
}};
const Table<AvgPoolBackward<float>> avg_pool_backward_variants{"avg_pool_backward", {
  {"cuda.v1", Device::cuda, avg_pool_backward_v1_naive, on_device<any_gpu>},
  {"ref", Device::cpu, avg_pool_backward_ref<float>},
}};
const Table<AvgPoolBackward<double>> avg_pool_backward_f64_variants{"avg_pool_backward_f64", {
  {"ref", Device::cpu, avg_pool_backward_ref<double>},
}};

}  // namespace ceir
