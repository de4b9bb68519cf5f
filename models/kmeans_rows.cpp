#include "models/kmeans_rows.h"

#include <cmath>

#include "kernels/base/checked.h"
#include "kernels/base/threads.h"
#include "kernels/kmeans/pack.h"

namespace ceir {
namespace {

constexpr int64_t columns_at_once = 32;  // two cache lines of f32; each column's sum runs over the rows in order

template <class T>
std::vector<double> column_means(const T* x, int64_t n, int64_t d, const std::vector<double>& around) {
  std::vector<double> mean(static_cast<size_t>(d), 0.0);
  parallel_for(d, columns_at_once, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = begin; j < end; j++)
        mean[static_cast<size_t>(j)] += static_cast<double>(x[i * d + j]) - around[static_cast<size_t>(j)];
  });
  for (size_t j = 0; j < mean.size(); j++) mean[j] = around[j] + mean[j] / static_cast<double>(n);
  return mean;
}

template <class T>
double mean_variance(const T* x, int64_t n, int64_t d, const std::vector<double>& mean) {
  std::vector<double> sum(static_cast<size_t>(d), 0.0);
  parallel_for(d, columns_at_once, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = begin; j < end; j++) {
        const double off = static_cast<double>(x[i * d + j]) - mean[static_cast<size_t>(j)];
        sum[static_cast<size_t>(j)] += off * off;
      }
  });
  double total = 0;
  for (const double s : sum) total += s / static_cast<double>(n);
  return d > 0 ? total / static_cast<double>(d) : 0.0;
}

}  // namespace

void require_finite_rows(std::string_view op, const Tensor& x) {
  dispatch(op, x.dtype(), [&]<class T>() {
    const T* p = x.data<T>();
    const int64_t n = x.dim(0), d = n > 0 ? x.numel() / n : 0;
    parallel_for(n, 4096, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        T sum = 0;  // x - x is 0, or NaN for NaN and infinity
        for (int64_t j = 0; j < d; j++) sum += p[i * d + j] - p[i * d + j];
        if (sum != 0) bad_input("{}: row {} has a value that is not finite; leave that row out", op, i);
      }
    });
  });
}

template <class T>
CentredRows<T> centre_rows(std::string_view op, const Tensor& x, std::vector<double> shift) {
  require_rank(op, x, 2);
  CentredRows<T> data;
  data.rows = x.contiguous();
  data.x = data.rows.template data<T>();
  data.n = x.dim(0), data.d = x.dim(1), data.blocks = kmeans_blocks<T>(data.n);
  if (data.n == 0 || data.d == 0) bad_input("{}: there are no values, the shape is {}", op, x.shape().str());
  require_finite_rows(op, data.rows);
  data.variance = 0;
  if (shift.empty()) {
    // Once more around the first result: a mean of 1e8 then has the digits that the spread needs.
    shift.assign(static_cast<size_t>(data.d), 0.0);
    for (int round = 0; round < 2; round++) shift = column_means(data.x, data.n, data.d, shift);
    data.variance = mean_variance(data.x, data.n, data.d, shift);
  }
  data.shift = std::move(shift);
  const int64_t padded = checked_mul(data.blocks, kmeans_block<T>, op);
  data.packed = Tensor::empty({data.blocks, data.d, kmeans_block<T>}, dtype_of<T>);
  data.norms = Tensor::empty({padded}, dtype_of<T>);
  kmeans_pack_points(data.x, nullptr, data.shift.data(), data.n, data.d, data.packed.template data<T>(),
                     data.norms.template data<T>());
  for (int64_t i = 0; i < data.n; i++)
    if (!std::isfinite(data.norms.template data<T>()[i]) || !std::isfinite(data.variance))
      bad_input("{}: the values are so large (row {}) that their squares overflow {}; scale them down", op, i,
                name_of(dtype_of<T>));
  return data;
}

template <class T, class C>
double squared_distance(const CentredRows<T>& data, int64_t row, const C* c) {
  const T* x = data.x + row * data.d;
  const double* shift = data.shift.data();
  double sum[8] = {};
  int64_t j = 0;
  for (; j + 8 <= data.d; j += 8)
    for (int64_t l = 0; l < 8; l++) {
      const double off = static_cast<double>(x[j + l]) - shift[j + l] - static_cast<double>(c[j + l]);
      sum[l] += off * off;
    }
  for (int64_t l = 0; j < data.d; j++, l++) {
    const double off = static_cast<double>(x[j]) - shift[j] - static_cast<double>(c[j]);
    sum[l] += off * off;
  }
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

template <class T>
void move_rows(CentredRows<T>& data) {
  data.packed_there = data.packed.on(Device::cuda), data.norms_there = data.norms.on(Device::cuda);
}

template void move_rows(CentredRows<float>&);
template void move_rows(CentredRows<double>&);
template CentredRows<float> centre_rows(std::string_view, const Tensor&, std::vector<double>);
template CentredRows<double> centre_rows(std::string_view, const Tensor&, std::vector<double>);
template double squared_distance(const CentredRows<float>&, int64_t, const double*);
template double squared_distance(const CentredRows<double>&, int64_t, const double*);
template double squared_distance(const CentredRows<float>&, int64_t, const float*);

}  // namespace ceir
