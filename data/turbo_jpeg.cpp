// JPEG through libjpeg-turbo, in place of stb_jpeg.cpp where the build asks for it (CEIR_LIBJPEG). What it reads has
// passed check_jpeg as well.
#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <memory>

#include <jpeglib.h>
#include <jerror.h>

#include "data/image.h"
#include "data/jpeg.h"

#define CEIR_TEXT_OF(x) #x
#define CEIR_TEXT(x) CEIR_TEXT_OF(x)

namespace ceir {

const char* jpeg_decoder() {
#ifdef LIBJPEG_TURBO_VERSION
  return "libjpeg-turbo " CEIR_TEXT(LIBJPEG_TURBO_VERSION);
#else
  return "libjpeg " CEIR_TEXT(JPEG_LIB_VERSION);
#endif
}

namespace formats {
namespace {

struct Decoding {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX] = "";
  bool out_of_memory = false;
};

[[noreturn]] void leave(j_common_ptr jpeg) {
  Decoding& d = *static_cast<Decoding*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, d.message);
  d.out_of_memory = jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
  std::longjmp(d.back, 1);
}

void say_nothing(j_common_ptr) {}

// The two steps that may leave by longjmp: nothing with a destructor lives in them.
bool begin(Decoding& d, Bytes file) {
  if (setjmp(d.back)) return false;
  jpeg_create_decompress(&d.jpeg);
  d.jpeg.client_data = &d;   // creating clears it
  jpeg_mem_src(&d.jpeg, file.data(), static_cast<unsigned long>(file.size()));
  jpeg_read_header(&d.jpeg, TRUE);
  d.jpeg.out_color_space = d.jpeg.num_components == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&d.jpeg);
  return true;
}

bool read_rows(Decoding& d, uint8_t* to, size_t stride) {
  if (setjmp(d.back)) return false;
  while (d.jpeg.output_scanline < d.jpeg.output_height) {
    JSAMPROW row = to + d.jpeg.output_scanline * stride;
    if (jpeg_read_scanlines(&d.jpeg, &row, 1) != 1) return false;
  }
  jpeg_finish_decompress(&d.jpeg);
  return true;
}

// a * b / 255, rounded.
uint8_t product(unsigned a, unsigned b) {
  const unsigned t = a * b + 128;
  return static_cast<uint8_t>((t + (t >> 8)) >> 8);
}

}  // namespace

Image jpeg_rgb(Bytes file) {
  const std::unique_ptr<Decoding, void (*)(Decoding*)> decoding(new Decoding, [](Decoding* d) {
    jpeg_destroy_decompress(&d->jpeg);
    delete d;
  });
  Decoding& d = *decoding;
  d.jpeg.err = jpeg_std_error(&d.errors);
  d.errors.error_exit = leave;
  d.errors.output_message = say_nothing;
  d.jpeg.client_data = &d;
  const auto failed = [&] {
    if (d.out_of_memory) fail(ErrorKind::resource, "out of memory while decoding a JPEG");
    bad_input("corrupt JPEG: {}", d.message[0] ? d.message : "it cannot be decoded");
  };
  if (!begin(d, file)) failed();
  Image image;
  image.width = static_cast<int>(d.jpeg.output_width), image.height = static_cast<int>(d.jpeg.output_height);
  check_size("JPEG", image.width, image.height);
  const size_t pixels = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  const size_t samples = static_cast<size_t>(d.jpeg.output_components);
  if (samples != 3 && samples != 4) bad_input("corrupt JPEG: it has {} components", samples);
  image.pixels.resize(samples * pixels);
  if (!read_rows(d, image.pixels.data(), samples * static_cast<size_t>(image.width))) failed();
  if (samples == 4) {   // inverted CMYK, which YCCK has become too: red = cyan x black
    uint8_t* p = image.pixels.data();
    for (size_t i = 0; i < pixels; i++) {
      const uint8_t* in = p + 4 * i;
      const uint8_t rgb[3] = {product(in[0], in[3]), product(in[1], in[3]), product(in[2], in[3])};
      std::copy(rgb, rgb + 3, p + 3 * i);
    }
    image.pixels.resize(3 * pixels);
  }
  return image;
}

}  // namespace formats
}  // namespace ceir
