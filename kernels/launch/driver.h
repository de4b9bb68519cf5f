// The CUDA driver as a Runtime (runtime.h). Tests name another library.
#pragma once
#include "kernels/launch/runtime.h"

namespace ceir {

// Opens `library` and asks it for its functions. Throws Error(usage): not there, without a function, too old, no device.
// The table that it returns is one for the process: a second call replaces the library behind it.
const Runtime& open_cuda_driver(const char* library);

}  // namespace ceir
