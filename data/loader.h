// From a range of an image set to the tensor a model sees, over all threads.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/image_set.h"
#include "data/preprocess.h"
#include "tensor/tensor.h"

namespace ceir {

// The readable pictures of a range, in order. Row r of `pixels` is picture rows[r] of the set; a picture that cannot be
// read stands in `skipped` with the reason and shifts nobody else's row number.
struct LoadedBatch {
  Tensor pixels;              // (B, 3, S, S) f32, B = rows.size(); load_bytes: (B, S, S, 3) u8
  std::vector<int64_t> rows;  // (B), ascending indices into the set
  std::vector<std::pair<int64_t, std::string>> skipped;  // index into the set, reason
};

// Decodes, resizes, crops and normalises pictures [begin, end) in parallel. Only Error(bad_input) skips a picture;
// any other error is rethrown. A picture's values do not depend on the range or the number of threads.
LoadedBatch load_batch(const ImageSet& set, int64_t begin, int64_t end, const Preprocess& p);

// The same before normalising: what `preprocess --stage bytes` writes.
LoadedBatch load_bytes(const ImageSet& set, int64_t begin, int64_t end, const Preprocess& p);

}  // namespace ceir
