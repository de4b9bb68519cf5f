#include "tensor/transfer.h"

#include <bit>

#include "kernels/copy/copy.h"
#include "kernels/launch/compute.h"
#include "kernels/launch/device.h"
#include "tensor/convert.h"

namespace ceir {
namespace {

const Runtime& runtime_in_use() {
  if (!current_runtime()) fail(ErrorKind::internal, "a tensor of the device was used when no device was");
  use_device_in_this_thread();
  return *current_runtime();
}

// Both on the device, of one type.
void copy_on_device(const Tensor& source, Tensor& target) {
  if (target.numel() == 0) return;
  if (source.is_contiguous() && target.is_contiguous()) {
    const Runtime& runtime = runtime_in_use();
    return require_ok(runtime, runtime.copy_within(target.address(), source.address(), static_cast<size_t>(target.bytes()), current_stream()), "copying on the device");
  }
  StridedCopy copy{source.address(), target.address(), size_of(target.dtype()), target.rank(), {}, {}, {}};
  for (int d = 0; d < target.rank(); d++)
    copy.shape[d] = target.dim(d), copy.x_stride[d] = source.stride(d), copy.y_stride[d] = target.stride(d);
  const ComputeOn device(Device::cuda);
  copy_variants(copy);
}

void upload(const Tensor& dense, Tensor& target) {
  if (dense.numel() == 0) return;
  const Runtime& runtime = runtime_in_use();
  require_ok(runtime, runtime.copy_in(target.address(), dense.address(), static_cast<size_t>(dense.bytes()), current_stream()), "copying to the device");
  require_ok(runtime, runtime.synchronize(current_stream()), "copying to the device");
}

void download(const Tensor& dense, Tensor& target) {
  if (dense.numel() == 0) return;
  const Runtime& runtime = runtime_in_use();
  require_ok(runtime, runtime.copy_out(target.address(), dense.address(), static_cast<size_t>(dense.bytes()), current_stream()), "copying from the device");
  require_ok(runtime, runtime.synchronize(current_stream()), "copying from the device");
}

}  // namespace

void copy_between_devices(const Tensor& source, Tensor& target) {
  const ComputeOn nowhere_else(Device::cpu);  // what is made below says where it lies
  if (source.device() == Device::cpu) {
    Tensor dense = source.to(target.dtype()).contiguous();
    if (target.is_contiguous()) return upload(dense, target);
    copy_on_device(dense.on(Device::cuda), target);
  } else if (target.device() == Device::cpu) {
    const Tensor dense = source.contiguous();
    if (source.dtype() == target.dtype() && target.is_contiguous()) return download(dense, target);
    Tensor here = Tensor::empty(source.shape(), source.dtype(), Device::cpu);
    download(dense, here);
    convert_elements(here, target);
  } else if (source.dtype() == target.dtype()) {
    copy_on_device(source, target);
  } else {
    target.copy_from(source.on(Device::cpu));
  }
}

void device_zeros(Tensor& dense) {
  const Runtime& runtime = runtime_in_use();
  if (dense.numel() > 0)
    require_ok(runtime, runtime.fill(dense.address(), 0, static_cast<size_t>(dense.bytes()), current_stream()), "filling memory of the device");
}

void device_fill(Tensor& dense, float value) {
  const Runtime& runtime = runtime_in_use();
  if (dense.numel() > 0)
    require_ok(runtime, runtime.fill_words(dense.address(), std::bit_cast<uint32_t>(value), static_cast<size_t>(dense.numel()), current_stream()), "filling memory of the device");
}

}  // namespace ceir
