// A libcuda.so.1 without a GPU: device memory is the host's, kernels are written down by name. How it behaves is chosen
// by the environment variable FAKE_CUDA: "" (one device), "no device", "old", "lost" (the launch fails),
// "fail:cuMemAlloc_v2" (that function fails).
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

namespace {
std::string mode() {
  const char* m = std::getenv("FAKE_CUDA");
  return m ? m : "";
}
#define FAILS if (mode() == std::string("fail:") + __func__) return 999;
}  // namespace

extern "C" {
char fake_cuda_launched[256] = "";  // the last kernel's name
unsigned fake_cuda_block = 0, fake_cuda_shared = 0;
int fake_cuda_value = 0;            // its first parameter, an int
int fake_cuda_contexts = 0, fake_cuda_modules = 0, fake_cuda_shared_limit = 0;

using Ptr = unsigned long long;
int cuInit(unsigned) { FAILS return mode() == "no device" ? 100 : 0; }
int cuDriverGetVersion(int* v) { FAILS return *v = mode() == "old" ? 11040 : 13000, 0; }
int cuDeviceGetCount(int* n) { FAILS return *n = 2, 0; }
int cuDeviceGet(int* d, int i) { FAILS return *d = 10 + i, 0; }
int cuDeviceGetName(char* s, int n, int) { FAILS return std::strncpy(s, "Fake GPU", static_cast<size_t>(n)), 0; }
int cuDeviceTotalMem_v2(size_t* n, int) { FAILS return *n = 1 << 30, 0; }
int cuDeviceGetAttribute(int* v, int attribute, int) { FAILS
  *v = attribute == 75 ? 8 : attribute == 76 ? 6 : attribute == 97 ? 101376 : 46;
  return 0;
}
int cuDevicePrimaryCtxRetain(void** c, int d) { FAILS return *c = reinterpret_cast<void*>(static_cast<size_t>(d)), fake_cuda_contexts++, 0; }
int cuCtxSetCurrent(void*) { FAILS return 0; }
int cuMemAlloc_v2(Ptr* p, size_t n) { FAILS
  *p = n > 1 << 30 ? 0 : reinterpret_cast<Ptr>(std::malloc(n));
  return *p ? 0 : 2;
}
int cuMemFree_v2(Ptr p) { std::free(reinterpret_cast<void*>(p)); FAILS return 0; }
int cuMemHostAlloc(void** p, size_t n, unsigned) { FAILS return *p = std::malloc(n), 0; }
int cuMemFreeHost(void* p) { std::free(p); FAILS return 0; }
int cuMemcpyHtoDAsync_v2(Ptr to, const void* from, size_t n, void*) { FAILS return std::memcpy(reinterpret_cast<void*>(to), from, n), 0; }
int cuMemcpyDtoHAsync_v2(void* to, Ptr from, size_t n, void*) { FAILS return std::memcpy(to, reinterpret_cast<void*>(from), n), 0; }
int cuMemcpyDtoDAsync_v2(Ptr to, Ptr from, size_t n, void*) { FAILS return std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), n), 0; }
int cuMemsetD8Async(Ptr p, unsigned char v, size_t n, void*) { FAILS return std::memset(reinterpret_cast<void*>(p), v, n), 0; }
int cuMemsetD32Async(Ptr p, unsigned v, size_t n, void*) { FAILS
  for (size_t i = 0; i < n; i++) reinterpret_cast<unsigned*>(p)[i] = v;
  return 0;
}
int cuStreamCreate(void** s, unsigned) { FAILS return *s = std::malloc(1), 0; }
int cuStreamDestroy_v2(void* s) { std::free(s); FAILS return 0; }
int cuStreamSynchronize(void*) { FAILS return 0; }
int cuStreamWaitEvent(void*, void*, unsigned) { FAILS return 0; }
int cuEventCreate(void** e, unsigned) { FAILS return *e = std::malloc(1), 0; }
int cuEventDestroy_v2(void* e) { std::free(e); FAILS return 0; }
int cuEventRecord(void*, void*) { FAILS return 0; }
int cuEventSynchronize(void*) { FAILS return 0; }
int cuEventElapsedTime(float* ms, void*, void*) { FAILS return *ms = 1.5f, 0; }
int cuModuleLoadData(void** m, const void* image) { FAILS return *m = const_cast<void*>(image), fake_cuda_modules++, 0; }
// The name is the caller's for the call alone: a copy stands for the function.
int cuModuleGetFunction(void** f, void*, const char* name) { FAILS
  static std::set<std::string> names;
  return *f = const_cast<char*>(names.insert(name).first->c_str()), 0;
}
int cuFuncSetAttribute(void*, int, int value) { FAILS return fake_cuda_shared_limit = value, 0; }
int cuLaunchKernel(void* f, unsigned, unsigned, unsigned, unsigned x, unsigned, unsigned, unsigned shared, void*, void** arguments, void**) { FAILS
  if (mode() == "lost") return 700;
  std::strncpy(fake_cuda_launched, static_cast<const char*>(f), sizeof fake_cuda_launched - 1);
  fake_cuda_block = x, fake_cuda_shared = shared;
  std::memcpy(&fake_cuda_value, arguments[0], sizeof(int));
  return 0;
}
// Keeps what it was told where the test can read it: rank, columns, rows, bytes from row to row, box.
uint64_t fake_cuda_map[6] = {};
int cuTensorMapEncodeTiled(void* map, int, unsigned rank, void*, const uint64_t* dimensions, const uint64_t* strides, const unsigned* box, const unsigned*, int, int, int, int) { FAILS
  if (reinterpret_cast<uintptr_t>(map) % 64 != 0) return 1;
  const uint64_t told[] = {rank, dimensions[0], dimensions[1], strides[0], box[0], box[1]};
  return std::memcpy(fake_cuda_map, told, sizeof told), 0;
}
// A graph of nothing: how often it was launched is what the test reads.
int fake_cuda_graph_launches = 0, fake_cuda_graphs = 0;
int cuStreamBeginCapture_v2(void* s, int how) { FAILS return s && how == 1 ? 0 : 900; }
int cuStreamEndCapture(void*, void** g) { FAILS return *g = std::malloc(1), fake_cuda_graphs++, 0; }
int cuGraphInstantiateWithFlags(void** e, void*, unsigned long long) { FAILS return *e = std::malloc(1), fake_cuda_graphs++, 0; }
int cuGraphLaunch(void*, void*) { FAILS return fake_cuda_graph_launches++, 0; }
int cuGraphDestroy(void* g) { std::free(g), fake_cuda_graphs--; FAILS return 0; }
int cuGraphExecDestroy(void* e) { std::free(e), fake_cuda_graphs--; FAILS return 0; }
int cuGetErrorString(int code, const char** s) { FAILS return *s = code == 2 ? "out of memory" : code == 700 ? "an illegal memory access was encountered" : "some error", 0; }
}
