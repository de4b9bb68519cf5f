#include "tools/version.h"

#include <fmt/core.h>

#include "data/image.h"
#include "kernels/base/cpu.h"
#include "kernels/base/threads.h"
#include "kernels/base/version.h"
#include "tensor/io/http.h"

namespace ceir {

std::string version_text() {
  return fmt::format(
      "ceir {}\nbuilt with {} {}, {}\nprocessor {}: {}; {} threads\nJPEG: {}; PNG, BMP, PNM: our own; CUDA: not in this build\ndownloads by {}\n", version(),
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
      cpu_model(), cpu_features(), thread_count(), jpeg_decoder(), http_backend());
}

}  // namespace ceir
