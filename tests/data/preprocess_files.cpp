// What preprocessor_config.json and open_clip_config.json may say, and what is refused.
#include <doctest/doctest.h>

#include "data/preprocess.h"
#include "tensor/io/json.h"
#include "tests/scratch.h"

using namespace ceir;
using namespace ceir::test;

namespace {

Preprocess read(const std::string& text) { return Preprocess::from_json(Json::parse(text, "test"), "test", 0); }

void refused(const std::string& text, const std::string& part) {
  check_error(ErrorKind::bad_input, part, [&] { read(text); });
}

Image ramp(int width, int height) {  // column x has level 10 x + 10
  Image image;
  image.width = width, image.height = height;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) image.pixels.insert(image.pixels.end(), 3, static_cast<uint8_t>(10 * x + 10));
  return image;
}

int level(const Image& image, int x, int y) { return image.row(y)[3 * x]; }

}  // namespace

TEST_CASE("preprocessor_config.json: Pillow's six filters by number") {
  const Filter filters[] = {Filter::nearest, Filter::lanczos, Filter::bilinear, Filter::bicubic, Filter::box, Filter::hamming};
  for (int i = 0; i < 6; i++) CHECK(read(fmt::format(R"({{"resample": {}}})", i)).filter == filters[i]);
  refused(R"({"resample": 6})", "5 (hamming)");
}

TEST_CASE("preprocessor_config.json: height and width squash, then the crop cuts") {
  const Preprocess p = read(R"({"size": {"height": 4, "width": 4}, "crop_size": {"height": 2, "width": 2}, "resample": 0})");
  const Image square = to_square(ramp(8, 4), p);
  CHECK(square.width == 2);
  CHECK(level(square, 0, 0) == 40);   // columns 1, 3, 5, 7 remain; the middle two are 3 and 5
  CHECK(level(square, 1, 1) == 60);
}

TEST_CASE("preprocessor_config.json: steps that are switched off") {
  const Preprocess plain = read(R"({"do_rescale": false, "do_normalize": false, "size": 2, "crop_size": 2, "do_convert_rgb": false})");
  float values[12];
  normalise_into(to_square(ramp(2, 2), plain), plain, values);
  CHECK(values[0] == 10.0f);
  CHECK(values[3] == 20.0f);
  const Preprocess cut = read(R"({"do_resize": false, "crop_size": 2})");
  CHECK(level(to_square(ramp(6, 6), cut), 0, 0) == 30);
  refused(R"({"do_resize": false, "do_center_crop": false})", "do_resize");
  refused(R"({"do_center_crop": false, "size": {"shortest_edge": 8}})", "do_center_crop");
  refused(R"({"image_processor_type": "SiglipImageProcessor", "do_resize": false})", "do_resize");
}

TEST_CASE("preprocessor_config.json: whose pictures they are decides the defaults; a stranger is refused") {
  CHECK(!read(R"({"image_processor_type": "SiglipImageProcessor", "size": {"height": 8, "width": 8}})").resize_shortest);
  const Preprocess vit = read(R"({"image_processor_type": "ViTImageProcessor", "size": 8})");
  CHECK(!vit.resize_shortest);
  CHECK(vit.filter == Filter::bilinear);
  CHECK(vit.mean[0] == 0.5f);
  CHECK(read(R"({"image_processor_type": "CLIPImageProcessorFast"})").resize_shortest);
  refused(R"({"image_processor_type": "Siglip2ImageProcessor"})", "Siglip2ImageProcessor");
  refused(R"({"image_processor_type": "DonutImageProcessor"})", "DonutImageProcessor");
  refused(R"({"crop_size": {"height": 8, "width": 9}})", "square");
  CHECK(read(R"({"ceir_style": "openclip"})").style == PreprocessStyle::openclip);
}

TEST_CASE("open_clip_config.json: longest side, the rest filled") {
  const Preprocess p = read(R"({"model_cfg": {"vision_cfg": {"image_size": 4}}, "preprocess_cfg": {"resize_mode": "longest", "fill_color": 7}})");
  const Image square = to_square(ramp(4, 1), p);   // 4 x 1 stays; one row above, two below
  CHECK(square.height == 4);
  CHECK(level(square, 0, 0) == 7);
  CHECK(level(square, 0, 1) == 10);
  CHECK(level(square, 3, 1) == 40);
  CHECK(level(square, 3, 3) == 7);
  check_error(ErrorKind::bad_input, "too thin", [&] { to_square(ramp(20, 1), p); });
  refused(R"({"model_cfg": {}, "preprocess_cfg": {"resize_mode": "tallest"}})", "longest");
  refused(R"({"model_cfg": {}, "preprocess_cfg": {"fill_color": 256}})", "fill_color");
  refused(R"({"model_cfg": {}, "preprocess_cfg": {"interpolation": "random"}})", "random");
}
