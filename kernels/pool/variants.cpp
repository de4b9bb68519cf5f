// Every implementation of kernels/pool.
#include "kernels/conv2d/channels_last.h"
#include "kernels/launch/rung.h"
#include "kernels/pool/pool_ref.h"

namespace ceir {

CEIR_RUNG void max_pool_v1_naive(const MaxPool<float>&);
CEIR_RUNG void max_pool_backward_v1_naive(const MaxPoolBackward<float>&);
CEIR_RUNG void avg_pool_v1_naive(const AvgPool<float>&);
CEIR_RUNG void avg_pool_backward_v1_naive(const AvgPoolBackward<float>&);
CEIR_RUNG void max_pool_v2_vector(const MaxPool<float>&);
CEIR_RUNG void avg_pool_v2_vector(const AvgPool<float>&);

template <class Args>
static const char* fits_fours(const Args& p) {
  return p.geometry.channels_last % 4 == 0 ? device_lacks(any_gpu) : "it takes four channels at a time, which must come last and be a multiple of 4";
}

// Rows of channels as the CPU's vectors like them, for inference.
template <class T>
static const char* fits_rows(const MaxPool<T>& p) {
  return p.geometry.channels_last > 1 && !p.where ? nullptr : "it is for channels that come last, and keeps no places";
}
template <class T>
static const char* fits_rows(const AvgPool<T>& p) {
  return p.geometry.channels_last > 1 && p.geometry.size == p.geometry.stride ? nullptr : "it is for channels that come last, and windows without overlap";
}
template <class T>
static void max_pool_rows(const MaxPool<T>& p) {
  const PoolGeometry& g = p.geometry;
  const int64_t c = g.channels_last, in = g.height * g.width * c, out = g.out_height() * g.out_width() * c;
  parallel_for(g.planes / c, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) max_pool_channels_last(p.x + i * in, {g.height, g.width, c, g.size, g.stride, g.padding}, p.y + i * out);
  });
}
template <class T>
static void avg_pool_rows(const AvgPool<T>& p) {
  const PoolGeometry& g = p.geometry;
  const int64_t c = g.channels_last, in = g.height * g.width * c, out = g.out_height() * g.out_width() * c;
  parallel_for(g.planes / c, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) average_pool_channels_last(p.x + i * in, g.height, g.width, c, g.size, p.y + i * out);
  });
}

// NVIDIA's (pool_cudnn.cpp).
const char* max_pool_fits_cudnn(const MaxPool<float>&);
const char* avg_pool_fits_cudnn(const AvgPool<float>&);
void max_pool_cudnn(const MaxPool<float>&);
void avg_pool_cudnn(const AvgPool<float>&);

const Table<MaxPool<float>> max_pool_variants{"max_pool", {
  {"cuda.v2", Device::cuda, max_pool_v2_vector, fits_fours},
  {"cuda.v1", Device::cuda, max_pool_v1_naive, on_device<any_gpu>},
  {"cudnn", Device::cuda, max_pool_cudnn, max_pool_fits_cudnn},  // by name only: the rung above always fits
  {"rows", Device::cpu, max_pool_rows<float>, fits_rows<float>},
  {"ref", Device::cpu, max_pool_ref<float>},
}};
const Table<MaxPool<double>> max_pool_f64_variants{"max_pool_f64", {
  {"rows", Device::cpu, max_pool_rows<double>, fits_rows<double>},
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
  {"cuda.v2", Device::cuda, avg_pool_v2_vector, fits_fours},
  {"cuda.v1", Device::cuda, avg_pool_v1_naive, on_device<any_gpu>},
  {"cudnn", Device::cuda, avg_pool_cudnn, avg_pool_fits_cudnn},  // by name only: the rung above always fits
  {"rows", Device::cpu, avg_pool_rows<float>, fits_rows<float>},
  {"ref", Device::cpu, avg_pool_ref<float>},
}};
const Table<AvgPool<double>> avg_pool_f64_variants{"avg_pool_f64", {
  {"rows", Device::cpu, avg_pool_rows<double>, fits_rows<double>},
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
