// NVIDIA's matrix product with epilogues, beside ours in the same table: libcublasLt, opened when a row of its is first asked for
// and a GPU is in use, never before. What we call is declared in cublaslt.cpp.
#pragma once

namespace ceir {

// Null when cuBLASLt can compute on the device in use, else why not: no device, the emulator, no such library.
const char* cublaslt_lacks();

// Opens another library in place of NVIDIA's, and takes any device for a GPU (tests); null: as before.
void use_cublaslt_library(const char* path);

}  // namespace ceir
