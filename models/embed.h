// Many images or texts through a CLIP: decoding overlapped with computing, interruptible, resumable, memory flat,
// and the same bits whatever the batch and the number of threads.
#pragma once
#include <string>
#include <vector>

#include "data/image_set.h"
#include "kernels/base/monitor.h"
#include "models/checkpoint.h"
#include "models/clip.h"

namespace ceir {

struct EmbedOptions {
  int64_t batch = 32;                  // images decoded and computed together; never changes a bit
  bool normalize = false;              // divide each row by its L2 norm
  bool exif = true;                    // turn pictures by their EXIF orientation
  Monitor* monitor = nullptr;
  Checkpoint* checkpoint = nullptr;    // resumes from it and saves to it; removed by the caller when its output is safe
  std::vector<int64_t> rows;           // pictures to embed, in this order; empty: all
  const Trace* trace = nullptr;        // sees the first good picture
};

struct SkippedRow {
  int64_t row;          // index in the ImageSet
  std::string reason;
};

struct EmbedResult {
  Tensor features;                  // (n, D) f32, n good pictures
  std::vector<int64_t> rows;        // (n) their indices in the ImageSet
  std::vector<SkippedRow> skipped;  // the others
};

// Throws Error(interrupted) on Ctrl-C, after saving to the checkpoint.
EmbedResult embed_images(const Clip& clip, const ImageSet& images, const EmbedOptions& options = {});

// pixels (N, C, H, W) f32, preprocessed -> (N, D) f32.
Tensor embed_pixels(const Clip& clip, const Tensor& pixels, int64_t batch = 32, Monitor* monitor = nullptr,
                    const Trace* trace = nullptr);

// texts -> (K, D) f32. Throws Error(bad_input) naming the row of a text that is not UTF-8.
Tensor embed_texts(const Clip& clip, const std::vector<std::string>& texts, int64_t batch = 32, Monitor* monitor = nullptr,
                   const Trace* trace = nullptr);

// ids (K, T) i64, padded -> (K, D) f32; what stands behind the end token does not matter.
Tensor embed_ids(const Clip& clip, const Tensor& ids, int64_t batch = 32, Monitor* monitor = nullptr,
                 const Trace* trace = nullptr);

// Rows divided by their L2 norm; a zero row stays zero.
void normalize_rows(Tensor& features);

}  // namespace ceir
