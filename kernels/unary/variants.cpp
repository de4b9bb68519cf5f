#include "kernels/launch/rung.h"
#include "kernels/unary/unary_ref.h"

namespace ceir {

#if defined(__x86_64__)
void unary_avx2(const UnaryForward<float>&);
void unary_avx512(const UnaryForward<float>&);
void unary_backward_avx2(const UnaryBackward<float>&);
void unary_backward_avx512(const UnaryBackward<float>&);
#endif
CEIR_RUNG void unary_v1_naive(const UnaryForward<float>&);
CEIR_RUNG void unary_v2_vector(const UnaryForward<float>&);
CEIR_RUNG void unary_backward_v1_naive(const UnaryBackward<float>&);
CEIR_RUNG void unary_backward_v2_vector(const UnaryBackward<float>&);

const char* name_of(Unary f) {
  switch (f) {
    case Unary::none: return "none";
    case Unary::exp: return "exp";
    case Unary::log: return "log";
    case Unary::tanh: return "tanh";
    case Unary::sigmoid: return "sigmoid";
    case Unary::relu: return "relu";
    case Unary::gelu_erf: return "gelu_erf";
    case Unary::gelu_tanh: return "gelu_tanh";
    case Unary::quick_gelu: return "quick_gelu";
  }
  return "?";
}

bool derivative_from_output(Unary f) {
  return f == Unary::exp || f == Unary::tanh || f == Unary::sigmoid || f == Unary::relu;
}

const Table<UnaryForward<float>> unary_variants{"unary", {
    {"cuda.v2", Device::cuda, unary_v2_vector, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, unary_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx512", Device::cpu, unary_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, unary_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, unary_ref<float>}}};
const Table<UnaryForward<double>> unary_f64_variants{"unary.f64", {{"ref", Device::cpu, unary_ref<double>}}};
const Table<UnaryBackward<float>> unary_backward_variants{"unary_backward", {
    {"cuda.v2", Device::cuda, unary_backward_v2_vector, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, unary_backward_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx512", Device::cpu, unary_backward_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, unary_backward_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, unary_backward_ref<float>}}};
const Table<UnaryBackward<double>> unary_backward_f64_variants{
    "unary_backward.f64", {{"ref", Device::cpu, unary_backward_ref<double>}}};

}  // namespace ceir
