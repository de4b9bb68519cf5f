// The file formats behind decode_image: each function checks the whole file and gives its pixels.
#pragma once
#include <span>
#include <string_view>

#include "data/image.h"
#include "kernels/base/error.h"

namespace ceir::formats {

using Bytes = std::span<const uint8_t>;

struct Decoded {
  Image image;
  int orientation = 1;  // EXIF's, 1 to 8
};

Decoded decode_jpeg(Bytes file);
Decoded decode_png(Bytes file, bool keep_alpha);
Decoded decode_bmp(Bytes file);
Decoded decode_pnm(Bytes file);

// Orientation in a TIFF structure (what follows "Exif\0\0" in a JPEG, the whole of a PNG's eXIf chunk); 1 when it has
// none or is damaged: a bad thumbnail index is no reason to lose a picture.
int exif_orientation(Bytes tiff);

// Refuses 0 and more than max_pixels: "PNG: 0 x 7 pixels ...".
void check_size(std::string_view format, int64_t width, int64_t height);

inline uint32_t be16(const uint8_t* p) { return static_cast<uint32_t>(p[0] << 8 | p[1]); }
inline uint32_t be32(const uint8_t* p) { return be16(p) << 16 | be16(p + 2); }
inline uint32_t le16(const uint8_t* p) { return static_cast<uint32_t>(p[1] << 8 | p[0]); }
inline uint32_t le32(const uint8_t* p) { return le16(p + 2) << 16 | le16(p); }

}  // namespace ceir::formats
