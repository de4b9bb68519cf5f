#include "kernels/batchnorm/batchnorm_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

#if defined(__x86_64__)
void batch_statistics_avx2(const BatchStatistics<float>&);
void batch_statistics_avx2(const BatchStatistics<double>&);
void batch_statistics_avx512(const BatchStatistics<float>&);
void batch_statistics_avx512(const BatchStatistics<double>&);
void batchnorm_avx2(const BatchNorm<float>&);
void batchnorm_avx2(const BatchNorm<double>&);
void batchnorm_avx512(const BatchNorm<float>&);
void batchnorm_avx512(const BatchNorm<double>&);
void batchnorm_backward_avx2(const BatchNormBackward<float>&);
void batchnorm_backward_avx2(const BatchNormBackward<double>&);
void batchnorm_backward_avx512(const BatchNormBackward<float>&);
void batchnorm_backward_avx512(const BatchNormBackward<double>&);
#endif
CEIR_RUNG void batch_statistics_v1_naive(const BatchStatistics<float>&);
CEIR_RUNG void batch_statistics_v2_block(const BatchStatistics<float>&);
CEIR_RUNG void batch_statistics_v3_one_pass(const BatchStatistics<float>&);
CEIR_RUNG void batchnorm_v1_naive(const BatchNorm<float>&);
CEIR_RUNG void batchnorm_v2_block(const BatchNorm<float>&);
CEIR_RUNG void batchnorm_backward_v1_naive(const BatchNormBackward<float>&);
CEIR_RUNG void batchnorm_backward_v2_block(const BatchNormBackward<float>&);

// NVIDIA's (batchnorm_cudnn.cpp).
const char* batchnorm_backward_fits_cudnn(const BatchNormBackward<float>&);
void batchnorm_backward_cudnn(const BatchNormBackward<float>&);

const Table<BatchStatistics<float>> batch_statistics_variants{"batch_statistics", {
    {"cuda.v3", Device::cuda, batch_statistics_v3_one_pass, on_device<any_gpu>},
    {"cuda.v2", Device::cuda, batch_statistics_v2_block, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, batch_statistics_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx512", Device::cpu, batch_statistics_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, batch_statistics_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, batch_statistics_ref<float>}}};
const Table<BatchStatistics<double>> batch_statistics_f64_variants{"batch_statistics.f64", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, batch_statistics_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, batch_statistics_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, batch_statistics_ref<double>}}};
const Table<BatchNorm<float>> batchnorm_variants{"batchnorm", {
    {"cuda.v2", Device::cuda, batchnorm_v2_block, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, batchnorm_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx512", Device::cpu, batchnorm_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, batchnorm_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, batchnorm_ref<float>}}};
const Table<BatchNorm<double>> batchnorm_f64_variants{"batchnorm.f64", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, batchnorm_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, batchnorm_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, batchnorm_ref<double>}}};
const Table<BatchNormBackward<float>> batchnorm_backward_variants{"batchnorm_backward", {
    {"cuda.v2", Device::cuda, batchnorm_backward_v2_block, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, batchnorm_backward_v1_naive, on_device<any_gpu>},
    {"cudnn", Device::cuda, batchnorm_backward_cudnn, batchnorm_backward_fits_cudnn},  // by name only: the rung above always fits
#if defined(__x86_64__)
    {"avx512", Device::cpu, batchnorm_backward_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, batchnorm_backward_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, batchnorm_backward_ref<float>}}};
const Table<BatchNormBackward<double>> batchnorm_backward_f64_variants{"batchnorm_backward.f64", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, batchnorm_backward_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, batchnorm_backward_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, batchnorm_backward_ref<double>}}};

}  // namespace ceir
