#include "models/concept_scale.h"

#include <vector>

#include "models/check.h"
#include "models/quantile.h"

namespace ceir {

ConceptScale::ConceptScale(const Tensor& x) {
  require_matrix("concept scale: concept vectors of the training pictures", x, 1);
  const int64_t n = x.dim(0), k = x.dim(1);
  const Tensor wide = x.to(DType::f64).contiguous();
  typical_ = Tensor::empty({k}, DType::f64), span_ = Tensor::empty({k}, DType::f64);
  std::vector<double> values(static_cast<size_t>(n));
  for (int64_t i = 0; i < k; i++) {
    for (int64_t r = 0; r < n; r++) values[static_cast<size_t>(r)] = wide.data<double>()[r * k + i];
    std::sort(values.begin(), values.end());
    typical_.data<double>()[i] = quantile_of_sorted(values, 0.5);
    span_.data<double>()[i] = quantile_of_sorted(values, 0.999) - typical_.data<double>()[i];
  }
}

Tensor ConceptScale::clearness(const Tensor& x) const {
  if (!known()) bad_input("clearness: the scale of the concepts is not known; it is made from the concept vectors of the training pictures");
  require_matrix("clearness: concept vectors", x, 0, typical_.dim(0));
  const int64_t n = x.dim(0), k = x.dim(1);
  Tensor c = x.to(DType::f64).contiguous().clone();
  for (int64_t r = 0; r < n; r++)
    for (int64_t i = 0; i < k; i++) {
      double& value = c.data<double>()[r * k + i];
      const double span = span_.data<double>()[i];
      value = span > 0 ? (value - typical_.data<double>()[i]) / span : 0;
    }
  return c;
}

}  // namespace ceir
