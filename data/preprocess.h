// From a picture to the tensor a CLIP sees: resize, crop, scale, normalise, exactly as the model's own library does.
#pragma once
#include <array>
#include <string>

#include "data/image.h"
#include "tensor/tensor.h"

namespace ceir {

enum class Filter { nearest, bilinear, bicubic, lanczos };

// Pillow's resize (Image.resize, Pillow up to 12: horizontal pass first), 8-bit fixed point, antialiased: byte for byte.
Image resize(const Image& image, int width, int height, Filter filter);
Image centre_crop(const Image& image, int width, int height, bool round_half_even);  // pads with 0 where smaller

enum class PreprocessStyle { hf, openclip, siglip };  // which library's rounding (crop offset; squash for siglip)

struct Preprocess {
  PreprocessStyle style = PreprocessStyle::hf;
  int size = 224;                        // of the square result
  bool resize_shortest = true;           // else squash to size x size
  int shortest = 224;                    // target of the shortest side
  Filter filter = Filter::bicubic;
  std::array<float, 3> mean{0.48145466f, 0.4578275f, 0.40821073f};  // OpenAI CLIP's
  std::array<float, 3> std{0.26862954f, 0.26130258f, 0.27577711f};
  double rescale = 1.0 / 255;
  bool exif = true;

  // From preprocessor_config.json (bare integers or objects for sizes); image_size from the model's config when absent.
  static Preprocess from_file(const std::string& path);
};

Image to_square(const Image& image, const Preprocess& p);                 // resize and crop: (size, size, 3) bytes
void normalise_into(const Image& square, const Preprocess& p, float* out);  // -> (3, size, size)

}  // namespace ceir
