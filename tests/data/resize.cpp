#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include "data/preprocess.h"
#include "kernels/base/random.h"

using namespace ceir;

namespace {

Image noise(int width, int height, int channels, uint64_t seed) {
  Random random(seed, "resize");
  Image image;
  image.width = width, image.height = height, image.channels = channels;
  image.pixels.resize(static_cast<size_t>(width * height * channels));
  for (uint8_t& p : image.pixels) p = static_cast<uint8_t>(random.below(256));
  return image;
}

}  // namespace

TEST_CASE("resize: three channels eight at a time give the bytes of one channel in the plain form") {
  uint64_t seed = 0;
  for (const auto& [w, h, to_w, to_h] : {std::tuple(50, 37, 23, 16), {5, 4, 40, 31}, {3, 500, 7, 9}, {700, 3, 2, 8}, {2500, 2, 1, 1}, {2, 2500, 4, 2}, {17, 17, 17, 5}, {17, 17, 6, 17}})
    for (const Filter filter : {Filter::bilinear, Filter::bicubic, Filter::lanczos, Filter::box, Filter::hamming}) {
      CAPTURE(w);
      CAPTURE(h);
      const Image colour = noise(w, h, 3, ++seed);
      const Image got = resize(colour, to_w, to_h, filter);
      for (size_t c = 0; c < 3; c++) {
        Image plane;
        plane.width = w, plane.height = h, plane.channels = 1;
        for (size_t i = c; i < colour.pixels.size(); i += 3) plane.pixels.push_back(colour.pixels[i]);
        const Image alone = resize(plane, to_w, to_h, filter);
        for (size_t i = 0; i < alone.pixels.size(); i++) REQUIRE(got.pixels[3 * i + c] == alone.pixels[i]);
      }
    }
}

TEST_CASE("resize: a flat picture stays flat; halving by bilinear is a weighted mean of four") {
  Image flat = noise(31, 9, 3, 1);
  for (uint8_t& p : flat.pixels) p = 200;
  for (const Filter filter : {Filter::nearest, Filter::bilinear, Filter::bicubic, Filter::lanczos, Filter::box, Filter::hamming})
    for (const uint8_t p : resize(flat, 8, 20, filter).pixels) CHECK(p == 200);
  Image line;
  line.width = 8, line.height = 1, line.channels = 1;
  line.pixels = {0, 80, 160, 240, 0, 0, 0, 0};
  // Output 1 lies at 3.0 and sees pixels 1 to 4 with weights 1/8, 3/8, 3/8, 1/8.
  CHECK(int{resize(line, 4, 1, Filter::bilinear).pixels[1]} == (80 + 3 * 160 + 3 * 240 + 0) / 8);
}

TEST_CASE("centre crop: odd differences fall where each library puts them, and missing pixels are black") {
  Image line;
  line.height = 1, line.channels = 1;
  const auto crop = [&](int length, int size, bool half_even) {
    line.width = length;
    line.pixels.clear();
    for (int i = 1; i <= length; i++) line.pixels.push_back(static_cast<uint8_t>(i));
    return int{centre_crop(line, size, 1, half_even).pixels[0]} - 1;
  };
  CHECK(crop(65, 64, false) == 0);
  CHECK(crop(65, 64, true) == 0);
  CHECK(crop(67, 64, false) == 1);
  CHECK(crop(67, 64, true) == 2);  // round(1.5) = 2
  CHECK(crop(69, 64, true) == 2);  // round(2.5) = 2
  CHECK(crop(3, 6, false) == -1);
  CHECK(int{centre_crop(line, 6, 1, false).pixels[2]} == 1);  // Hugging Face: the odd pixel before the picture
  CHECK(int{centre_crop(line, 6, 1, true).pixels[1]} == 1);   // torchvision: behind it
}

TEST_CASE("alpha weighs colours in open_clip's style alone") {
  Image image;
  image.width = 4, image.height = 4, image.channels = 4;
  for (int i = 0; i < 16; i++) {
    const bool seen = i % 4 < 2;
    for (int v : {seen ? 100 : 250, 0, 0, seen ? 255 : 0}) image.pixels.push_back(static_cast<uint8_t>(v));
  }
  const Image weighted = to_square(image, Preprocess::of_style(PreprocessStyle::openclip, 1));
  CHECK(weighted.channels == 3);
  CHECK(std::abs(int{weighted.pixels[0]} - 100) <= 1);  // the transparent half adds nothing; dividing by alpha cuts
}

TEST_CASE("crop: a border of a palette picture is the colour of that number, of single bits black or white") {
  // Pillow: ImageOps.expand(image, border, fill), as torchvision's CenterCrop and open_clip's CenterCropOrPad call it.
  Image image;
  image.width = image.height = 1;
  image.pixels = {70, 80, 90};
  image.indexed = true;
  image.palette = {{10, 20, 30}, {40, 50, 60}, {70, 80, 90}};
  const auto border = [&](uint8_t fill, bool torchvision) {
    const Image out = centre_crop(image, 3, 1, torchvision, fill);
    CHECK(std::vector<int>(out.pixels.begin() + 3, out.pixels.begin() + 6) == std::vector<int>(image.pixels.begin(), image.pixels.end()));
    CHECK(out.pixels[0] == out.pixels[6]);
    return std::vector<int>(out.pixels.begin(), out.pixels.begin() + 3);
  };
  CHECK(border(0, true) == std::vector<int>{10, 20, 30});
  CHECK(border(1, true) == std::vector<int>{40, 50, 60});
  CHECK(border(127, true) == std::vector<int>{0, 0, 0});
  CHECK(border(127, false) == std::vector<int>{127, 127, 127});
  image.palette = bit_palette();
  image.pixels = {0, 0, 0};
  CHECK(border(0, true) == std::vector<int>{0, 0, 0});
  CHECK(border(1, true) == std::vector<int>{255, 255, 255});
  CHECK(border(127, true) == std::vector<int>{255, 255, 255});
}
