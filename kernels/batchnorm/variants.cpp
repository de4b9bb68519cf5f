#include "kernels/batchnorm/batchnorm_ref.h"

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

const Table<BatchStatistics<float>> batch_statistics_variants{"batch_statistics", {
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
