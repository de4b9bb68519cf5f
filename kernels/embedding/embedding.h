// y_i = table[ids_i]: rows of a table, and the sum of their gradients.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

// The caller has checked that every id lies in the table.
template <class T> struct Embedding {
  const T* table;       // (vocabulary, width)
  const int64_t* ids;   // (n)
  T* y;                 // (n, width)
  int64_t n, width;
};

// dtable[ids_i] += dy_i, in the order of i.
template <class T> struct EmbeddingBackward {
  const T* dy;          // (n, width)
  const int64_t* ids;   // (n)
  T* dtable;            // (vocabulary, width), holds what is added to
  int64_t n, width;
};

template <class T> std::string shape_of(const Embedding<T>& a) { return sizes({a.n, a.width}); }
template <class T> std::string shape_of(const EmbeddingBackward<T>& a) { return sizes({a.n, a.width}); }

extern const Table<Embedding<float>> embedding_variants;
extern const Table<Embedding<double>> embedding_f64_variants;
extern const Table<EmbeddingBackward<float>> embedding_backward_variants;
extern const Table<EmbeddingBackward<double>> embedding_backward_f64_variants;

}  // namespace ceir
