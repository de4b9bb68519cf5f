// s_k = cos( (q_k - mean q_k)^3 , (p_k - mean p_k)^3 ) over the rows, column by column: how well a neuron follows a concept
// (Oikarinen & Weng, CLIP-Dissect, ICLR 2023; Label-free CBM, eq. 2). No epsilon: a constant column gives NaN.
// With a = (q - mean)^3, u = a / |a|, w = b / |b|:  ds/dq = J (3 (q - mean)^2 (w - s u) / |a|), J = subtract the column mean.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

// Rows are summed in blocks of this many, and the blocks one after the other: the same bits for any number of threads.
constexpr int64_t cos_cubed_block = 256;

template <class T> struct CosCubed {
  const T* q; const T* p;      // (rows, columns)
  int64_t rows, columns;
  T* similarity;               // (columns)
  T* mean_q; T* mean_p;        // (columns), kept for backward
  double* norm_q; double* norm_p;  // (columns), of the cubes
  double* sums;                // scratch: 3 * columns * ceil(rows / cos_cubed_block)
};

// dx = d similarity / dx * ds, for x = q or, roles exchanged, x = p.
template <class T> struct CosCubedBackward {
  const T* x; const T* other;  // (rows, columns)
  int64_t rows, columns;
  const T* similarity; const T* ds;  // (columns)
  const T* mean_x; const T* mean_other;
  const double* norm_x; const double* norm_other;
  T* dx;                       // (rows, columns)
  double* sums;                // scratch: columns * (ceil(rows / cos_cubed_block) + 3)
};

// Both at once where ds is known beforehand, as in the loss -mean s, whose ds is -1 / columns everywhere.
template <class T> struct CosCubedStep {
  const T* q; const T* p;  // (rows, columns)
  int64_t rows, columns;
  T ds;                    // of every column
  T* similarity;           // (columns)
  T* dq;                   // (rows, columns)
};

template <class T> std::string shape_of(const CosCubed<T>& a) { return sizes({a.rows, a.columns}); }
template <class T> std::string shape_of(const CosCubedBackward<T>& a) { return sizes({a.rows, a.columns}); }
template <class T> std::string shape_of(const CosCubedStep<T>& a) { return sizes({a.rows, a.columns}); }

extern const Table<CosCubed<float>> cos_cubed_variants;
extern const Table<CosCubed<double>> cos_cubed_f64_variants;
extern const Table<CosCubedBackward<float>> cos_cubed_backward_variants;
extern const Table<CosCubedBackward<double>> cos_cubed_backward_f64_variants;
extern const Table<CosCubedStep<float>> cos_cubed_step_variants;
extern const Table<CosCubedStep<double>> cos_cubed_step_f64_variants;

}  // namespace ceir
