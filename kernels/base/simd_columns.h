// Sums down the columns of a matrix: rows are cut into partitions of a fixed size, each adds up its rows in float or
// double, and the partitions are added in order in double. The bits depend on the number of rows alone.
// Include simd_avx2.h or simd_avx512.h first.
#pragma once
#include "kernels/base/simd_loops.h"
#include "kernels/base/threads.h"
#include "kernels/base/workspace.h"

namespace ceir::simd {
namespace {

constexpr int64_t rows_per_partition = 64;

// total[c] = sum over partitions of partial[p * columns + c], given to finish(c, total).
template <class T, class Finish>
void add_partitions(const T* partial, int64_t partitions, int64_t columns, const Finish& finish) {
  constexpr int block = 64;
  parallel_for(columns, block, [&](int64_t begin, int64_t end) {
    double total[block] = {};
    const int64_t n = end - begin;
    for (int64_t p = 0; p < partitions; p++) {
      const T* from = partial + p * columns + begin;
      for (int64_t c = 0; c < n; c++) total[c] += static_cast<double>(from[c]);
    }
    for (int64_t c = 0; c < n; c++) finish(begin + c, total[c]);
  });
}

// finish(c, sum over rows of term(row, c, access)) for every column. `at` reads and writes a vector of columns.
template <class V, class Term, class Finish>
void column_sums(int64_t rows, int64_t columns, const Term& term, const Finish& finish) {
  using T = typename V::Scalar;
  constexpr int64_t columns_per_task = 2048;  // a row of partial sums that stays in the first-level cache
  const int64_t partitions = (rows + rows_per_partition - 1) / rows_per_partition;
  const int64_t parts = (columns + columns_per_task - 1) / columns_per_task;
  T* partial = static_cast<T*>(workspace(Scratch::columns, partitions * columns * static_cast<int64_t>(sizeof(T))));
  parallel_for(partitions * parts, 1, [&](int64_t first_task, int64_t last_task) {
    for (int64_t task = first_task; task < last_task; task++) {
      const int64_t p = task / parts, from = task % parts * columns_per_task;
      const int64_t to = from + columns_per_task < columns ? from + columns_per_task : columns;
      const int64_t begin = p * rows_per_partition, end = begin + rows_per_partition < rows ? begin + rows_per_partition : rows;
      T* sums = partial + p * columns;
      sweep<V>(from, to, [&](int64_t c, auto at) { at.store(sums + c, term(begin, c, at)); });
      int64_t r = begin + 1;
      for (; r + 3 < end; r += 4)  // four rows at a time: the sums are loaded and stored a quarter as often
        sweep<V>(from, to, [&](int64_t c, auto at) {
          const V four = (term(r, c, at) + term(r + 1, c, at)) + (term(r + 2, c, at) + term(r + 3, c, at));
          at.store(sums + c, at.load(sums + c) + four);
        });
      for (; r < end; r++)
        sweep<V>(from, to, [&](int64_t c, auto at) { at.store(sums + c, at.load(sums + c) + term(r, c, at)); });
    }
  });
  add_partitions(partial, partitions, columns, finish);
}

}  // namespace
}  // namespace ceir::simd
