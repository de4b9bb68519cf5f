// Every golden picture through the three processors: no byte may differ.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

#include "data/preprocess.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/shared_dir.h"

namespace {

using namespace ceir;
namespace fs = std::filesystem;

std::vector<uint8_t> expected_bytes(const fs::path& path) {
  if (path.extension() == ".png") return load_image(path).pixels;
  const Tensor t = read_npy(path).contiguous();
  return {t.data<uint8_t>(), t.data<uint8_t>() + t.numel()};
}

Preprocess style_of(const std::string& key, int size) {
  return Preprocess::of_style(key.starts_with("hf") ? PreprocessStyle::hf : key.starts_with("openclip") ? PreprocessStyle::openclip : PreprocessStyle::siglip, size);
}

}  // namespace

TEST_CASE("preprocess: the bytes of three libraries, for every kind of PNG") {
  if (!test::have_shared("golden/clip/preprocess")) return;
  const fs::path folder = test::shared_dir() / "golden/clip/preprocess";
  const Json json = Json::read(folder / "case.json");
  int cases = 0;
  for (const Json& picture : json.at("pictures", "case.json").as_array("pictures")) {
    const std::string path = folder / picture.at("image", "picture").as_string("image");
    const bool grey16 = picture.get("pillow_mode", "", "pillow_mode").starts_with("I");
    for (const auto& [size_name, by_key] : picture.at("expected", "picture").as_object("expected")) {
      for (const auto& [key, file] : by_key.as_object("expected")) {
        if (key.find("transformers5") != std::string::npos) continue;      // lays transparent pictures over white
        if (grey16 && key.find("high_byte") == std::string::npos) continue;  // clips at 255
        Preprocess p = style_of(key, std::stoi(size_name));
        p.exif = key.find("_oriented") != std::string::npos;
        CAPTURE(path);
        CAPTURE(key);
        const Image square = to_square(load_image(path, p.decode_options()), p);
        const fs::path wanted = folder / file.as_string("file");
        cases++;
        if (key.find("float32") == std::string::npos) {
          CHECK(square.pixels == expected_bytes(wanted));
          continue;
        }
        const Tensor expected = read_npy(wanted).contiguous();
        std::vector<float> got(static_cast<size_t>(expected.numel()));
        REQUIRE(got.size() == square.pixels.size());
        normalise_into(square, p, got.data());
        double worst = 0;
        for (size_t i = 0; i < got.size(); i++) worst = std::max(worst, std::fabs(double{got[i]} - double{expected.data<float>()[i]}));
        CHECK(worst <= 2e-6);
      }
    }
  }
  CHECK(cases > 0);
}

TEST_CASE("preprocess: a model's own file gives the tensor its library gave") {
  if (!test::have_shared("golden/clip")) return;
  int cases = 0;
  for (const auto& entry : fs::directory_iterator(test::shared_dir() / "golden/clip")) {
    if (!fs::exists(entry.path() / "end_to_end/pixel_values.npy") || !fs::exists(entry.path() / "preprocessor_config.json")) continue;
    const Preprocess p = Preprocess::from_folder(entry.path());
    const Tensor expected = read_npy(entry.path() / "end_to_end/pixel_values.npy").contiguous();
    for (int64_t i = 0; i < expected.dim(0); i++) {
      const std::string picture = entry.path() / "end_to_end" / ("image_" + std::to_string(i) + ".png");
      if (!fs::exists(picture)) continue;
      CAPTURE(picture);
      REQUIRE(expected.dim(2) == p.size);
      std::vector<float> got(static_cast<size_t>(expected.numel() / expected.dim(0)));
      normalise_into(to_square(load_image(picture, p.decode_options()), p), p, got.data());
      const float* wanted = expected.data<float>() + i * static_cast<int64_t>(got.size());
      double worst = 0;
      for (size_t k = 0; k < got.size(); k++) worst = std::max(worst, std::fabs(double{got[k]} - double{wanted[k]}));
      CHECK(worst <= 2e-6);
      cases++;
    }
  }
  CHECK(cases > 0);
}

TEST_CASE("preprocess: every model folder's file is read") {
  if (!test::have_shared("golden/clip")) return;
  for (const auto& entry : fs::directory_iterator(test::shared_dir() / "golden/clip")) {
    for (const char* name : {"preprocessor_config.json", "open_clip_config.json"}) {
      if (!fs::exists(entry.path() / name)) continue;
      CAPTURE(entry.path().string());
      const Preprocess p = Preprocess::from_file(entry.path() / name);
      CHECK((p.style == PreprocessStyle::openclip) == (name[0] == 'o'));
      CHECK(p.size > 0);
    }
  }
}
