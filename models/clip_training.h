// Training a small CLIP from pictures and captions (Radford et al. 2021, figure 3 and section 2.5).
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/captions.h"
#include "kernels/base/monitor.h"
#include "models/checkpoint.h"
#include "models/clip.h"

namespace ceir {

struct ClipTrainingOptions {
  // The model. Pictures are brought to `shortest` pixels on their short side and cropped to image_size.
  int64_t image_size = 60, shortest = 64, patch_size = 10;   // 36 patches; a border of 2 pixels is not seen
  int64_t image_width = 128, image_layers = 4, image_heads = 4;
  int64_t text_width = 128, text_layers = 2, text_heads = 4;
  int64_t projection = 128;
  int64_t vocabulary = 512, context = 48;
  int64_t vocabulary_captions = 20000;   // how many captions the SentencePiece vocabulary is learnt from, at most

  // The training. One pass over the data unless `steps` says otherwise; incomplete batches are left out.
  int64_t batch = 256, steps = 0;
  int captions = 2;                      // per picture, where the data has several: the loss is their mean
  double lr = 1.5e-3, weight_decay = 0.1, beta1 = 0.9, beta2 = 0.98, eps = 1e-6;
  double warm_up = 0.05;                 // share of the steps; cosine to zero afterwards
  double clip_gradient = 1.0;            // norm of the whole gradient; 0: not limited
  uint64_t seed = 42;
  DType weights_dtype = DType::f16;      // as written to disk

  Monitor* monitor = nullptr;
  Checkpoint* checkpoint = nullptr;      // exact resume; removed by the caller when the model is safe
};

struct ClipTrainingResult {
  std::unique_ptr<Clip> clip;            // with its tokenizer; frozen
  std::vector<std::pair<std::string, std::string>> tokenizer_files;   // for Clip::save
  std::vector<double> losses;            // of every step
  int64_t steps = 0;
};

// Throws Error(bad_input) when there are fewer pictures than a batch or a picture cannot be read, Error(usage) for settings
// that do not fit together, Error(interrupted) on Ctrl-C after saving to the checkpoint. The same data, options and kernel
// variants give the same bits, whatever the number of threads and wherever it was interrupted.
ClipTrainingResult train_clip(const CaptionedPictures& data, const ClipTrainingOptions& options);

// Identifies a training for its checkpoint: data, model and training settings. Throws as train_clip does for settings that do not fit.
std::string clip_training_key(const CaptionedPictures& data, const ClipTrainingOptions& options);

// Writes the Hugging Face folder: into FOLDER.partial, then renamed. `loss.jsonl` holds the curve (step, loss),
// `loss.svg` draws it.
void save_trained_clip(const ClipTrainingResult& result, const std::string& folder, DType weights_dtype);

// Learning rate of step 0, 1, ...: linear warm-up, then half a cosine to zero.
double scheduled_lr(const ClipTrainingOptions& options, int64_t step, int64_t steps);

}  // namespace ceir
