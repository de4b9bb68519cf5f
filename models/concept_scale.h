// How clearly a picture shows a concept, on a scale that all concepts share.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// Standardised concepts are compared with how much they vary, so that a rare one stands at five deviations where it is merely
// likely, and a common one at one where it is certain. Clearness asks how far a picture is on the way from an ordinary one to
// the clearest: (x - typical) / (clearest - typical), 0 for the median picture and 1 for the 99.9 % quantile.
class ConceptScale {
 public:
  ConceptScale() = default;
  // x (N, K): concept vectors of the training pictures. Throws Error(bad_input) when there are none.
  explicit ConceptScale(const Tensor& x);

  bool known() const { return typical_.defined(); }
  // (N, K) -> (N, K) f64. A concept that is the same in all training pictures has clearness 0.
  // Throws Error(bad_input) for another number of concepts, and when the scale is not known.
  Tensor clearness(const Tensor& x) const;

 private:
  Tensor typical_, span_;  // (K) f64; span: clearest - typical
};

}  // namespace ceir
