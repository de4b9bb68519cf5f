#include "tensor/ops/shape.h"

#include <algorithm>

#include "tensor/ops/reduce.h"
#include "tensor/ops/rows.h"
#include "tensor/tape.h"

namespace ceir {

Tensor reshape(const Tensor& x, const Shape& shape) {
  return record("reshape", x.reshaped(shape), {x}, [before = x.shape()](const Tensor& dy) {
    return std::vector<Tensor>{dy.reshaped(before)};
  });
}

Tensor reshape(const Tensor& x, std::initializer_list<int64_t> extents) {
  std::vector<int64_t> dims(extents);
  const auto open = std::find(dims.begin(), dims.end(), -1);
  if (open != dims.end()) {
    int64_t known = 1;
    for (const int64_t d : dims) known *= d == -1 ? 1 : d;
    if (std::count(dims.begin(), dims.end(), -1) > 1 || known <= 0 || x.numel() % known != 0)
      fail(ErrorKind::internal, "reshape of {}: {} elements are not a multiple of the {} of the other extents", x.shape().str(), x.numel(), known);
    *open = x.numel() / known;
  }
  return reshape(x, Shape(std::span<const int64_t>(dims)));
}

namespace {

Tensor permuted(const Tensor& x, const std::vector<int>& order) {
  Shape shape = x.shape();
  Strides strides{};
  for (int i = 0; i < x.rank(); i++) {
    const int from = order[static_cast<size_t>(i)];
    shape[i] = x.dim(from);
    strides[static_cast<size_t>(i)] = x.stride(from);
  }
  return x.view(shape, strides, 0);
}

// x[begin:end:step] along d, a view; bounds already checked.
Tensor sliced(const Tensor& x, int d, int64_t begin, int64_t end, int64_t step) {
  Strides strides = x.strides();
  strides[static_cast<size_t>(d)] *= step;
  return x.view(x.shape().with(d, (end - begin + step - 1) / step), strides, begin * x.stride(d));
}

}  // namespace

Tensor permute(const Tensor& x, const std::vector<int>& order) {
  std::vector<int> inverse(order.size(), -1);
  bool valid = static_cast<int>(order.size()) == x.rank();
  for (size_t i = 0; valid && i < order.size(); i++) {
    valid = order[i] >= 0 && order[i] < x.rank() && inverse[static_cast<size_t>(order[i])] < 0;
    if (valid) inverse[static_cast<size_t>(order[i])] = static_cast<int>(i);
  }
  if (!valid) fail(ErrorKind::internal, "permute of {}: the order is not a permutation of its {} dimensions", x.shape().str(), x.rank());
  return record("permute", permuted(x, order), {x}, [inverse](const Tensor& dy) {
    return std::vector<Tensor>{permuted(dy, inverse)};
  });
}

Tensor transpose(const Tensor& x, int a, int b) {
  std::vector<int> order(static_cast<size_t>(x.rank()));
  for (int i = 0; i < x.rank(); i++) order[static_cast<size_t>(i)] = i;
  std::swap(order[static_cast<size_t>(checked_dim("transpose", x, a))], order[static_cast<size_t>(checked_dim("transpose", x, b))]);
  return permute(x, order);
}

Tensor slice(const Tensor& x, int dim, int64_t begin, int64_t end, int64_t step) {
  const int d = checked_dim("slice", x, dim);
  const int64_t extent = x.dim(d), from = begin < 0 ? begin + extent : begin, to = end < 0 ? end + extent : end;
  if (from < 0 || to < from || to > extent || step < 1)
    fail(ErrorKind::internal, "slice: [{}:{}:{}] of dimension {} of {}", begin, end, step, d, x.shape().str());
  return record("slice", sliced(x, d, from, to, step), {x}, [shape = x.shape(), d, from, to, step](const Tensor& dy) {
    Tensor dx = Tensor::zeros(shape, dy.dtype());
    sliced(dx, d, from, to, step).copy_from(dy);
    return std::vector<Tensor>{dx};
  });
}

Tensor concat(const std::vector<Tensor>& parts, int dim) {
  if (parts.empty()) fail(ErrorKind::internal, std::string("concat of nothing"));
  const int d = checked_dim("concat", parts[0], dim);
  int64_t extent = 0;
  for (const Tensor& part : parts) {
    require_same_dtype("concat", parts[0], part);
    require_shape("concat: a part", part, part.rank() == parts[0].rank() ? parts[0].shape().with(d, part.dim(d)) : parts[0].shape());
    extent += part.dim(d);
  }
  Tensor y = Tensor::empty(parts[0].shape().with(d, extent), parts[0].dtype());
  std::vector<int64_t> bounds{0};
  for (const Tensor& part : parts) {
    bounds.push_back(bounds.back() + part.dim(d));
    sliced(y, d, bounds.end()[-2], bounds.back(), 1).copy_from(part);
  }
  return record("concat", y, parts, [bounds, d](const Tensor& dy) {
    std::vector<Tensor> gradients;
    for (size_t i = 0; i + 1 < bounds.size(); i++) gradients.push_back(sliced(dy, d, bounds[i], bounds[i + 1], 1));
    return gradients;
  });
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  const int added = shape.rank() - x.rank();
  Strides strides{};
  bool fits = added >= 0;
  for (int i = 0; fits && i < x.rank(); i++) {
    fits = x.dim(i) == shape[i + added] || x.dim(i) == 1;
    strides[static_cast<size_t>(i + added)] = x.dim(i) == 1 ? 0 : x.stride(i);
  }
  if (!fits) fail(ErrorKind::internal, "broadcast_to: {} does not broadcast to {}", x.shape().str(), shape.str());
  return record("broadcast_to", x.view(shape, strides, 0), {x}, [before = x.shape()](const Tensor& dy) {
    return std::vector<Tensor>{sum_to(dy, before)};
  });
}

}  // namespace ceir
