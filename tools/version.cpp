#include "tools/version.h"

#include <fmt/core.h>

#include "data/image.h"
#include "kernels/base/cpu.h"
#include "kernels/base/threads.h"
#include "kernels/base/version.h"
#include "kernels/launch/registration.h"
#include "kernels/launch/runtime.h"
#include "tensor/io/http.h"

namespace ceir {
namespace {

// What this program was linked with; whether there is such a device is another question (`ceir doctor`).
const char* devices() {
  if (emulator_runtime()) return "kernels for a GPU in the block emulator (--device emu)";
  return registered_kernel_count() > 0 ? "kernels for a GPU (--device cuda)" : "no kernels for a GPU in this build";
}

}  // namespace

std::string version_text() {
  return fmt::format(
      "ceir {}\nbuilt with {} {}, {}\nprocessor {}: {}; {} threads\nJPEG: {}; PNG, BMP, PNM: our own; {}\ndownloads by {}\n", version(),
#if defined(__clang__)
      "clang", __clang_version__,
#else
      "gcc", __VERSION__,
#endif
#if defined(__OPTIMIZE__)
      "optimised",
#else
      "not optimised",
#endif
      cpu_model(), cpu_features(), thread_count(), jpeg_decoder(), devices(), http_backend());
}

}  // namespace ceir
