#include "models/select.h"

#include <cstring>

#include "kernels/launch/compute.h"
#include "tensor/ops/embedding.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

void require_index(const char* what, int64_t i, int64_t n) {
  if (i < 0 || i >= n) fail(ErrorKind::internal, "{}: index {} is outside [0, {})", what, i, n);
}

}  // namespace

Tensor select_rows(const Tensor& x, const std::vector<int64_t>& rows) {
  if (x.rank() == 0) fail(ErrorKind::internal, std::string("select_rows: a scalar has no rows"));
  if (x.device() == Device::cuda) {   // (N, K) f32 -> (rows, K)
    const NoTape none;
    const ComputeOn there(Device::cuda);
    for (const int64_t row : rows) require_index("select_rows", row, x.dim(0));
    return embedding(x, Tensor::from(rows, {static_cast<int64_t>(rows.size())}));
  }
  const Tensor from = x.contiguous();
  Tensor to = Tensor::empty(x.shape().with(0, static_cast<int64_t>(rows.size())), x.dtype());
  const size_t bytes = x.dim(0) ? static_cast<size_t>(from.bytes() / x.dim(0)) : 0;
  for (size_t i = 0; i < rows.size(); i++) {
    require_index("select_rows", rows[i], x.dim(0));
    std::memcpy(to.bytes_begin() + i * bytes, from.bytes_begin() + static_cast<size_t>(rows[i]) * bytes, bytes);
  }
  return to;
}

Tensor select_columns(const Tensor& x, const std::vector<int64_t>& columns) {
  require_rank("select_columns", x, 2);
  const Tensor from = x.contiguous();
  for (const int64_t c : columns) require_index("select_columns", c, x.dim(1));
  const int64_t n = x.dim(0), k = x.dim(1);
  Tensor to = Tensor::empty({n, static_cast<int64_t>(columns.size())}, x.dtype());
  const auto size = static_cast<size_t>(size_of(x.dtype()));
  std::byte* out = to.bytes_begin();
  for (int64_t r = 0; r < n; r++) {
    const std::byte* row = from.bytes_begin() + static_cast<size_t>(r * k) * size;
    for (const int64_t c : columns) {
      std::memcpy(out, row + static_cast<size_t>(c) * size, size);
      out += size;
    }
  }
  return to;
}

std::vector<std::string> select(const std::vector<std::string>& names, const std::vector<int64_t>& indices) {
  std::vector<std::string> list;
  for (const int64_t i : indices) {
    require_index("select", i, static_cast<int64_t>(names.size()));
    list.push_back(names[static_cast<size_t>(i)]);
  }
  return list;
}

std::vector<int64_t> other_rows(int64_t n, const std::vector<int64_t>& rows) {
  std::vector<bool> taken(static_cast<size_t>(n));
  for (const int64_t r : rows) {
    require_index("other_rows", r, n);
    taken[static_cast<size_t>(r)] = true;
  }
  std::vector<int64_t> rest;
  for (int64_t i = 0; i < n; i++)
    if (!taken[static_cast<size_t>(i)]) rest.push_back(i);
  return rest;
}

}  // namespace ceir
