// JPEGs against Pillow's own decoding: decoders differ by a few levels, no more than 4.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include "data/image.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/shared_dir.h"

using namespace ceir;

TEST_CASE("JPEG: within 4 levels of Pillow, upright and turned") {
  if (!test::have_shared("golden/clip/preprocess")) return;
  const auto folder = test::shared_dir() / "golden/clip/preprocess";
  const Json json = Json::read(folder / "case.json");
  const Json* jpegs = json.find("jpeg");
  REQUIRE(jpegs != nullptr);
  REQUIRE(!jpegs->as_array("jpeg").empty());
  for (const Json& picture : jpegs->as_array("jpeg")) {
    const std::string path = folder / picture.at("file", "jpeg").as_string("file");
    for (const char* key : {"rgb", "rgb_with_orientation_applied"}) {
      if (!picture.has(key)) continue;
      CAPTURE(path);
      CAPTURE(key);
      const Image image = load_image(path, {.apply_exif_orientation = key[3] != 0});
      const Tensor expected = read_npy(folder / picture.at(key, "jpeg").as_string(key)).contiguous();
      REQUIRE(image.height == expected.dim(0));
      REQUIRE(image.width == expected.dim(1));
      int worst = 0;
      for (size_t i = 0; i < image.pixels.size(); i++) worst = std::max(worst, std::abs(int{image.pixels[i]} - int{expected.data<uint8_t>()[i]}));
      CHECK(worst <= 4);
    }
  }
}
