#include "kernels/launch/runtime.h"

#include <atomic>

namespace ceir {

// Present only in programs that link kernels/emulator.
[[gnu::weak]] const Runtime& linked_emulator_runtime();
[[gnu::weak]] void linked_emulator_checks(bool checks);

namespace {

std::atomic<const Runtime*> current{nullptr};
DeviceDescription description;
int device_number = 0;
thread_local const Runtime* in_this_thread = nullptr;

}  // namespace

const Runtime* emulator_runtime() { return linked_emulator_runtime ? &linked_emulator_runtime() : nullptr; }

void set_emulator_checks(bool checks) {
  if (linked_emulator_checks) linked_emulator_checks(checks);
}

const Runtime* current_runtime() { return current.load(std::memory_order_acquire); }

const DeviceDescription& current_device() {
  if (!current_runtime()) fail(ErrorKind::internal, "a kernel for the device was asked for before a device was chosen");
  return description;
}

void use_runtime(const Runtime& runtime, int device) {
  int count = 0;
  require_ok(runtime, runtime.device_count(&count), "counting the devices");
  if (count == 0) usage_error("--device {}: this machine has no such device", runtime.name);
  if (device < 0 || device >= count)
    usage_error("--device {}:{}: there are {} devices, numbered from 0", runtime.name, device, count);
  DeviceDescription d;
  require_ok(runtime, runtime.describe(device, &d), "asking the device what it is");
  require_ok(runtime, runtime.use_device(device), "opening the device");
  description = d;
  device_number = device;
  in_this_thread = &runtime;
  current.store(&runtime, std::memory_order_release);
}

void use_no_runtime() { current.store(nullptr, std::memory_order_release); }

void use_device_in_this_thread() {
  const Runtime* runtime = current_runtime();
  if (!runtime) fail(ErrorKind::internal, "a thread was to use the device before one was chosen");
  if (in_this_thread == runtime) return;
  require_ok(*runtime, runtime->use_device(device_number), "opening the device for a thread");
  in_this_thread = runtime;
}

void require_ok(const Runtime& runtime, int code, const char* what) {
  if (code == 0) return;
  constexpr int out_of_memory = 2;  // CUDA_ERROR_OUT_OF_MEMORY; the emulator says the same
  fail(code == out_of_memory ? ErrorKind::resource : ErrorKind::internal, "{} ({}) failed: {}", what, runtime.name,
       runtime.error_text(code));
}

void launch_kernel(const KernelLaunch& launch) {
  const Runtime* runtime = current_runtime();
  if (!runtime) fail(ErrorKind::internal, "a kernel was launched before a device was chosen");
  if (launch.grid.x == 0 || launch.grid.y == 0 || launch.grid.z == 0) return;
  require_ok(*runtime, runtime->launch(launch), "launching a kernel");
}

TensorMap tensor_map(const float* data, int64_t rows, int64_t columns, int64_t row_stride, int box_rows, int box_columns) {
  const Runtime* runtime = current_runtime();
  if (!runtime) fail(ErrorKind::internal, "a tensor map was asked for before a device was chosen");
  TensorMap map{};
  require_ok(*runtime, runtime->describe_matrix(&map, {data, rows, columns, row_stride, box_rows, box_columns}), "describing a matrix to the device");
  return map;
}

unsigned block_count(int64_t n, int64_t size) {
  const int64_t blocks = (n + size - 1) / size;
  if (blocks > INT32_MAX) fail(ErrorKind::resource, "{} items in blocks of {} are more blocks than a grid can have", n, size);
  return static_cast<unsigned>(blocks);
}

}  // namespace ceir
