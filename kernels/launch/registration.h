// What nvcc's objects say about themselves before main(): which binaries they carry, and which kernel of a binary a host
// function stands for. NVIDIA's runtime library usually receives this; ours only writes it down, so that a program with
// CUDA kernels starts as fast as one without, needs no libcudart, and opens nothing until a device is asked for.
#pragma once
#include <string>

namespace ceir {

struct RegisteredKernel {
  const void* binary;  // the image, for cuModuleLoadData
  std::string name;    // mangled, in that image
};

// The kernel behind the host address of a __global__ function. Throws Error(internal) when nvcc compiled no such kernel.
RegisteredKernel registered_kernel(const void* host_function);
int registered_kernel_count();

}  // namespace ceir
