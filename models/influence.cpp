// Deletion and insertion curves: how much the named concepts decide.
#include <algorithm>
#include <cmath>

#include "kernels/base/interrupt.h"
#include "kernels/base/random.h"
#include "models/check.h"
#include "models/explanations.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

// Share of the rows whose nearest centre is the one they belong to.
double share_at_home(const Vae& vae, const Tensor& x, const Tensor& centers, const int64_t* clusters) {
  const Tensor mu = vae.latents(x).to(DType::f64).contiguous();  // (N, L)
  const int64_t n = mu.dim(0), l = mu.dim(1), count = centers.dim(0);
  int64_t home = 0;
  for (int64_t r = 0; r < n; r++) {
    int64_t nearest = 0;
    double smallest = INFINITY;
    for (int64_t c = 0; c < count; c++) {
      double sum = 0;
      for (int64_t j = 0; j < l; j++) {
        const double d = mu.data<double>()[r * l + j] - centers.data<double>()[c * l + j];
        sum += d * d;
      }
      if (sum < smallest) smallest = sum, nearest = c;
    }
    home += nearest == clusters[r];
  }
  return n ? static_cast<double>(home) / static_cast<double>(n) : 0;
}

}  // namespace

InfluenceCurves influence_curves(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters,
                                 const std::vector<std::vector<int64_t>>& cluster_rankings, int64_t at_most) {
  NoTape none;
  require_matrix("influence: concept vectors", x, 0, vae.concepts());
  require_matrix("influence: centres", centers, 1, vae.latent());
  require_shape("influence: clusters", clusters, {x.dim(0)});
  if (static_cast<int64_t>(cluster_rankings.size()) != centers.dim(0))
    bad_input("influence: {} rankings for {} clusters", cluster_rankings.size(), centers.dim(0));
  const Tensor c = centers.to(DType::f64).contiguous(), of = clusters.to(DType::i64).contiguous();
  const int64_t n = x.dim(0), k = x.dim(1);
  Tensor deleted = x.to(vae.precision()).clone(), inserted = Tensor::zeros({n, k}, vae.precision());
  InfluenceCurves curves;
  for (int64_t m = 0; m <= at_most; m++) {
    throw_if_interrupted();
    if (m > 0)
      dispatch("influence", vae.precision(), [&]<class T>() {
        for (int64_t r = 0; r < n; r++) {
          const auto& ranking = cluster_rankings.at(static_cast<size_t>(of.data<int64_t>()[r]));
          if (m > static_cast<int64_t>(ranking.size())) continue;
          const int64_t at = r * k + ranking[static_cast<size_t>(m - 1)];
          inserted.data<T>()[at] = deleted.data<T>()[at];
          deleted.data<T>()[at] = 0;
        }
      });
    curves.deletion.push_back(share_at_home(vae, deleted, c, of.data<int64_t>()));
    curves.insertion.push_back(share_at_home(vae, inserted, c, of.data<int64_t>()));
  }
  return curves;
}

std::vector<std::vector<int64_t>> random_rankings(int64_t clusters, int64_t concepts, uint64_t seed) {
  std::vector<std::vector<int64_t>> rankings;
  for (int64_t c = 0; c < clusters; c++)
    rankings.push_back(Random(seed, "influence.random", static_cast<uint64_t>(c)).permutation(concepts));
  return rankings;
}

}  // namespace ceir
