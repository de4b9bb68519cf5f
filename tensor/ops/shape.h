// Views and their gradients: nothing is copied where strides suffice.
#pragma once
#include <initializer_list>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

Tensor reshape(const Tensor& x, const Shape& shape);
Tensor reshape(const Tensor& x, std::initializer_list<int64_t> extents);  // one extent may be -1: what is left
Tensor permute(const Tensor& x, const std::vector<int>& order);  // y's dimension i is x's dimension order[i]
Tensor transpose(const Tensor& x, int a, int b);
Tensor slice(const Tensor& x, int dim, int64_t begin, int64_t end, int64_t step = 1);  // x[begin:end:step]; negative from the end
Tensor concat(const std::vector<Tensor>& parts, int dim);
Tensor broadcast_to(const Tensor& x, const Shape& shape);

}  // namespace ceir
