// Which concepts carry a latent code: integrated gradients (Sundararajan et al. 2017) along the straight path from a
// baseline b to x. The encoder in evaluation mode is Linear, ReLU, Linear, so the gradient at b + t (x - b) depends on t
// only through which hidden units are on. The whole integral is therefore
//   IG_i(v f) = (x_i - b_i) sum_h W1[h,i] on_h (W2^T v)_h,   on_h = integral over t of [unit h is on],
// for any linear functional v of the outputs f = [mu, logvar]: two matrix products for a whole data set. on_h is known
// exactly (a unit switches at most once on a straight path), or by Gauss-Legendre nodes as in the authors' code.
// A VAE that sees presence, y_i = max(x_i - level, 0), is attributed along the straight path in y: since y_i depends on x_i
// alone this is a path in x as well, so the shares still add up, and a concept that is absent at both ends has none.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/vae.h"
#include "tensor/tensor.h"

namespace ceir {

struct PathOptions {
  int64_t nodes = 0;  // Gauss-Legendre nodes; 0 = the exact integral
  Tensor baseline;    // (K), or undefined: zero, the training mean of standardised concepts
};

struct Attribution {
  Tensor values;              // (N, K)
  Tensor completeness_error;  // (N): sum_i values_i - (F(x) - F(b))
};

class EncoderPath {
 public:
  explicit EncoderPath(const Vae& vae);  // batch normalisation folded into the first layer
  int64_t concepts() const { return first_weight_.dim(1); }
  int64_t latent() const { return second_weight_.dim(0) / 2; }

  Tensor outputs(const Tensor& x) const;  // (N, K) -> f = [mu, logvar] (N, 2L)

  // Integrated gradients of F_n(x) = sum_j functional[n, j] f_j(x); functional (N, 2L) is held constant. x (N, K).
  Attribution integrated_gradients(const Tensor& x, const Tensor& functional, const PathOptions& options = {}) const;
  // Of every mu_j: (N, L, K), with errors (N, L). For few images: N L K numbers.
  Attribution integrated_gradients_of_mu(const Tensor& x, const PathOptions& options = {}) const;
  // d f / d x at one point x (K): (2L, K). The derivative of a unit that is exactly at its switch counts as 0.
  Tensor jacobian(const Tensor& x) const;

 private:
  Tensor seen(const Tensor& x) const;                                 // Vae::presence
  Tensor outputs_of_seen(const Tensor& y) const;
  Tensor time_on(const Tensor& y, const PathOptions& options) const;  // y as seen; (N, H)
  std::optional<double> level_;
  Tensor first_weight_, first_bias_;    // (H, K), (H)
  Tensor second_weight_, second_bias_;  // (2L, H), (2L)
};

// The authors' demo: integrated gradients of the label-free importance g(x') = sum_j f_j(x) f_j(x') (Crabbe & van der
// Schaar 2022), 50 nodes, zero baseline. `values` is their a; a contribution is x a (the input enters twice).
Attribution faithful_attribution(const Vae& vae, const Tensor& x, const PathOptions& options = {.nodes = 50});
Tensor faithful_contributions(const Tensor& x, const Tensor& a);  // x * a, (N, K)

// What carries an image into its cluster: integrated gradients of the margin
//   |mu - c_next|^2 - |mu - c_own|^2, which is linear in mu. c_next is the nearest other centre.
// centers (C, L); clusters (N) i64, or undefined: the nearest centre of each. One cluster alone has no margin: values 0.
Attribution margin_attribution(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters = {},
                               const PathOptions& options = {});

// One bar of the authors' chart.
struct Bar {
  std::string name;
  double value;
};
// By decreasing |contribution|; min(#{|c| > threshold} + 1, at_most) of them, the last one the signed sum of itself and all
// that are not shown when there are more concepts than bars ("Sum of M other features"). "NOT " where x is negative.
// contribution, x (K).
std::vector<Bar> contribution_bars(const Tensor& contribution, const Tensor& x, const std::vector<std::string>& concepts,
                                   double threshold = 0.005, int64_t at_most = 8);

// Nodes in (0, 1) and weights that sum to 1 of the n-point Gauss-Legendre rule.
struct Quadrature {
  std::vector<double> nodes, weights;
};
Quadrature gauss_legendre(int64_t n);

}  // namespace ceir
