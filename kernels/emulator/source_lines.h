// From an address in the program to its line of source. Asks the system's addr2line, and only when there is something to
// say: a report, a listing.
#pragma once
#include <cstdint>
#include <string>

namespace ceir::emulator {

struct SourceLine {
  std::string function;  // "ceir::softmax_naive", without its parameters
  std::string file;      // "kernels/softmax/softmax_v1_naive.cu", where it called a helper of a header; empty when unknown
  uint32_t line = 0;
};
// `offset` from the beginning of the program as it lies in memory (offset_of).
std::string tidy_path(const std::string& path);  // "build/../kernels/x.cu" and "../kernels/x.cu" -> "kernels/x.cu"
SourceLine source_line(uint32_t offset);
uint32_t offset_of(const void* address);

}  // namespace ceir::emulator
