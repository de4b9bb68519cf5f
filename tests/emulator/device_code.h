// What nvcc left in an object file: which architectures it has code for, and which instructions are in it. Read from the file
// itself, since the toolkit's own readers (cuobjdump, nvdisasm) are often not installed.
//
// An object's section .nv_fatbin holds containers (magic 0xba55ed50), each a list of entries: PTX as text, or an ELF file with a
// section .text.KERNEL for each kernel, where an instruction is 16 bytes and its lowest 9 bits say what it does.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace ceir::test {

struct DeviceCode {
  bool ptx = false;
  int architecture = 0;                          // 90 for sm_90a too
  std::string text;                              // of PTX
  std::map<std::string, std::vector<int>> sass;  // mangled kernel -> its instructions' lowest 9 bits; empty when compressed
};

// Empty for an object without device code. Throws std::runtime_error for a file that is no object.
std::vector<DeviceCode> device_code_of(const std::string& object);

// The lowest 9 bits, as sm_75 to sm_120 have them.
namespace sass {
constexpr int mma = 0x03c, ldmatrix = 0x03b, copy_async = 0x1ae, wgmma = 0x1f0, tensor_map_load = 0x1b4;  // HMMA LDSM LDGSTS HGMMA UTMALDG
constexpr int load_local = 0x183, store_local = 0x187;                                                    // LDL STL
}  // namespace sass

// Where a rung's code is and what it says of itself.
struct RungSource {
  std::string path;     // "kernels/gemm/gemm_v6_tensor_cores.cu"
  std::string text;     // comments left out, with the headers of its own folder that it includes
  int least = 75;       // "// needs sm_80"
  std::string only;     // "// only sm_90a": "90a", else empty
  bool knows(const std::string& architecture) const;  // "86"
};
std::vector<RungSource> rung_sources();

}  // namespace ceir::test
