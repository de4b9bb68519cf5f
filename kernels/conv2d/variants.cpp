// Every implementation of kernels/conv2d/patches.h. Moving windows is bound by memory; the arithmetic is the matrix product's.
#include "kernels/conv2d/patches_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

CEIR_RUNG void patches_v1_naive(const Patches<float>&);
CEIR_RUNG void patches_backward_v1_naive(const PatchesBackward<float>&);
CEIR_RUNG void patches_v2_vector(const Patches<float>&);
CEIR_RUNG void patches_backward_v2_vector(const PatchesBackward<float>&);

// Four floats of a window's line are then four of a picture's line, and begin where four do.
template <class Args>
static const char* fits_fours(const Args& p) {
  const PatchGeometry& g = p.geometry;
  if (g.kernel_width % 4 != 0 || g.stride % 4 != 0 || g.padding % 4 != 0 || g.width % 4 != 0)
    return "the windows' width, their stride and padding, and the picture's width must be multiples of 4";
  return device_lacks(any_gpu);
}

const Table<Patches<float>> patches_variants{"patches", {
  {"cuda.v2", Device::cuda, patches_v2_vector, fits_fours},
  {"cuda.v1", Device::cuda, patches_v1_naive, on_device<any_gpu>},
  {"ref", Device::cpu, patches_ref<float>},
}};
const Table<Patches<double>> patches_f64_variants{"patches_f64", {
  {"ref", Device::cpu, patches_ref<double>},
}};
const Table<PatchesBackward<float>> patches_backward_variants{"patches_backward", {
  {"cuda.v2", Device::cuda, patches_backward_v2_vector, fits_fours},
  {"cuda.v1", Device::cuda, patches_backward_v1_naive, on_device<any_gpu>},
  {"ref", Device::cpu, patches_backward_ref<float>},
}};
const Table<PatchesBackward<double>> patches_backward_f64_variants{"patches_backward_f64", {
  {"ref", Device::cpu, patches_backward_ref<double>},
}};

}  // namespace ceir
