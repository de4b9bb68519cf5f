// Windows of an image as rows of a matrix: what turns a convolution, or a vision transformer's patches, into a linear layer.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// x (B, C, H, W) -> (B, P, C kh kw), P = H' W' windows row by row, H' = (H + 2 padding - kh) / stride + 1; 0 outside x.
Tensor patches(const Tensor& x, int64_t kernel_height, int64_t kernel_width, int64_t stride, int64_t padding);

}  // namespace ceir
