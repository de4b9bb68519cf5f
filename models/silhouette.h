// Silhouettes (Rousseeuw 1987): how well each row lies in its cluster, from -1 to 1.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// a = mean Euclidean distance to the other members of the own cluster, b = smallest mean distance to another cluster,
// s = (b - a) / max(a, b); 0 for a cluster of one, and where everything has one label.
// x (N, d) f32 or f64, labels (N) i64, any numbers -> (N) f64. Costs N^2 d.
Tensor silhouette_samples(const Tensor& x, const Tensor& labels);
double silhouette(const Tensor& x, const Tensor& labels);  // their mean

}  // namespace ceir
