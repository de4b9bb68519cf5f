#include "models/silhouette.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"
#include "models/kmeans_rows.h"

namespace ceir {
namespace {

template <class T>
Tensor samples_of(const CentredRows<T>& data, const std::vector<int32_t>& cluster, const std::vector<int64_t>& sizes) {
  const int64_t n = data.n, d = data.d, k = static_cast<int64_t>(sizes.size());
  Tensor result = Tensor::zeros({n}, DType::f64);
  if (k < 2) return result;
  double* s = result.data<double>();
  parallel_for(n, 16, [&](int64_t begin, int64_t end) {
    throw_if_interrupted();
    std::vector<double> sum(static_cast<size_t>(k)), row(static_cast<size_t>(d));
    for (int64_t i = begin; i < end; i++) {
      const int32_t own = cluster[static_cast<size_t>(i)];
      if (sizes[static_cast<size_t>(own)] < 2) continue;
      std::fill(sum.begin(), sum.end(), 0.0);
      for (int64_t j = 0; j < d; j++) row[static_cast<size_t>(j)] = data.centred(i, j);
      for (int64_t other = 0; other < n; other++)
        if (other != i)
          sum[static_cast<size_t>(cluster[static_cast<size_t>(other)])] +=
              std::sqrt(squared_distance(data, other, row.data()));
      const double a = sum[static_cast<size_t>(own)] / static_cast<double>(sizes[static_cast<size_t>(own)] - 1);
      double b = std::numeric_limits<double>::infinity();
      for (int64_t c = 0; c < k; c++)
        if (c != own) b = std::min(b, sum[static_cast<size_t>(c)] / static_cast<double>(sizes[static_cast<size_t>(c)]));
      const double largest = std::max(a, b);
      s[i] = largest > 0 ? (b - a) / largest : 0;
    }
  });
  return result;
}

}  // namespace

Tensor silhouette_samples(const Tensor& x, const Tensor& labels) {
  require_rank("silhouette: rows", x, 2);
  require_rank("silhouette: labels", labels, 1);
  if (labels.dtype() != DType::i64)
    bad_input("silhouette: labels are whole numbers (i64), not {}", name_of(labels.dtype()));
  if (labels.dim(0) != x.dim(0)) bad_input("silhouette: {} labels stand against {} rows", labels.dim(0), x.dim(0));
  const Tensor dense = labels.contiguous();
  std::vector<int64_t> names(dense.span<int64_t>().begin(), dense.span<int64_t>().end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<int64_t> sizes(names.size(), 0);
  std::vector<int32_t> cluster(static_cast<size_t>(dense.dim(0)));
  for (size_t i = 0; i < cluster.size(); i++) {
    cluster[i] =
        static_cast<int32_t>(std::lower_bound(names.begin(), names.end(), dense.data<int64_t>()[i]) - names.begin());
    sizes[static_cast<size_t>(cluster[i])]++;
  }
  return dispatch("silhouette", x.dtype(),
                  [&]<class T>() { return samples_of(centre_rows<T>("silhouette", x), cluster, sizes); });
}

double silhouette(const Tensor& x, const Tensor& labels) {
  const Tensor samples = silhouette_samples(x, labels);
  double sum = 0;
  for (const double s : samples.span<double>()) sum += s;
  return sum / static_cast<double>(samples.numel());
}

}  // namespace ceir
