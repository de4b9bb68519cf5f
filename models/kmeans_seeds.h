// Starting centres.
#pragma once
#include <vector>

#include "kernels/base/random.h"
#include "models/kmeans_rows.h"

namespace ceir {

// Greedy k-means++ (Arthur & Vassilvitskii 2007, section 4): each next centre is the best of 2 + floor(ln K) rows drawn
// with probability proportional to the squared distance to the centres so far. Returns (K, d), centred.
template <class T>
std::vector<double> plus_plus_centers(const CentredRows<T>& data, int64_t k, Random& random);

}  // namespace ceir
