// Principal components: the control "fewer numbers, but without concepts".
#pragma once
#include <cstdint>

#include "tensor/tensor.h"

namespace ceir {

struct Pca {
  Tensor mean;            // (d)
  Tensor components;      // (p, d), orthonormal rows, largest variance first; the largest |element| of each is positive
  Tensor variance;        // (p), of the scores, with N - 1
  Tensor variance_ratio;  // (p), share of the total variance (0 when there is none)
};

// x (N, d) f32 or f64, computed in f64 and returned in the dtype of x; p <= min(N, d). From the eigenvectors of the
// covariance (or, with fewer rows than columns, of the Gram matrix) of the centred rows.
// Throws Error(bad_input): fewer than 2 rows, a value that is not finite; Error(usage): p not in 1 .. min(N, d).
Pca fit_pca(const Tensor& x, int64_t p);

Tensor pca_scores(const Pca& pca, const Tensor& x);  // (x - mean) components^T, (N, d) -> (N, p)

// Eigenvalues (ascending) and eigenvectors (as rows) of a symmetric f64 matrix (n, n), by Householder
// tridiagonalisation and implicit QL (Martin, Reinsch & Wilkinson 1968; Bowdler et al. 1968).
struct SymmetricEigen {
  Tensor values;   // (n)
  Tensor vectors;  // (n, n), row i belongs to values[i]
};
SymmetricEigen symmetric_eigen(const Tensor& a);

}  // namespace ceir
