// Every golden resize of Pillow's, byte for byte.
#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>

#include "data/preprocess.h"
#include "tensor/io/npy.h"
#include "tests/shared_dir.h"

namespace {

using namespace ceir;

Image image_of(const Tensor& t) {  // (H, W, 3) u8
  Image image;
  image.height = static_cast<int>(t.dim(0)), image.width = static_cast<int>(t.dim(1));
  const auto bytes = t.contiguous();
  image.pixels.assign(bytes.data<uint8_t>(), bytes.data<uint8_t>() + t.numel());
  return image;
}

}  // namespace

TEST_CASE("resize: the bytes of Pillow, for every picture, size and filter") {
  if (!test::have_shared("golden/clip/resize")) return;
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::shared_dir() / "golden/clip/resize")) {
    const std::string name = entry.path().filename();
    const size_t cut = name.find(".source.npy");
    if (cut == std::string::npos) continue;
    const std::string stem = entry.path().parent_path() / name.substr(0, cut);
    const Image source = image_of(read_npy(entry.path()));
    const std::pair<const char*, Filter> filters[] = {
        {"nearest", Filter::nearest}, {"bilinear", Filter::bilinear}, {"bicubic", Filter::bicubic}, {"lanczos", Filter::lanczos},
        {"box", Filter::box}, {"hamming", Filter::hamming}};
    for (const auto& [filter_name, filter] : filters) {
      const std::string path = stem + "." + filter_name + ".npy";
      if (!std::filesystem::exists(path)) continue;
      CAPTURE(path);
      const Image expected = image_of(read_npy(path));
      const Image got = resize(source, expected.width, expected.height, filter);
      REQUIRE(got.pixels.size() == expected.pixels.size());
      CHECK(got.pixels == expected.pixels);
      // A window gives the same bytes as cutting the whole.
      const int w = (expected.width + 1) / 2, h = (expected.height + 1) / 2;
      const Image part = resize_window(source, expected.width, expected.height, filter, {expected.width - w, expected.height - h, w, h});
      for (int y = 0; y < h; y++)
        CHECK(std::memcmp(part.row(y), expected.row(expected.height - h + y) + 3 * (expected.width - w), static_cast<size_t>(3 * w)) == 0);
      cases++;
    }
  }
  CHECK(cases > 0);
}
