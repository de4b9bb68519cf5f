// The attentions there are.
#include "kernels/attention/attention_ref.h"

namespace ceir {

const Table<Attention<float>> attention_variants{"attention", {
  {"ref", Device::cpu, attention_ref<float>},
}};

const Table<Attention<double>> attention_f64_variants{"attention_f64", {
  {"ref", Device::cpu, attention_ref<double>},
}};

const Table<AttentionBackward<float>> attention_backward_variants{"attention_backward", {
  {"ref", Device::cpu, attention_backward_ref<float>},
}};

const Table<AttentionBackward<double>> attention_backward_f64_variants{"attention_backward_f64", {
  {"ref", Device::cpu, attention_backward_ref<double>},
}};

}  // namespace ceir
