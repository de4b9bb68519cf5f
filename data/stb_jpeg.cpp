// The one translation unit with stb_image in it: JPEG alone, all its symbols static. What it reads has passed
// check_jpeg, which is what makes Debian 12's version (2.27) safe to call. It gives the planes; widening the colour
// planes is done here as libjpeg does it, because stb_image 2.27 puts its last 4:2:2 column together wrongly.
#include "data/image.h"
#include "data/jpeg.h"
#include "data/ycc_rgb.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_ASSERT(x) static_cast<void>(x)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <cstring>
#include <memory>

namespace ceir {

const char* jpeg_decoder() { return "stb_image"; }

}  // namespace ceir

namespace ceir::formats {
namespace {

struct Decoder {
  stbi__context context{};
  stbi__jpeg jpeg{};

  explicit Decoder(Bytes file) {
    stbi__start_mem(&context, file.data(), static_cast<int>(file.size()));
    jpeg.s = &context;
    stbi__setup_jpeg(&jpeg);
  }
  ~Decoder() { stbi__cleanup_jpeg(&jpeg); }
};

// One component's rows at full width: libjpeg's "fancy" triangle filter for factors of 2, else repetition (jdsample.c).
class Rows {
 public:
  Rows(const stbi__jpeg& j, int k, int width)
      : data_(j.img_comp[k].data), stride_(j.img_comp[k].w2), height_(j.img_comp[k].y), h_(j.img_h_max / j.img_comp[k].h),
        v_(j.img_v_max / j.img_comp[k].v), narrow_((width + h_ - 1) / h_), hv_2_(j.resample_row_hv_2_kernel) {
    line_.resize(static_cast<size_t>(narrow_ * h_) + 16);
  }

  const uint8_t* row(int y) {
    const uint8_t* in = source(y / v_);
    if (h_ == 1 && v_ == 1) return in;
    uint8_t* out = line_.data();
    const uint8_t* other = source(y / v_ + (y % v_ ? 1 : -1));  // v = 2: the nearer one of the two neighbours
    if (h_ == 1 && v_ == 2) {
      const int bias = y % 2 ? 2 : 1;
      for (int x = 0; x < narrow_; x++) out[x] = static_cast<uint8_t>((3 * in[x] + other[x] + bias) >> 2);
    } else if (h_ == 2 && v_ == 1 && narrow_ > 2) {
      wide_2(in, out);
    } else if (h_ == 2 && v_ == 2 && narrow_ > 2) {
      hv_2_(out, const_cast<uint8_t*>(in), const_cast<uint8_t*>(other), narrow_, 2);
    } else {
      for (int x = 0; x < narrow_; x++) std::memset(out + ptrdiff_t{x} * h_, in[x], static_cast<size_t>(h_));
    }
    return out;
  }

 private:
  const uint8_t* source(int y) const { return data_ + ptrdiff_t{std::clamp(y, 0, height_ - 1)} * stride_; }
  void wide_2(const uint8_t* in, uint8_t* out) const {
    const int w = narrow_;
    out[0] = in[0];
    out[1] = static_cast<uint8_t>((3 * in[0] + in[1] + 2) >> 2);
    for (int x = 1; x < w - 1; x++) {
      out[2 * x] = static_cast<uint8_t>((3 * in[x] + in[x - 1] + 1) >> 2);
      out[2 * x + 1] = static_cast<uint8_t>((3 * in[x] + in[x + 1] + 2) >> 2);
    }
    out[2 * w - 2] = static_cast<uint8_t>((3 * in[w - 1] + in[w - 2] + 1) >> 2);
    out[2 * w - 1] = in[w - 1];
  }

  const uint8_t* data_;
  int stride_, height_, h_, v_, narrow_;
  decltype(stbi__jpeg::resample_row_hv_2_kernel) hv_2_;
  std::vector<uint8_t> line_;
};

// a * b / 255, rounded.
uint8_t product(unsigned a, unsigned b) {
  const unsigned t = a * b + 128;
  return static_cast<uint8_t>((t + (t >> 8)) >> 8);
}

}  // namespace

Image jpeg_rgb(Bytes file) {
  const auto decoder = std::make_unique<Decoder>(file);  // its tables are too large for a thread's stack
  stbi__jpeg& j = decoder->jpeg;
  if (!stbi__decode_jpeg_image(&j)) {
    const char* reason = stbi_failure_reason();
    if (reason && std::strcmp(reason, "outofmem") == 0) fail(ErrorKind::resource, "out of memory while decoding a JPEG");
    bad_input("corrupt JPEG: {}", reason ? reason : "it cannot be decoded");
  }
  const int n = j.s->img_n, width = static_cast<int>(j.s->img_x), height = static_cast<int>(j.s->img_y);
  const bool rgb = n == 3 && (j.rgb == 3 || (j.app14_color_transform == 0 && !j.jfif));
  const bool ycc = (n == 3 && !rgb) || (n == 4 && j.app14_color_transform == 2);
  Image image;
  image.width = width, image.height = height;
  image.pixels.resize(size_t{3} * static_cast<size_t>(width) * static_cast<size_t>(height));
  std::vector<Rows> rows;
  for (int k = 0; k < n; k++) rows.emplace_back(j, k, width);
  for (int y = 0; y < height; y++) {
    const uint8_t* in[4] = {};
    for (int k = 0; k < n; k++) in[k] = rows[static_cast<size_t>(k)].row(y);
    uint8_t* out = image.row(y);
    if (n == 1) {
      for (int x = 0; x < width; x++, out += 3) out[0] = out[1] = out[2] = in[0][x];
    } else if (ycc) {
      ycc_to_rgb(in[0], in[1], in[2], out, width);
    } else {
      for (int x = 0; x < width; x++, out += 3)
        for (int k = 0; k < 3; k++) out[k] = in[k][x];
    }
    if (n == 4) {  // inverted CMYK: red = cyan x black; YCCK's colours come out of the conversion the other way round
      out = image.row(y);
      for (int x = 0; x < width; x++, out += 3)
        for (int k = 0; k < 3; k++) out[k] = product(ycc ? 255u - out[k] : out[k], in[3][x]);
    }
  }
  return image;
}

}  // namespace ceir::formats
