// The names and signatures are nvcc's own (crt/host_runtime.h of the toolkit, the same from CUDA 9 to 13; clang emits
// calls of them too). Kernels are launched through kernels/launch/driver.cpp, never with <<<>>>.
#include "kernels/launch/registration.h"

#include <map>
#include <vector>

#include "kernels/base/error.h"

namespace ceir {
namespace {

// What __cudaRegisterFatBinary gets (fatbinary_section.h of the toolkit).
struct FatBinaryWrapper {
  int magic;  // 0x466243b1
  int version;
  const void* data;
  void* more;
};
constexpr int wrapper_magic = 0x466243b1;

struct Kernel {
  const void* binary;
  const char* name;
};
// Made at the first registration: these are called by constructors, in any order.
std::map<const void*, Kernel>& kernels() {
  static auto* map = new std::map<const void*, Kernel>;
  return *map;
}

}  // namespace

RegisteredKernel registered_kernel(const void* host_function) {
  const auto it = kernels().find(host_function);
  if (it == kernels().end())
    fail(ErrorKind::internal, "a kernel is not among the {} that nvcc compiled into this program", kernels().size());
  return {it->second.binary, it->second.name};
}

int registered_kernel_count() { return static_cast<int>(kernels().size()); }

}  // namespace ceir

extern "C" {

void** __cudaRegisterFatBinary(void* wrapper) {
  const auto* w = static_cast<const ceir::FatBinaryWrapper*>(wrapper);
  auto** handle = new void*;  // as long as the program
  *handle = w->magic == ceir::wrapper_magic ? const_cast<void*>(w->data) : nullptr;
  return handle;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
char __cudaInitModule(void**) { return 1; }

void __cudaRegisterFunction(void** handle, const char* host_function, char*, const char* name, int, void*, void*, void*, void*, int*) {
  ceir::kernels()[host_function] = {*handle, name};
}

// The bodies of host stubs refer to these; nothing here runs a stub. An error code: they were called all the same.
int __cudaPopCallConfiguration(void*, void*, size_t*, void*) { return 1; }
int __cudaGetKernel(void*, const void*) { return 1; }
int __cudaLaunchKernel(const void*, ...) { return 1; }
int cudaLaunchKernel(const void*, ...) { return 1; }
}
