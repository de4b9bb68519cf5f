// NVIDIA's matrix product, beside ours in the same table: libcublas, opened when a row of its is first asked for and a GPU is in
// use, never before. Nothing of NVIDIA's is needed to build this; what we call is declared in cublas.cpp.
#pragma once

namespace ceir {

// Null when cuBLAS can compute on the device in use, else why not: no device, the emulator, no such library.
const char* cublas_lacks();

// Opens another library in place of NVIDIA's, and takes any device for a GPU (tests); null: as before.
void use_cublas_library(const char* path);

}  // namespace ceir
