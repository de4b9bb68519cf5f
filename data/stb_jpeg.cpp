// The one translation unit with stb_image in it: JPEG alone, all its symbols static. What it reads has passed
// check_jpeg, which is what makes Debian 12's version (2.27) safe to call.
#include "data/jpeg.h"

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

namespace ceir::formats {

Image stb_rgb(Bytes file) {
  int width = 0, height = 0, channels = 0;
  uint8_t* pixels = stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &width, &height, &channels, 3);
  if (!pixels) bad_input("corrupt JPEG: {}", stbi_failure_reason());
  struct Free {
    uint8_t* p;
    ~Free() { stbi_image_free(p); }
  } owner{pixels};
  Image image;
  image.width = width, image.height = height;
  image.pixels.assign(pixels, pixels + size_t{3} * static_cast<size_t>(width) * static_cast<size_t>(height));
  return image;
}

}  // namespace ceir::formats
