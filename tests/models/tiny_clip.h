// A small CLIP with random weights, and inputs for it.
#pragma once
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "kernels/base/random.h"
#include "models/clip.h"

namespace ceir::test {

// Widths that are no multiples of a vector register, several heads, 17 + 1 tokens.
inline ClipConfig tiny_config() {
  ClipConfig c;
  c.image = ImageTowerConfig{{36, 2, 3, 50, Unary::quick_gelu, 1e-5}, 16, 4, 3};
  c.text = TextTowerConfig{{20, 2, 2, 44, Unary::gelu_erf, 1e-5}, 60, 12, 57, 58, 59};
  c.projection = 24;
  return c;
}

inline ClipConfig tiny_siglip_config() {
  ClipConfig c;
  c.image = ImageTowerConfig{{36, 2, 3, 50, Unary::gelu_tanh, 1e-6}, 16, 4, 3};
  c.image->kind = ImageTowerKind::siglip;
  c.text = TextTowerConfig{{36, 2, 2, 44, Unary::gelu_tanh, 1e-6}, 60, 12, 57, 58, 1};
  c.text->kind = TextTowerKind::siglip;
  c.projection = 36;
  c.logit_bias_init = -10;
  return c;
}

inline Tensor drawn_pixels(const ClipConfig& c, int64_t n, DType dtype = DType::f32, uint64_t seed = 1) {
  const int64_t s = c.image->image_size;
  Tensor x = Tensor::empty({n, c.image->channels, s, s});
  Random random(seed, "test.pixels");
  for (float& v : x.span<float>()) v = static_cast<float>(random.normal());
  return x.to(dtype);
}

// `n` texts of 3 to 9 ids: start, words, end.
inline std::vector<std::vector<int64_t>> drawn_texts(const ClipConfig& c, int64_t n, uint64_t seed = 1) {
  Random random(seed, "test.texts");
  std::vector<std::vector<int64_t>> texts;
  for (int64_t i = 0; i < n; i++) {
    std::vector<int64_t> ids{c.text->bos_token_id};
    const uint64_t words = 1 + random.below(7);
    for (uint64_t k = 0; k < words; k++) ids.push_back(static_cast<int64_t>(random.below(50)));
    ids.push_back(c.text->eos_token_id);
    texts.push_back(std::move(ids));
  }
  return texts;
}

// A folder that is removed at the end.
struct TemporaryFolder {
  std::string path;
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ceir_test_XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
};

}  // namespace ceir::test
