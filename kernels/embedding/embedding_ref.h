// The plain implementation of kernels/embedding.
#pragma once
#include <cstring>

#include "kernels/base/threads.h"
#include "kernels/embedding/embedding.h"

namespace ceir {

template <class T>
void embedding_ref(const Embedding<T>& e) {
  if (e.width == 0) return;
  parallel_for(e.n, 1 + 16384 / e.width, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
      std::memcpy(e.y + i * e.width, e.table + e.ids[i] * e.width, static_cast<size_t>(e.width) * sizeof(T));
  });
}

// Cut by columns: two equal ids never meet in different threads, and their order of addition is that of i.
template <class T>
void embedding_backward_ref(const EmbeddingBackward<T>& e) {
  parallel_for(e.width, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < e.n; i++) {
      T* row = e.dtable + e.ids[i] * e.width;
      const T* dy = e.dy + i * e.width;
      for (int64_t c = begin; c < end; c++) row[c] += dy[c];
    }
  });
}

}  // namespace ceir
