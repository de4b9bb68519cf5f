// Elements from and to a device's memory.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// target[i] = source[i] for equal shapes, any strides, where at least one lies on the device in use. A conversion between
// types happens on the CPU. Returns when `source` may be changed again. Throws Error when the device refuses.
void copy_between_devices(const Tensor& source, Tensor& target);

void device_zeros(Tensor& dense);  // all bytes 0
void device_fill(Tensor& dense, float value);  // f32

}  // namespace ceir
