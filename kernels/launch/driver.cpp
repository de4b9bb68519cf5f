#include "kernels/launch/driver.h"

#include <dlfcn.h>

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>

#include "kernels/launch/registration.h"

namespace ceir {
namespace cuda_driver {  // names of its own: several sources are compiled at once
namespace {

using DevicePointer = unsigned long long;  // CUdeviceptr

// The driver's functions that we use, with the names they have in libcuda.so.1 (cuda.h maps cuMemAlloc to cuMemAlloc_v2).
struct Driver {
  int (*cuInit)(unsigned);
  int (*cuDriverGetVersion)(int*);
  int (*cuDeviceGetCount)(int*);
  int (*cuDeviceGet)(int*, int);
  int (*cuDeviceGetName)(char*, int, int);
  int (*cuDeviceTotalMem_v2)(size_t*, int);
  int (*cuDeviceGetAttribute)(int*, int, int);
  int (*cuDevicePrimaryCtxRetain)(void**, int);
  int (*cuCtxSetCurrent)(void*);
  int (*cuMemAlloc_v2)(DevicePointer*, size_t);
  int (*cuMemFree_v2)(DevicePointer);
  int (*cuMemHostAlloc)(void**, size_t, unsigned);
  int (*cuMemFreeHost)(void*);
  int (*cuMemcpyHtoDAsync_v2)(DevicePointer, const void*, size_t, void*);
  int (*cuMemcpyDtoHAsync_v2)(void*, DevicePointer, size_t, void*);
  int (*cuMemcpyDtoDAsync_v2)(DevicePointer, DevicePointer, size_t, void*);
  int (*cuMemsetD8Async)(DevicePointer, unsigned char, size_t, void*);
  int (*cuMemsetD32Async)(DevicePointer, unsigned, size_t, void*);
  int (*cuStreamCreate)(void**, unsigned);
  int (*cuStreamDestroy_v2)(void*);
  int (*cuStreamSynchronize)(void*);
  int (*cuStreamWaitEvent)(void*, void*, unsigned);
  int (*cuEventCreate)(void**, unsigned);
  int (*cuEventDestroy_v2)(void*);
  int (*cuEventRecord)(void*, void*);
  int (*cuEventSynchronize)(void*);
  int (*cuEventElapsedTime)(float*, void*, void*);
  int (*cuModuleLoadData)(void**, const void*);
  int (*cuModuleGetFunction)(void**, void*, const char*);
  int (*cuFuncSetAttribute)(void*, int, int);
  int (*cuLaunchKernel)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
  int (*cuStreamBeginCapture_v2)(void*, int mode);
  int (*cuStreamEndCapture)(void*, void** graph);
  int (*cuGraphInstantiateWithFlags)(void** executable, void* graph, unsigned long long);
  int (*cuGraphLaunch)(void* executable, void* stream);
  int (*cuGraphDestroy)(void*);
  int (*cuGraphExecDestroy)(void*);
  int (*cuGetErrorString)(int, const char**);
  int (*cuTensorMapEncodeTiled)(void* map, int type, unsigned rank, void* address, const uint64_t* dimensions, const uint64_t* strides, const unsigned* box,
                                const unsigned* element_strides, int interleave, int swizzle, int promotion, int fill);
};

Driver driver;

// The device in use, and its primary context, which cuBLAS and cuDNN share with us.
std::mutex device_mutex;
std::map<int, void*> contexts;
std::atomic<void*> context_in_use{nullptr};
std::map<std::pair<void*, const void*>, void*> modules;    // (context, image) -> module
std::map<std::pair<void*, const void*>, void*> functions;  // (context, host function) -> function

// A context is current per thread: whoever calls gets the one in use.
int enter() {
  thread_local void* entered = nullptr;
  void* context = context_in_use.load(std::memory_order_acquire);
  if (entered == context) return 0;
  const int code = driver.cuCtxSetCurrent(context);
  if (code == 0) entered = context;
  return code;
}

DevicePointer address(const void* p) { return static_cast<DevicePointer>(reinterpret_cast<uintptr_t>(p)); }

// Attributes of CUdevice_attribute and CUfunction_attribute.
constexpr int multiprocessor_count = 16, capability_major = 75, capability_minor = 76, shared_per_block_optin = 97;
constexpr int max_dynamic_shared = 8;
constexpr size_t shared_without_asking = 48 * 1024;

int describe(int device, DeviceDescription* d) {
  int handle = 0, major = 0, minor = 0, shared = 0, multiprocessors = 0;
  char name[256] = {};
  size_t memory = 0;
  for (const int code : {driver.cuDeviceGet(&handle, device), driver.cuDeviceGetName(name, sizeof name - 1, handle),
                         driver.cuDeviceTotalMem_v2(&memory, handle), driver.cuDeviceGetAttribute(&major, capability_major, handle),
                         driver.cuDeviceGetAttribute(&minor, capability_minor, handle),
                         driver.cuDeviceGetAttribute(&shared, shared_per_block_optin, handle),
                         driver.cuDeviceGetAttribute(&multiprocessors, multiprocessor_count, handle)})
    if (code) return code;
  *d = {name, 10 * major + minor, memory, multiprocessors, static_cast<size_t>(shared)};
  return 0;
}

int use_device(int device) {
  std::lock_guard lock(device_mutex);
  void*& context = contexts[device];
  if (!context) {
    int handle = 0;
    if (const int code = driver.cuDeviceGet(&handle, device)) return code;
    if (const int code = driver.cuDevicePrimaryCtxRetain(&context, handle)) return context = nullptr, code;
  }
  context_in_use = context;
  return enter();
}

// Loads the kernel's binary into the context when it is first launched there.
int function_of(const void* kernel, void** function) {
  std::lock_guard lock(device_mutex);
  void* const context = context_in_use;
  if (const auto known = functions.find({context, kernel}); known != functions.end()) return *function = known->second, 0;
  const RegisteredKernel registered = registered_kernel(kernel);
  void*& module = modules[{context, registered.binary}];
  if (!module)
    if (const int code = driver.cuModuleLoadData(&module, registered.binary)) return module = nullptr, code;
  if (const int code = driver.cuModuleGetFunction(function, module, registered.name.c_str())) return code;
  functions[{context, kernel}] = *function;
  return 0;
}

int launch(const KernelLaunch& l) {
  if (const int code = enter()) return code;
  void* function = nullptr;
  if (const int code = function_of(l.kernel, &function)) return code;
  if (l.shared_bytes > shared_without_asking)
    if (const int code = driver.cuFuncSetAttribute(function, max_dynamic_shared, static_cast<int>(l.shared_bytes))) return code;
  return driver.cuLaunchKernel(function, l.grid.x, l.grid.y, l.grid.z, l.block.x, l.block.y, l.block.z,
                               static_cast<unsigned>(l.shared_bytes), l.stream, l.arguments, nullptr);
}

// CUtensorMapDataType, CUtensorMapSwizzle, CUtensorMapL2promotion. The innermost dimension comes first.
constexpr int float32 = 7, swizzle_128_bytes = 3, promote_to_256_bytes = 3;

int describe_matrix(TensorMap* map, const MatrixOfFloats& m) {
  if (const int code = enter()) return code;
  const uint64_t dimensions[] = {static_cast<uint64_t>(m.columns), static_cast<uint64_t>(m.rows)};
  const uint64_t strides[] = {sizeof(float) * static_cast<uint64_t>(m.row_stride)};
  const unsigned box[] = {static_cast<unsigned>(m.box_columns), static_cast<unsigned>(m.box_rows)}, every_element[] = {1, 1};
  alignas(64) unsigned char bytes[sizeof(TensorMap)] = {};  // what the caller gave may lie anywhere on its stack: gcc 12 aligns no unnamed result
  const int code = driver.cuTensorMapEncodeTiled(bytes, float32, 2, const_cast<float*>(m.data), dimensions, strides, box, every_element, 0, swizzle_128_bytes, promote_to_256_bytes, 0);
  std::memcpy(static_cast<void*>(map->bytes), bytes, sizeof bytes);
  return code;
}

std::string error_text(int code) {
  const char* text = nullptr;
  if (!driver.cuGetErrorString || driver.cuGetErrorString(code, &text) || !text) text = "unknown";
  std::string s = fmt::format("{} (CUDA error {})", text, code);
  constexpr int no_binary_for_gpu = 209, unsupported_ptx = 222;
  if (code == no_binary_for_gpu) s += ": this program has no kernels for this generation of GPU";
  if (code == unsupported_ptx) s += ": the driver is older than the toolkit that compiled the kernels; update it";
  return s;
}

template <auto member, class... P>
int entered(P... arguments) {
  if (const int code = enter()) return code;
  return (driver.*member)(arguments...);
}

const Runtime table{
    .name = "cuda",
    .device_count = [](int* count) { return driver.cuDeviceGetCount(count); },
    .describe = describe,
    .use_device = use_device,
    .allocate = [](void** memory, size_t bytes) {
      DevicePointer p = 0;
      const int code = entered<&Driver::cuMemAlloc_v2>(&p, bytes);
      return *memory = code ? nullptr : reinterpret_cast<void*>(static_cast<uintptr_t>(p)), code;
    },
    .release = [](void* memory) { return entered<&Driver::cuMemFree_v2>(address(memory)); },
    .allocate_pinned = [](void** memory, size_t bytes) { return entered<&Driver::cuMemHostAlloc>(memory, bytes, 0u); },
    .release_pinned = [](void* memory) { return entered<&Driver::cuMemFreeHost>(memory); },
    .copy_in = [](void* device, const void* host, size_t bytes, StreamHandle stream) {
      return entered<&Driver::cuMemcpyHtoDAsync_v2>(address(device), host, bytes, stream);
    },
    .copy_out = [](void* host, const void* device, size_t bytes, StreamHandle stream) {
      return entered<&Driver::cuMemcpyDtoHAsync_v2>(host, address(device), bytes, stream);
    },
    .copy_within = [](void* to, const void* from, size_t bytes, StreamHandle stream) {
      return entered<&Driver::cuMemcpyDtoDAsync_v2>(address(to), address(from), bytes, stream);
    },
    .fill = [](void* device, unsigned char value, size_t bytes, StreamHandle stream) {
      return entered<&Driver::cuMemsetD8Async>(address(device), value, bytes, stream);
    },
    .fill_words = [](void* device, uint32_t value, size_t words, StreamHandle stream) {
      return entered<&Driver::cuMemsetD32Async>(address(device), value, words, stream);
    },
    .create_stream = [](StreamHandle* stream) { return entered<&Driver::cuStreamCreate>(stream, 1u); },  // 1: not tied to the default stream
    .destroy_stream = [](StreamHandle stream) { return entered<&Driver::cuStreamDestroy_v2>(stream); },
    .synchronize = [](StreamHandle stream) { return entered<&Driver::cuStreamSynchronize>(stream); },
    .create_event = [](EventHandle* event) { return entered<&Driver::cuEventCreate>(event, 0u); },
    .destroy_event = [](EventHandle event) { return entered<&Driver::cuEventDestroy_v2>(event); },
    .record_event = [](EventHandle event, StreamHandle stream) { return entered<&Driver::cuEventRecord>(event, stream); },
    .wait_event = [](StreamHandle stream, EventHandle event) { return entered<&Driver::cuStreamWaitEvent>(stream, event, 0u); },
    .elapsed_ms = [](float* ms, EventHandle begin, EventHandle end) {
      if (const int code = entered<&Driver::cuEventSynchronize>(end)) return code;
      return entered<&Driver::cuEventElapsedTime>(ms, begin, end);
    },
    .launch = launch,
    .begin_capture = [](StreamHandle stream) { return entered<&Driver::cuStreamBeginCapture_v2>(stream, 1); },  // 1: other threads are left alone
    .end_capture = [](StreamHandle stream, GraphHandle* graph) { return entered<&Driver::cuStreamEndCapture>(stream, graph); },
    .instantiate = [](ExecutableHandle* executable, GraphHandle graph) { return entered<&Driver::cuGraphInstantiateWithFlags>(executable, graph, 0ull); },
    .launch_graph = [](ExecutableHandle executable, StreamHandle stream) { return entered<&Driver::cuGraphLaunch>(executable, stream); },
    .destroy_graph = [](GraphHandle graph) { return entered<&Driver::cuGraphDestroy>(graph); },
    .destroy_executable = [](ExecutableHandle executable) { return entered<&Driver::cuGraphExecDestroy>(executable); },
    .describe_matrix = describe_matrix,
    .error_text = error_text,
};

}  // namespace
}  // namespace cuda_driver

const Runtime& open_cuda_driver(const char* library) {
  using namespace cuda_driver;
  std::lock_guard lock(device_mutex);
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) usage_error("--device cuda: the NVIDIA driver is not installed ({} cannot be opened)", library);
  Driver d;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    if (!function) usage_error("--device cuda: the NVIDIA driver is too old, it has no {}; install one for CUDA 12 or newer", name);
  };
