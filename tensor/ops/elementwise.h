// Arithmetic element by element, with broadcasting: trailing dimensions equal or 1; gradients sum over what was repeated.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, const Tensor& b);
Tensor scale(const Tensor& x, double factor);   // factor x
Tensor shift(const Tensor& x, double offset);   // x + offset

void add_in_place(Tensor& sum, const Tensor& g);  // sum += g, equal shapes, sum contiguous; not recorded on the tape

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }

}  // namespace ceir
