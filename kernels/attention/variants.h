// The implementations that variants.cpp lists.
#pragma once
#include "kernels/attention/attention.h"

namespace ceir {

void attention_avx2(const Attention<float>& a);
void attention_avx2(const Attention<double>& a);
void attention_avx512(const Attention<float>& a);
void attention_avx512(const Attention<double>& a);
void attention_backward_avx2(const AttentionBackward<float>& g);
void attention_backward_avx2(const AttentionBackward<double>& g);
void attention_backward_avx512(const AttentionBackward<float>& g);
void attention_backward_avx512(const AttentionBackward<double>& g);

}  // namespace ceir
