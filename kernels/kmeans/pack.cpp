#include "kernels/kmeans/pack.h"

#include "kernels/base/threads.h"

namespace ceir {
namespace {

// One block: eight coordinates of every lane at a time, so that both sides of the transposition stay in the first cache.
template <class T>
void pack_block(const T* x, const int64_t* rows, const double* shift, int64_t first, int64_t lanes, int64_t d, T* packed,
                T* norms) {
  constexpr int64_t width = kmeans_block<T>;
  double sum[width] = {};
  for (int64_t j0 = 0; j0 < d; j0 += 8) {
    const int64_t j1 = j0 + 8 < d ? j0 + 8 : d;
    for (int64_t lane = 0; lane < lanes; lane++) {
      const T* row = x + (rows ? rows[first + lane] : first + lane) * d;
      for (int64_t j = j0; j < j1; j++) {
        const T value = static_cast<T>(static_cast<double>(row[j]) - shift[j]);
        packed[j * width + lane] = value;
        sum[lane] += static_cast<double>(value) * static_cast<double>(value);
      }
    }
    for (int64_t j = j0; j < j1; j++)
      for (int64_t lane = lanes; lane < width; lane++) packed[j * width + lane] = T(0);
  }
  if (norms)
    for (int64_t lane = 0; lane < width; lane++) norms[lane] = static_cast<T>(sum[lane]);
}

}  // namespace

template <class T>
void kmeans_pack_points(const T* x, const int64_t* rows, const double* shift, int64_t n, int64_t d, T* packed, T* norms) {
  constexpr int64_t width = kmeans_block<T>;
  parallel_for(kmeans_blocks<T>(n), 16, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++)
      pack_block(x, rows, shift, b * width, n - b * width < width ? n - b * width : width, d, packed + b * d * width,
                 norms ? norms + b * width : nullptr);
  });
}

template <class T>
void kmeans_pack_centers(const double* centers, int64_t k, int64_t d, int64_t tile, T* packed, T* norms) {
  for (int64_t first = 0; first < k; first += tile) {
    const int64_t width = first + tile < k ? tile : k - first;
    for (int64_t i = 0; i < width; i++) {
      double sum = 0;
      for (int64_t j = 0; j < d; j++) {
        const T value = static_cast<T>(centers[(first + i) * d + j]);
        packed[first * d + j * width + i] = value;
        sum += static_cast<double>(value) * static_cast<double>(value);
      }
      norms[first + i] = static_cast<T>(sum);
    }
  }
}

template void kmeans_pack_points(const float*, const int64_t*, const double*, int64_t, int64_t, float*, float*);
template void kmeans_pack_points(const double*, const int64_t*, const double*, int64_t, int64_t, double*, double*);
template void kmeans_pack_centers(const double*, int64_t, int64_t, int64_t, float*, float*);
template void kmeans_pack_centers(const double*, int64_t, int64_t, int64_t, double*, double*);

}  // namespace ceir
