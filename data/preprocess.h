// From a picture to the tensor a CLIP sees: resize, crop, scale, normalise, exactly as the model's own library does.
#pragma once
#include <array>
#include <string>

#include "data/image.h"
#include "tensor/tensor.h"

namespace ceir {

enum class Filter { nearest, bilinear, bicubic, lanczos, box, hamming };

// Pillow's resize (Image.resize, Pillow up to 12: horizontal pass first), 8-bit fixed point, antialiased: byte for byte.
// 1, 3 or 4 channels; the fourth is alpha, and colours are weighted by it as Pillow does (not with `nearest`).
Image resize(const Image& image, int width, int height, Filter filter);

// The part of that result that lies in a window; the same bytes, without computing the rest.
struct Window {
  int x, y, width, height;
};
Image resize_window(const Image& image, int width, int height, Filter filter, const Window& window);

// Offset round_half_even: Python's round((h - size) / 2), as torchvision; else (h - size) // 2, as Hugging Face.
// Pads with `fill` where the picture is smaller; in torchvision's way, the colour of that number of a picture with a palette.
Image centre_crop(const Image& image, int width, int height, bool round_half_even, uint8_t fill = 0);

enum class PreprocessStyle { hf, openclip, siglip };  // which library's rounding (crop offset; squash for siglip)

struct Preprocess {
  PreprocessStyle style = PreprocessStyle::hf;
  int size = 224;                        // of the square result
  bool resize = true;                    // false: crop (or pad) alone
  bool resize_shortest = true;           // else squash to shortest x shortest
  bool resize_longest = false;           // open_clip's "longest": the longer side to `size`, the rest filled with `fill`
  int shortest = 224;                    // target of the shortest side, or of both
  uint8_t fill = 0;
  Filter filter = Filter::bicubic;
  std::array<float, 3> mean{0.48145466f, 0.4578275f, 0.40821073f};  // OpenAI CLIP's
  std::array<float, 3> std{0.26862954f, 0.26130258f, 0.27577711f};
  double rescale = 1.0 / 255;
  bool exif = true;

  // From preprocessor_config.json (bare integers or objects for sizes) or open_clip_config.json; the image size of the
  // config.json beside it where the file names none. Throws Error(bad_input) naming file and key.
  static Preprocess from_file(const std::string& path);
  // The same from its content; `where` begins messages. image_size 0: not known.
  static Preprocess from_json(const class Json& json, const std::string& where, int image_size);
  // From what lies in a model folder: preprocessor_config.json, open_clip_config.json, else config.json's image size with
  // the defaults of its model type.
  static Preprocess from_folder(const std::string& folder);
  // What `image_processor_type` or `feature_extractor_type` says is refused when it is none of CLIP's, SigLIP's, ViT's or
  // BiT's: its pictures would come out wrong.
  // What the libraries do without a file: CLIP's numbers, or SigLIP's (squash, mean and std 0.5).
  static Preprocess of_style(PreprocessStyle style, int size);

  // How pictures are to be decoded for this: EXIF as `exif` says; open_clip's style resizes before it drops alpha.
  DecodeOptions decode_options() const { return {exif, style == PreprocessStyle::openclip}; }
};

Image to_square(const Image& image, const Preprocess& p);                 // resize and crop: (size, size, 3) bytes
void normalise_into(const Image& square, const Preprocess& p, float* out);  // -> (3, size, size)

}  // namespace ceir
