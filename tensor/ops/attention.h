// Scaled dot-product attention: Vaswani et al. 2017, eq. 1.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// q (B, H, T, D), k and v (B, H, S, D), any strides with a dense last dimension -> (B, H, T, D):
// softmax(q k^T / sqrt(D)) v. causal: query i sees keys 0..i (T == S). mask (B, 1, 1, S) or undefined: keys where it
// is 0 get no weight.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, bool causal = false, const Tensor& mask = {});

// x (B, T, C); in_weight (3C, C) rows [q; k; v], in_bias (3C), out_weight (C, C), out_bias (C) -> (B, T, C).
// Heads are contiguous slices of the width. A composition of linear, attention and shape operations.
Tensor multihead_attention(const Tensor& x, const Tensor& in_weight, const Tensor& in_bias, const Tensor& out_weight,
                           const Tensor& out_bias, int64_t heads, bool causal, const Tensor& mask = {});

}  // namespace ceir
