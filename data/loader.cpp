#include "data/loader.h"

#include <cstring>

#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"

namespace ceir {
namespace {

// Calls fill(square, slot) for each readable picture, then closes the gaps that skipped ones leave.
template <class Fill>
LoadedBatch load(const ImageSet& set, int64_t begin, int64_t end, const Preprocess& p, Tensor pixels, const Fill& fill) {
  if (begin < 0 || end < begin || end > set.size())
    fail(ErrorKind::internal, "load: rows {} to {} of a set of {}", begin, end, set.size());
  const int64_t n = end - begin;
  std::vector<std::string> reasons(static_cast<size_t>(n));
  std::vector<uint8_t> failed(static_cast<size_t>(n), 0);
  parallel_for(n, 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) {
      throw_if_interrupted();
      try {
        fill(to_square(set.load(begin + i, p.decode_options()), p), i);
      } catch (const Error& e) {
        if (e.kind() != ErrorKind::bad_input) throw;
        failed[static_cast<size_t>(i)] = 1;
        reasons[static_cast<size_t>(i)] = e.what();
      }
    }
  });
  LoadedBatch batch;
  const size_t row_bytes = n ? static_cast<size_t>(pixels.bytes() / n) : 0;
  for (int64_t i = 0; i < n; i++) {
    if (failed[static_cast<size_t>(i)]) {
      batch.skipped.emplace_back(begin + i, reasons[static_cast<size_t>(i)]);
      continue;
    }
    const size_t at = batch.rows.size();
    if (static_cast<int64_t>(at) != i)
      std::memmove(pixels.bytes_begin() + at * row_bytes, pixels.bytes_begin() + static_cast<size_t>(i) * row_bytes, row_bytes);
    batch.rows.push_back(begin + i);
  }
  batch.pixels = pixels.rows(0, static_cast<int64_t>(batch.rows.size()));
  return batch;
}

}  // namespace

LoadedBatch load_batch(const ImageSet& set, int64_t begin, int64_t end, const Preprocess& p) {
  Tensor pixels = Tensor::empty({end - begin, 3, p.size, p.size}, DType::f32);  // (B, 3, S, S)
  float* out = pixels.data<float>();
  const int64_t row = int64_t{3} * p.size * p.size;
  return load(set, begin, end, p, pixels, [&](const Image& square, int64_t i) { normalise_into(square, p, out + i * row); });
}

LoadedBatch load_bytes(const ImageSet& set, int64_t begin, int64_t end, const Preprocess& p) {
  Tensor pixels = Tensor::empty({end - begin, p.size, p.size, 3}, DType::u8);  // (B, S, S, 3)
  uint8_t* out = pixels.data<uint8_t>();
  const int64_t row = int64_t{3} * p.size * p.size;
  return load(set, begin, end, p, pixels, [&](const Image& square, int64_t i) { std::memcpy(out + i * row, square.pixels.data(), square.pixels.size()); });
}

}  // namespace ceir
