// Copies elements from one view to another, converting types: the one place that knows every dtype.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// Both on the CPU. target[i] = source[i] for equal shapes, any strides (a stride of 0 repeats). Float to integer truncates
// towards zero and saturates.
void convert_elements(const Tensor& source, Tensor& target);

}  // namespace ceir
