// Every implementation of kernels/convolution.
#include "kernels/convolution/convolution_bands.h"
#include "kernels/convolution/convolution_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

CEIR_RUNG void convolution_v1_naive(const ConvolutionForward<float>&);
CEIR_RUNG void convolution_v2_implicit(const ConvolutionForward<float>&);
CEIR_RUNG void convolution_v3_registers(const ConvolutionForward<float>&);
CEIR_RUNG void convolution_v4_async(const ConvolutionForward<float>&);
CEIR_RUNG void convolution_v5_tf32(const ConvolutionForward<float>&);
CEIR_RUNG void convolution_v5_3xtf32(const ConvolutionForward<float>&);
CEIR_RUNG void convolution_v5_bf16(const ConvolutionForward<float>&);
CEIR_RUNG void convolution_v6_pointwise(const ConvolutionForward<float>&);
CEIR_RUNG void convolution_dx_v1_naive(const ConvolutionBackwardInput<float>&);
CEIR_RUNG void convolution_dx_v2_implicit(const ConvolutionBackwardInput<float>&);
CEIR_RUNG void convolution_dw_v1_naive(const ConvolutionBackwardWeight<float>&);
CEIR_RUNG void convolution_dw_v2_implicit(const ConvolutionBackwardWeight<float>&);

// NVIDIA's (convolution_cudnn.cpp).
const char* convolution_fits_cudnn(const ConvolutionForward<float>&);
void convolution_cudnn(const ConvolutionForward<float>&);

static const char* fits_pointwise(const ConvolutionForward<float>& a) {
  return a.geometry.pointwise() ? device_lacks(any_gpu) : "it is for windows of 1 x 1, channels last; larger ones are gathered";
}

const Table<ConvolutionForward<float>> convolution_variants{"convolution", {
  {"cuda.v4", Device::cuda, convolution_v4_async, on_device<80>},
  {"cuda.v3", Device::cuda, convolution_v3_registers, on_device<any_gpu>},
  {"cuda.v2", Device::cuda, convolution_v2_implicit, on_device<any_gpu>},
  {"cuda.v1", Device::cuda, convolution_v1_naive, on_device<any_gpu>},
  // Run only when asked for by name. v6: the counters give it three times v4's traffic (docs/kernels/convolution.md); it is there for
  // what else gemm's table has. v5: fewer digits.
  {"cuda.v6", Device::cuda, convolution_v6_pointwise, fits_pointwise},
  {"cuda.v5.3xtf32", Device::cuda, convolution_v5_3xtf32, on_device<80>},
  {"cuda.v5.tf32", Device::cuda, convolution_v5_tf32, on_device<80>},
  {"cuda.v5.bf16", Device::cuda, convolution_v5_bf16, on_device<80>},
  {"cudnn", Device::cuda, convolution_cudnn, convolution_fits_cudnn},
  {"bands", Device::cpu, convolution_bands<float>, fits_bands},
  {"ref", Device::cpu, convolution_ref<float>},
}};
const Table<ConvolutionForward<double>> convolution_f64_variants{"convolution.f64", {
  {"bands", Device::cpu, convolution_bands<double>, fits_bands},
  {"ref", Device::cpu, convolution_ref<double>},
}};

const Table<ConvolutionBackwardInput<float>> convolution_dx_variants{"convolution_dx", {
  {"cuda.v2", Device::cuda, convolution_dx_v2_implicit, on_device<any_gpu>},
  {"cuda.v1", Device::cuda, convolution_dx_v1_naive, on_device<any_gpu>},
  {"product", Device::cpu, convolution_dx_product<float>, fits_product},
  {"ref", Device::cpu, convolution_dx_ref<float>},
}};
const Table<ConvolutionBackwardInput<double>> convolution_dx_f64_variants{"convolution_dx.f64", {
  {"product", Device::cpu, convolution_dx_product<double>, fits_product},
  {"ref", Device::cpu, convolution_dx_ref<double>},
}};

const Table<ConvolutionBackwardWeight<float>> convolution_dw_variants{"convolution_dw", {
  {"cuda.v2", Device::cuda, convolution_dw_v2_implicit, on_device<any_gpu>},
  {"cuda.v1", Device::cuda, convolution_dw_v1_naive, on_device<any_gpu>},
  {"product", Device::cpu, convolution_dw_product<float>, fits_product},
  {"ref", Device::cpu, convolution_dw_ref<float>},
}};
const Table<ConvolutionBackwardWeight<double>> convolution_dw_f64_variants{"convolution_dw.f64", {
  {"product", Device::cpu, convolution_dw_product<double>, fits_product},
  {"ref", Device::cpu, convolution_dw_ref<double>},
}};

}  // namespace ceir
