// Label-free CBM's last step: a sparse linear layer from concepts to classes (Wong, Santurkar & Madry 2021).
#pragma once
#include "models/probe.h"

namespace ceir {

struct SparseLayerOptions {
  double lambda = 7e-4;
  double alpha = 0.99;  // 1: only |w|, 0: only w^2
  int64_t max_iterations = 20000;
  double tolerance = 1e-7;  // stop when the largest violation of the optimality conditions is below this
};

// Minimises mean_i -log softmax(W x_i + b)[y_i] + lambda alpha sum|W| + lambda (1 - alpha)/2 sum W^2; the bias is not
// penalised. Accelerated proximal gradient with restarts (Beck & Teboulle 2009; O'Donoghue & Candes 2015), which ends
// where GLM-SAGA does. x (N, d) should be standardised; throws as fit_probe, and Error(usage) for lambda < 0 or alpha
// outside [0, 1]. (The original program divides the lambda it is given by alpha; here it is the formula's.)
LinearLayer fit_sparse_layer(const Tensor& x, const Tensor& y, const SparseLayerOptions& options = {},
                             Monitor* monitor = nullptr);

int64_t count_nonzero(const LinearLayer& layer);  // |w| > 1e-5

}  // namespace ceir
