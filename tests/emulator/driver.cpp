// The CUDA driver's side of the seam, against a driver that only pretends (fake_driver.cpp), and against none.
#include "kernels/launch/driver.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "kernels/launch/device.h"
#include "kernels/launch/graph.h"
#include "kernels/launch/registration.h"
#include "kernels/launch/rung.h"

using namespace ceir;

extern "C" {
void** __cudaRegisterFatBinary(void* wrapper);
void __cudaRegisterFunction(void** handle, const char* host_function, char* device, const char* name, int, void*, void*, void*, void*, int*);
}

namespace {

const char* const fake = CEIR_BINARY_DIR "/tests/libfake_cuda.so";

struct Mode {
  explicit Mode(const char* mode) { setenv("FAKE_CUDA", mode, 1); }
  ~Mode() {
    unsetenv("FAKE_CUDA");
    use_no_runtime();
  }
};

template <class T> T& of_fake(const char* name) {
  void* handle = dlopen(fake, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(handle);
  void* p = dlsym(handle, name);
  REQUIRE(p);
  return *static_cast<T*>(p);
}

// As nvcc's objects do it before main().
void host_function_of_a_kernel() {}
const int image = 0x55ed50;
void register_once() {
  static struct { int magic, version; const void* data; void* more; } wrapper{0x466243b1, 1, &image, nullptr};
  static void** handle = __cudaRegisterFatBinary(&wrapper);
  __cudaRegisterFunction(handle, reinterpret_cast<const char*>(&host_function_of_a_kernel), nullptr, "_Z6kerneli", -1, nullptr, nullptr, nullptr, nullptr, nullptr);
}

KernelLaunch one_launch(void** arguments, size_t shared_bytes) {
  return {.kernel = reinterpret_cast<const void*>(&host_function_of_a_kernel), .call = nullptr, .grid = {2}, .block = {96}, .shared_bytes = shared_bytes,
          .arguments = arguments, .stream = nullptr};
}

}  // namespace

TEST_CASE("driver: absent, too old, without a device: one sentence each") {
  CHECK_THROWS_WITH_AS(open_cuda_driver("libno_such_driver.so.1"),
                       "--device cuda: the NVIDIA driver is not installed (libno_such_driver.so.1 cannot be opened)", Error);
  {
    const Mode mode("no device");
    CHECK_THROWS_WITH_AS(open_cuda_driver(fake), "--device cuda: this machine has an NVIDIA driver, but no GPU that it can use", Error);
  }
  {
    const Mode mode("old");
    CHECK_THROWS_WITH_AS(open_cuda_driver(fake), "--device cuda: the NVIDIA driver is too old: it is for CUDA 11.4, and CUDA 12.0 or newer is needed", Error);
  }
  // A library that is no driver at all.
  CHECK_THROWS_WITH_AS(open_cuda_driver("libm.so.6"), doctest::Contains("it has no cuInit"), Error);
}

TEST_CASE("driver: describes its devices, and memory goes there and back") {
  const Mode mode("");
  const Runtime& cuda = open_cuda_driver(fake);
  CHECK_THROWS_WITH_AS(use_runtime(cuda, 2), "--device cuda:2: there are 2 devices, numbered from 0", Error);
  use_runtime(cuda, 1);
  CHECK(current_device().name == "Fake GPU");
  CHECK(current_device().capability == 86);
  CHECK(current_device().multiprocessors == 46);
  CHECK(device_lacks(80) == nullptr);
  CHECK(std::string(device_lacks(90)) == "the device is older than sm_90");
  const int before[3] = {1, 2, 3};
  int after[3];
  const DeviceMemory memory(sizeof before);
  memory.copy_in(before);
  memory.copy_out(after);
  CHECK(std::memcmp(before, after, sizeof before) == 0);
  CHECK_THROWS_WITH_AS(DeviceMemory(size_t{1} << 40), doctest::Contains("asking the device for 1099511627776 bytes of memory (cuda) failed: out of memory"), Error);
}

TEST_CASE("driver: a kernel is found by the address of its host function, loaded once, and launched") {
  register_once();
  CHECK(registered_kernel(reinterpret_cast<const void*>(&host_function_of_a_kernel)).name == "_Z6kerneli");
  CHECK(registered_kernel_count() >= 1);
  const Mode mode("");
  use_runtime(open_cuda_driver(fake));
  of_fake<int>("fake_cuda_modules") = 0;
  int value = 17;
  void* arguments[] = {&value};
  launch_kernel(one_launch(arguments, 64 * 1024));
  launch_kernel(one_launch(arguments, 64 * 1024));
  CHECK(std::string(&of_fake<char>("fake_cuda_launched")) == "_Z6kerneli");
  CHECK(of_fake<int>("fake_cuda_modules") == 1);
  CHECK(of_fake<int>("fake_cuda_value") == 17);
  CHECK(of_fake<unsigned>("fake_cuda_block") == 96);
  CHECK(of_fake<int>("fake_cuda_shared_limit") == 64 * 1024);
  KernelLaunch unknown = one_launch(arguments, 0);
  unknown.kernel = &value;
  CHECK_THROWS_WITH_AS(launch_kernel(unknown), doctest::Contains("nvcc compiled into this program"), Error);
}

TEST_CASE("driver: a matrix is described for the tensor memory accelerator, innermost dimension first") {
  const Mode mode("");
  use_runtime(open_cuda_driver(fake));
  alignas(16) const float data[4] = {};
  tensor_map(data, 100, 64, 68, 128, 32);
  const uint64_t* told = &of_fake<uint64_t>("fake_cuda_map");
  CHECK(std::vector<uint64_t>(told, told + 6) == std::vector<uint64_t>{2, 64, 100, 4 * 68, 32, 128});
  use_no_runtime();
  CHECK_THROWS_WITH_AS(tensor_map(data, 1, 32, 32, 1, 32), doctest::Contains("before a device was chosen"), Error);
}

TEST_CASE("driver: a graph is captured in a stream of its own, launched as often as asked, and given back") {
  const Mode mode("");
  use_runtime(open_cuda_driver(fake));
  of_fake<int>("fake_cuda_graph_launches") = of_fake<int>("fake_cuda_graphs") = 0;
  {
    bool worked = false;
    const Graph graph([&] { worked = current_stream() != nullptr; });
    CHECK(worked);
    CHECK(of_fake<int>("fake_cuda_graphs") == 1);  // the executable; what it was made from is not kept
    graph.launch();
    graph.launch();
    CHECK(of_fake<int>("fake_cuda_graph_launches") == 2);
  }
  CHECK(of_fake<int>("fake_cuda_graphs") == 0);
  CHECK_THROWS_WITH_AS(Graph([] { bad_input("no"); }), "no", Error);
  CHECK(of_fake<int>("fake_cuda_graphs") == 0);
}

TEST_CASE("driver: an error of the device is told in its own words") {
  register_once();
  const Mode mode("lost");
  use_runtime(open_cuda_driver(fake));
  int value = 1;
  void* arguments[] = {&value};
  CHECK_THROWS_WITH_AS(launch_kernel(one_launch(arguments, 0)), "launching a kernel (cuda) failed: an illegal memory access was encountered (CUDA error 700)", Error);
}

namespace {

// Every function that the driver's table calls.
void all_of_the_driver() {
  use_runtime(open_cuda_driver(fake));
  const Stream stream;
  const OnStream on(stream);
  Event begin, end;
  begin.record();
  const float before[4] = {1, 2, 3, 4};
  float after[4] = {};
  const DeviceMemory a(sizeof before), b(sizeof before);
  a.copy_in(before);
  b.fill(0);
  require_ok(*current_runtime(), current_runtime()->copy_within(b.as<void>(), a.as<void>(), sizeof before, current_stream()), "copying");
  void* pinned = nullptr;
  require_ok(*current_runtime(), current_runtime()->allocate_pinned(&pinned, 64), "asking for pinned memory");
  current_runtime()->release_pinned(pinned);
  tensor_map(a.as<float>(), 1, 4, 4, 1, 4);
  const DeviceMemory words(8);
  require_ok(*current_runtime(), current_runtime()->fill_words(words.as<void>(), 0x3f800000, 2, current_stream()), "filling memory");
  int ones[2];
  words.copy_out(ones);
  if (ones[0] != 0x3f800000 || ones[1] != 0x3f800000) fail(ErrorKind::internal, "wrong bytes came back");
  Graph([] {}).launch();
  int value = 1;
  void* arguments[] = {&value};
  launch_kernel(one_launch(arguments, 64 * 1024));
  end.record();
  end.hold_back();
  begin.ms_until(end);
  b.copy_out(after);
  if (std::memcmp(before, after, sizeof before) != 0) fail(ErrorKind::internal, "wrong bytes came back");
}

}  // namespace

TEST_CASE("driver: each of its functions fails once: an Error, and all is well the next time") {
  register_once();
  const std::set<std::string> nothing_depends_on = {"cuMemFree_v2", "cuMemFreeHost", "cuStreamDestroy_v2", "cuEventDestroy_v2", "cuGraphDestroy", "cuGraphExecDestroy", "cuGetErrorString"};
  for (const std::string name : {
           "cuInit", "cuDriverGetVersion", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceTotalMem_v2",
           "cuDeviceGetAttribute", "cuDevicePrimaryCtxRetain", "cuCtxSetCurrent", "cuMemAlloc_v2", "cuMemFree_v2", "cuMemHostAlloc",
           "cuMemFreeHost", "cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuMemcpyDtoDAsync_v2", "cuMemsetD8Async", "cuStreamCreate",
           "cuStreamDestroy_v2", "cuStreamSynchronize", "cuStreamWaitEvent", "cuEventCreate", "cuEventDestroy_v2", "cuEventRecord",
           "cuEventSynchronize", "cuEventElapsedTime", "cuModuleLoadData", "cuModuleGetFunction", "cuFuncSetAttribute", "cuLaunchKernel",
           "cuMemsetD32Async", "cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuGraphInstantiateWithFlags", "cuGraphLaunch", "cuGraphDestroy",
           "cuGraphExecDestroy", "cuTensorMapEncodeTiled", "cuGetErrorString"}) {
    CAPTURE(name);
    std::string said;
    const Mode mode(("fail:" + name).c_str());
    std::thread([&] {  // a thread of its own: what a thread knows of the context begins anew
      try {
        all_of_the_driver();
      } catch (const Error& e) {
        said = e.what();
      }
    }).join();
    CAPTURE(said);
    CHECK(said.empty() == (nothing_depends_on.count(name) == 1));
    CHECK(said.find("wrong bytes") == std::string::npos);
    setenv("FAKE_CUDA", "", 1);
    CHECK_NOTHROW(all_of_the_driver());
  }
}
