// Every implementation of kernels/pool.
#include "kernels/pool/pool_ref.h"

namespace ceir {

const Table<MaxPool<float>> max_pool_variants{"max_pool", {
  {"ref", Device::cpu, max_pool_ref<float>},
}};
const Table<MaxPool<double>> max_pool_f64_variants{"max_pool_f64", {
  {"ref", Device::cpu, max_pool_ref<double>},
}};
const Table<MaxPoolBackward<float>> max_pool_backward_variants{"max_pool_backward", {
  {"ref", Device::cpu, max_pool_backward_ref<float>},
}};
const Table<MaxPoolBackward<double>> max_pool_backward_f64_variants{"max_pool_backward_f64", {
  {"ref", Device::cpu, max_pool_backward_ref<double>},
}};
const Table<AvgPool<float>> avg_pool_variants{"avg_pool", {
  {"ref", Device::cpu, avg_pool_ref<float>},
}};
const Table<AvgPool<double>> avg_pool_f64_variants{"avg_pool_f64", {
  {"ref", Device::cpu, avg_pool_ref<double>},
}};
const Table<AvgPoolBackward<float>> avg_pool_backward_variants{"avg_pool_backward", {
  {"ref", Device::cpu, avg_pool_backward_ref<float>},
}};
const Table<AvgPoolBackward<double>> avg_pool_backward_f64_variants{"avg_pool_backward_f64", {
  {"ref", Device::cpu, avg_pool_backward_ref<double>},
}};

}  // namespace ceir
