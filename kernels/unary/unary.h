// Functions of one element and their derivatives.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

// none is the identity (a linear layer without activation).
// quick_gelu x sigmoid(1.702 x) (OpenAI CLIP); gelu_erf and gelu_tanh: Hendrycks & Gimpel 2016, exact and eq. 2.
enum class Unary : uint8_t { none, exp, log, tanh, sigmoid, relu, gelu_erf, gelu_tanh, quick_gelu };
const char* name_of(Unary f);

// Is f' a function of y = f(x) alone (exp, tanh, sigmoid, relu)? For the others it is one of x alone (log, the GELUs).
// Whoever saves something for the backward pass saves that one.
bool derivative_from_output(Unary f);

// y = f(x), n elements; y may alias x.
template <class T> struct UnaryForward {
  Unary function;
  const T* x;
  T* y;
  int64_t n;
};

// dx = dy f'(x). x is the forward input, y the forward output; the one that derivative_from_output does not name is not
// read and may be null. dx may alias dy.
template <class T> struct UnaryBackward {
  Unary function;
  const T* x;
  const T* y;
  const T* dy;
  T* dx;
  int64_t n;
};

template <class T> std::string shape_of(const UnaryForward<T>& a) { return name_of(a.function) + (" " + sizes({a.n})); }
template <class T> std::string shape_of(const UnaryBackward<T>& a) { return name_of(a.function) + (" " + sizes({a.n})); }

extern const Table<UnaryForward<float>> unary_variants;
extern const Table<UnaryForward<double>> unary_f64_variants;
extern const Table<UnaryBackward<float>> unary_backward_variants;
extern const Table<UnaryBackward<double>> unary_backward_f64_variants;

inline void run(const UnaryForward<float>& a) { unary_variants(a); }
inline void run(const UnaryForward<double>& a) { unary_f64_variants(a); }
inline void run(const UnaryBackward<float>& a) { unary_backward_variants(a); }
inline void run(const UnaryBackward<double>& a) { unary_backward_f64_variants(a); }

}  // namespace ceir