#define CEIR_FIND(name) find(d.name, #name)
  CEIR_FIND(cuInit), CEIR_FIND(cuDriverGetVersion), CEIR_FIND(cuDeviceGetCount), CEIR_FIND(cuDeviceGet);
  CEIR_FIND(cuDeviceGetName), CEIR_FIND(cuDeviceTotalMem_v2), CEIR_FIND(cuDeviceGetAttribute);
  CEIR_FIND(cuDevicePrimaryCtxRetain), CEIR_FIND(cuCtxSetCurrent), CEIR_FIND(cuMemAlloc_v2), CEIR_FIND(cuMemFree_v2);
  CEIR_FIND(cuMemHostAlloc), CEIR_FIND(cuMemFreeHost), CEIR_FIND(cuMemcpyHtoDAsync_v2), CEIR_FIND(cuMemcpyDtoHAsync_v2);
  CEIR_FIND(cuMemcpyDtoDAsync_v2), CEIR_FIND(cuMemsetD8Async), CEIR_FIND(cuMemsetD32Async), CEIR_FIND(cuStreamCreate), CEIR_FIND(cuStreamDestroy_v2);
  CEIR_FIND(cuStreamSynchronize), CEIR_FIND(cuStreamWaitEvent), CEIR_FIND(cuEventCreate), CEIR_FIND(cuEventDestroy_v2);
  CEIR_FIND(cuEventRecord), CEIR_FIND(cuEventSynchronize), CEIR_FIND(cuEventElapsedTime), CEIR_FIND(cuModuleLoadData);
  CEIR_FIND(cuModuleGetFunction), CEIR_FIND(cuFuncSetAttribute), CEIR_FIND(cuLaunchKernel), CEIR_FIND(cuGetErrorString), CEIR_FIND(cuTensorMapEncodeTiled);
  CEIR_FIND(cuStreamBeginCapture_v2), CEIR_FIND(cuStreamEndCapture), CEIR_FIND(cuGraphInstantiateWithFlags), CEIR_FIND(cuGraphLaunch);
  CEIR_FIND(cuGraphDestroy), CEIR_FIND(cuGraphExecDestroy);
#undef CEIR_FIND
  driver = d;
  contexts.clear(), modules.clear(), functions.clear();
  context_in_use = nullptr;
  int version = 0, count = 0;
  constexpr int no_device = 100, oldest = 12000;
  const int started = driver.cuInit(0);
  if (started == no_device) usage_error("--device cuda: this machine has an NVIDIA driver, but no GPU that it can use");
  if (started) usage_error("--device cuda: the NVIDIA driver does not start: {}", error_text(started));
  if (driver.cuDriverGetVersion(&version) || version < oldest)
    usage_error("--device cuda: the NVIDIA driver is too old: it is for CUDA {}.{}, and CUDA 12.0 or newer is needed",
                version / 1000, version % 1000 / 10);
  if (driver.cuDeviceGetCount(&count) || count == 0)
    usage_error("--device cuda: this machine has an NVIDIA driver, but no GPU that it can use");
  return table;
}

const Runtime& cuda_runtime() {
  static const Runtime& runtime = open_cuda_driver("libcuda.so.1");  // asked again when it threw
  return runtime;
}

}  // namespace ceir
