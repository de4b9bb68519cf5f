// Loss functions; every one returns a scalar.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// Mean over rows of logsumexp(x) - x[label]. logits (N, C), labels (N) i64.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels);

// Sum of -(t log p + (1-t) log(1-p)), the logs clamped at -100; t is a constant and may lie outside [0, 1] (the
// authors' code). The gradient is (p-t) / max(p(1-p), 1e-12), as torch computes it, not that of the clamped value.
Tensor binary_cross_entropy_sum(const Tensor& p, const Tensor& target);

Tensor squared_error_sum(const Tensor& a, const Tensor& b);          // sum (a-b)^2
Tensor kl_gaussian(const Tensor& mu, const Tensor& logvar);          // -1/2 sum(1 + logvar - mu^2 - e^logvar)
Tensor reparameterise(const Tensor& mu, const Tensor& logvar, const Tensor& noise);  // mu + e^(logvar/2) noise (not a loss)

// Both at once, forward and backward, in one pass over the elements each way (kernels/latent): what a training step of a VAE
// needs. z = mu + e^(logvar/2) noise; divergence = -1/2 sum(1 + logvar - mu^2 - e^logvar), a scalar. The noise is a constant.
struct LatentCode {
  Tensor z, divergence;
};
LatentCode latent_code(const Tensor& mu, const Tensor& logvar, const Tensor& noise);

// Symmetric cross-entropy of e^logit_scale cos(image_i, text_j): Radford et al. 2021, figure 3.
// image, text (N, D), not normalised; logit_scale a scalar.
Tensor clip_contrastive(const Tensor& image, const Tensor& text, const Tensor& logit_scale);

// s_k = cos((q_k - mean)^3, (p_k - mean)^3) over the rows (Oikarinen et al., Label-free CBM, ICLR 2023, eq. 2). (N, K) x 2 -> (K)
Tensor cos_cubed(const Tensor& q, const Tensor& p);
Tensor cos_cubed_loss(const Tensor& q, const Tensor& p);             // -mean_k s_k

}  // namespace ceir
