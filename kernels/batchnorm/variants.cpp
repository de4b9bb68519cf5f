#include "kernels/batchnorm/batchnorm_ref.h"

namespace ceir {

const Table<BatchStatistics<float>> batch_statistics_variants{
    "batch_statistics", {{"ref", Device::cpu, batch_statistics_ref<float>}}};
const Table<BatchStatistics<double>> batch_statistics_f64_variants{
    "batch_statistics.f64", {{"ref", Device::cpu, batch_statistics_ref<double>}}};
const Table<BatchNorm<float>> batchnorm_variants{"batchnorm", {{"ref", Device::cpu, batchnorm_ref<float>}}};
const Table<BatchNorm<double>> batchnorm_f64_variants{"batchnorm.f64", {{"ref", Device::cpu, batchnorm_ref<double>}}};
const Table<BatchNormBackward<float>> batchnorm_backward_variants{
    "batchnorm_backward", {{"ref", Device::cpu, batchnorm_backward_ref<float>}}};
const Table<BatchNormBackward<double>> batchnorm_backward_f64_variants{
    "batchnorm_backward.f64", {{"ref", Device::cpu, batchnorm_backward_ref<double>}}};

}  // namespace ceir
