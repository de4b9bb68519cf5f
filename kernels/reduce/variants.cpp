#include "kernels/reduce/reduce_ref.h"

namespace ceir {

const Table<Reduce<float>> reduce_variants{"reduce", {{"ref", Device::cpu, reduce_ref<float>}}};
const Table<Reduce<double>> reduce_f64_variants{"reduce.f64", {{"ref", Device::cpu, reduce_ref<double>}}};

}  // namespace ceir
